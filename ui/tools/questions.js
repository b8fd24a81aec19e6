// Writes each question of the pages into build/questions as the client sends it, so that the service can ask it ahead:
// those that all pages share first, then those of the start page, then by page.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { formatDocument, stringifyDocument } from '@urql/core';
import { Kind, parse, visit } from 'graphql';

const folder = `${process.argv[2] ?? 'build'}/questions`;
mkdirSync(folder, { recursive: true });
let place = 0;
for (const file of globSync('src/**/queries.graphql').sort()) {
	const { definitions } = parse(readFileSync(file, 'utf8'));
	const fragments = new Map(definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION).map((each) => [each.name.value, each]));
	for (const operation of definitions) {
		if (operation.operation !== 'query') continue;
		const used = new Set();
		const add = (definition) =>
			visit(definition, {
				FragmentSpread({ name: { value } }) {
					if (used.has(value)) return;
					used.add(value);
					add(fragments.get(value));
				}
			});
		add(operation);
		const document = { kind: Kind.DOCUMENT, definitions: [operation, ...[...used].map((name) => fragments.get(name))] };
		const name = `${String(place++).padStart(3, '0')}-${operation.name.value}`;
		writeFileSync(`${folder}/${name}.graphql`, stringifyDocument(formatDocument(document)));
	}
}
