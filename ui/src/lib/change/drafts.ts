/** What was typed into a form and not carried out yet. It may name people, so it is kept in memory, never in storage. */
const kept = new Map<string, Record<string, string>>();

/** The draft of a form by its key; `fresh` if there is none. */
export function draftOf(key: string, fresh: Record<string, string>): Record<string, string> {
	return { ...fresh, ...kept.get(key) };
}

export function keep(key: string, values: Record<string, string>): void {
	kept.set(key, { ...values });
}

export function drop(key: string): void {
	kept.delete(key);
}

// Closing the window would lose them: the browser asks first.
addEventListener('beforeunload', (event) => {
	if (kept.size > 0) event.preventDefault();
});
