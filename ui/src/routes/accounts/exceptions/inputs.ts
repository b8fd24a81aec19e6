import type { Input, Option } from '#lib/change/inputs.ts';
import { optionsOf } from '#lib/origin/kinds.ts';
import { propertyName } from '#lib/texts/names.ts';
import { t } from '#lib/texts/language.svelte.ts';

/** What an exception says; `person`: who it is for is chosen here, too. */
export function exceptionInputs(systems: readonly Option[], person: boolean): Input[] {
	const words = t().accountTexts.exceptions;
	return [
		...(person ? [{ name: 'person', label: propertyName('person'), kind: 'thing', of: 'Person', isRequired: true } as const] : []),
		{ name: 'effect', label: words.effect, kind: 'choice', options: optionsOf('exception') ?? [], isRequired: true },
		{ name: 'system', label: propertyName('system'), kind: 'choice', options: systems, hint: words.systemHint },
		{ name: 'to', label: words.to, kind: 'day', isRequired: true, hint: words.toHint }
	];
}
