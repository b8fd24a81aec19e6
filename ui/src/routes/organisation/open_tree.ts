import { getContext, setContext } from 'svelte';
import { OrganisationTree } from './tree.svelte.ts';

const KEY = Symbol('tree');

/** The tree beside the pages of units: made once, by their frame. */
export function newTree(): OrganisationTree {
	return setContext(KEY, new OrganisationTree());
}

/** The same, for the page of a unit: a change is seen there, too. */
export function openTree(): OrganisationTree {
	return getContext<OrganisationTree>(KEY);
}
