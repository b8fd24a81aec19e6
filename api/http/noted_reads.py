"""Reads of people who have logged in: answered as any other, and noted in the log of reads."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from graphql import FragmentDefinitionNode, GraphQLError, OperationDefinitionNode, print_ast

from api.access.budget import Account
from api.access.read_log import ReadLog, ReadLogFull, ShownData
from api.access.rights import Access
from api.http.request_body import Asked
from api.reads.question import Question, Rejected, coerced, in_turn, question_for
from api.reads.seen import Looking, Seen, looking, looking_at

_SHORT = 2_000  # bytes of a document that takes a few milliseconds at most
Answered = Callable[[Question, Mapping[str, Any] | None], Awaitable[bytes | AsyncIterator[bytes]]]
Note = Callable[[ShownData], None]


@dataclass(frozen=True)
class NotedReads:
    """Answers questions of people with ``log``."""

    log: ReadLog

    def require_room(self) -> None:
        """Raises Rejected while nothing can be logged."""
        try:
            self.log.require_room()
        except ReadLogFull as full:
            text = "Reads can't be logged now, so people's data is not shown. Try again in a minute."
            raise Rejected(GraphQLError(text, extensions={"code": "unavailable"})) from full

    async def answer(
        self, answered: Answered, question: Question, asked: Asked, access: Access, account: Account
    ) -> bytes | AsyncIterator[bytes]:
        """The answer to a read that was validated and may be made. It is noted before it is sent; one that is streamed,
        once it has ended. Raises as ``answered``, and Rejected while nothing can be logged."""
        if not access.may_read("Person"):
            return await answered(question, asked.variables)  # it shows nobody
        self.require_room()
        work = partial(looking, asked.query)
        found = await in_turn(work) if len(asked.query) > _SHORT else work()
        answer = await answered(await question_for(found.query, asked.operation, account), asked.variables)
        named = found.asked_about(coerced(question, asked.variables).coerced)
        return _noted(answer, named, partial(self.log.note, access.name, operation_name(question), found.groups))

    def of_changes(self, answered: Answered, question: Question, access: Access) -> Answered:
        """Reads what a mutation has changed (``api.mutations.reading_back``), and notes it as the mutation's."""
        kept: dict[int, tuple[Question, Looking]] = {}

        async def read(back: Question, variables: Mapping[str, Any] | None) -> bytes | AsyncIterator[bytes]:
            if not access.may_read("Person"):
                return await answered(back, variables)
            if id(back) not in kept:
                found = looking_at(back.document, print_ast(back.document))
                kept[id(back)] = _with(back, found), found
            more, found = kept[id(back)]
            note = partial(self.log.note, access.name, operation_name(question), found.groups)
            return _noted(await answered(more, variables), (), note)

        return read

    def note_preview(self, question: Question, access: Access, shown: Mapping[str, Any]) -> None:
        """Note whom the preview of a mutation shows (``api.previews``)."""
        persons = {each["person"] for each in shown["consequences"]}
        self.log.note(access.name, operation_name(question), ("identity", "rights"), ShownData(persons))


def operation_name(question: Question) -> str:
    """What the log calls a request: the name of its operation, else its root fields."""
    name = question.operation.name
    return name.value if name is not None else ", ".join(sorted(question.root_fields))


def _with(question: Question, found: Looking) -> Question:
    """The question, with the fields that say who is seen."""
    parts = found.document.definitions
    (operation,) = (each for each in parts if isinstance(each, OperationDefinitionNode))
    fragments = {each.name.value: each for each in parts if isinstance(each, FragmentDefinitionNode)}
    return replace(question, document=found.document, operation=operation, fragments=fragments)


def _noted(
    answer: bytes | AsyncIterator[bytes], named: Sequence[tuple[str, str]], note: Note
) -> bytes | AsyncIterator[bytes]:
    seen = Seen()
    if isinstance(answer, bytes):
        shown = seen.passed(answer) + seen.rest()
        note(ShownData(seen.persons, seen.things, named))
        return shown
    return _streamed(answer, seen, named, note)


async def _streamed(
    answer: AsyncIterator[bytes], seen: Seen, named: Sequence[tuple[str, str]], note: Note
) -> AsyncIterator[bytes]:
    try:
        async with aclosing(answer):  # type: ignore[type-var]
            async for piece in answer:
                yield seen.passed(piece)
        yield seen.rest()
    finally:
        # An answer that broke off, or that the caller did not receive in full, is noted too.
        note(ShownData(seen.persons, seen.things, named))
