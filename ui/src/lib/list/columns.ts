/** A column of a list: what it is called, and what stands in it. `href`: where it leads. */
export interface Column<Row> {
	key: string;
	title: string;
	text: (row: Row) => string;
	href?: (row: Row) => string | null;
	/** By what it is sorted where that is not its text, such as a day. */
	order?: (row: Row) => string;
}

/** Those whose text fits every word, in the order of a column. */
export function arranged<Row>(
	rows: readonly Row[],
	columns: readonly Column<Row>[],
	words: string,
	by: string,
	isDescending: boolean
): Row[] {
	const wanted = words.toLocaleLowerCase('da').split(/\s+/).filter(Boolean);
	const found = rows.filter((row) => {
		const text = columns.map((column) => column.text(row)).join(' ').toLocaleLowerCase('da');
		return wanted.every((word) => text.includes(word));
	});
	const column = columns.find((each) => each.key === by) ?? columns[0];
	if (column === undefined) return found;
	const order = new Intl.Collator('da', { numeric: true });
	const value = column.order ?? column.text;
	const sorted = found.sort((one, other) => order.compare(value(one), value(other)));
	return isDescending ? sorted.reverse() : sorted;
}
