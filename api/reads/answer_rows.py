"""The answers of computed root fields as rows: their own values as they are, and the things that they name by uuid.

The things are read before a row is made, by a flat statement for each selection of fields. Neo4j takes many times as
long to plan one statement that has a subquery for each thing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.computed.contract import Answer
from api.computed.types import ANSWER_TYPES, AnswerType, Part, Plain, Thing
from api.reads.selection import Selected, read
from graph.time import NO_BEGINNING

Row = list[Any]
Found = Sequence[Mapping[str, Row]]
"""What each statement found: uuid → row of the thing."""
Uuids = Sequence[set[str]]
"""What each statement is to find."""


@dataclass(frozen=True, slots=True)
class _Constant:
    value: str | None

    def of(self, answer: Answer, found: Found) -> Any:
        return self.value

    def collect(self, answer: Answer, uuids: Uuids) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Value:
    name: str

    def of(self, answer: Answer, found: Found) -> Any:
        return answer.get(self.name)

    def collect(self, answer: Answer, uuids: Uuids) -> None:
        pass


@dataclass(frozen=True, slots=True)
class _Day:
    """A day, as text; no beginning is null."""

    name: str

    def of(self, answer: Answer, found: Found) -> Any:
        return shown_day(answer.get(self.name))

    def collect(self, answer: Answer, uuids: Uuids) -> None:
        pass


def shown_day(day: Any) -> Any:
    """A day of an answer, as text; null = no beginning."""
    return None if str(day) == NO_BEGINNING else day


@dataclass(frozen=True, slots=True)
class _Thing:
    """``statement``: the place of the one that reads it."""

    name: str
    many: bool
    statement: int

    def of(self, answer: Answer, found: Found) -> Any:
        rows = found[self.statement]
        if self.many:
            return [rows[uuid] for uuid in answer.get(self.name) or () if uuid in rows]
        uuid = answer.get(self.name)
        return None if uuid is None else rows.get(uuid)

    def collect(self, answer: Answer, uuids: Uuids) -> None:
        if self.many:
            uuids[self.statement].update(answer.get(self.name) or ())
        elif (uuid := answer.get(self.name)) is not None:
            uuids[self.statement].add(uuid)


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    many: bool
    form: "AnswerForm"

    def of(self, answer: Answer, found: Found) -> Any:
        if self.many:
            return [self.form.row(each, found) for each in answer.get(self.name) or ()]
        part = answer.get(self.name)
        return None if part is None else self.form.row(part, found)

    def collect(self, answer: Answer, uuids: Uuids) -> None:
        part = answer.get(self.name)
        for each in (part or ()) if self.many else [each for each in (part,) if each is not None]:
            self.form.collect(each, uuids)


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What is selected of an answer."""

    fields: tuple[_Constant | _Value | _Day | _Thing | _Part, ...]

    def row(self, answer: Answer, found: Found) -> Row:
        """The values in the order in which they are selected."""
        return [each.of(answer, found) for each in self.fields]

    def collect(self, answer: Answer, uuids: Uuids) -> None:
        """Add what the row needs."""
        for each in self.fields:
            each.collect(answer, uuids)


def form_of(
    type_: AnswerType, selected: Mapping[str, Selected], statement_of: Callable[[Thing, Selected], int]
) -> AnswerForm:
    """``statement_of``: the place of the statement that reads a thing."""

    def field_of(each: Selected) -> _Constant | _Value | _Day | _Thing | _Part:
        if each.name == "__typename":
            return _Constant(type_.name)
        field = type_.fields[each.name]
        if isinstance(field, Plain):
            return _Day(field.name) if field.type == "Date" else _Value(field.name)
        if isinstance(field, Part):
            form = form_of(ANSWER_TYPES[field.to], each.children[field.to], statement_of)
            return _Part(field.name, field.many, form)
        return _Thing(field.name, field.many, statement_of(field, each))

    return AnswerForm(tuple(field_of(each) for each in read(selected)))
