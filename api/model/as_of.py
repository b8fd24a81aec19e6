"""The time that a query reads: a day, or a period. The API's use of ``graph.as_of``."""

from dataclasses import dataclass
from typing import Any

from graph.as_of import Day, first_day, in_force, last_day


@dataclass(frozen=True, slots=True)
class Moment:
    """A day or a period, as Cypher expressions (parameters).

    ``copied``: the identity nodes show the day. ``start``/``end``: a period, half-open; an open side is absent.
    """

    day: str = "$at"
    copied: bool = False
    is_period: bool = False
    start: str | None = None
    end: str | None = None
    given: Any = None
    """The day itself, as the query gives it (``api.model.variables``)."""
    known_on: str | None = None
    """The query asks what was known on this day, not what is known now: ``graph.as_of.as_known`` rewrites the whole
    statement for it. The identity nodes do not show such a day."""

    def in_force(self, relationship: str) -> str:
        """The relationship is in force on the day, or on some day of the period."""
        if not self.is_period:
            return in_force(relationship, self.day)
        tests = []
        if self.end is not None:
            tests.append(f"{relationship}.from < {self.end}")
        if self.start is not None:
            tests.append(f"({relationship}.to IS NULL OR {relationship}.to > {self.start})")
        return f"({' AND '.join(tests)})" if tests else "true"

    def active(self, node: str) -> str:
        """The thing exists on the day, or on some day of the period."""
        if self.is_period:
            return f"EXISTS {{ ({node})-[state:STATE]->() WHERE {self.in_force('state')} }}"
        return Day(self.copied, self.day).active(node)

    def as_of(self, node: str) -> str:
        """The day of the thing's values (see ``bind``), as text."""
        if not self.is_period:
            return f"toString({self.day})"
        first = "state.from"
        if self.start is not None:
            first = f"CASE WHEN {first} < {self.start} THEN {self.start} ELSE {first} END"
        return (
            f"toString(head(COLLECT {{ MATCH ({node})-[state:STATE]->() WHERE {self.in_force('state')} "
            f"RETURN {first} AS first ORDER BY first }}))"
        )

    @property
    def text(self) -> str:
        """The day or the period, and the day of the knowledge, as text. Equal texts mean equal content."""
        text = f"toString({self.day})"
        if self.is_period:
            start, end = (f"toString({each})" if each is not None else "''" for each in (self.start, self.end))
            text = f"{start} + '/' + {end}"
        return text if self.known_on is None else f"{text} + '@' + toString({self.known_on})"

    @property
    def knowledge(self) -> str:
        """The day of the knowledge, as text; null = now."""
        return "null" if self.known_on is None else f"toString({self.known_on})"

    def exists_from(self, node: str) -> str:
        """The first day on which the thing exists."""
        return f"{node}.from" if self.known_on is None else first_day(node)

    def exists_to(self, node: str) -> str:
        """The day after the last on which the thing exists."""
        return f"{node}.to" if self.known_on is None else last_day(node)

    def bind(self, node: str, values: str, state: str) -> tuple[str, str, str]:
        """(variable that holds the node's values of the day, clauses that bind it, condition that the node exists).

        If the node itself shows the day, it is that variable and nothing need be bound; otherwise it is ``values``, and
        the clauses keep only existing things. Over a period the values are those of the first day of it on which the
        thing exists.
        """
        if self.is_period:
            return (
                values,
                f"CALL ({node}) {{ MATCH ({node})-[{state}:STATE]->({values}) WHERE {self.in_force(state)} "
                f"RETURN {values} ORDER BY {state}.from LIMIT 1 }}",
                "true",
            )
        if self.copied:
            return node, "", f"{node}.active"
        return values, f"MATCH ({node})-[{state}:STATE]->({values}) WHERE {in_force(state, self.day)}", "true"

    def bind_closed(self, node: str, values: str) -> tuple[str, str]:
        """(variable, clauses) as in ``bind``, but also for a thing that does not exist on the day (without values
        then)."""
        if self.copied:
            return node, ""
        # A thing that was unknown then is omitted.
        known = f" WHERE EXISTS {{ ({node})<-[:CONCERNS]-() }}" if self.known_on is not None else ""
        return (
            values,
            f"WITH *, head(COLLECT {{ MATCH ({node})-[state:STATE]->(shown) WHERE {self.in_force('state')} "
            f"RETURN shown ORDER BY state.from }}) AS {values}{known}",
        )
