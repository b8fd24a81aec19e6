"""By what a case starts without a person: a change of the organisation, or time."""

from dataclasses import dataclass

from lxml import etree

from processes.engine import extensions
from processes.engine.timers import Distance, read_distance


@dataclass(frozen=True, slots=True)
class Trigger:
    """``kind``, ``operations``: of the change log; ``condition``: an expression, empty = always. Or ``every``: the time
    between two starts."""

    kind: str
    operations: frozenset[str]
    condition: str
    every: Distance | None


def read_triggers(start: etree._Element) -> tuple[Trigger, ...]:
    """What a start event states. Raises TimerRejected."""
    return tuple(
        Trigger(
            kind=stated.get("kind", "").strip(),
            operations=frozenset(stated.get("on", "").split()),
            condition=stated.get("condition", "").strip(),
            every=read_distance(stated.get("every", "")) if stated.get("every", "").strip() else None,
        )
        for stated in extensions.ours(start, "trigger")
    )
