"""The values of a case: JSON and nothing else, within limits that are checked before anything is kept."""

import math
from collections.abc import Collection, Mapping
from typing import Any, Final

import orjson

from processes.engine.errors import ValuesRejected

LARGEST = 200_000  # bytes of JSON that one step may add
_DEEPEST = 20
_BIGGEST_NUMBER: Final = 2**53 - 1  # beyond it, JSON readers disagree


def check_values(values: Mapping[str, Any], allowed: Collection[str], what: str) -> None:
    """Check values that come from outside.

    Raises:
        ValuesRejected: a name that ``what`` does not have, or a value that is not JSON, or too large or deep.
    """
    for name, value in values.items():
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "nothing"
            raise ValuesRejected(str(name), f"{what} has no field {str(name)[:60]!r}; it has: {known}")
        _check(name, value, 0)
    size = len(orjson.dumps(dict(values)))
    if size > LARGEST:
        raise ValuesRejected("", f"the values of {what} have {size} bytes; {LARGEST} are allowed")


def check_made(name: str, value: Any) -> int:
    """Check a value that an expression has made; its bytes of JSON. Raises ValuesRejected."""
    _check(name, value, 0)
    size = len(orjson.dumps(value))
    if size > LARGEST:
        raise ValuesRejected(name, f"{name} has {size} bytes; {LARGEST} are allowed")
    return size


def weight(value: Any) -> int:
    """What one more copy of a value costs: 1 for a text or a number, more for what has members."""
    if isinstance(value, Mapping):
        return 6 + len(value) + sum(map(weight, value.values()))
    return 3 + sum(map(weight, value)) if isinstance(value, list) else 1


def _check(name: str, value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValuesRejected(name, f"{name} has more than {_DEEPEST} levels")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if any("\ud800" <= each <= "\udfff" for each in value):
            raise ValuesRejected(name, f"{name} has a text that is not Unicode")
    elif isinstance(value, int):
        if abs(value) > _BIGGEST_NUMBER:
            raise ValuesRejected(name, f"{name} has a number that is too big")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValuesRejected(name, f"{name} has a number without a value")
    elif isinstance(value, list):
        for each in value:
            _check(name, each, depth + 1)
    elif isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str):
                raise ValuesRejected(name, f"{name} has a member whose name is not a text")
            _check(name, each, depth + 1)
    else:
        raise ValuesRejected(name, f"{name} has a value of type {type(value).__name__}; only JSON is kept")
