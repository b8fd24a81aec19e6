import type { Input, Option } from '#lib/change/inputs.ts';
import { optionsOf } from '#lib/origin/kinds.ts';
import { propertyName } from '#lib/texts/names.ts';
import { t } from '#lib/texts/language.svelte.ts';

const RULE = 'AccountRule';
/** What may be set by hand of a rule that there is; its system, unit and names are those of its making. */
export const SETTABLE = [
	'title', 'condition', 'effect', 'licence', 'type', 'per', 'leadDays', 'graceDays', 'afterDays', 'retentionDays', 'expiry',
	'order', 'reason'
];

/** What a new rule says. */
export function ruleInputs(systems: readonly Option[], policies: readonly Option[]): Input[] {
	const words = t().accountTexts.rules;
	const number = (name: string): Input => ({ name, label: propertyName(name, RULE), kind: 'number' });
	return [
		{ name: 'title', label: propertyName('title', RULE), kind: 'text', isRequired: true },
		{ name: 'key', label: propertyName('key', RULE), kind: 'text', isRequired: true, hint: words.keyHint },
		{ name: 'system', label: propertyName('system'), kind: 'choice', options: systems, isRequired: true },
		{ name: 'unit', label: words.unit, kind: 'thing', of: 'Unit', hint: words.unitHint },
		{ name: 'effect', label: propertyName('effect'), kind: 'choice', options: optionsOf('effect') ?? [], isRequired: true },
		{ name: 'condition', label: propertyName('condition'), kind: 'text', hint: words.conditionHint },
		{ name: 'per', label: propertyName('per'), kind: 'choice', options: optionsOf('per') ?? [], isRequired: true },
		{ name: 'names', label: propertyName('names'), kind: 'choice', options: policies },
		{ name: 'needs', label: propertyName('needs'), kind: 'choice', options: systems, hint: words.needsHint },
		{ name: 'licence', label: propertyName('licence'), kind: 'text' },
		{ name: 'type', label: propertyName('type', RULE), kind: 'text' },
		...['leadDays', 'graceDays', 'afterDays'].map(number),
		{ ...number('retentionDays'), hint: words.retentionHint },
		{ name: 'expiry', label: propertyName('expiry'), kind: 'yes' },
		{ ...number('order'), hint: words.orderHint },
		{ name: 'to', label: t().roleList.to, kind: 'day', hint: t().roleList.toHint }
	];
}

export function optionsFrom(things: readonly { key: string | null; title: string | null }[]): Option[] {
	return things.flatMap(({ key, title }) => (key === null ? [] : [{ value: key, text: title ?? key }]));
}
