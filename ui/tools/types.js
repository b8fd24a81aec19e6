// Writes the TypeScript of every queries.graphql beside it, as the API's schema types it. Ends with 1 for a query that
// the schema does not know, or that asks for what is deprecated.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as documents from '@graphql-codegen/typed-document-node';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildASTSchema, Kind, NoDeprecatedCustomRule, parse, specifiedRules, validate, visit } from 'graphql';

const SCALARS = { Date: 'string', Moment: 'string', ID: 'string' };
const schemaFile = new URL('../../schema.graphql', import.meta.url);
const source = readFileSync(schemaFile, 'utf8');
// The client throws for every error, so what is null only beside an error is never null here.
const schema = visit(parse(source, { noLocation: true }), {
	FieldDefinition(field) {
		const never = field.directives.some((each) => each.name.value === 'semanticNonNull');
		return never ? { ...field, type: { kind: Kind.NON_NULL_TYPE, type: field.type } } : undefined;
	}
});
const schemaAst = buildASTSchema(schema);
let wrong = 0;

for (const file of globSync('src/**/queries.graphql')) {
	const document = parse(readFileSync(file, 'utf8'));
	// What is deprecated may be gone on its day; nor does GraphQL itself take a String where an ID belongs.
	const errors = validate(schemaAst, document, [...specifiedRules, NoDeprecatedCustomRule]);
	for (const error of errors) console.error(`${file}:${error.locations?.[0]?.line ?? 1}: ${error.message}`);
	wrong += errors.length;
	if (errors.length) continue;
	const filename = file.replace(/\.graphql$/, '.ts');
	const made = await codegen({
		filename,
		schema,
		schemaAst,
		documents: [{ location: file, document }],
		plugins: [{ operations: {} }, { documents: {} }],
		pluginMap: { operations, documents },
		config: { scalars: SCALARS, strictScalars: false, useTypeImports: true, enumType: 'string-literal', dedupeFragments: true, nonOptionalTypename: true },
		skipDocumentsValidation: true
	});
	const written = `// Written by tools/types.js from queries.graphql and schema.graphql.\n${made}`;
	if (readIfThere(filename) !== written) writeFileSync(filename, written);
}
process.exit(wrong ? 1 : 0);

function readIfThere(name) {
	try {
		return readFileSync(name, 'utf8');
	} catch {
		return undefined;
	}
}
