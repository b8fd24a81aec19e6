"""The variables of a process: which names its expressions may use."""

import re
from collections.abc import Iterable

from graph.expressions import Names

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def is_name(text: str) -> bool:
    """Whether it can name a variable, or a member of one: ``person.name``."""
    return _NAME.fullmatch(text) is not None


def is_variable(text: str) -> bool:
    return is_name(text) and "." not in text


def names_of(dotted: Iterable[str]) -> Names:
    """As the expression language takes them: ``person.name`` is the member ``name`` of ``person``."""
    found: dict[str, dict[str, object]] = {}
    for each in dotted:
        within = found
        for part in each.split("."):
            within = within.setdefault(part, {})  # type: ignore[assignment]  # a tree of dictionaries
    return found  # type: ignore[return-value]
