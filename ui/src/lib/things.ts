import { on } from './day';

const PLACES: Record<string, string> = {
	Unit: '/organisation',
	Person: '/person',
	Position: '/thing',
	KleNode: '/thing',
	ItSystem: '/thing'
};

/** The address of a thing's page, on the day that is shown; null = it has no page of its own. */
export function pageOf(kind: string, uuid: string): string | null {
	const place = PLACES[kind];
	return place === undefined ? null : on(`${place}/${uuid}`);
}
