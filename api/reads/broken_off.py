"""Answers that end before their end: too slow, or broken off."""

import asyncio

import neo4j
import structlog
from graphql import GraphQLError
from neo4j.exceptions import Neo4jError

_CLOSING = 5.0  # seconds
_log = structlog.get_logger("api")


class CutOff(Exception):
    """An answer broke off while it was being written. It must not look complete."""


async def close_session(session: neo4j.AsyncSession) -> None:
    """Return the session's connection; if Neo4j does not answer in time, end it."""
    try:
        async with asyncio.timeout(_CLOSING):
            await session.close()
    except TimeoutError:
        session.cancel()


def is_out_of_time(error: Exception) -> bool:
    return isinstance(error, Neo4jError) and "TransactionTimedOut" in (error.code or "")


def broken_off(error: Exception) -> GraphQLError:
    _log.error("answer_broken_off", error=type(error).__name__)
    return GraphQLError("The answer broke off; try again", extensions={"code": "broken_off"})


def too_slow(seconds: float) -> GraphQLError:
    """The refusal of an answer that took longer than ``seconds``."""
    text = (
        f"The answer took longer than {seconds:g} seconds. Read fewer at a time (first, after), or narrow the list "
        "with filter."
    )
    return GraphQLError(text, extensions={"code": "time_limit"})
