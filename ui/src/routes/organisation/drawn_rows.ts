/** Places in a list, the second one exclusive. */
export interface Range {
	from: number;
	to: number;
}

interface Drawn<Row> {
	/** `gap`: so many rows before this one are not drawn. */
	rows: { row: Row; gap: number }[];
	/** So many rows after the last one are not drawn. */
	after: number;
}

/** The rows that are drawn: those of a range, and those that must stay, as the one with the focus does. */
export function drawnOf<Row extends { uuid: string }>(
	all: readonly Row[],
	range: Range,
	kept: readonly (string | null | undefined)[]
): Drawn<Row> {
	const rows: Drawn<Row>['rows'] = [];
	let next = 0;
	all.forEach((row, place) => {
		if (!(place >= range.from && place < range.to) && !kept.includes(row.uuid)) return;
		rows.push({ row, gap: place - next });
		next = place + 1;
	});
	return { rows, after: all.length - next };
}
