import { stringifyDocument } from '@urql/core';
import type { DocumentNode } from 'graphql';
import { ChangedDocument, type ChangedSubscription } from './queries';

const PROTOCOL = 'graphql-transport-ws';
/** Codes with which the service ends a connection that would end again: no login, or no right. */
const REFUSED = [4400, 4401, 4403, 4406];
const FIRST_PAUSE = 5_000;
const LONGEST_PAUSE = 120_000;

interface Message {
	type: string;
	payload?: { data?: ChangedSubscription };
}

/**
 * Follow the changes of some things in the log, over one connection, until the answer is called. `changed`: by whom; null
 * for a source. `missed`: the connection was away, so there may have been changes of which nobody told.
 */
export function follow(uuids: readonly string[], changed: (by: string | null) => void, missed: () => void): () => void {
	let socket: WebSocket | null = null;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let pause = FIRST_PAUSE;
	let isOver = false;

	function open(isAgain: boolean): void {
		const address = new URL('/graphql', location.href);
		address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
		const own = new WebSocket(address, PROTOCOL);
		socket = own;
		own.onopen = () => own.send(JSON.stringify({ type: 'connection_init' }));
		own.onmessage = ({ data }) => {
			const message = JSON.parse(String(data)) as Message;
			if (message.type === 'connection_ack') {
				pause = FIRST_PAUSE;
				const query = stringifyDocument(ChangedDocument as DocumentNode);
				uuids.forEach((uuid, place) =>
					own.send(JSON.stringify({ id: String(place), type: 'subscribe', payload: { query, variables: { uuid } } }))
				);
				if (isAgain) missed();
			} else if (message.type === 'ping') own.send(JSON.stringify({ type: 'pong' }));
			else if (message.type === 'next' && message.payload?.data) changed(message.payload.data.changes.personUuid);
		};
		own.onclose = ({ code }) => {
			if (!isOver && !REFUSED.includes(code)) later();
		};
	}

	/** Without a network the browser would note an error for each try. */
	function later(): void {
		timer = setTimeout(() => (navigator.onLine ? open(true) : later()), pause);
		pause = Math.min(pause * 2, LONGEST_PAUSE);
	}

	open(false);
	return () => {
		isOver = true;
		clearTimeout(timer);
		socket?.close();
	};
}
