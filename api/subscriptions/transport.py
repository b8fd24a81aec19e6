"""The transports of subscriptions: websocket (graphql-transport-ws) and server-sent events (graphql-sse, distinct
mode)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.access.credentials import Credential, bearer, credential_of
from api.access.rights import Access
from api.availability import Away
from api.callers.gate import Gate
from api.callers.origins import is_own_page, may_ask
from api.login.web_login import WebLogin
from api.model.refused import Rejected
from api.requests.failures import formed, unforeseen
from api.requests.request_body import Asked, asked_of
from api.subscriptions.results import Subscriptions

PROTOCOL = "graphql-transport-ws"
ALIVE = 15.0  # seconds between comments that keep an idle event stream open
PATIENCE = 10.0  # seconds that a connection has to authenticate
# Close codes of the graphql-transport-ws protocol.
BAD_MESSAGE, UNAUTHORIZED, FORBIDDEN, WRONG_PROTOCOL, TOO_LATE, TAKEN, TWICE = 4400, 4401, 4403, 4406, 4408, 4409, 4429
TOO_LARGE, LATER = 1009, 1013  # codes of the websocket protocol itself; after the second, clients connect again
LARGEST_MESSAGE = 128 * 1024
"""Characters of a message; a subscription has a few hundred."""
_REASONS = {  # of at most 123 bytes each
    BAD_MESSAGE: "Invalid message",
    UNAUTHORIZED: "Unauthorized: connection_init comes first",
    FORBIDDEN: "Forbidden: connection_init brings no valid token as Authorization, and the browser no session",
    WRONG_PROTOCOL: f"Subprotocol not acceptable: {PROTOCOL} is spoken here",
    TOO_LATE: "Connection initialisation timeout",
    TAKEN: "Subscriber for this id already exists",
    TWICE: "Too many initialisation requests",
    TOO_LARGE: "Message too large",
    LATER: "Try again later: the graph does not answer",
}


def events(subscriptions: Subscriptions, credential: Credential, access: Access, asked: Asked) -> Response:
    """A subscription as an event stream; every event is ``next`` with a result, then ``complete``."""

    async def stream() -> AsyncIterator[bytes]:
        results = subscriptions.results(credential, access, asked)
        following: asyncio.Task[dict[str, Any]] = asyncio.ensure_future(anext(results))
        try:
            while True:
                done, _ = await asyncio.wait({following}, timeout=ALIVE)
                if not done:
                    yield b":\n\n"
                    continue
                try:
                    result = following.result()
                except StopAsyncIteration:
                    break
                except Exception as error:
                    yield b"event: next\ndata: " + orjson.dumps({"errors": [formed(unforeseen(error))]}) + b"\n\n"
                    break
                yield b"event: next\ndata: " + orjson.dumps(result) + b"\n\n"
                following = asyncio.ensure_future(anext(results))
            yield b"event: complete\ndata:\n\n"
        finally:
            following.cancel()

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})


async def as_event(answer: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The answer of a read or a mutation as an event stream of one result. Our JSON has no line breaks."""
    yield b"event: next\ndata: "
    if isinstance(answer, bytes):
        yield answer
    else:
        async for piece in answer:
            yield piece
    yield b"\n\nevent: complete\ndata:\n\n"


