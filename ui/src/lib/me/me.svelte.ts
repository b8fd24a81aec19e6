import { getContext, setContext } from 'svelte';
import { asked, type Asked } from '#lib/api/question.svelte.ts';
import { MeDocument, type MeQuery } from './queries';

const KEY = Symbol('me');

/** Ask who is logged in: by the frame, once for all pages. */
export function askMe(): Asked<MeQuery> {
	return setContext(KEY, asked(MeDocument, () => ({})));
}

/** Who is logged in, and what this person may do; called while a component is made. */
export class Rights {
	readonly #asked = getContext<Asked<MeQuery>>(KEY);

	get asked(): Asked<MeQuery> {
		return this.#asked;
	}

	get known(): boolean {
		return this.#asked.data !== null;
	}

	/** Things of a type, wherever they lie. */
	mayRead(type: string): boolean {
		return this.#asked.data?.me.mayRead?.includes(type) ?? false;
	}

	/** Use a mutation, somewhere at least. */
	mayChange(mutation: string): boolean {
		return this.#asked.data?.me.mayChange?.includes(mutation) ?? false;
	}

	get isEverywhere(): boolean {
		return this.#asked.data?.me.everywhere ?? false;
	}

	/** Key of the IT system whose accounts log in here. */
	get loginSystem(): string | null {
		return this.#asked.data?.me.loginSystem ?? null;
	}

	get mayReadCpr(): boolean {
		return this.#asked.data?.me.mayReadCpr ?? false;
	}

	/** Private values, of some people at least. */
	get mayReadPrivate(): boolean {
		return this.#asked.data?.me.roles?.some((role) => role === 'HR' || role === 'AUDITOR') ?? false;
	}

	get person(): string | null {
		return this.#asked.data?.me.person?.uuid ?? null;
	}
}
