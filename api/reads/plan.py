"""A compiled query: a Cypher statement for each root field, its parameters, and the form of the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from graphql import FieldNode, GraphQLError

from api.computed.contract import Answer
from api.model.variables import Parameters, Values
from api.reads.answer_rows import AnswerForm, Found
from api.reads.lengths import Lengths

Cost = Callable[[Values, Lengths], int]
BLOCK = 500
"""Rows in one record of a result: one record costs two reads of the socket, whatever its size."""


ROWS = ("nodes", "edges")
"""Fields of a connection that list the things on the page."""


@dataclass(frozen=True, slots=True)
class PageField:
    """One field of a connection. ``names``: of pageInfo, response key → field."""

    key: str
    name: Literal["nodes", "edges", "pageInfo", "totalCount", "__typename"]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RootForm:
    """The form of a root field. ``page``: its fields, for a connection. ``constant``: its value, for __typename."""

    key: str
    form: Literal["object", "list", "page", "constant"]
    type: str
    page: tuple[PageField, ...] = ()
    named: Callable[[list[Any]], list[Any]] = field(default=list, compare=False)
    """Makes objects from a block of rows (``api.reads.field_order``)."""
    constant: str = ""
    sealed: Callable[[str | None], str | None] = field(default=str, compare=False)
    """Seals a cursor (``api.model.cursor_seal``)."""
    node: FieldNode | None = field(default=None, compare=False)
    """The field in the document."""
    needs: Mapping[str, FieldNode | None] = field(default_factory=dict, compare=False)
    """The rules that must answer before it is read, by their parameter, each with the field that needs it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A root field that ``api.reads.rules`` answers first; its answer becomes the parameter ``parameter``."""

    field: str
    arguments: Mapping[str, Any]
    parameter: str


@dataclass(frozen=True, slots=True)
class Statement:
    """The statement of the root field at ``place``. Neo4j plans the same ``text`` once.

    It returns records (head, rows): a page's data besides its rows (in its first record), and a block of rows, each the
    list of its values.
    """

    place: int
    text: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Answers:
    """The computed root field at ``place``: rows of the answers that the rule gives under ``rule``.

    ``things``: the statements that read what the answers name. Each takes ``$uuids`` and returns one record:
    a list of [uuid, row].
    """

    place: int
    rule: str
    things: tuple[Statement, ...]
    form: AnswerForm

    def wanted(self, answers: Sequence[Answer]) -> tuple[list[str], ...]:
        """The uuids that each statement is to read, sorted."""
        uuids: tuple[set[str], ...] = tuple(set() for _ in self.things)
        for each in answers:
            self.form.collect(each, uuids)
        return tuple(sorted(each) for each in uuids)

    def rows(self, answers: Sequence[Answer], found: Found) -> list[list[Any]]:
        """``found``: what each statement has read."""
        return [self.form.row(each, found) for each in answers]


@dataclass(frozen=True, slots=True)
class Plan:
    """``statements``: in the order of the root fields; a constant has none, nor has one that is refused.

    ``refused``: the root fields that are not possible in this form, or not with these rights, by their place.
    """

    statements: tuple[Statement | Answers, ...]
    roots: tuple[RootForm, ...]
    rules: tuple[Rule, ...]
    reads_cpr: bool
    cost: Cost
    parts: int = 0
    """The number of parts that Neo4j plans."""
    refused: Mapping[int, GraphQLError] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Characters of the different statements."""
        return sum(map(len, self.texts))

    @property
    def texts(self) -> set[str]:
        """The different statements."""
        all_ = (each.things if isinstance(each, Answers) else (each,) for each in self.statements)
        return {statement.text for several in all_ for statement in several}
