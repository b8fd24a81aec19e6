import { Client, cacheExchange, fetchExchange, type CombinedError } from '@urql/core';
import type { DocumentNode } from 'graphql';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
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

/**
 * Answers are kept by question and variables, so those of different days never mix. They are kept in memory only. A
 * change makes those forgotten that contain things of its types.
 */
const client = new Client({
	url: ADDRESS,
	exchanges: [cacheExchange, fetchExchange],
	fetch: send,
	preferGetMethod: false
});

/** The answer to a question. Throws Failure. `fresh`: what is kept does not count. */
export async function answerTo<D, V extends Record<string, unknown>>(
	question: TypedDocumentNode<D, V>,
	variables: V,
	fresh = false
): Promise<D> {
	const policy = fresh ? 'network-only' : 'cache-first';
	const { data, error } = await client.query<D, V>(question as DocumentNode, variables, { requestPolicy: policy });
	if (error) throw failureOf(error);
	return data as D;
}

/** Carry out a mutation. Throws Failure. */
export async function change<D, V extends Record<string, unknown>>(
	mutation: TypedDocumentNode<D, V>,
	variables: V
): Promise<D> {
	const { data, error } = await client.mutation<D, V>(mutation as DocumentNode, variables);
	if (error) throw failureOf(error);
	return data as D;
}

function failureOf(error: CombinedError): Failure {
	if (error.networkError instanceof Failure) return error.networkError;
	const first = error.graphQLErrors[0];
	if (first) return failure(first.message, first.extensions as Shown);
	return new Failure('failed', error.message);
}
