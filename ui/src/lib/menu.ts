import type { Texts } from './texts/da';

/** The main menu: where each entry leads, and the name of its text. */
export const MENU: { path: string; text: Exclude<keyof Texts['nav'], 'label'> }[] = [{ path: '/', text: 'start' }];
