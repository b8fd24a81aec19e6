import { holderOf } from '../roles/holder';
import { t } from '#lib/texts/language.svelte.ts';

/** A change of a plan: a mutation of the API with its arguments. `name`: by which later changes mean what it makes. */
export interface Planned {
	mutation: string;
	arguments: Record<string, unknown>;
	name: string | null;
}

/** UUID → what the thing is called. */
export type Names = Record<string, string>;

/** The changes that a plan can be given here; it may hold others, which programs have written. */
export const FORMS = ['create', 'move', 'rename', 'end', 'role'] as const;
export type Form = (typeof FORMS)[number];
/** The mutation whose right the form's change needs; who may create units may rename them. */
export const NEEDS: Record<Form, string> = {
	create: 'createUnit',
	move: 'placeUnits',
	rename: 'createUnit',
	end: 'endUnit',
	role: 'createAssignment'
};

/** Stands for the day of the plan. */
const ITS_DAY = '@day';
/** A thing that an earlier change of the plan makes. */
const MADE = '@';

/** The change that a form's values make; `before`: the changes that the plan has already. */
export function planned(form: Form, values: Record<string, string>, before: readonly Planned[]): Planned {
	const { unit = '', above = '', title = '', role = '', tie = '' } = values;
	switch (form) {
		case 'create':
			return { mutation: 'createUnit', arguments: { name: title, parent: above }, name: freeName(before) };
		case 'move':
			return {
				mutation: 'placeUnits',
				arguments: { units: [{ unit, parents: [{ unit: above, from: ITS_DAY }], changeFrom: ITS_DAY }] },
				name: null
			};
		case 'rename':
			return { mutation: 'setValue', arguments: { kind: 'Unit', thing: unit, property: 'name', value: title }, name: null };
		case 'end':
			return { mutation: 'endUnit', arguments: { unit, to: ITS_DAY, ...(above ? { moveTo: above } : {}) }, name: null };
		case 'role':
			return { mutation: 'createAssignment', arguments: { holder: holderOf(tie), role, units: [{ unit }] }, name: null };
	}
}

/** The units that a plan's changes make, as later changes mean them. */
export function madeUnits(changes: readonly Planned[]): { reference: string; name: string }[] {
	return changes.flatMap((each) =>
		each.mutation === 'createUnit' && each.name !== null
			? [{ reference: MADE + each.name, name: String(each.arguments.name) }]
			: []
	);
}

/** Whether a change means what another one makes. */
export function refersTo(change: Planned, made: Planned): boolean {
	return made.name !== null && JSON.stringify(change.arguments).includes(`${MADE}${made.name}"`);
}

/** A change in words; one that no form here makes stands as the API has it. */
export function told(change: Planned, changes: readonly Planned[], names: Names): string {
	const given = change.arguments;
	const made = madeUnits(changes);
	const called = (reference: unknown): string =>
		made.find((each) => each.reference === reference)?.name ?? names[String(reference)] ?? String(reference);
	if (change.mutation === 'createUnit') {
		return t().plans.told.create(String(given.name), given.parent ? called(given.parent) : '');
	}
	if (change.mutation === 'placeUnits') {
		const units = given.units as { unit: string; parents: { unit: string }[] }[];
		return units
			.map((each) => t().plans.told.move(called(each.unit), each.parents.map((one) => called(one.unit)).join(', ') || t().parts.noUnit))
			.join('; ');
	}
	if (change.mutation === 'setValue' && given.kind === 'Unit' && given.property === 'name') {
		return t().plans.told.rename(called(given.thing), String(given.value));
	}
	if (change.mutation === 'endUnit') {
		return t().plans.told.end(called(given.unit), given.moveTo ? called(given.moveTo) : '');
	}
	if (change.mutation === 'createAssignment') {
		const [holder] = Object.values(given.holder as Record<string, string | null>).filter(Boolean);
		const units = (given.units as { unit: string }[]).map((each) => called(each.unit));
		return t().plans.told.role(called(holder), called(given.role), units.join(', '));
	}
	return `${change.mutation} ${JSON.stringify(given)}`;
}

/** Every UUID that changes name. */
export function uuidsIn(changes: readonly Planned[]): string[] {
	const found = JSON.stringify(changes.map((each) => each.arguments)).match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g);
	return [...new Set(found ?? [])];
}

/** Changes as the API takes them. */
export function asInput(changes: readonly Planned[]): { mutation: string; arguments: string; name: string | null }[] {
	return changes.map((each) => ({ ...each, arguments: JSON.stringify(each.arguments) }));
}

/** Changes as the API has them; what was about a person who has been erased is left out. */
export function fromAnswer(changes: readonly { mutation: string; arguments: string; name: string | null; erased: boolean }[]): Planned[] {
	return changes
		.filter((each) => !each.erased)
		.map((each) => ({ mutation: each.mutation, arguments: JSON.parse(each.arguments) as Planned['arguments'], name: each.name }));
}

function freeName(before: readonly Planned[]): string {
	const taken = new Set(before.map((each) => each.name));
	let number = 1;
	while (taken.has(`unit${number}`)) number++;
	return `unit${number}`;
}
