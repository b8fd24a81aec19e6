import type Modeler from 'bpmn-js/lib/Modeler';
import moddle from '../../../../processes/engine/reconnect.moddle.json';

/** An element of a drawing, as far as the panel beside it reads and writes it. */
export interface Drawn {
	id: string;
	type: string;
	businessObject: BusinessObject;
	labelTarget?: unknown;
}

interface BusinessObject {
	id: string;
	name?: string;
	$type: string;
	conditionExpression?: { body?: string };
	extensionElements?: { values?: Extension[] };
	/** Of a pool: the process that is drawn in it. */
	processRef?: BusinessObject;
	/** Of a script task. */
	script?: string;
	/** Of an event: what it waits for. */
	eventDefinitions?: (BusinessObject & Partial<Record<Time, { body?: string }>>)[];
}

/** How BPMN writes when a timer is due: after so long, at a moment, or several times. */
export const TIMES = ['timeDuration', 'timeDate', 'timeCycle'] as const;
export type Time = (typeof TIMES)[number];

type Extension = { $type: string } & Record<string, unknown>;

interface Registry {
	getAll(): Drawn[];
	get(id: string): Drawn | undefined;
}
interface Modeling {
	updateProperties(element: Drawn, properties: Record<string, unknown>): void;
	updateModdleProperties(element: Drawn, of: BusinessObject, properties: Record<string, unknown>): void;
}
interface Moddle {
	create(type: string, values: Record<string, unknown>): Extension;
}
interface Selection {
	select(element: Drawn): void;
}
interface Events {
	on(name: string, heard: (event: { newSelection: Drawn[] }) => void): void;
}

/** Where one draws a process: bpmn-js with our extension elements. Its library is loaded with the first one. */
export class Drawing {
	readonly #modeler: Modeler;

	private constructor(modeler: Modeler) {
		this.#modeler = modeler;
	}

	static async open(container: HTMLElement, xml: string): Promise<Drawing> {
		const { default: Modeler } = await import('bpmn-js/lib/Modeler');
		// The library writes into the description that it is given.
		const made = new Modeler({ container, moddleExtensions: { reconnect: structuredClone(moddle) } });
		await made.importXML(xml);
		made.get<{ zoom(to: string): void }>('canvas').zoom('fit-viewport');
		return new Drawing(made);
	}

	close(): void {
		this.#modeler.destroy();
	}

	/** The elements that can be named or described: no labels, and no lines of the drawing alone. */
	elements(): Drawn[] {
		return this.#modeler.get<Registry>('elementRegistry').getAll().filter((each) => !each.labelTarget && each.type.startsWith('bpmn:'));
	}

	get(id: string): Drawn | undefined {
		return this.#modeler.get<Registry>('elementRegistry').get(id);
	}

	select(id: string): void {
		const element = this.get(id);
		if (element) this.#modeler.get<Selection>('selection').select(element);
	}

	/** `selected`: which element was chosen; `changed`: something was drawn. */
	listen(selected: (id: string | null) => void, changed: () => void): void {
		const events = this.#modeler.get<Events>('eventBus');
		events.on('selection.changed', (event) => selected(event.newSelection.length === 1 ? (event.newSelection[0]?.id ?? null) : null));
		events.on('commandStack.changed', changed);
	}

	/** An attribute of one of our extension elements, such as the role of a place. */
	extension(element: Drawn, type: string, name: string): string {
		const found = carrier(element).extensionElements?.values?.find((each) => each.$type === type);
		return String(found?.[name] ?? '');
	}

	/** Our extension elements of a type, of which there may be several, with the attributes that they have. */
	extensions(element: Drawn, type: string): Record<string, string>[] {
		const found = carrier(element).extensionElements?.values?.filter((each) => each.$type === type) ?? [];
		return found.map((each) =>
			Object.fromEntries(Object.entries(attributesOf(each)).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])))
		);
	}

	/** Our extension elements of a type become these; others stay. */
	setExtensions(element: Drawn, type: string, stated: Record<string, string>[]): void {
		const make = this.#modeler.get<Moddle>('moddle');
		const others = (carrier(element).extensionElements?.values ?? []).filter((each) => each.$type !== type);
		const made = stated.map((each) => make.create(type, Object.fromEntries(Object.entries(each).filter(([, value]) => value))));
		const values = [...made, ...others];
		this.#extend(element, values);
	}

	set(element: Drawn, properties: Record<string, unknown>): void {
		this.#modeler.get<Modeling>('modeling').updateProperties(element, properties);
	}

	#extend(element: Drawn, values: Extension[]): void {
		const made = this.#modeler.get<Moddle>('moddle').create('bpmn:ExtensionElements', { values });
		const extensionElements = values.length ? made : undefined;
		this.#modeler.get<Modeling>('modeling').updateModdleProperties(element, carrier(element), { extensionElements });
	}

	setCondition(element: Drawn, body: string): void {
		const make = this.#modeler.get<Moddle>('moddle');
		this.set(element, { conditionExpression: body ? make.create('bpmn:FormalExpression', { body }) : undefined });
	}

	/** Set an attribute; one of our elements without any attribute is taken away. */
	setExtension(element: Drawn, type: string, name: string, value: string): void {
		const make = this.#modeler.get<Moddle>('moddle');
		const before = carrier(element).extensionElements?.values ?? [];
		const old = before.find((each) => each.$type === type);
		const attributes: Record<string, unknown> = { ...attributesOf(old), [name]: value || undefined };
		const isEmpty = Object.values(attributes).every((each) => each === undefined);
		const values = [...before.filter((each) => each !== old), ...(isEmpty ? [] : [make.create(type, attributes)])];
		this.#extend(element, values);
	}

	setScript(element: Drawn, script: string): void {
		this.set(element, { scriptFormat: 'cel', script: script || undefined });
	}

	/** When a timer is due; null = the element is none. */
	time(element: Drawn): { kind: Time; text: string } | null {
		const timer = timerOf(element);
		if (timer === undefined) return null;
		const kind = TIMES.find((each) => timer[each] !== undefined) ?? 'timeDuration';
		return { kind, text: timer[kind]?.body ?? '' };
	}

	setTime(element: Drawn, kind: Time, body: string): void {
		const timer = timerOf(element);
		if (timer === undefined) return;
		const made = this.#modeler.get<Moddle>('moddle').create('bpmn:FormalExpression', { body });
		const times = Object.fromEntries(TIMES.map((each) => [each, each === kind ? made : undefined]));
		this.#modeler.get<Modeling>('modeling').updateModdleProperties(element, timer, times);
	}

	async xml(): Promise<string> {
		const { xml } = await this.#modeler.saveXML({ format: true });
		return xml ?? '';
	}
}

/** What carries our extension elements: of a pool, its process. */
function carrier(element: Drawn): BusinessObject {
	return element.businessObject.processRef ?? element.businessObject;
}

function timerOf(element: Drawn): NonNullable<BusinessObject['eventDefinitions']>[number] | undefined {
	return element.businessObject.eventDefinitions?.find((each) => each.$type === 'bpmn:TimerEventDefinition');
}

function attributesOf(extension: Extension | undefined): Record<string, unknown> {
	if (extension === undefined) return {};
	const names = moddle.types.find((each) => `reconnect:${each.name}` === extension.$type)?.properties ?? [];
	return Object.fromEntries(names.map((each) => [each.name, extension[each.name]]));
}
