import { goto } from '$app/navigation';
import { page } from '$app/state';
import { plus, today } from './texts/dates';

/** Days before and after today that a line of days shows. */
export const REACH = 365;
/** The first of them, and the day after the last. */
export const FIRST = plus(today(), -REACH);
export const END = plus(today(), REACH + 1);

/** The day that all pages show. It stands in the address, and so goes along with every link. */
export function shownDay(): string {
	return chosen() ?? today();
}

/** The same as questions want it: null = today, as the service knows it. */
export function at(): string | null {
	return chosen();
}

/** The address of a page, on the day that is shown; `said`: what else stands in it. */
export function on(path: string, said: Record<string, string> = {}): string {
	const day = chosen();
	const query = new URLSearchParams(day === null ? said : { ...said, day }).toString();
	return query === '' ? path : `${path}?${query}`;
}

/** Show this page on another day. */
export function show(day: string): void {
	if (!isDay(day)) return;
	const to = new URL(page.url.href);
	if (day === today()) to.searchParams.delete('day');
	else to.searchParams.set('day', day);
	void goto(to, { replace: true, reset: false });
}

function chosen(): string | null {
	const day = page.url.searchParams.get('day');
	return day !== null && isDay(day) && day !== today() ? day : null;
}

function isDay(text: string): boolean {
	const read = new Date(`${text}T00:00:00Z`);
	return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(text);
}
