import { t } from '#lib/texts/language.svelte.ts';
import { sourceName } from '#lib/texts/names.ts';
import type { OriginQuery, OriginQueryVariables } from './queries';

export type Kind = OriginQueryVariables['kind'];

export type Claims = OriginQuery['provenance'][number];
export type Claim = Claims['claims'][number];

/** What people have set, as a source. */
export const BY_HAND = 'manual';
/** Stated by no one as a value: whether the thing is there. */
export const EXISTS = 'exists';

/** Why the effective claim is effective. */
export function why(claims: Claims): string {
	const sources = [...new Set(claims.claims.map((each) => each.source))];
	const [first, ...others] = sources;
	if (first === undefined) return '';
	if (first === BY_HAND) return t().origin.byHand;
	if (others.length === 0) return t().origin.only(sourceName(first));
	const effective = new Set(claims.claims.filter((each) => each.effective).map((each) => each.source));
	if (effective.size > 1) return t().origin.allCount;
	return t().origin.before(sourceName(first), others.map(sourceName).join(', '));
}

/** The value of a claim, or what its link leads to. */
export function claimed(claim: Claim): string | null {
	return claim.thing?.label ?? claim.value ?? null;
}
