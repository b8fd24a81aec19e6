import { Failure, failure, type Shown } from './failure';

/** A file of a task, as the API shows it. `address`: where its content is; null = it can't be fetched. */
export interface Attached {
	id: string;
	field: string;
	name: string;
	size: number;
	state: 'WAITING' | 'CLEAN' | 'REFUSED' | 'NOT_SCANNED';
	/** Why the virus scanner refuses it, in its own words. */
	reason: string | null;
	isDraft: boolean;
	address: string | null;
}

/** Send a file of a task; `progress`: the share that has been sent. Throws Failure. */
export function sendFile(task: string, field: string, file: File, progress: (share: number) => void): Promise<Attached> {
	return new Promise((done, failed) => {
		const request = new XMLHttpRequest(); // fetch does not say how far it is
		request.open('POST', `/attachments/${encodeURIComponent(task)}/${encodeURIComponent(field)}`);
		request.setRequestHeader('content-type', 'application/octet-stream');
		request.setRequestHeader('content-disposition', `attachment; filename*=UTF-8''${encoded(file.name)}`);
		request.responseType = 'json';
		request.upload.onprogress = (event) => progress(event.total ? event.loaded / event.total : 0);
		request.onerror = () => failed(new Failure('offline', 'the file was not sent'));
		request.onload = () => {
			const body = request.response as { attachment?: Omit<Attached, 'isDraft' | 'reason'>; errors?: { message: string; extensions?: Shown }[] } | null;
			if (request.status === 201 && body?.attachment) return done({ ...body.attachment, reason: null, isDraft: true });
			failed(refusal(request.status, body?.errors?.[0]));
		};
		request.send(file);
	});
}

/** Remove a file that one has sent; one that is gone already is removed. Throws Failure. */
export async function removeFile(id: string): Promise<void> {
	let answer: Response;
	try {
		answer = await fetch(`/attachments/${encodeURIComponent(id)}`, { method: 'DELETE', credentials: 'same-origin' });
	} catch (error) {
		throw new Failure('offline', String(error));
	}
	if (answer.ok || answer.status === 404) return;
	const body = (await answer.json().catch(() => ({}))) as { errors?: { message: string; extensions?: Shown }[] };
	throw refusal(answer.status, body.errors?.[0]);
}

/** What a status says where a proxy has answered, or the session is over. */
const CODES: Record<number, string> = {
	401: 'unauthenticated',
	403: 'forbidden',
	408: 'too_slow',
	413: 'over_limit',
	429: 'over_budget',
	502: 'unavailable',
	503: 'unavailable',
	504: 'unavailable'
};

function refusal(status: number, first?: { message: string; extensions?: Shown }): Failure {
	return failure(first?.message ?? `HTTP ${status}`, first?.extensions ?? { code: CODES[status] });
}

/** A name as a header may carry it (RFC 8187). */
function encoded(name: string): string {
	return encodeURIComponent(name).replace(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}
