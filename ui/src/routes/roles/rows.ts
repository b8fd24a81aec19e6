import type { AssignmentsQuery } from './queries';

export type Assignment = AssignmentsQuery['assignments']['nodes'][number];

/** Whom the holder is. */
export function personOf(assignment: Assignment): { uuid: string; name: string | null } | null {
	const { holder } = assignment;
	if (holder?.__typename === 'Person') return { uuid: holder.uuid, name: holder.name };
	return holder?.__typename === 'Employment' || holder?.__typename === 'Affiliation' ? holder.person : null;
}

/** A responsibility as the API is told of it, such as kle:27.12. */
export function written(responsibility: Assignment['responsibilities'][number]): string {
	switch (responsibility.__typename) {
		case 'KleNode':
			return `kle:${responsibility.number}`;
		case 'ItSystem':
			return `system:${responsibility.key}`;
		case 'SystemGroup':
			return `group:${responsibility.key}`;
		case 'Function':
			return `function:${responsibility.key}`;
	}
}

/** A substitute of an assignment, as a line of its own. */
export interface Substitute {
	uuid: string;
	version: number;
	existsTo: string | null;
	existsFrom: string | null;
	person: { uuid: string; name: string | null } | null;
	assignment: Assignment;
}

export function substitutes(assignments: readonly Assignment[]): Substitute[] {
	return assignments.flatMap((assignment) =>
		assignment.substitutions.map((each) => ({ ...each, person: each.person ?? null, assignment }))
	);
}
