"""Reads of people who have logged in: answered as any other, and noted in the log of reads."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import GraphQLError

from api.access.budget import Account
from api.access.read_log import ReadLog, ReadLogFull
from api.access.rights import Access
from api.http.request_body import Asked
from api.reads.question import Question, Rejected, in_turn, question_for
from api.reads.seen import Seen, looking

_SHORT = 2_000  # bytes of a document that takes a few milliseconds at most
Answered = Callable[[Question, Mapping[str, Any] | None], Awaitable[bytes | AsyncIterator[bytes]]]


@dataclass(frozen=True)
class NotedReads:
    """Answers questions of people with ``log``."""

    log: ReadLog

    async def answer(
        self, answered: Answered, question: Question, asked: Asked, access: Access, account: Account
    ) -> bytes | AsyncIterator[bytes]:
        """The answer to a read that was validated and may be made. It is noted before it is sent; one that is streamed,
        once it has ended. Raises as ``answered``, and Rejected while nothing can be logged."""
        if not access.may_read("Person"):
            return await answered(question, asked.variables)  # it shows nobody
        try:
            self.log.require_room()
        except ReadLogFull as full:
            text = "Reads can't be logged now, so people's data is not shown. Try again in a minute."
            raise Rejected(GraphQLError(text, extensions={"code": "unavailable"})) from full
        work = partial(looking, asked.query)
        found = await in_turn(work) if len(asked.query) > _SHORT else work()
        answer = await answered(await question_for(found.query, asked.operation, account), asked.variables)
        seen = Seen()
        name = question.operation.name
        note = partial(
            self.log.note,
            access.name,
            name.value if name is not None else ", ".join(sorted(question.root_fields)),
            found.groups,
        )
        if isinstance(answer, bytes):
            shown = seen.passed(answer) + seen.rest()
            note(seen.persons)
            return shown
        return _streamed(answer, seen, note)


async def _streamed(answer: AsyncIterator[bytes], seen: Seen, note: Callable[[set[str]], None]) -> AsyncIterator[bytes]:
    try:
        async with aclosing(answer):  # type: ignore[type-var]
            async for piece in answer:
                yield seen.passed(piece)
        yield seen.rest()
    finally:
        note(seen.persons)  # also of an answer that broke off, or that nobody received to its end
