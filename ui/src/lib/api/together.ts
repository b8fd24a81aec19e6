import type { DocumentNode } from 'graphql';
import type { Mutation } from './client';

/** One request that makes several changes in this order, all or none; a preview shows what follows from all of them. */
export function together(mutations: readonly Mutation[]): Mutation {
	const [first] = mutations;
	if (first === undefined) throw new Error('There is nothing to change.');
	if (mutations.length === 1) return first;
	const variables: Record<string, unknown> = {};
	const definitions: unknown[] = [];
	const selections: unknown[] = [];
	mutations.forEach((each, place) => {
		for (const [name, value] of Object.entries(each.variables)) variables[`${name}${place}`] = value;
		for (const definition of each.document.definitions) {
			if (definition.kind !== 'OperationDefinition') throw new Error('A mutation here has no fragments.');
			const renamed = withPlace(definition, place) as typeof definition;
			definitions.push(...(renamed.variableDefinitions ?? []));
			for (const field of renamed.selectionSet.selections) {
				if (field.kind !== 'Field') throw new Error('A mutation here has fields only.');
				selections.push({ ...field, alias: { kind: 'Name', value: `change${place}` } });
			}
		}
	});
	const document = {
		kind: 'Document',
		definitions: [
			{
				kind: 'OperationDefinition',
				operation: 'mutation',
				name: { kind: 'Name', value: 'Together' },
				variableDefinitions: definitions,
				selectionSet: { kind: 'SelectionSet', selections }
			}
		]
	};
	return { document: document as unknown as DocumentNode, variables, together: true };
}

/** The same part of a document, with each variable's name followed by the change's place. */
function withPlace(part: unknown, place: number): unknown {
	if (Array.isArray(part)) return part.map((each) => withPlace(each, place));
	if (part === null || typeof part !== 'object') return part;
	const node = part as { kind?: string; name?: { value: string } };
	if (node.kind === 'Variable' && node.name) return { ...node, name: { ...node.name, value: `${node.name.value}${place}` } };
	return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, key === 'loc' ? undefined : withPlace(value, place)]));
}
