"""The living ends of chains of successors, and chains that lead in a circle."""

from collections.abc import Mapping
from datetime import date

import pytest

from graph.questions.kle_endings import _living, _Node

TODAY = date(2026, 11, 30)
ENDED = date(2020, 1, 1)


def nodes(**successors: str) -> Mapping[str, _Node]:
    """Nodes by their letters, with the letters of their successors; those in capitals have ended."""
    return {
        name: _Node(name, None, None, None, ENDED if name.isupper() else None, tuple(to), ())
        for name, to in successors.items()
    }


@pytest.mark.parametrize(
    ("successors", "living", "is_circle"),
    [
        ({"A": "b", "b": ""}, "b", False),
        ({"A": "BC", "B": "d", "C": "d", "d": ""}, "d", False),
        ({"A": "A"}, "", True),
        ({"A": "B", "B": "A"}, "", True),
        ({"A": "BC", "B": "C", "C": "B"}, "", True),
        ({"A": "CB", "B": "C", "C": "B"}, "", True),
        ({"A": "BCd", "B": "E", "C": "E", "E": "C", "d": ""}, "d", True),
        ({"A": "BC", "B": "E", "C": "E", "E": "f", "f": ""}, "f", False),
    ],
)
def test_a_circle_is_told_on_whatever_way_it_is_reached(
    successors: dict[str, str], living: str, is_circle: bool
) -> None:
    assert _living("A", nodes(**successors), TODAY) == (tuple(living), is_circle)
