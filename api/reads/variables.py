"""Values that a question's variables give: a question is compiled once, and its values are bound at each asking.

While a question is compiled, a value from a variable is a ``Given``: what it is now, and where it will be found the
next time. Whatever shapes the Cypher (yes/no, null, enum values, whether a date is today) is no ``Given`` but the value
itself, and part of ``shape``: questions of the same shape share a compiled plan.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """A value that a variable gives. ``path``: the variable's name, then the names within it."""

    value: Any
    path: tuple[str, ...]


def found(value: Any, values: Values) -> Any:
    """What an argument is in this asking: the variable's value, or the literal; also within lists and objects."""
    if isinstance(value, list):
        return [found(each, values) for each in value]
    if isinstance(value, Mapping):
        return {name: found(each, values) for name, each in value.items()}
    return within(value.path, values) if isinstance(value, Given) else value


def plain(value: Any) -> Any:
    """The value, or values, that a member of an enum stands for."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.value if isinstance(value, Enum) else value


def within(path: tuple[str, ...], values: Values) -> Any:
    """The value of a ``Given.path``; None where it is not given."""
    at: Any = values
    for name in path:
        at = at.get(name) if isinstance(at, Mapping) else None
    return at


def current(value: Any) -> Any:
    """What an argument is in the asking that is compiled for."""
    if isinstance(value, list):
        return [current(each) for each in value]
    return value.value if isinstance(value, Given) else value


def marked(values: Values, today: date) -> tuple[dict[str, Any], Hashable]:
    """(the values with each that does not shape the Cypher as a ``Given``, the shape of the whole)."""
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
    """The parameters of one statement, and what must hold of their values."""

    _sources: list[tuple[str, Any, Callable[[Any], Any] | None]] = field(default_factory=list)
    _checks: list[Callable[[Values], None]] = field(default_factory=list)

    def add(self, value: Any, form: Callable[[Any], Any] | None = None) -> str:
        """The parameter's name as Cypher writes it. ``form``: what is made of the value each time."""
        name = f"p{len(self._sources)}"
        self._sources.append((name, value, form))
        return f"${name}"

    def check(self, holds: Callable[[Values], None]) -> None:
        """``holds`` raises GraphQLError where values that the variables give will not do."""
        self._checks.append(holds)

    def bind(self, values: Values) -> dict[str, Any]:
        for holds in self._checks:
            holds(values)
        bound = {}
        for name, value, form in self._sources:
            each = found(value, values)
            bound[name] = each if form is None else form(each)
        return bound
