"""How subscriptions travel: websocket (graphql-transport-ws) and server-sent events (graphql-sse, distinct mode)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from graphql import ExecutionResult
from starlette.responses import Response, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.access.gate import Gate
from api.access.rights import Access
from api.asked import Asked, asked_of
from api.context import Context
from api.failures import formed
from api.origins import may_ask
from api.question import Rejected
from api.schema import schema

if TYPE_CHECKING:
    from api.app import Service

PROTOCOL = "graphql-transport-ws"
ALIVE = 15.0  # seconds between comments that keep an idle event stream open
PATIENCE = 10.0  # seconds that a connection has to say who it is
# Close codes of the graphql-transport-ws protocol.
BAD_MESSAGE, UNAUTHORIZED, FORBIDDEN, WRONG_PROTOCOL, TOO_LATE, TAKEN, TWICE = 4400, 4401, 4403, 4406, 4408, 4409, 4429
_REASONS = {  # of at most 123 bytes each
    BAD_MESSAGE: "Invalid message",
    UNAUTHORIZED: "Unauthorized: connection_init comes first",
    FORBIDDEN: "Forbidden: connection_init brings no valid token as Authorization",
    WRONG_PROTOCOL: f"Subprotocol not acceptable: {PROTOCOL} is spoken here",
    TOO_LATE: "Connection initialisation timeout",
    TAKEN: "Subscriber for this id already exists",
    TWICE: "Too many initialisation requests",
}


async def _subscribe(gate: Gate, header: str, context: Context, asked: Asked) -> AsyncIterator[dict[str, Any]]:
    """Each result as it comes; a refused subscription is one result with errors. It ends with its token."""
    results = await schema.subscribe(
        asked.query,
        variable_values=None if asked.variables is None else dict(asked.variables),
        operation_name=asked.operation,
        context_value=context,
    )
    async for result in results:
        if await gate.of_header(header) is None:
            yield {"errors": [{"message": "the token has ended", "extensions": {"code": "unauthenticated"}}]}
            return
        yield _form(result)


def _form(result: Any) -> dict[str, Any]:
    form: dict[str, Any] = {}
    if isinstance(result, ExecutionResult) or hasattr(result, "data"):
        form["data"] = result.data
    if getattr(result, "errors", None):
        form["errors"] = [formed(each) for each in result.errors]
    return form


def _context(service: "Service", access: Any) -> Context:
    return Context(access, service.driver, service.reading, service.keyring, service.order)


def events(service: "Service", gate: Gate, header: str, access: Access, asked: Asked) -> Response:
    """A subscription as an event stream; every event is ``next`` with a result, then ``complete``."""

    async def stream() -> AsyncIterator[bytes]:
        results = _subscribe(gate, header, _context(service, access), asked)
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
                yield b"event: next\ndata: " + orjson.dumps(result) + b"\n\n"
                following = asyncio.ensure_future(anext(results))
            yield b"event: complete\ndata:\n\n"
        finally:
            following.cancel()

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})


async def as_event(answer: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The answer of a read or a mutation as an event stream of one result. JSON of ours has no line breaks."""
    yield b"event: next\ndata: "
    if isinstance(answer, bytes):
        yield answer
    else:
        async for piece in answer:
            yield piece
    yield b"\n\nevent: complete\ndata:\n\n"


async def socket(service: "Service", gate: Gate, websocket: WebSocket) -> None:
    """One connection of the graphql-transport-ws protocol.

    The token comes with ``connection_init``, or with the request that opens the connection, where a client can set its
    header.
    """
    if not may_ask(websocket.headers, service.origins):
        await websocket.close(FORBIDDEN)  # before it is taken: HTTP 403
        return
    offered = websocket.scope.get("subprotocols", ())
    if PROTOCOL not in offered:
        # Taken first, as one that is not taken ends without a code; and a browser keeps none but what it has offered.
        await websocket.accept(next(iter(offered), None))
        await _end(websocket, WRONG_PROTOCOL)
        return
    await websocket.accept(PROTOCOL)
    running: dict[str, asyncio.Task[None]] = {}
    context: Context | None = None
    header = ""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    with suppress(WebSocketDisconnect):  # the other side has gone; what runs for it is ended below
        while True:
            try:
                async with asyncio.timeout_at(deadline if context is None else None):
                    message = orjson.loads(await websocket.receive_text())
                kind, payload = message["type"], message.get("payload") or {}
            except TimeoutError:
                await _end(websocket, TOO_LATE)
                break
            except (orjson.JSONDecodeError, KeyError, TypeError):
                await _end(websocket, BAD_MESSAGE)
                break
            if kind == "connection_init":
                if context is not None:
                    await _end(websocket, TWICE)
                    break
                header = _told(payload) or websocket.headers.get("authorization") or ""
                access = await gate.login(header, websocket.client.host if websocket.client else None)
                if access is None:
                    await _end(websocket, FORBIDDEN)
                    break
                websocket.state.by = access.name
                context = _context(service, access)
                await _send(websocket, {"type": "connection_ack"})
            elif kind == "ping":
                await _send(websocket, {"type": "pong"})
            elif kind == "subscribe":
                if context is None:
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
                    asked = asked_of(payload)
                except Rejected:
                    await _end(websocket, BAD_MESSAGE)
                    break
                task = asyncio.create_task(_run(websocket, id_, _subscribe(gate, header, context, asked)))
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


def _told(payload: Any) -> str:
    """The header that ``connection_init`` brings along, however its name is written."""
    if not isinstance(payload, dict):
        return ""
    return next((str(value) for name, value in payload.items() if name.lower() == "authorization"), "")


def _forget(running: dict[str, asyncio.Task[None]], id_: str, task: asyncio.Task[None]) -> None:
    running.pop(id_, None)


async def _run(websocket: WebSocket, id_: str, results: AsyncIterator[dict[str, Any]]) -> None:
    async for result in results:
        if "data" not in result or result["data"] is None:
            await _send(websocket, {"id": id_, "type": "error", "payload": result.get("errors", [])})
            return
        await _send(websocket, {"id": id_, "type": "next", "payload": result})
    await _send(websocket, {"id": id_, "type": "complete"})


async def _send(websocket: WebSocket, message: dict[str, Any]) -> None:
    await websocket.send_text(orjson.dumps(message).decode())
