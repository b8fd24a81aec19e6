import { strToU8, zipSync } from 'fflate';

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const SHEETS = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
/** What XML 1.0 can't say. */
const UNSAYABLE = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

/**
 * A workbook of Excel (ISO/IEC 29500) with one sheet. Every cell is a text, so none is a formula. It is packed in this
 * thread: the policy of the pages lets no script start another.
 */
export function workbook(lines: readonly (readonly string[])[]): Blob {
	const parts: Record<string, string> = {
		'[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types">
			<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
			<Default Extension="xml" ContentType="${TYPE}.sheet.main+xml"/>
			<Override PartName="/xl/sheet.xml" ContentType="${TYPE}.worksheet+xml"/></Types>`,
		'_rels/.rels': relation('officeDocument', 'xl/workbook.xml'),
		'xl/_rels/workbook.xml.rels': relation('worksheet', 'sheet.xml'),
		'xl/workbook.xml': `<workbook xmlns="${SHEETS}" xmlns:r="${OFFICE}"><sheets>
			<sheet name="REConnect" sheetId="1" r:id="r1"/></sheets></workbook>`,
		'xl/sheet.xml': `<worksheet xmlns="${SHEETS}"><sheetData>${lines.map(row).join('')}</sheetData></worksheet>`
	};
	const files = Object.entries(parts).map(([name, text]) => [name, strToU8(HEAD + text)] as const);
	return new Blob([zipSync(Object.fromEntries(files))], { type: `${TYPE}.sheet` });
}

function relation(kind: string, target: string): string {
	const one = `<Relationship Id="r1" Type="${OFFICE}/${kind}" Target="${target}"/>`;
	return `<Relationships xmlns="${PACKAGE}/relationships">${one}</Relationships>`;
}

function row(cells: readonly string[]): string {
	const texts = cells.map((text) => `<c t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`);
	return `<row>${texts.join('')}</row>`;
}

function escaped(text: string): string {
	return text.replace(UNSAYABLE, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
