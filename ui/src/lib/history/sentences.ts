import { t } from '#lib/texts/language.svelte.ts';
import { propertyName, shown } from '#lib/texts/names.ts';

/** What begins on a day, as a sentence. */
export interface Sentence {
	day: string;
	text: string;
}

interface Lasting {
	from?: string | null;
	to?: string | null;
}

/** A period that begins here has been in force always so far. */
export const ALWAYS = '0001-01-01';

/** What differs from one state of a thing to the next, and when it began and ended. */
export function ofStates(states: readonly (Lasting & object)[]): Sentence[] {
	const found: Sentence[] = [];
	let before: (Lasting & object) | undefined;
	for (const state of inOrder(states)) {
		const from = state.from ?? ALWAYS;
		if (before === undefined || (before.to ?? '9999') < from) {
			if (before?.to) found.push({ day: before.to, text: t().history.ends });
			if (from !== ALWAYS) found.push({ day: from, text: t().history.begins });
		} else {
			const was = before as Record<string, unknown>;
			for (const [name, value] of Object.entries(state)) {
				if (name === 'from' || name === 'to' || name === '__typename') continue;
				if (JSON.stringify(value) === JSON.stringify(was[name])) continue;
				found.push({ day: from, text: t().history.becomes(propertyName(name), shown(was[name]), shown(value)) });
			}
		}
		before = state;
	}
	if (before?.to) found.push({ day: before.to, text: t().history.ends });
	return found;
}

/** What a link of which one is in force at a time led to. */
export function ofLink(periods: readonly (Lasting & { name: string })[], says: (name: string) => string): Sentence[] {
	return inOrder(periods).flatMap((each) =>
		each.from && each.from !== ALWAYS ? [{ day: each.from, text: says(each.name) }] : []
	);
}

/** Who or what comes and goes. */
export function ofMembers(
	periods: readonly (Lasting & { name: string })[],
	comes: (name: string) => string,
	goes: (name: string) => string
): Sentence[] {
	return periods.flatMap((each) => [
		...(each.from && each.from !== ALWAYS ? [{ day: each.from, text: comes(each.name) }] : []),
		...(each.to ? [{ day: each.to, text: goes(each.name) }] : [])
	]);
}

/** Those up to a day, the latest first; and those after it, the next first. */
export function around(sentences: readonly Sentence[], middle: string): { past: Sentence[]; coming: Sentence[] } {
	const sorted = [...sentences].sort((one, other) => one.day.localeCompare(other.day));
	return {
		past: sorted.filter((each) => each.day <= middle).reverse(),
		coming: sorted.filter((each) => each.day > middle)
	};
}

function inOrder<T extends Lasting>(periods: readonly T[]): T[] {
	return [...periods].sort((one, other) => (one.from ?? ALWAYS).localeCompare(other.from ?? ALWAYS));
}
