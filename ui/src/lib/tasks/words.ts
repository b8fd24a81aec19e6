import { t } from '#lib/texts/language.svelte.ts';

/** How somebody has a task. */
export interface Has {
	name: string;
	how: 'HOLDER' | 'SUBSTITUTE' | 'DELEGATE' | 'ESCALATED' | 'FALLBACK';
	insteadOf: string | null;
}

/** What decides who has a task. */
export interface Routed {
	role: string;
	responsibility: string | null;
	unit: string | null;
	closedUnit: string | null;
	levelUnit: string | null;
	walked: string[] | null;
	fault: string | null;
}

/** The way from a task's unit to whoever has it, a sentence a step. */
export function way(task: Routed): string[] {
	const role = roleOf(task);
	const found = task.levelUnit ?? '';
	const above = (task.walked ?? []).slice(0, -1).map((unit) => t().tasks.way.nobody(role, unit));
	return [
		...(task.closedUnit ? [t().tasks.way.closed(task.closedUnit)] : []),
		...(task.fault ? [] : above),
		...(task.fault ? [faultName(task)] : [t().tasks.way.found(role, found)])
	];
}

/** Why somebody has a task, in a sentence. */
export function why(has: Has, task: Routed): string {
	const words = t().tasks.why;
	const role = roleOf(task);
	const unit = task.levelUnit ?? '';
	const other = has.insteadOf ?? '';
	switch (has.how) {
		case 'DELEGATE':
			return words.delegate(has.name, other);
		case 'ESCALATED':
			return words.escalated(has.name, role);
		case 'FALLBACK':
			return words.fallback(has.name);
		case 'SUBSTITUTE':
			return words.substitute(has.name, other, role, unit);
		default:
			return words.holder(has.name, role, unit);
	}
}

/** Why the organisation has nobody for a task. */
export function faultName(task: { fault: string | null; role: string; unit: string | null }): string {
	const known: Record<string, (role: string, unit: string) => string> = t().tasks.faults;
	return known[task.fault ?? '']?.(task.role, task.unit ?? '') ?? task.fault ?? '';
}

function roleOf(task: Routed): string {
	return task.responsibility ? t().tasks.roleFor(task.role, task.responsibility) : task.role;
}
