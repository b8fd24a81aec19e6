"""What an asker may read who answers for a part of the organisation: a question's own limits count after it, so that
what is left out leaves room for what is not."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Readable:
    """``things``: their UUIDs. ``kinds``: those of which every thing may be read."""

    things: Sequence[str]
    kinds: Sequence[str]
