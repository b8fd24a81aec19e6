import { untrack } from 'svelte';

/** Forms in which somebody is changing something: meanwhile nothing is read again below them. */
const open = $state({ count: 0 });

/** Called while such a form is made; until it is taken away. */
export function holdsStill(): void {
	$effect(() => {
		// Who adds to it does not depend on it.
		untrack(() => (open.count += 1));
		return () => {
			open.count -= 1;
		};
	});
}

export function isHeld(): boolean {
	return open.count > 0;
}
