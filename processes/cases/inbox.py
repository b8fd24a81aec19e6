"""A person's inbox: the open tasks that they have, those of their units, and those of the cases that they started."""

from collections.abc import Collection
from datetime import datetime
from typing import Final, Literal

from graph.as_of import in_force
from graph.connection import Run
from graph.identity.lookup import survivors
from graph.questions.nearest import MANAGER
from processes.cases import kept
from processes.cases.kept import day_of
from processes.cases.tasks import Look, looks

Part = Literal["mine", "standing_in", "units", "started"]
PARTS: Final[tuple[Part, ...]] = ("mine", "standing_in", "units", "started")
"""``mine``: in person. ``standing_in``: in somebody's place. ``units``: what others have in the units that the person
manages, unless the task excludes the person. ``started``: of the cases that the person has started."""


def inbox(run: Run, person: str, parts: Collection[Part], now: datetime, process: str | None = None) -> list[Look]:
    """The open tasks of some parts of a person's inbox, the oldest first; each once."""
    tasks = kept.open_tasks(run, process=process)
    started = kept.started_by(run, person) if "started" in parts else frozenset[str]()
    units = _managed(run, person, now) if "units" in parts else frozenset[str]()
    in_units = [each for each in tasks if each.asked.unit in units]
    called = survivors(run, "Person", {who for each in in_units for who in each.asked.exclude})
    seen_as_manager = {
        each.id for each in in_units if person not in {called.get(who, who) for who in each.asked.exclude}
    }
    found = []
    for seen in looks(run, tasks, now):
        has = seen.route.of(person)
        in_person = has is not None and has.instead_of is None
        if (
            ("mine" in parts and in_person)
            or ("standing_in" in parts and has is not None and not in_person)
            or (has is None and seen.task.id in seen_as_manager)
            or seen.task.case in started
        ):
            found.append(seen)
    return found


def _managed(run: Run, person: str, now: datetime) -> frozenset[str]:
    """The units for which a person is manager on the day, and all below."""
    rows = run.run(
        f"""
        MATCH (:Person {{uuid: $person}})-[ties:HAS|HOLDS*1..2]->(a:Assignment)-[for:FOR]->(top:Unit)
        WHERE all(tie IN ties WHERE {in_force("tie")}) AND {in_force("for")}
          AND EXISTS {{ MATCH (a)-[of:OF]->(:Role {{key: $manager}}) WHERE {in_force("of")} }}
          AND EXISTS {{ MATCH (a)-[state:STATE]->() WHERE {in_force("state")} }}
        MATCH (top)<-[parts:PART_OF*0..]-(unit:Unit)
        WHERE all(part IN parts WHERE {in_force("part")})
        RETURN DISTINCT unit.uuid AS unit
        """,
        person=person,
        manager=MANAGER,
        at=day_of(now),
    )
    return frozenset(row["unit"] for row in rows)
