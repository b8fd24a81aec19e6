"""The values of a query's variables: a query is compiled once, and its values are bound each time.

While a query is compiled, a value from a variable is a ``Given``: its present value, and the path to it the next time.
A value that shapes the Cypher (yes/no, null, enum values, whether a date is today) is not a ``Given`` but the value
itself, and part of ``shape``: queries of the same shape share a compiled plan.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from graphql import FieldNode

from api.model.refused import REFUSALS, in_field

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """A value from a variable. ``path``: the variable's name, then the names within it."""

    value: Any
    path: tuple[str, ...]


def found(value: Any, values: Values) -> Any:
    """An argument's value in this request: the variable's value, or the literal; also within lists and objects."""
    if isinstance(value, list):
        return [found(each, values) for each in value]
    if isinstance(value, Mapping):
        return {name: found(each, values) for name, each in value.items()}
    return within(value.path, values) if isinstance(value, Given) else value


def plain(value: Any) -> Any:
    """The value, or values, of a member of an enum."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.value if isinstance(value, Enum) else value


def within(path: tuple[str, ...], values: Values) -> Any:
    """The value of a ``Given.path``; None if it is not given."""
    at: Any = values
    for name in path:
        at = at.get(name) if isinstance(at, Mapping) else None
    return at


def current(value: Any) -> Any:
    """An argument's value in the request for which the query is compiled."""
    if isinstance(value, list):
        return [current(each) for each in value]
    return value.value if isinstance(value, Given) else value


def marked(values: Values, today: date) -> tuple[dict[str, Any], Hashable]:
    """(the values, with each one that does not shape the Cypher as a ``Given``; the shape of the whole)."""
    given: dict[str, Any] = {}
    shape = []
    for name, value in values.items():
        given[name], part = _marked(value, (name,), today)
        shape.append((name, part))
    return given, tuple(shape)


def _marked(value: Any, path: tuple[str, ...], today: date) -> tuple[Any, Hashable]:
    if value is None or isinstance(value, bool | Enum):
        return value, value
    if isinstance(value, Mapping):
        inner: dict[str, Any] = {}
        parts = []
        for name, each in value.items():
            inner[name], part = _marked(each, (*path, name), today)
            parts.append((name, part))
        return inner, tuple(parts)
    if isinstance(value, date):
        return Given(value, path), ("today" if value == today else "day")
    return Given(value, path), "given"


@dataclass(slots=True)
class Parameters:
    """The parameters of one statement, and the checks of their values.

    ``node``: the field that is being compiled: what is added comes from its arguments.
    """

    node: FieldNode | None = field(default=None, compare=False)
    _sources: list[tuple[str, Any, Callable[[Any], Any] | None]] = field(default_factory=list)
    _checks: list[Callable[[Values], None]] = field(default_factory=list)
    _nodes: dict[int, FieldNode | None] = field(default_factory=dict, compare=False)
    """The field of each parameter with a form, and of each check (by a negative number)."""

    def add(self, value: Any, form: Callable[[Any], Any] | None = None) -> str:
        """The parameter's name in Cypher. ``form``: converts the value each time."""
        name = f"p{len(self._sources)}"
        if form is not None:
            self._nodes[len(self._sources)] = self.node
        self._sources.append((name, value, form))
        return f"${name}"

    def check(self, holds: Callable[[Values], None]) -> None:
        """``holds`` raises GraphQLError for invalid values of the variables."""
        self._checks.append(holds)
        self._nodes[-len(self._checks)] = self.node

    def bind(self, values: Values) -> dict[str, Any]:
        """The values of this request. Raises GraphQLError, in the field whose argument is not allowed."""
        place = 0
        try:
            for number, holds in enumerate(self._checks, 1):
                place = -number
                holds(values)
            bound: dict[str, Any] = {}
            for name, value, form in self._sources:
                place = len(bound)
                each = found(value, values)
                bound[name] = each if form is None else form(each)
            return bound
        except REFUSALS as error:
            raise in_field(error, self._nodes.get(place)) from error
