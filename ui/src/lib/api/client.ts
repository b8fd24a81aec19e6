import { Client, cacheExchange, createRequest, fetchExchange, type CombinedError } from '@urql/core';
import type { DocumentNode } from 'graphql';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { Preview } from '#lib/change/preview.ts';
import { Failure, failure, type Shown } from './failure';

const ADDRESS = '/graphql';
const FORM = 'application/graphql-response+json';

interface Body {
	errors?: { message: string; extensions?: Shown }[];
}

/** A request of this page, with the session's cookie. Throws Failure for every answer that is not the API's data. */
async function send(address: RequestInfo | URL, init?: RequestInit): Promise<Response> {
	let answer: Response;
	try {
		const headers = { 'content-type': 'application/json', accept: FORM };
		answer = await fetch(address, { ...init, headers, credentials: 'same-origin' });
	} catch (error) {
		if (init?.signal?.aborted) throw error;
		throw new Failure('offline', String(error));
	}
	if (answer.ok) return answer;
	const wait = answer.headers.get('retry-after');
	const body: Body = await answer.json().catch(() => ({}));
	const first = body.errors?.[0];
	throw failure(first?.message ?? `HTTP ${answer.status}`, first?.extensions, wait === null ? null : Number(wait));
}

/** Answers are kept by question and variables, so those of different days never mix. They are kept in memory only. */
function made(): Client {
	return new Client({
		url: ADDRESS,
		exchanges: [cacheExchange, fetchExchange],
		fetch: send,
		preferGetMethod: false
	});
}

let client = made();
/** When this page has changed something itself. */
let changedAt = 0;
/** Milliseconds after which the log has told of it. */
const TOLD_WITHIN = 5_000;

/** Whether a change of which the log tells now is one that was made here, and shown already. */
export function isJustChanged(): boolean {
	return Date.now() - changedAt < TOLD_WITHIN;
}

/**
 * The answer to a question. Throws Failure. `fresh`: what is kept does not count. `reason`: why it is asked, for the log
 * of reads.
 */
export async function answerTo<D, V extends Record<string, unknown>>(
	question: TypedDocumentNode<D, V>,
	variables: V,
	{ fresh = false, reason }: { fresh?: boolean; reason?: string } = {}
): Promise<D> {
	const request = createRequest<D, V>(question as DocumentNode, variables, reason ? { reason } : undefined);
	const requestPolicy = fresh || reason ? 'network-only' : 'cache-first';
	const { data, error } = await client.executeQuery<D, V>(request, { requestPolicy });
	if (error) throw failureOf(error);
	return data as D;
}

/** A mutation with its variables. `together`: it makes several changes, all or none. */
export interface Mutation {
	document: DocumentNode;
	variables: Record<string, unknown>;
	together?: boolean;
}

export function mutation<D, V extends Record<string, unknown>>(
	document: TypedDocumentNode<D, V>,
	variables: V
): Mutation {
	return { document: document as DocumentNode, variables };
}

/**
 * Carry out a mutation; the UUIDs of what it has made or changed, in its order. What follows from it may be anywhere, so
 * no answer is kept. Throws Failure.
 */
export async function change(wanted: Mutation): Promise<string[]> {
	const data = await answerOf<Record<string, { uuid?: string } | { uuid?: string }[] | null>>(wanted);
	return Object.values(data).flat().flatMap((each) => (each?.uuid ? [each.uuid] : []));
}

/** Carry out a mutation; what it answers. Throws Failure. */
export async function answerOf<D>(wanted: Mutation): Promise<D> {
	const extensions = wanted.together ? { together: true } : undefined;
	const { data, error } = await client.executeMutation(createRequest(wanted.document, wanted.variables, extensions));
	if (error) throw failureOf(error);
	client = made();
	changedAt = Date.now();
	return data as D;
}

/** What a mutation would do; nothing is changed. Throws Failure. */
export async function previewOf(wanted: Mutation): Promise<Preview> {
	const request = createRequest(wanted.document, wanted.variables, { preview: true });
	const { error, extensions } = await client.executeMutation(request);
	if (error) throw failureOf(error);
	return extensions?.preview as Preview;
}

function failureOf(error: CombinedError): Failure {
	if (error.networkError instanceof Failure) return error.networkError;
	const first = error.graphQLErrors[0];
	if (first) return failure(first.message, first.extensions as Shown);
	return new Failure('failed', error.message);
}
