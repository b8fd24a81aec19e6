import { ALWAYS, ofStates, type Sentence } from '#lib/history/sentences.ts';
import { t } from '#lib/texts/language.svelte.ts';
import type { PersonQuery } from './queries';

type Person = NonNullable<PersonQuery['person']>;

/** What has happened to a person and will happen: the person's own values, and each employment. */
export function told(person: Person): Sentence[] {
	return [...ofStates(person.history).filter(isOfAValue), ...person.employmentsPeriods.flatMap(ofEmployment)];
}

/** That a person is known is no event of the person. */
function isOfAValue(sentence: Sentence): boolean {
	return sentence.text !== t().history.begins && sentence.text !== t().history.ends;
}

function ofEmployment(period: Person['employmentsPeriods'][number]): Sentence[] {
	const { employments: employment, from, to } = period;
	const words = t().person;
	const places = [...employment.unitPeriods].sort((one, other) => (one.from ?? '').localeCompare(other.from ?? ''));
	const title = employment.title ?? employment.number ?? '';
	const found: Sentence[] = [];
	if (from && from !== ALWAYS) found.push({ day: from, text: words.employed(title, places[0]?.unit.name ?? '') });
	for (const place of places.slice(1))
		if (place.from) found.push({ day: place.from, text: words.moved(title, place.unit.name ?? '') });
	for (const each of ofStates(employment.history).filter(isOfAValue))
		found.push({ day: each.day, text: words.ofEmployment(title, each.text) });
	if (to) found.push({ day: to, text: words.leaves(title, places.at(-1)?.unit.name ?? '') });
	return found;
}
