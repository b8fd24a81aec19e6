/** A form's JSON Schema, as the API checks it too, in the terms in which a page draws it. */
export interface Schema {
	type?: string | string[];
	title?: string;
	description?: string;
	format?: string;
	enum?: unknown[];
	const?: unknown;
	oneOf?: Schema[];
	items?: Schema;
	default?: unknown;
	maxLength?: number;
	maxItems?: number;
	minimum?: number;
	maximum?: number;
	properties?: Record<string, Schema>;
	required?: string[];
	if?: Schema;
	then?: Schema;
	else?: Schema;
	allOf?: Schema[];
	dependentRequired?: Record<string, string[]>;
	/** Of a field for files: which it takes. */
	'x-reconnect'?: { types?: string[]; megabytes?: number };
}

export type Values = Record<string, unknown>;

export interface Option {
	value: string;
	title: string;
}

/** `many`: a list of such values. `options`: what can be chosen; empty = anything. */
export interface Field {
	name: string;
	title: string;
	hint: string;
	kind: 'text' | 'long' | 'number' | 'date' | 'email' | 'unit' | 'person' | 'position' | 'system' | 'choice' | 'files';
	isMany: boolean;
	options: Option[];
	isRequired: boolean;
	schema: Schema;
}

const LONG = 2000;

/** The fields that a form has with these values: those of a branch (`if`) only while it applies. */
export function fieldsOf(form: Schema, values: Values): Field[] {
	const dependent = Object.entries(form.dependentRequired ?? {}).flatMap(([name, others]) => (isGiven(values[name]) ? others : []));
	const always = [...(form.required ?? []), ...dependent];
	const branches = [form, ...(form.allOf ?? [])].filter((each) => each.if);
	const chosen = branches.map((each) => (fits(each.if ?? {}, values) ? each.then : each.else));
	const needed = new Set([...always, ...chosen.flatMap((each) => each?.required ?? [])]);
	const conditional = new Set(
		branches.flatMap((each) => [each.then, each.else]).flatMap((each) => [...(each?.required ?? []), ...Object.keys(each?.properties ?? {})])
	);
	const open = new Set(chosen.flatMap((each) => [...(each?.required ?? []), ...Object.keys(each?.properties ?? {})]));
	return Object.entries(form.properties ?? {})
		.filter(([name]) => always.includes(name) || !conditional.has(name) || open.has(name))
		.map(([name, schema]) => fieldOf(name, schema, needed.has(name)));
}

/** The values of the fields that are shown, without what was left empty. */
export function filledIn(form: Schema, values: Values): Values {
	const shown = fieldsOf(form, values).map((field) => [field.name, values[field.name]] as const);
	return Object.fromEntries(
		shown.filter(([, value]) => isGiven(value))
	);
}

function isGiven(value: unknown): boolean {
	return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

/** What a form begins with: what is known already, else its own default. */
export function begun(form: Schema, known: Values): Values {
	return Object.fromEntries(
		Object.entries(form.properties ?? {})
			.map(([name, schema]) => [name, known[name] ?? schema.default] as const)
			.filter(([, value]) => value !== undefined)
	);
}

function fieldOf(name: string, schema: Schema, isRequired: boolean): Field {
	const isMany = [schema.type].flat().includes('array');
	const one = isMany ? (schema.items ?? {}) : schema;
	return {
		name,
		title: schema.title ?? name,
		hint: schema.description ?? '',
		kind: schema.format === 'attachment' ? 'files' : kindOf(one),
		isMany,
		options: optionsOf(one),
		isRequired,
		schema: schema.format === 'attachment' ? schema : one
	};
}

/** The endings of names that a field for files takes, for the browser's dialogue. */
export function accepted(schema: Schema): string {
	return (schema['x-reconnect']?.types ?? []).map((each) => (each === 'jpeg' ? '.jpg,.jpeg' : each === 'heic' ? '.heic,.heif' : `.${each}`)).join(',');
}

/** The values, with the files that one has sent to a field and that no draft names yet. */
export function withFiles(form: Schema, values: Values, files: readonly { id: string; field: string; isDraft: boolean }[]): Values {
	const found = { ...values };
	for (const [name, schema] of Object.entries(form.properties ?? {})) {
		if (schema.format !== 'attachment') continue;
		const own = files.filter((each) => each.isDraft && each.field === name).map((each) => each.id);
		if (own.length === 0) continue;
		if (![schema.type].flat().includes('array')) found[name] = own.includes(String(found[name])) ? found[name] : own.at(-1);
		else found[name] = [...new Set([...((found[name] ?? []) as string[]), ...own])];
	}
	return found;
}

/** What a field of such a format is a thing of. */
export const THINGS = { unit: 'Unit', person: 'Person', position: 'Position', system: 'ItSystem' } as const;

function kindOf(schema: Schema): Field['kind'] {
	const types = [schema.type].flat();
	if (schema.enum || schema.oneOf || types.includes('boolean')) return 'choice';
	if (schema.format && schema.format in THINGS) return schema.format as keyof typeof THINGS;
	if (schema.format === 'date' || schema.format === 'email') return schema.format;
	if (types.includes('number') || types.includes('integer')) return 'number';
	return (schema.maxLength ?? 0) > LONG ? 'long' : 'text';
}

/** Yes or no is chosen, so that no answer is not taken for a no. */
function optionsOf(schema: Schema): Option[] {
	if ([schema.type].flat().includes('boolean')) return [{ value: 'true', title: 'yes' }, { value: 'false', title: 'no' }];
	if (schema.oneOf) return schema.oneOf.map((each) => ({ value: String(each.const), title: each.title ?? String(each.const) }));
	return (schema.enum ?? []).map((each) => ({ value: String(each), title: String(each) }));
}

/** Whether values fit the condition of a branch: constants and lists of them, by field. */
function fits(condition: Schema, values: Values): boolean {
	const needed = (condition.required ?? []).every((name) => isGiven(values[name]));
	return (
		needed &&
		Object.entries(condition.properties ?? {}).every(([name, schema]) => {
			const value = values[name];
			if (value === undefined) return true;
			if ('const' in schema) return value === schema.const;
			return schema.enum === undefined || schema.enum.includes(value);
		})
	);
}
