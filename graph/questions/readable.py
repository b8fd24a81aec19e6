"""What an asker may read who answers for a part of the organisation: a question's own limits count after it, so that
what is left out leaves room for what is not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Readable:
    """``things``: their UUIDs. ``kinds``: those of which every thing may be read."""

    things: Sequence[str]
    kinds: Sequence[str]


@dataclass(frozen=True, slots=True)
class Inside:
    """The same as a condition in Cypher, on a thing or on an entry of the change log. ``on``: makes it of the variable.
    ``parameters``: those that it needs."""

    on: Callable[[str], str]
    parameters: Mapping[str, object]
