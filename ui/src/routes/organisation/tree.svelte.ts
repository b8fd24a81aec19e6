import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { answerTo } from '#lib/api/client.ts';
import { Failure } from '#lib/api/failure.ts';
import { LevelDocument, TreeDocument, type BranchFragment } from './queries';

const NO_UNIT = '00000000-0000-0000-0000-000000000000';

/** A line of the tree as it is shown. `size` and `place`: among those of its level. */
export interface Row extends BranchFragment {
	level: number;
	isOpen: boolean;
	parent: string | null;
	size: number;
	place: number;
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
			this.#tops = answer.tops.nodes;
			for (const each of answer.opened.nodes) this.#below.set(each.uuid, each.children);
			for (const each of answer.unit?.ancestors ?? []) {
				this.#below.set(each.uuid, each.children);
				this.#open.add(each.uuid);
			}
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
		const answer = await answerTo(LevelDocument, { unit, at: this.#day });
		this.#below.set(unit, answer.unit?.children ?? []);
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

function failureOf(error: unknown): Failure {
	return error instanceof Failure ? error : new Failure('failed', String(error));
}
