/** What a change would do to people, as the API's previews have it. */
export interface Consequence {
	person: string;
	name: string;
	change: 'GAINED' | 'LOST';
	/** MANAGER, ROLE, RIGHT, VALUE, ACCOUNT or GROUP; a service that is newer may know more. */
	what: string;
	text: string;
	since: string;
	until: string | null;
}

export interface Preview {
	changes: number;
	days: string[];
	/** Later gains and losses are named only where the change itself begins or ends. */
	lookedUntil: string | null;
	touched: number;
	persons: number;
	counts: { what: string; change: Consequence['change']; count: number }[];
	consequences: Consequence[];
	leftOff: number;
}
