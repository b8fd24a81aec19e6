"""The graph as it is and as it would be, side by side: what is asked of both is asked at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import neo4j

from graph.as_of import Day

T = TypeVar("T")
Side = tuple[neo4j.Session, Day]
Sides = tuple[Side, Side]
"""Before and after."""


def on_both(sides: Sides, work: Callable[[neo4j.Session, Day], T]) -> tuple[T, T]:
    """``work`` of each side. The lock is held meanwhile, and Neo4j answers one side while the other is worked out."""
    with ThreadPoolExecutor(1, thread_name_prefix="preview-before") as other:
        before = other.submit(work, *sides[0])
        after = work(*sides[1])
        return before.result(), after
