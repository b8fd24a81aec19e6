import { around, ofLink, ofMembers, ofStates, type Sentence } from '#lib/history/sentences.ts';
import { t } from '#lib/texts/language.svelte.ts';
import { shownDay } from '#lib/day.ts';
import type { UnitTimesQuery } from './queries';

type Unit = NonNullable<UnitTimesQuery['unit']>;

/** What has happened to a unit up to the shown day, the latest first. */
export function past(unit: Unit | null): Sentence[] {
	return unit === null ? [] : around(ofUnit(unit), shownDay()).past;
}

/** What will happen to it after the shown day, and who comes and goes. */
export function coming(unit: Unit | null): Sentence[] {
	return unit === null ? [] : around([...ofUnit(unit), ...ofPeople(unit)], shownDay()).coming;
}

function ofUnit(unit: Unit): Sentence[] {
	return [
		...ofStates(unit.history),
		...ofLink(
			unit.parentPeriods.map((each) => ({ ...each, name: each.parent.name ?? '' })),
			t().unit.comesUnder
		)
	];
}

function ofPeople(unit: Unit): Sentence[] {
	const words = t().unit;
	return [
		...ofMembers(
			unit.employmentsPeriods.map((each) => ({ ...each, name: titled(each.employments) })),
			words.begins,
			words.stops
		),
		...ofMembers(
			unit.childrenPeriods.map((each) => ({ ...each, name: each.children.name ?? '' })),
			words.comesBelow,
			words.leavesBelow
		),
		...ofMembers(
			unit.assignmentsPeriods.map((each) => ({ ...each, name: held(each.assignments) })),
			words.roleBegins,
			words.roleEnds
		)
	];
}

function titled(employment: Unit['employmentsPeriods'][number]['employments']): string {
	const name = employment.person?.name ?? t().parts.noName;
	return employment.title ? `${name} (${employment.title})` : name;
}

function held(assignment: Unit['assignmentsPeriods'][number]['assignments']): string {
	const holder = assignment.holder;
	const person = holder && 'person' in holder ? holder.person?.name : null;
	return `${person ?? holder?.label ?? ''}, ${assignment.role?.title ?? ''}`;
}
