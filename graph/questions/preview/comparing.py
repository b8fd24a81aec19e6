"""Two changes side by side: what only one of them would do, and what both would."""

from dataclasses import dataclass
from typing import Any

from graph.questions.preview.consequences import Consequence, Preview


@dataclass(frozen=True, slots=True)
class Comparison:
    """Each in the order of a preview: by name and person."""

    only_first: tuple[Consequence, ...]
    only_second: tuple[Consequence, ...]
    both: tuple[Consequence, ...]


def compared_with(first: Preview[Any], second: Preview[Any]) -> Comparison:
    """Consequences are the same where person, what, and all their days are."""
    one, other = frozenset(first.consequences), frozenset(second.consequences)
    return Comparison(
        tuple(each for each in first.consequences if each not in other),
        tuple(each for each in second.consequences if each not in one),
        tuple(each for each in first.consequences if each in other),
    )
