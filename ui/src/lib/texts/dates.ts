import { language } from './language.svelte';

const ZONE = 'Europe/Copenhagen';
const LOCALES = { da: 'da-DK', en: 'en-GB' } as const;

/** `2026-08-01` as people write it. */
export function day(text: string): string {
	return new Intl.DateTimeFormat(LOCALES[language()], { dateStyle: 'long', timeZone: 'UTC' }).format(
		new Date(`${text}T00:00:00Z`)
	);
}

/** A moment, on Danish clocks. */
export function moment(text: string): string {
	return new Intl.DateTimeFormat(LOCALES[language()], {
		dateStyle: 'medium',
		timeStyle: 'short',
		timeZone: ZONE
	}).format(new Date(text));
}

export function number(value: number): string {
	return new Intl.NumberFormat(LOCALES[language()]).format(value);
}

/** Today in Denmark, as `2026-08-01`. */
export function today(): string {
	return new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE }).format(new Date());
}

/** The day some days after a day. */
export function plus(text: string, days: number): string {
	const moved = new Date(`${text}T00:00:00Z`);
	moved.setUTCDate(moved.getUTCDate() + days);
	return moved.toISOString().slice(0, 10);
}
