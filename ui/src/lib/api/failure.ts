/** Why a question was not answered, in the terms in which a page shows it. */
export type FailureKind = 'offline' | 'loggedOut' | 'noRight' | 'busy' | 'conflict' | 'secondPerson' | 'otherPerson' | 'unknown' | 'rejected' | 'failed';

export interface Giver {
	uuid: string;
	name: string;
}

/**
 * `text`: the API's own words, in English. `id`: stands in the service's log. `wait`: seconds after which to try again.
 * `missing` and `givenBy`: the rights that would help, and who can give them. `by` and `at`: who changed the thing
 * meanwhile, and when. `field`: the field of a form that is wrong. `faults`:
 * of a definition of a process.
 */
export class Failure extends Error {
	readonly kind: FailureKind;
	readonly code: string;
	readonly id: string | null;
	readonly wait: number | null;
	readonly missing: string[];
	readonly givenBy: Giver[];
	readonly by: string | null;
	readonly at: string | null;
	readonly field: string | null;
	readonly faults: Fault[];

	constructor(kind: FailureKind, text: string, shown: Shown = {}, wait: number | null = null) {
		super(text);
		this.kind = kind;
		this.code = shown.code ?? kind;
		this.id = shown.id ?? null;
		this.wait = wait;
		this.missing = shown.missing ?? [];
		this.givenBy = shown.givenBy ?? [];
		this.by = shown.by ?? null;
		this.at = shown.at ?? null;
		this.field = shown.field ?? null;
		this.faults = shown.faults ?? [];
	}
}

/** What is wrong with a definition of a process, and where. */
export interface Fault {
	document: string;
	element: string;
	text: string;
}

/** The extensions of an error of the API. */
export interface Shown {
	code?: string;
	id?: string;
	missing?: string[];
	givenBy?: Giver[];
	by?: string | null;
	at?: string | null;
	field?: string | null;
	faults?: Fault[];
	/** Of second_person: whether it is made once another person asks for the same. */
	noted?: boolean;
}

const KINDS: Record<string, FailureKind> = {
	unauthenticated: 'loggedOut',
	no_rights: 'noRight',
	forbidden: 'noRight',
	over_budget: 'busy',
	unavailable: 'busy',
	conflict: 'conflict',
	approval_changed: 'conflict',
	plan_changed: 'conflict',
	second_person: 'secondPerson',
	internal: 'failed',
	key_missing: 'failed'
};

/** The failure that an error of the API is. */
export function failure(text: string, shown: Shown = {}, wait: number | null = null): Failure {
	const code = shown.code ?? '';
	const other = code.startsWith('unknown_') ? 'unknown' : wait === null ? 'rejected' : 'busy';
	const kind = KINDS[code] ?? other;
	return new Failure(kind === 'secondPerson' && !shown.noted ? 'otherPerson' : kind, text, shown, wait);
}
