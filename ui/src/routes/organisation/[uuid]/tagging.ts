import { BY_HAND, type Claims } from '#lib/origin/why.ts';

/** How a unit may have to do with a KLE number. */
export const WAYS = ['performs', 'responsibleFor', 'interestedIn'] as const;

export interface Chosen {
	uuid: string;
	title: string;
}

/** KLE numbers as a form keeps them: a draft is made of texts. */
export function written(numbers: readonly Chosen[]): string {
	return JSON.stringify(numbers);
}

export function numbers(text: string | undefined): Chosen[] {
	return text ? (JSON.parse(text) as Chosen[]) : [];
}

/** The numbers of one way that people have set; or those that sources state, which only a source takes away. */
export function claimedOf(provenance: readonly Claims[], way: string, isByHand: boolean): Chosen[] {
	const claims = provenance.find((each) => each.property === way)?.claims ?? [];
	return claims
		.filter((each) => (each.source === BY_HAND) === isByHand)
		.flatMap((each) => (each.thing ? [{ uuid: each.thing.uuid, title: each.thing.label }] : []));
}
