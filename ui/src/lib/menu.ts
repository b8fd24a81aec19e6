import type { Texts } from './texts/da';

/** The main menu: where each entry leads, the name of its text, and the type that one must be able to read. */
export const MENU: { path: string; text: Exclude<keyof Texts['nav'], 'label'>; shows?: string }[] = [
	{ path: '/', text: 'start' },
	{ path: '/tasks', text: 'tasks' },
	{ path: '/organisation', text: 'organisation', shows: 'Unit' },
	{ path: '/roles', text: 'roles', shows: 'Assignment' },
	{ path: '/plans', text: 'plans', shows: 'Plan' },
	{ path: '/board', text: 'board', shows: 'ProcessOverview' },
	{ path: '/kle', text: 'kle', shows: 'EndedKle' },
	{ path: '/quality', text: 'quality', shows: 'Unmatched' },
	{ path: '/sources', text: 'sources', shows: 'SourceHealth' },
	{ path: '/accounts', text: 'accounts', shows: 'ComingAccountChange' },
	{ path: '/access', text: 'access', shows: 'OwnSession' }
];
