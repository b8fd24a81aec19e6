"""When is being asked about: a day, or a period. The API's use of ``graph.reading``."""

from dataclasses import dataclass
from datetime import date

from graph.reading import Day, in_force


@dataclass(frozen=True, slots=True)
class Moment:
    """``start``/``end`` of a period (half-open; None = open), or the day ``at``. ``copied``: today's copies will do."""

    at: date
    copied: bool
    period: bool = False
    start: date | None = None
    end: date | None = None

    def parameters(self) -> dict[str, object]:
        return {"at": self.at, "start": self.start, "end": self.end}

    def in_force(self, relationship: str) -> str:
        """The relationship holds on the day, or on some day of the period."""
        if not self.period:
            return in_force(relationship)
        return (
            f"(($end IS NULL OR {relationship}.from < $end) AND "
            f"($start IS NULL OR {relationship}.to IS NULL OR {relationship}.to > $start))"
        )

    def shape(self) -> tuple[bool, bool]:
        """What a compiled query depends on, beside its parameters."""
        return self.copied, self.period

    def active(self, node: str) -> str:
        if self.period:
            return f"EXISTS {{ ({node})-[state:STATE]->() WHERE {self.in_force('state')} }}"
        return Day(self.copied).active(node)

    def bind(self, node: str, values: str, state: str) -> tuple[str, str]:
        """(clauses that bind ``values`` to the node with the values of the day, condition that it exists).

        Over a period the values are the latest of it.
        """
        if self.period:
            return (
                f"CALL ({node}) {{ MATCH ({node})-[{state}:STATE]->({values}) WHERE {self.in_force(state)} "
                f"RETURN {values} ORDER BY {state}.from DESC LIMIT 1 }}",
                "true",
            )
        if self.copied:
            return f"WITH *, {node} AS {values}", f"{node}.active"
        return f"MATCH ({node})-[{state}:STATE]->({values})", in_force(state)
