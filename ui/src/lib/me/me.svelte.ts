import { getContext, setContext } from 'svelte';
import { asked, type Asked } from '#lib/api/question.svelte.ts';
import { MeDocument, type MeQuery } from './queries';

const KEY = Symbol('me');

/** Ask who is logged in: by the frame, once for all pages. */
export function askMe(): Asked<MeQuery> {
	return setContext(KEY, asked(MeDocument, () => ({})));
}

function shows(place: MeQuery['me']['places'][number], group: string): boolean {
	return place.fields === null || place.fields.includes(group);
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

	/** Whether it is known what the person may do, also if that is nothing. */
	get isSettled(): boolean {
		return this.known || this.#asked.failure !== null;
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

	/**
	 * Whose work phones and e-mail addresses are shown, and what changes with them (`version`), of the people that one
	 * may see: a role may be limited to other field groups, and another role may show them in a part.
	 */
	get contact(): 'all' | 'some' | 'none' {
		if (!this.#asked.data?.me.mayReadContact) return 'none';
		const places = this.#asked.data.me.places.filter((place) => place.role !== 'CPR');
		const isAll = places.some((place) => place.everywhere && shows(place, 'contact'));
		return isAll || places.every((place) => shows(place, 'contact')) ? 'all' : 'some';
	}

	/** Private values, of some people at least. */
	get mayReadPrivate(): boolean {
		const places = this.#asked.data?.me.places ?? [];
		return places.some((place) => (place.role === 'HR' || place.role === 'AUDITOR') && shows(place, 'private'));
	}

	get person(): string | null {
		return this.#asked.data?.me.person?.uuid ?? null;
	}
}
