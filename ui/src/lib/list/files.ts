import type { Column } from './columns';

/** What a programme for sheets would take for a formula. Blanks before it hide nothing; wide signs count, too. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/;

/** The rows as a file for Danish programmes: semicolons, and a mark of UTF-8. What looks like a formula is text. */
export function csv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Blob {
	const text = lines(columns, rows).map((line) => line.map(cell).join(';')).join('\r\n');
	return new Blob([`\uFEFF${text}\r\n`], { type: 'text/csv;charset=utf-8' });
}

function cell(text: string): string {
	const data = FORMULA.test(text) ? `'${text}` : text;
	return /[";\r\n]/.test(data) ? `"${data.replaceAll('"', '""')}"` : data;
}

/** The rows as a workbook of Excel. */
export async function xlsx<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Promise<Blob> {
	const { workbook } = await import('./workbook.ts');
	return workbook(lines(columns, rows));
}

function lines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[][] {
	return [columns.map((column) => column.title), ...rows.map((row) => columns.map((column) => column.text(row)))];
}

/** Give a file to whoever looks at the page. */
export function save(file: Blob, name: string): void {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(file);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
