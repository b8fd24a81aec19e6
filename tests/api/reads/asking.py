"""Asks the API's reader, the way the ASGI app does, without a server between."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import neo4j
import orjson
from graphql import GraphQLError

from api.access.rights import Access
from api.model.refused import Rejected
from api.reads.question import question_of
from api.reads.reader import Reader
from graph.connection import connect_async
from graph.cpr.keyring import Keyring

EVERY_RIGHT = frozenset({"private", "pay", "cpr"})
_ROLE = {"private": "hr", "pay": "hr", "cpr": "cpr"}


@dataclass
class Asking:
    """Questions to one reader on one event loop. ``chunks``: how many pieces the last answer came in."""

    reader: Reader
    runner: asyncio.Runner
    rights: frozenset[str] = EVERY_RIGHT
    asker: str = "tests"
    chunks: int = field(default=0)
    access: Access | None = None
    """The caller's, where a role of it is limited to units; its rights and roles then count instead."""

    def data(self, text: str, variables: Mapping[str, Any] | None = None, operation: str | None = None) -> Any:
        """``data`` of an answer without errors."""
        answer = orjson.loads(self.text(text, variables, operation))
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def text(self, text: str, variables: Mapping[str, Any] | None = None, operation: str | None = None) -> bytes:
        return self.runner.run(self._text(text, variables, operation))

    def refusal(self, text: str, variables: Mapping[str, Any] | None = None) -> GraphQLError:
        """The one error of a question that is refused, or whose one root field is."""
        try:
            answer = orjson.loads(self.text(text, variables))
        except Rejected as rejected:
            (error,) = rejected.errors
            return error
        (shown,) = answer.get("errors", [None])
        assert shown is not None, "the question was answered"
        assert None in answer["data"].values()
        return GraphQLError(shown["message"], path=shown.get("path"), extensions=shown["extensions"])

    def code(self, text: str, variables: Mapping[str, Any] | None = None) -> object:
        return (self.refusal(text, variables).extensions or {}).get("code")

    def forget_clock(self) -> None:
        """The reader remembers for some seconds which day the identity nodes show."""
        self.reader = replace(self.reader)

    async def _text(self, text: str, variables: Mapping[str, Any] | None, operation: str | None) -> bytes:
        roles = frozenset({"reader", *(_ROLE[each] for each in self.rights)})
        rights = self.rights
        if self.access is not None:
            roles, rights = self.access.everywhere, self.access.fields()
        answer = await self.reader.answer(
            question_of(text, operation), variables, rights, self.asker, roles=roles, access=self.access
        )
        if isinstance(answer, bytes):
            self.chunks = 1
            return answer
        return await self._joined(answer)

    async def _joined(self, answer: AsyncIterator[bytes]) -> bytes:
        pieces = [piece async for piece in answer]
        self.chunks = len(pieces)
        return b"".join(pieces)


def open_asking(uri: str, user: str, password: str, driver: neo4j.Driver, keyring: Keyring) -> Asking:
    """Close it with ``closed``."""
    return Asking(Reader(connect_async(uri, user, password), driver, keyring), asyncio.Runner())


def closed(asking: Asking) -> None:
    asking.runner.run(asking.reader.reading.close())
    asking.runner.close()
