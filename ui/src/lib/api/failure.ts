/** Why a question was not answered, in the terms in which a page shows it. */
export type FailureKind = 'offline' | 'loggedOut' | 'noRight' | 'busy' | 'rejected' | 'failed';

export interface Giver {
	uuid: string;
	name: string;
}

/**
 * `text`: the API's own words, in English. `id`: stands in the service's log. `wait`: seconds after which to try again.
 * `missing` and `givenBy`: the rights that would help, and who can give them.
 */
export class Failure extends Error {
	readonly kind: FailureKind;
	readonly code: string;
	readonly id: string | null;
	readonly wait: number | null;
	readonly missing: string[];
	readonly givenBy: Giver[];

	constructor(kind: FailureKind, text: string, shown: Shown = {}, wait: number | null = null) {
		super(text);
		this.kind = kind;
		this.code = shown.code ?? kind;
		this.id = shown.id ?? null;
		this.wait = wait;
		this.missing = shown.missing ?? [];
		this.givenBy = shown.givenBy ?? [];
	}
}

/** The extensions of an error of the API. */
export interface Shown {
	code?: string;
	id?: string;
	missing?: string[];
	givenBy?: Giver[];
}

const KINDS: Record<string, FailureKind> = {
	unauthenticated: 'loggedOut',
	no_rights: 'noRight',
	forbidden: 'noRight',
	over_budget: 'busy',
	unavailable: 'busy',
	internal: 'failed'
};

/** The failure that an error of the API is. */
export function failure(text: string, shown: Shown = {}, wait: number | null = null): Failure {
	return new Failure(KINDS[shown.code ?? ''] ?? (wait === null ? 'rejected' : 'busy'), text, shown, wait);
}
