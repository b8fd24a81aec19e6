import { goto } from '$app/navigation';
import { page } from '$app/state';

/** What the address says of a list: what it is narrowed by, never whom somebody looked for. */
export function inAddress(name: string): string | null {
	return page.url.searchParams.get(name);
}

/** Say it in the address; null takes it away. */
export function toAddress(said: Record<string, string | null>): void {
	const to = new URL(page.url.href);
	for (const [name, value] of Object.entries(said)) {
		if (value === null) to.searchParams.delete(name);
		else to.searchParams.set(name, value);
	}
	void goto(to, { replace: true, reset: false });
}
