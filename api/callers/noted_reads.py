"""Reads of people who have logged in: answered as any other, and noted in the log of reads."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from graphql import FragmentDefinitionNode, GraphQLError, OperationDefinitionNode, print_ast

from api.access.read_log import ReadLog, ReadLogFull, ShownData
from api.access.rights import Access
from api.model.refused import Rejected
from api.reads.bounded_cache import Kept
from api.reads.persons_shown import Looking, Seen, looking, looking_at
from api.reads.question import Question, coerced, in_turn
from api.requests.request_body import Asked

_SHORT = 2_000  # bytes of a document that takes a few milliseconds at most
_KEPT_BYTES = 16 * 1024 * 1024
Answered = Callable[[Question, Mapping[str, Any] | None], Awaitable[bytes | AsyncIterator[bytes]]]
Note = Callable[[ShownData], None]


@dataclass(frozen=True)
class NotedReads:
    """Answers questions of people with ``log``."""

    log: ReadLog
    _asked: Kept[Question, tuple[Question, Looking]] = field(default_factory=lambda: Kept(_KEPT_BYTES))

    def require_room(self) -> None:
        """Raises Rejected while nothing can be logged."""
        try:
            self.log.require_room()
        except ReadLogFull as full:
            text = "Reads can't be logged now, so people's data is not shown. Try again in a minute."
            raise Rejected(GraphQLError(text, extensions={"code": "unavailable"})) from full

    async def answer(
        self, answered: Answered, question: Question, asked: Asked, access: Access
    ) -> bytes | AsyncIterator[bytes]:
        """The answer to a read that was validated and may be made. It is noted before it is sent; one that is streamed,
        once it has ended. Raises as ``answered``, and Rejected while nothing can be logged."""
        if not access.may_read("Person") and not access.own:
            return await answered(question, asked.variables)  # it shows nobody
        self.require_room()
        kept = self._asked.get(question)
        if kept is None:
            work = partial(looking, asked.query)
            found = await in_turn(work) if len(asked.query) > _SHORT else work()
            kept = _with(question, found), found
            self._asked.put(question, kept, 2 * question.size)
        more, found = kept
        answer = await answered(more, asked.variables)
        named = found.asked_about(coerced(question, asked.variables).coerced)
        note = partial(self.log.note, access.name, operation_name(question), found.groups, reason=asked.reason)
        return _noted(answer, named, note)

    def of_changes(self, answered: Answered, question: Question, access: Access) -> Answered:
        """Reads what a mutation has changed (``api.reads.reading_back``), and notes it as the mutation's."""
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
    """The question, with the fields that say who is seen. Its nodes keep their places in the document sent."""
    parts = found.document.definitions
    name = question.operation.name
    (operation,) = (
        each
        for each in parts
        if isinstance(each, OperationDefinitionNode)
        and (name is None or (each.name is not None and each.name.value == name.value))
    )
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
