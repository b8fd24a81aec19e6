// Takes the script out of the built page and puts it into a file, so that the policy allows no inline script.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const folder = process.argv[2] ?? 'build';
const page = readFileSync(`${folder}/index.html`, 'utf8');
const inline = [...page.matchAll(/<script>([\s\S]*?)<\/script>/g)];
if (inline.length !== 1) throw new Error(`The built page has ${inline.length} inline scripts, not one.`);
const [whole, script] = inline[0];
const name = `_app/immutable/boot.${createHash('sha256').update(script).digest('hex').slice(0, 12)}.js`;
const made = page.replace(whole, `<script src="/${name}"></script>`);
if (/<script(?![^>]*\ssrc=)|\son\w+=|<style|\sstyle=/.test(made)) throw new Error('The built page has inline script or style.');
for (const [file, text] of [[name, script], ['index.html', made]]) {
	writeFileSync(`${folder}/${file}`, text);
	writeFileSync(`${folder}/${file}.br`, brotliCompressSync(text));
	writeFileSync(`${folder}/${file}.gz`, gzipSync(text));
}
