import type { Input, Option } from '#lib/change/inputs.ts';
import { optionsOf } from '#lib/origin/kinds.ts';
import { propertyName } from '#lib/texts/names.ts';
import { t } from '#lib/texts/language.svelte.ts';
import type { RightsChoicesQuery } from './queries';

/** What rights are made of, in the order in which one thing needs another. */
export const KINDS = ['Grant', 'JobFunctionRole', 'SystemRole', 'ConstraintType', 'RightsConflict'] as const;
export type RightsKind = (typeof KINDS)[number];

/** What may be set by hand of each; the rest is fixed when it is made, or has a form of its own. */
export const SETTABLE: Record<RightsKind, readonly string[]> = {
	Grant: ['title', 'reason', 'caseNumber', 'inherit', 'condition', 'sensitivity', 'ownKleOnly'],
	JobFunctionRole: ['title', 'description', 'sensitive', 'number', 'delegatedFromCvr', 'delegatedToCvr'],
	SystemRole: ['title', 'description', 'sensitive', 'uri'],
	ConstraintType: ['title', 'uri', 'content', 'form', 'pattern', 'values', 'levels', 'cumulative', 'common'],
	RightsConflict: ['title', 'reason', 'mode', 'scope']
};

type Choices = RightsChoicesQuery;

/** Every right, as the API takes it: system_role:UUID. */
export function rightOptions(choices: Choices): Option[] {
	return [
		...choices.jobFunctionRoles.nodes.map((each) => ({ value: `job_function_role:${each.uuid}`, text: each.title ?? each.uuid })),
		...choices.systemRoles.nodes.map((each) => ({
			value: `system_role:${each.uuid}`,
			text: `${each.title ?? each.uuid} (${each.system?.title ?? ''})`
		}))
	];
}

/** Whom a grant may name beside units, people and positions, which are looked for. */
function granteeOptions(choices: Choices): Option[] {
	return [
		...choices.roles.nodes.map((each) => ({ value: `role:${each.uuid}`, text: each.title ?? each.uuid })),
		...choices.positionCategories.nodes.map((each) => ({ value: `category:${each.uuid}`, text: each.label }))
	];
}

const named = (name: string, kind: RightsKind, more: Partial<Input> = {}): Input => ({
	name,
	label: propertyName(name, kind),
	kind: 'text',
	...more
});

/** Whom a grant names, and whom not. */
export function granteeInputs(choices: Choices): Input[] {
	const options = granteeOptions(choices);
	return [
		named('givenTo', 'Grant', { kind: 'things', of: 'Grantee', options, isRequired: true, hint: t().rightsTexts.givenToHint }),
		named('exceptions', 'Grant', { kind: 'things', of: 'Grantee', options })
	];
}

/** What a job-function role includes. */
export function includesInput(choices: Choices): Input {
	return named('includes', 'JobFunctionRole', { kind: 'things', options: rightOptions(choices), isRequired: true });
}

export function endInput(): Input {
	return { name: 'to', label: t().roleList.to, kind: 'day', hint: t().roleList.toHint };
}

/** What a new one says. */
export function rightsInputs(kind: RightsKind, choices: Choices): Input[] {
	const words = t().rightsTexts;
	const systems = choices.itSystems.nodes.map((each) => ({ value: each.uuid, text: each.title ?? each.key ?? '' }));
	const types = choices.constraintTypes.nodes.map((each) => ({ value: each.uuid, text: each.title ?? each.uuid }));
	const rights = rightOptions(choices);
	const title = named('title', kind, { isRequired: true });
	const key = named('key', kind, { isRequired: true, hint: t().accountTexts.rules.keyHint });
	const choice = (name: string, options: readonly Option[], more: Partial<Input> = {}): Input =>
		named(name, kind, { kind: 'choice', options, ...more });
	switch (kind) {
		case 'Grant':
			return [
				title,
				key,
				choice('gives', rights, { isRequired: true }),
				...granteeInputs(choices),
				named('inherit', kind, { kind: 'yes' }),
				named('about', kind, { kind: 'things', of: 'Responsibility', hint: words.aboutHint }),
				named('withinUnits', kind, { kind: 'things', of: 'Unit' }),
				named('forUnit', kind, { kind: 'thing', of: 'Unit', hint: words.forUnitHint }),
				named('condition', kind, { hint: words.conditionHint }),
				named('sensitivity', kind),
				named('caseNumber', kind),
				endInput()
			];
		case 'JobFunctionRole':
			return [
				title,
				key,
				named('uri', kind, { isRequired: true, hint: words.uriHint }),
				includesInput(choices),
				named('description', kind),
				named('sensitive', kind, { kind: 'yes' }),
				named('delegatedFromCvr', kind),
				named('delegatedToCvr', kind),
				named('number', kind, { kind: 'number' })
			];
		case 'SystemRole':
			return [
				title,
				key,
				named('uri', kind, { isRequired: true }),
				choice('system', systems, { isRequired: true }),
				named('description', kind),
				named('sensitive', kind, { kind: 'yes' }),
				named('requiredTypes', kind, { kind: 'things', options: types }),
				named('optionalTypes', kind, { kind: 'things', options: types })
			];
		case 'ConstraintType':
			return [
				title,
				key,
				named('uri', kind, { isRequired: true }),
				choice('content', optionsOf('content') ?? [], { isRequired: true }),
				choice('form', optionsOf('form') ?? [], { isRequired: true }),
				named('pattern', kind, { hint: words.patternHint }),
				named('values', kind, { kind: 'lines', hint: words.valuesHint }),
				named('levels', kind, { kind: 'lines', hint: words.levelsHint }),
				named('cumulative', kind, { kind: 'yes' }),
				named('common', kind, { kind: 'yes' }),
				choice('system', systems)
			];
		case 'RightsConflict':
			return [
				title,
				key,
				choice('first', rights, { isRequired: true }),
				choice('second', rights, { isRequired: true }),
				choice('mode', optionsOf('mode') ?? [], { isRequired: true }),
				choice('scope', optionsOf('scope') ?? [], { isRequired: true }),
				endInput()
			];
	}
}
