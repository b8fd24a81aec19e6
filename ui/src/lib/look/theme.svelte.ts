export type Theme = 'system' | 'light' | 'dark';

const KEY = 'theme';
const kept = localStorage.getItem(KEY);
let chosen = $state<Theme>(kept === 'light' || kept === 'dark' ? kept : 'system');
show();

export function theme(): Theme {
	return chosen;
}

/** Light, dark, or as the machine is; kept in this browser. */
export function choose(next: Theme): void {
	chosen = next;
	localStorage.setItem(KEY, next);
	show();
}

function show(): void {
	if (chosen === 'system') delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = chosen;
}
