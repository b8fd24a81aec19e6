"""Reading on a day: the one place that decides between the identity nodes' copies and the states (architecture.md §3).

Today's values stand on the identity nodes, as of the last day turn; any other day is read from the states. What is
here are fragments of Cypher; ``day`` is the expression that holds the day, by default the parameter ``$at``.
"""

from dataclasses import dataclass
from datetime import date


def in_force(relationship: str, day: str = "$at") -> str:
    """The relationship is in force on the day."""
    return f"({relationship}.from <= {day} AND ({relationship}.to IS NULL OR {relationship}.to > {day}))"


def overlaps(relationship: str, start: str, end: str) -> str:
    """The relationship is in force on some day of the half-open period; ``start`` and ``end`` are expressions."""
    return f"({relationship}.from < {end} AND ({relationship}.to IS NULL OR {relationship}.to > {start}))"


def not_over(relationship: str, day: str = "$today") -> str:
    """The relationship is in force on the day or on a later one."""
    return f"({relationship}.to IS NULL OR {relationship}.to > {day})"


def exists_or_will(node: str, day: str = "$today") -> str:
    """The thing exists on the day or on a later one. One that was withdrawn never existed."""
    return f"({node}.from IS NOT NULL AND {not_over(node, day)})"


def exists(node: str, day: str = "$today") -> str:
    """The thing exists on the day, whatever day the copies show. For what must be today: the clock says which that is,
    and the last turned day may be another one (``graph.writing.day_turn``)."""
    return Day(False, day).active(node)


@dataclass(frozen=True, slots=True)
class Day:
    """How to read a day. ``copied``: it is the day that the identity nodes show."""

    copied: bool
    day: str = "$at"

    @classmethod
    def of(cls, at: date, turned: date) -> "Day":
        """``turned``: the day of the last day turn (``graph.change_log.turned_day``)."""
        return cls(at == turned)

    def active(self, node: str) -> str:
        """The thing exists on the day."""
        if self.copied:
            return f"{node}.active"
        return f"EXISTS {{ ({node})-[state:STATE]->() WHERE {in_force('state', self.day)} }}"

    def flag(self, node: str, name: str) -> str:
        """A yes/no value of the thing is yes on the day."""
        if self.copied:
            return f"coalesce({node}.{name}, false)"
        return f"EXISTS {{ ({node})-[state:STATE]->(values {{{name}: true}}) WHERE {in_force('state', self.day)} }}"

    def values(self, node: str) -> str:
        """The map of the thing's values on the day; null where it does not exist."""
        if self.copied:
            return f"CASE WHEN {node}.active THEN properties({node}) END"
        return (
            f"head(COLLECT {{ MATCH ({node})-[state:STATE]->(shown) WHERE {in_force('state', self.day)} "
            "RETURN properties(shown) })"
        )
