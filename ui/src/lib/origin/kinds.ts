import { t } from '#lib/texts/language.svelte.ts';
import type { Option } from '#lib/change/inputs.ts';

/** Properties that are lists of texts. */
const LISTS = ['tags', 'loginPatterns', 'forbidden', 'reserved', 'values', 'levels', 'fixed'];
/** Properties that are yes or no. */
const YES_OR_NO = ['onLeave', 'keepMail', 'expiry', 'sensitive', 'inherit', 'ownKleOnly', 'cumulative', 'common', 'coversAll', 'below'];

export function isList(property: string): boolean {
	return LISTS.includes(property);
}

/** What a property can be, where that is one of a few words; null: any text. */
export function optionsOf(property: string): Option[] | null {
	if (YES_OR_NO.includes(property)) {
		return [
			{ value: 'true', text: t().parts.yes },
			{ value: 'false', text: t().parts.no }
		];
	}
	const words = t().choices[property];
	return words ? Object.entries(words).map(([value, text]) => ({ value, text })) : null;
}

/** A value as people read it, where it is one of a few words. The API's own texts have the words in small letters. */
export function wordOf(property: string, value: string | null): string | null {
	return (value && t().choices[property]?.[value.toUpperCase()]) || value;
}
