import { da, type Texts } from './da';
import { en } from './en';

export type Language = 'da' | 'en';

const TEXTS: Record<Language, Texts> = { da, en };
const KEY = 'language';

let chosen = $state<Language>(localStorage.getItem(KEY) === 'en' ? 'en' : 'da');

/** The texts of the language that is chosen now. */
export function t(): Texts {
	return TEXTS[chosen];
}

export function language(): Language {
	return chosen;
}

/** Show everything in another language; kept in this browser. */
export function choose(next: Language): void {
	chosen = next;
	localStorage.setItem(KEY, next);
}
