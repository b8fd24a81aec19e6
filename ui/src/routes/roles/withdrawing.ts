import { mutation, type Mutation } from '#lib/api/client.ts';
import { together } from '#lib/api/together.ts';
import { WithdrawRoleDocument, WithdrawSubstituteDocument } from './queries';

/** Assignments that were just made, as if they had never been. */
export function withdrawn(assignments: readonly string[], reason: string): Mutation {
	return together(assignments.map((assignment) => mutation(WithdrawRoleDocument, { assignment, reason })));
}

/** The same of substitutes. */
export function substitutesWithdrawn(substitutes: readonly string[], reason: string): Mutation {
	return together(substitutes.map((substitution) => mutation(WithdrawSubstituteDocument, { substitution, reason })));
}
