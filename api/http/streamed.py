"""Answers that are sent as they are made, and that never look complete if they aren't."""

import asyncio

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.reads.broken_off import CutOff

PATIENCE = 60.0
"""Seconds within which a client must receive something. It may be slow, but it occupies a query in Neo4j."""
_log = structlog.get_logger("api")


class Streamed(StreamingResponse):
    """Ends the connection without the answer's end if the answer is cut off, or the client receives nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patient(message: Message) -> None:
            try:
                async with asyncio.timeout(PATIENCE):
                    await send(message)
            except TimeoutError as error:
                raise CutOff from error

        try:
            await super().__call__(scope, receive, patient)
        except* CutOff:
            # The server sees that the response is not complete, and closes the connection: the client notices.
            _log.warning("answer_cut_off")
