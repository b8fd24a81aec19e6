"""Numbers in texts: the one rule for facts files, payroll and what people state by hand.

Python also reads other digits than 0 to 9, underscores, blanks, "nan" and "1e3"; a person who reads the file does not.
"""

import re

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}([.][0-9]{1,15})?")


def only_digits(text: str) -> bool:
    """Whether a text is digits from 0 to 9, at least one, and nothing else."""
    return text.isascii() and text.isdigit()


def integer(text: str) -> int:
    """The number that a text is. Raises ValueError; also for one that is larger than the graph can store."""
    if not _INTEGER.fullmatch(text) or abs(number := int(text)) >= 2**63:
        raise ValueError(f"{text!r} is not an integer")
    return number


def decimal(text: str) -> float:
    """The number that a text is, with a point before its fraction. Raises ValueError."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text!r} is not a decimal")
    return float(text)
