/** A field of a form: an argument of the mutation that the form makes. */
export interface Input {
	name: string;
	label: string;
	/** `lines`: a list of texts, one a line. `choices`: several of the options. `things`: several that are looked for. */
	kind: 'text' | 'lines' | 'number' | 'yes' | 'day' | 'choice' | 'choices' | 'thing' | 'things';
	hint?: string;
	isRequired?: boolean;
	options?: readonly Option[];
	/** What is looked for. */
	of?: 'Unit' | 'Person' | 'Position' | 'KleNode' | 'Responsibility' | 'Grantee';
}

export interface Option {
	value: string;
	text: string;
}

type Values = Record<string, string>;

/** What a form's values begin with: nothing anywhere, but for what is given. */
export function fresh(inputs: readonly Input[], given: Values = {}): Values {
	const empty = inputs.flatMap((each) => [[each.name, ''], [named(each.name), '']]);
	return { ...Object.fromEntries(empty), ...given };
}

/** Where the name of a chosen thing stands beside its UUID. */
export function named(name: string): string {
	return `${name}Name`;
}

/** The options or things that are chosen in a field for several. */
export function chosenIn(text: string | undefined): Option[] {
	return text ? (JSON.parse(text) as Option[]) : [];
}

/** Whether everything is there that HTML does not ask for itself. */
export function isFilled(inputs: readonly Input[], values: Values): boolean {
	return inputs.every((each) => {
		if (!each.isRequired) return true;
		const isMany = each.kind === 'things' || each.kind === 'choices';
		return isMany ? chosenIn(values[each.name]).length > 0 : (values[each.name] ?? '').trim() !== '';
	});
}

/** The values as the arguments of a mutation; what is empty is omitted. */
export function argumentsOf(inputs: readonly Input[], values: Values): Record<string, unknown> {
	const found = inputs.map((each) => [each.name, argument(each, (values[each.name] ?? '').trim())] as const);
	return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

function argument(input: Input, text: string): unknown {
	if (input.kind === 'yes') return text === 'true';
	if (text === '') return undefined;
	switch (input.kind) {
		case 'number':
			return Number(text);
		case 'lines':
			return text.split('\n').map((each) => each.trim()).filter(Boolean);
		case 'choices':
		case 'things': {
			const chosen = chosenIn(text).map((each) => each.value);
			return chosen.length ? chosen : undefined;
		}
		default:
			return text;
	}
}
