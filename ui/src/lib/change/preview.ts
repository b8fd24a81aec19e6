/** What a change would do to people, as the API's previews have it. */
export interface Consequence {
	person: string;
	name: string;
	change: 'gained' | 'lost';
	what: 'manager' | 'role' | 'right' | 'value';
	text: string;
	since: string;
	until: string | null;
}

export interface Preview {
	changes: number;
	days: string[];
	touched: number;
	persons: number;
	counts: { what: Consequence['what']; change: Consequence['change']; count: number }[];
	consequences: Consequence[];
	leftOff: number;
}
