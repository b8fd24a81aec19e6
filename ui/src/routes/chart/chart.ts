import { hierarchy, tree } from 'd3-hierarchy';
import type { BoxFragment, ChartQuery } from './queries';

/** A unit with those below it that are known; `below` is empty for one that is folded. */
export interface Node {
	unit: BoxFragment;
	below: Node[];
}

/** A unit in the drawing, in pixels from the upper left corner. */
export interface Drawn {
	unit: BoxFragment;
	x: number;
	y: number;
	isOpen: boolean;
	above: Drawn | null;
}

export const BOX = { width: 220, height: 52 };
const GAP = { x: 40, y: 12 };

type Branches = Map<string, BoxFragment[]>;

/** Keep what an answer has of the levels: parent → its units. Answers the topmost of them. */
export function keep(below: Branches, answer: ChartQuery['tree']): BoxFragment[] {
	const known = new Set(answer.map((each) => each.unit.uuid));
	const tops: BoxFragment[] = [];
	const found: Branches = new Map();
	for (const { parent, unit } of answer) {
		if (parent === null || !known.has(parent)) tops.push(unit);
		else found.set(parent, [...(found.get(parent) ?? []), unit]);
	}
	for (const [parent, units] of found) below.set(parent, units);
	return tops;
}

/** A unit and what is open below it. */
export function opened(unit: BoxFragment, below: Branches, open: ReadonlySet<string>): Node {
	const units = open.has(unit.uuid) ? (below.get(unit.uuid) ?? []) : [];
	return { unit, below: units.map((each) => opened(each, below, open)) };
}

/** Where each unit is drawn: those below to the right, each beside the middle of its own. */
export function drawn(tops: readonly Node[]): { nodes: Drawn[]; width: number; height: number } {
	const all: Drawn[] = [];
	let height = 0;
	for (const top of tops) {
		const root = tree<Node>()
			.nodeSize([BOX.height + GAP.y, BOX.width + GAP.x])
			.separation(() => 1)(hierarchy(top, (node) => node.below));
		const rows = root.descendants();
		const least = Math.min(...rows.map((each) => each.x));
		const made = new Map<unknown, Drawn>();
		for (const each of rows) {
			const above = each.parent === null ? null : (made.get(each.parent) ?? null);
			const isOpen = each.data.below.length > 0;
			const one = { unit: each.data.unit, x: each.y, y: each.x - least + height, isOpen, above };
			made.set(each, one);
			all.push(one);
		}
		height = Math.max(...all.map((each) => each.y)) + BOX.height + GAP.y;
	}
	return { nodes: all, width: Math.max(0, ...all.map((each) => each.x)) + BOX.width + GAP.x, height };
}

/** What fits into a box. */
export function short(text: string, most = 27): string {
	return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** The managers of a unit by name. */
export function managers(unit: BoxFragment): string {
	return unit.managers
		.map(({ holder }) => (holder && 'person' in holder ? holder.person?.name : holder?.label) ?? '')
		.filter(Boolean)
		.join(', ');
}
