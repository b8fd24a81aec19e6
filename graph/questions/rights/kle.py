"""KLE numbers as a constraint's values: their wire form, and which of them the others cover.

On the wire a main group is ``27.*``, a group ``27.24.*``, a subject ``27.24.03``, and ``*`` everything
(kombit_access.md §1.1). Numbers are compared by their parts, never by characters: 15.2 does not cover 15.20, and
27* would also match 270 (kombit_access.md pitfalls 8 and 9).
"""

import re
from collections.abc import Collection, Iterable

EVERYTHING = "*"
_NUMBER = re.compile(r"[0-9]{2}(?:\.[0-9]{2}){0,2}")
_SUBJECT_PARTS = 3

Parts = tuple[str, ...]


class NotKle(ValueError):
    """A text that is not a KLE number, neither KLE's own form nor the wire form."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} is not a KLE number; write NN, NN.NN or NN.NN.NN, the first two perhaps with .* after them, "
            f"or {EVERYTHING} for everything"
        )
        self.text = text


def parts(number: str) -> Parts:
    """The parts of a number in either form; of ``*`` none.

    Raises:
        NotKle: it has neither form.
    """
    if number == EVERYTHING:
        return ()
    plain = number.removesuffix(".*")
    if _NUMBER.fullmatch(plain):
        split = tuple(plain.split("."))
        if plain == number or len(split) < _SUBJECT_PARTS:
            return split
    raise NotKle(number)


def plain(number: str) -> str:
    """KLE's own form of a number: ``27``, ``27.24``, ``27.24.03``; ``*`` stays."""
    return ".".join(parts(number)) or EVERYTHING


def wire(number: str) -> str:
    """The form that systems compare with: ``27.*``, ``27.24.*``, ``27.24.03`` or ``*``."""
    return _wire(parts(number))


def is_wire(text: str) -> bool:
    """Whether a text is a KLE value as it stands on the wire."""
    try:
        return wire(text) == text
    except NotKle:
        return False


def covers(wider: str, narrower: str) -> bool:
    """Whether one number is the other or is above it."""
    above, below = parts(wider), parts(narrower)
    return below[: len(above)] == above


def collapse(numbers: Iterable[str]) -> tuple[str, ...]:
    """The wire forms of the widest of these numbers, sorted by code point: 27, 27.24 and 32.03 give 27.* and 32.03.*.

    Raises:
        NotKle: one of them is not a KLE number.
    """
    given = {parts(each) for each in numbers}
    return tuple(sorted(_wire(each) for each in given if not _has_ancestor(each, given)))


def _has_ancestor(number: Parts, given: Collection[Parts]) -> bool:
    return any(number[:length] in given for length in range(len(number)))


def _wire(split: Parts) -> str:
    if not split:
        return EVERYTHING
    joined = ".".join(split)
    return joined if len(split) == _SUBJECT_PARTS else f"{joined}.*"
