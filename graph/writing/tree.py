"""The organisation tree's invariant: no unit is below itself on any day (nearest.yaml A15)."""

from collections.abc import Iterable, Mapping, Sequence

from graph.errors import ChangeRejected
from graph.time import Period

Edge = tuple[Period, str]  # the days on which it is in force, and the parent
Tree = Mapping[str, Sequence[Edge]]  # child → its parents over time


def find_cycle(tree: Tree, changed: Iterable[str]) -> ChangeRejected | None:
    """The earliest cycle that one of the changed units is part of, or None.

    A cycle is a way up from a unit back to itself whose parts are all in force on the same day. The walk carries the
    remaining days, so it ends: a unit that it meets again is either the start (a cycle) or not followed.
    """
    found: list[tuple[Period, tuple[str, ...]]] = []
    for start in changed:
        todo: list[tuple[str, Period, tuple[str, ...]]] = [(start, Period(), (start,))]
        while todo:
            unit, days, way = todo.pop()
            for edge, parent in tree.get(unit, ()):
                both = days.overlap(edge)
                if both is None:
                    continue
                if parent == start:
                    found.append((both, way))
                elif parent not in way:
                    todo.append((parent, both, (*way, parent)))
    if not found:
        return None
    days, way = min(found, key=lambda each: (each[0].start, sorted(each[1])))
    units = tuple(sorted(way))
    return ChangeRejected(
        "cycle",
        f"unit {units[0]} would be below itself from {days.start}" + (f" to {days.end}" if days.end else ""),
        units=units,
        start=days.start,
        end=days.end,
        field="parent",
    )
