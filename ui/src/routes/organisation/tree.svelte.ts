import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { answerTo } from '#lib/api/client.ts';
import { Failure } from '#lib/api/failure.ts';
import { LevelDocument, MoreTopsDocument, TreeDocument, type BranchFragment } from './queries';

const NOTHING: Part = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
const NO_UNIT = '00000000-0000-0000-0000-000000000000';

/** A line of the tree as it is shown. `size` and `place`: among those of its level. */
export interface Row extends BranchFragment {
	level: number;
	isOpen: boolean;
	parent: string | null;
	size: number;
	place: number;
}

interface Part {
	nodes: BranchFragment[];
	pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** The units above and below each other on a day, as far as they were opened. Levels are asked for when they open. */
export class OrganisationTree {
	failure = $state.raw<Failure | null>(null);
	isLoading = $state(true);
	#day: string | null = null;
	#unit: string | null = null;
	#turn = 0;
	#tops = $state.raw<BranchFragment[]>([]);
	readonly #below = new SvelteMap<string, BranchFragment[]>();
	readonly #open = new SvelteSet<string>();
	readonly rows: Row[] = $derived.by(() => this.#shown());

	/** Show a day, with what was open before; `unit`: opened down to it. */
	async read(day: string | null, unit: string | null): Promise<void> {
		const own = ++this.#turn;
		this.#unit = unit;
		this.isLoading = true;
		this.failure = null;
		try {
			const open = [...this.#open];
			const answer = await answerTo(TreeDocument, { open, unit: unit ?? NO_UNIT, hasUnit: unit !== null, at: day });
			if (own !== this.#turn) return;
			if (day !== this.#day) this.#below.clear();
			this.#day = day;
			this.#tops = await all(answer.tops, async (after) => (await answerTo(MoreTopsDocument, { at: day, after })).units);
			for (const each of answer.unit?.ancestors ?? []) this.#open.add(each.uuid);
			for (const each of [...answer.opened.nodes, ...(answer.unit?.ancestors ?? [])]) {
				if (each.children.length < each.childCount) await this.#load(each.uuid);
				else this.#below.set(each.uuid, each.children);
			}
			if (own !== this.#turn) return;
			const [top, other] = this.#tops;
			if (top && !other && !this.#below.has(top.uuid)) await this.#load(top.uuid);
		} catch (error) {
			if (own === this.#turn) this.failure = failureOf(error);
		} finally {
			if (own === this.#turn) this.isLoading = false;
		}
	}

	/** Read it anew, after a change. */
	again(): Promise<void> {
		return this.read(this.#day, this.#unit);
	}

	has(unit: string): boolean {
		return this.rows.some((row) => row.uuid === unit);
	}

	async open(unit: string): Promise<void> {
		try {
			if (!this.#below.has(unit)) await this.#load(unit);
			this.#open.add(unit);
		} catch (error) {
			this.failure = failureOf(error);
		}
	}

	close(unit: string): void {
		this.#open.delete(unit);
	}

	async #load(unit: string): Promise<void> {
		const day = this.#day;
		const part = async (after: string | null): Promise<Part> => {
			const answer = await answerTo(LevelDocument, { unit, at: day, after });
			return answer.unit?.childrenConnection ?? NOTHING;
		};
		const found = await all(await part(null), part);
		if (day !== this.#day) return;
		this.#below.set(unit, found);
		this.#open.add(unit);
	}

	#shown(): Row[] {
		const rows: Row[] = [];
		const add = (branches: BranchFragment[], level: number, parent: string | null): void => {
			branches.forEach((branch, place) => {
				const below = this.#open.has(branch.uuid) ? this.#below.get(branch.uuid) : undefined;
				const isOpen = below !== undefined && branch.childCount > 0;
				rows.push({ ...branch, level, parent, isOpen, size: branches.length, place: place + 1 });
				if (isOpen) add(below, level + 1, branch.uuid);
			});
		};
		add(this.#tops, 1, null);
		return rows;
	}
}

/** A level in full: a part, and those after it. */
async function all(first: Part, next: (after: string) => Promise<Part>): Promise<BranchFragment[]> {
	const found = [...first.nodes];
	for (let part = first; part.pageInfo.hasNextPage && part.pageInfo.endCursor !== null; ) {
		part = await next(part.pageInfo.endCursor);
		found.push(...part.nodes);
	}
	return found;
}

function failureOf(error: unknown): Failure {
	return error instanceof Failure ? error : new Failure('failed', String(error));
}
