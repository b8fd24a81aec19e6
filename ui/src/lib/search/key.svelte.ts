const KEY = 'searchKey';
let isOn = $state(localStorage.getItem(KEY) !== 'off');

/** Whether the key "/" opens the search. Those who speak to their machine can turn it off (WCAG 2.1.4). */
export function hasKey(): boolean {
	return isOn;
}

export function turnKey(on: boolean): void {
	isOn = on;
	localStorage.setItem(KEY, on ? 'on' : 'off');
}

/** Whether a press of a key asks for the search: "/" outside of fields, or Ctrl and K anywhere. */
export function asksForSearch(event: KeyboardEvent): boolean {
	if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey) return true;
	if (!isOn || event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return false;
	const in_ = event.target;
	return !(in_ instanceof HTMLElement && (in_.isContentEditable || in_.matches('input, select, textarea')));
}
