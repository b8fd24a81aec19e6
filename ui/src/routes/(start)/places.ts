import type { MeQuery } from '#lib/me/queries.ts';
import type { LeadingFragment, OwnQuery } from './queries';

export interface Named {
	uuid: string;
	name?: string | null;
}

/** The units that a person manages today, each once, by name. */
export function unitsManaged(person: OwnQuery['person']): Named[] {
	if (person === null) return [];
	const ties = [...person.employments, ...person.affiliations];
	const held: LeadingFragment[] = [...person.assignments, ...ties.flatMap((tie) => tie.assignments)];
	const units = held.filter((each) => each.role?.key === 'manager').flatMap((each) => each.unit);
	const once = new Map<string, Named>(units.map((each) => [each.uuid, each]));
	return [...once.values()].sort((one, other) => (one.name ?? '').localeCompare(other.name ?? '', 'da'));
}

/** The topmost units whose people somebody looks after as HR or for the organisation: null = everywhere. */
export function unitsLookedAfter(places: MeQuery['me']['places']): string[] | null {
	const own = places.filter((each) => each.role === 'HR' || each.role === 'ORGANISATION');
	if (own.some((each) => each.everywhere)) return null;
	return [...new Set(own.flatMap((each) => each.units.map((unit) => unit.uuid)))];
}
