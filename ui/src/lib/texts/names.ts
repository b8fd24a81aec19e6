import { day } from './dates';
import { t } from './language.svelte';

/** What the API names in English, as people know it. A name that is new to the pages stands as the API has it. */
function ofTexts(texts: Record<string, string>, name: string | null | undefined): string {
	return (name && texts[name]) || (name ?? '');
}

/** `kind`: of the thing, since a title is not the same of an employment and of a rule. */
export function propertyName(name: string, kind?: string): string {
	const own = `${kind}.${name}`;
	return ofTexts(t().properties, own in t().properties ? own : name);
}

export function sourceName(name: string | null | undefined): string {
	return ofTexts(t().sourceNames, name);
}

export function operationName(name: string): string {
	return ofTexts(t().operations, name);
}

export function kindName(kind: string): string {
	return ofTexts(t().kinds, kind);
}

/** A value as people read it: yes and no, days, lists. */
export function shown(value: unknown): string {
	if (value === null || value === undefined || value === '') return t().parts.nothing;
	if (value === true || value === 'true') return t().parts.yes;
	if (value === false || value === 'false') return t().parts.no;
	if (Array.isArray(value)) return value.join(', ');
	const text = String(value);
	return /^\d{4}-\d{2}-\d{2}$/.test(text) ? day(text) : text;
}

/** Why there is an account, or none. */
export function reasonName(reason: string): string {
	return ofTexts(t().accountReasons, reason);
}

/** The field groups that a role or a token is limited to; empty: it is limited to none. Names come with every role. */
export function fieldGroups(groups: readonly string[]): string {
	return groups.map((each) => ofTexts(t().fieldGroups, each)).join(', ');
}

/** How a session began. */
export function sessionWay(way: string): string {
	return ofTexts(t().access.ways, way);
}

/** What will happen to an account. */
export function accountChange(what: string): string {
	return ofTexts(t().accounts.happens, what);
}

/** An answer in a form, as people read it: choices and days are called what people call them. */
export function answerShown(answer: { format: string | null; shown: string }): string {
	return answer.format === 'choice' ? ofTexts(t().forms.options, answer.shown) : shown(answer.shown);
}

/** Names of the units and persons in answers, by UUID. */
export function namesIn(answers: { value: string; shown: string }[]): Record<string, string> {
	const named = answers.map((each) => [JSON.parse(each.value) as unknown, each.shown] as const);
	return Object.fromEntries(named.filter(([value]) => typeof value === 'string'));
}
