"""Limits that hold while a text of others is read, before it has become values: a small file can be made of millions.

XML has its own in ``protocols/xml.py``; what an answer may weigh is said in ``protocols/web.py``.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

LONGEST_LINE = 1 << 20  # characters; a row of a table that people keep has some hundred


class TooMuch(ValueError):
    """The text holds more than is allowed."""


def lines(opened: Iterable[str], most: int) -> Iterator[str]:
    """At most ``most`` lines, none of them longer than ``LONGEST_LINE``. Raises TooMuch."""
    for number, line in enumerate(opened, start=1):
        if number > most:
            raise TooMuch(f"it has more than {most} lines")
        if len(line) > LONGEST_LINE:
            raise TooMuch(f"line {number} has more than {LONGEST_LINE} characters")
        yield line


def from_json(content: bytes, most: int, **how: Any) -> Any:
    """What a JSON text in UTF-8 holds: at most about ``most`` values. Raises TooMuch, ValueError, RecursionError.

    Each value stands behind a comma or a bracket. Those in texts count too, so ``most`` is to be generous.
    """
    if sum(map(content.count, (b",", b"[", b"{"))) > most:
        raise TooMuch(f"it holds more than {most} values")
    return json.loads(content.decode("utf-8-sig"), **how)
