"""Limits while an external text is read, before it becomes values: a small file can contain millions.

XML has its own in ``protocols/xml.py``; the size of answers is limited in ``protocols/web.py``.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

LONGEST_LINE = 1 << 20  # characters; a row of a real table has some hundred


class TooMuch(ValueError):
    """The text contains more than is allowed."""


def lines(opened: Iterable[str], most: int) -> Iterator[str]:
    """At most ``most`` lines, none of them longer than ``LONGEST_LINE``. Raises TooMuch."""
    for number, line in enumerate(opened, start=1):
        if number > most:
            raise TooMuch(f"it has more than {most} lines")
        if len(line) > LONGEST_LINE:
            raise TooMuch(f"line {number} has more than {LONGEST_LINE} characters")
        yield line


def from_json(content: bytes, most: int, **how: Any) -> Any:
    """The content of a JSON text in UTF-8, of at most about ``most`` values. Raises TooMuch, ValueError,
    RecursionError.

    Each value follows a comma or a bracket. Those within texts count too, so ``most`` should be generous.
    """
    if sum(map(content.count, (b",", b"[", b"{"))) > most:
        raise TooMuch(f"it contains more than {most} values")
    return json.loads(content.decode("utf-8-sig"), **how)