async def socket(
    origins: Sequence[str],
    login: WebLogin | None,
    gate: Gate,
    subscriptions: Subscriptions,
    websocket: WebSocket,
) -> None:
    """One connection of the graphql-transport-ws protocol. ``origins``: other pages that may use the API.

    The token is in ``connection_init``, or in the header of the request that opens the connection, if the client can
    set it. A page of this service may use the session of its browser instead.
    """
    if not may_ask(websocket.headers, origins):
        await websocket.close(FORBIDDEN)  # before it is accepted: HTTP 403
        return
    offered = websocket.scope.get("subprotocols", ())
    if PROTOCOL not in offered:
        # Accepted first, since a refused connection ends without a code; and a browser accepts only a protocol that it
        # has offered.
        await websocket.accept(next(iter(offered), None))
        await _end(websocket, WRONG_PROTOCOL)
        return
    await websocket.accept(PROTOCOL)
    running: dict[str, asyncio.Task[None]] = {}
    access: Access | None = None
    credential: Credential | None = None
    deadline = asyncio.get_running_loop().time() + PATIENCE
    with suppress(WebSocketDisconnect):  # the other side has gone; its subscriptions are ended below
        while True:
            try:
                async with asyncio.timeout_at(deadline if access is None else None):
                    text = await websocket.receive_text()
                if len(text) > LARGEST_MESSAGE:
                    await _end(websocket, TOO_LARGE)
                    break
                message = orjson.loads(text)
                kind, payload = message["type"], message.get("payload") or {}
            except TimeoutError:
                await _end(websocket, TOO_LATE)
                break
            except (orjson.JSONDecodeError, KeyError, TypeError):
                await _end(websocket, BAD_MESSAGE)
                break
            if kind == "connection_init":
                if access is not None:
                    await _end(websocket, TWICE)
                    break
                credential = bearer(_authorization(payload)) or _of_handshake(login, websocket)
                try:
                    access = await gate.login(credential, websocket.client.host if websocket.client else None)
                except Away:
                    await _end(websocket, LATER)
                    break
                if access is None or not access.roles:
                    await _end(websocket, FORBIDDEN)
                    break
                websocket.state.by = access.name
                await _send(websocket, {"type": "connection_ack"})
            elif kind == "ping":
                await _send(websocket, {"type": "pong"})
            elif kind == "subscribe":
                if access is None or credential is None:
                    await _end(websocket, UNAUTHORIZED)
                    break
                id_ = message.get("id")
                if not isinstance(id_, str) or not id_:
                    await _end(websocket, BAD_MESSAGE)
                    break
                if id_ in running:
                    await _end(websocket, TAKEN)
                    break
                try:
                    asked = asked_of(payload, len(text))
                except Rejected:
                    await _end(websocket, BAD_MESSAGE)
                    break
                task = asyncio.create_task(_run(websocket, id_, subscriptions.results(credential, access, asked)))
                running[id_] = task
                task.add_done_callback(partial(_forget, running, id_))
            elif kind == "complete":
                if (ended := running.get(str(message.get("id")))) is not None:
                    ended.cancel()
            elif kind != "pong":
                await _end(websocket, BAD_MESSAGE)
                break
    for each in list(running.values()):
        each.cancel()


async def _end(websocket: WebSocket, code: int) -> None:
    await websocket.close(code, _REASONS[code])


def _of_handshake(login: WebLogin | None, websocket: WebSocket) -> Credential | None:
    """A browser sends its cookies with a websocket that any page opens, so they count for pages of ours only."""
    own = login is not None and is_own_page(websocket.headers, login.address)
    cookie = login.cookie if login is not None and own else None
    return credential_of(websocket.headers.get("authorization"), websocket.cookies, cookie)


def _authorization(payload: Any) -> str:
    """The Authorization header in ``connection_init``, with its name in upper or lower case."""
    if not isinstance(payload, dict):
        return ""
    return next((str(value) for name, value in payload.items() if name.lower() == "authorization"), "")


def _forget(running: dict[str, asyncio.Task[None]], id_: str, task: asyncio.Task[None]) -> None:
    running.pop(id_, None)


async def _run(websocket: WebSocket, id_: str, results: AsyncIterator[dict[str, Any]]) -> None:
    """Send the results. The client gets any error that ends them early; otherwise it would wait for ever."""
    try:
        async for result in results:
            if "data" not in result or result["data"] is None:
                await _send(websocket, {"id": id_, "type": "error", "payload": result.get("errors", [])})
                return
            await _send(websocket, {"id": id_, "type": "next", "payload": result})
        await _send(websocket, {"id": id_, "type": "complete"})
    except WebSocketDisconnect:
        return  # the client has gone
    except Exception as error:
        shown = formed(unforeseen(error))
        with suppress(WebSocketDisconnect, RuntimeError):  # the connection itself may be what has failed
            await _send(websocket, {"id": id_, "type": "error", "payload": [shown]})


async def _send(websocket: WebSocket, message: dict[str, Any]) -> None:
    await websocket.send_text(orjson.dumps(message).decode())
