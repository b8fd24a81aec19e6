"""Where the walk up from a unit begins: at the unit, or, once it has closed, where it was (processes.yaml T4)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from graph.as_of import Day, in_force
from graph.connection import Run


@dataclass(frozen=True, slots=True)
class Start:
    """Where the walk up from a unit begins; None = nowhere. ``closed``: the unit itself is not open on the day."""

    unit: str | None
    closed: bool


def start_rows(day: Day) -> str:
    """A query of ``$units``, a map of each that there is: whether it is open on the day, and, of one that has closed,
    where it was on its last day. For ``starts``."""
    return f"""
    UNWIND $units AS uuid
    MATCH (unit:Unit {{uuid: uuid}})
    WITH uuid, unit, {day.active("unit")} AS active
    OPTIONAL MATCH (unit)-[state:STATE]->()
    WHERE NOT active AND state.to <= $at
    WITH uuid, unit, active, max(state.to) - duration({{days: 1}}) AS last
    RETURN {{
        uuid: uuid,
        active: active,
        above: head([(unit)-[part:PART_OF]->(above:Unit) WHERE {in_force("part", "last")} | above.uuid])
    }} AS start
    """


def starts(
    run: Run, day: Day, at: date, units: Collection[str], first: Iterable[Mapping[str, Any]]
) -> dict[str, Start]:
    """Where the walk up from each unit begins: at the unit, or, once it has closed, where it was on its last day.

    If that one has closed too, it is where that was on its own last day, and so on (processes.yaml T4). A unit that is
    not open yet, or was at the top, leads nowhere; one that isn't there is left out. ``first``: what ``start_rows``
    gives of the units.
    """
    open_, above = set[str](), dict[str, str | None]()
    rows = list(first)
    while rows:
        for row in rows:
            above[row["uuid"]] = row["above"]
            if row["active"]:
                open_.add(row["uuid"])
        waiting = {each for each in above.values() if each is not None} - set(above)
        rows = run.run(start_rows(day), units=sorted(waiting), at=at).value() if waiting else []
    return {unit: Start(_open_place(unit, open_, above), unit not in open_) for unit in units if unit in above}


def _open_place(unit: str, open_: Collection[str], above: Mapping[str, str | None]) -> str | None:
    place: str | None = unit
    met = set[str]()
    while place is not None and place not in open_:
        met.add(place)
        place = above.get(place)
        if place in met:
            return None
    return place
