"""What a script task does: ``name = expression``, a line each, in CEL.

A later line sees what an earlier one has set. A line that begins with a blank goes on with the one before; one that
begins with ``//`` is a comment. There is no other statement, and a script always ends.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graph.expressions import FUNCTIONS, Expression, Names, compile_expression
from processes.engine.errors import ValuesRejected
from processes.engine.values import LARGEST, check_made

LONGEST = 10_000  # characters
_SET = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*=(?![=~])\s*(.+)", re.DOTALL)
_RESERVED = FUNCTIONS | {"true", "false", "null", "in"}


class ScriptRejected(ValueError):
    """A script that is not a list of assignments."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script whose expressions are all checked."""

    assignments: tuple[tuple[str, Expression], ...]

    def run(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What it sets. Raises ExpressionFailed, or ValuesRejected for what is not JSON, or too large."""
        seen = dict(values)
        made = {}
        size = 0
        for name, expression in self.assignments:
            made[name] = seen[name] = expression.evaluate(seen)
            size += check_made(name, made[name])
            if size > LARGEST:
                raise ValuesRejected(name, f"the script makes more than {LARGEST} bytes")
        return made


def assigned_names(text: str) -> tuple[str, ...]:
    """The variables that a script sets. Raises ScriptRejected."""
    return tuple(name for name, _ in _assignments(text))


def read_script(text: str, names: Names) -> Script:
    """Raises ScriptRejected, or ExpressionRejected where the right side is not valid CEL."""
    return Script(tuple((name, compile_expression(right, names)) for name, right in _assignments(text)))


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    if len(text) > LONGEST:
        raise ScriptRejected(f"the script has {len(text)} characters; {LONGEST} are allowed")
    statements = list(_statements(text))
    if not statements:
        raise ScriptRejected("the script is empty; write name = expression")
    for statement in statements:
        found = _SET.fullmatch(statement)
        if found is None:
            raise ScriptRejected(f"{statement[:60]!r} is not name = expression, and a script has nothing else")
        if found[1] in _RESERVED:
            raise ScriptRejected(f"{found[1]} has a meaning already; call the variable otherwise")
        yield found[1], found[2].strip()


def _statements(text: str) -> Iterator[str]:
    statement = ""
    for line in text.strip().splitlines():
        if not line.strip() or line.lstrip().startswith("//"):
            continue
        if line[0].isspace() and statement:
            statement += f"\n{line.strip()}"
            continue
        if statement:
            yield statement
        statement = line.strip()
    if statement:
        yield statement
