import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { answerTo } from './client';
import { Failure } from './failure';

/** What a page knows of its question: nothing yet, an answer, or why there is none. */
export interface Asked<D> {
	readonly data: D | null;
	readonly failure: Failure | null;
	readonly isLoading: boolean;
	/** Ask again, past what is kept; until it is answered. */
	again(): Promise<void>;
}

/**
 * Ask a question, and again whenever its variables become others; called while a component is made. `variables`: null
 * asks nothing, undefined is not known yet. The last answer stays while the same question is asked again; an answer that comes late is left.
 * `reason`: why data is asked for that stands in a log; such an answer is kept nowhere.
 */
export function asked<D, V extends Record<string, unknown>>(
	question: TypedDocumentNode<D, V>,
	variables: () => V | null | undefined,
	reason?: () => string | null
): Asked<D> {
	let data = $state.raw<D | null>(null);
	let failure = $state.raw<Failure | null>(null);
	let isLoading = $state(true);
	let turn = 0;

	function ask(given: V, fresh: boolean): Promise<void> {
		const own = ++turn;
		isLoading = true;
		failure = null;
		return answerTo(question, given, { fresh, reason: reason?.() ?? undefined }).then(
			(answer) => {
				if (own !== turn) return;
				data = answer;
				isLoading = false;
			},
			(error: unknown) => {
				if (own !== turn) return;
				failure = error instanceof Failure ? error : new Failure('failed', String(error));
				data = null;
				isLoading = false;
			}
		);
	}

	let before = '';
	$effect(() => {
		const given = variables();
		if (given === undefined) return;
		const now = JSON.stringify(given);
		if (now === before) return;
		before = now;
		if (given === null) {
			turn++;
			data = null;
			failure = null;
			isLoading = false;
			return;
		}
		void ask(given, false);
	});

	return {
		get data() {
			return data;
		},
		get failure() {
			return failure;
		},
		get isLoading() {
			return isLoading;
		},
		again() {
			const given = variables();
			return given ? ask(given, true) : Promise.resolve();
		}
	};
}
