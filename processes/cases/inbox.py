"""A person's inbox: the open tasks that they have, those of their units, and those of the cases that they started.

Who has a task is asked when it is looked at (``processes.routing``). So first come the tasks that the person may have,
found from the person: by the roles held, stood in for and delegated, and the units below these (``may_have``). Only
these are asked about, and only as many as a page shows, however many other tasks are open.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final, Literal

from graph.as_of import Day, in_force
from graph.change_log import turned_day
from graph.connection import Run
from graph.errors import Unknown
from graph.identity.lookup import survivors
from graph.questions.nearest import MANAGER
from processes.cases import kept
from processes.cases.kept import day_of
from processes.cases.places import places
from processes.cases.tasks import Look, looks

Part = Literal["mine", "standing_in", "asked", "units", "started"]
PARTS: Final[tuple[Part, ...]] = ("mine", "standing_in", "asked", "units", "started")
"""``mine``: in person. ``standing_in``: in somebody's place. ``asked``: others' with a
question for the person. ``units``: what others have in the units that the person
manages, unless the task excludes the person. ``started``: of the cases that the person has started."""
Order = Literal["urgent", "newest"]
"""``urgent``: those that were escalated most, then those that have waited longest."""
_AT_ONCE = 100
"""Tasks that are routed together."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A task in an inbox, and the parts of the inbox that it is in."""

    look: Look
    parts: frozenset[Part]


@dataclass(frozen=True, slots=True)
class _Found:
    """A task that may be in an inbox. ``parts``: those of ``units`` and ``started`` that it belongs to."""

    id: str
    escalations: int
    made: datetime
    parts: frozenset[Part]

    def key(self, order: Order) -> tuple[Any, ...]:
        if order == "newest":
            return (-self.made.timestamp(), self.id)
        return (-self.escalations, self.made.timestamp(), self.id)


def inbox(
    run: Run,
    person: str,
    parts: Collection[Part],
    now: datetime,
    process: str | None = None,
    order: Order = "urgent",
    first: int | None = None,
    after: str | None = None,
) -> list[Entry]:
    """The open tasks of some parts of a person's inbox, each once.

    ``first``: at most so many; None = all. ``after``: id of the last task of the page before. Raises Unknown
    (unknown_task).
    """
    found = sorted(_found(run, person, parts, day_of(now), process), key=lambda each: each.key(order))
    if after is not None:
        end = _one(run, after).key(order)
        found = [each for each in found if each.key(order) > end]
    return list(islice(_entries(run, person, parts, now, found), first))


def _entries(run: Run, person: str, parts: Collection[Part], now: datetime, found: Sequence[_Found]) -> Iterator[Entry]:
    for start in range(0, len(found), _AT_ONCE):
        some = found[start : start + _AT_ONCE]
        seen = looks(run, kept.tasks(run, [each.id for each in some]), now)
        known = {each.id: each.parts for each in some}
        named = {who for each in seen for who in each.task.asked.exclude}
        called = survivors(run, "Person", named | {each.task.question.of for each in seen if each.task.question})
        for each in seen:
            of_it = _parts(each, person, known[each.task.id], called) & set(parts)
            if of_it:
                yield Entry(each, frozenset(of_it))


def _parts(seen: Look, person: str, known: frozenset[Part], called: Mapping[str, str]) -> set[Part]:
    has = seen.route.of(person)
    found: set[Part] = set(known & {"started"})
    if has is not None:
        found.add("mine" if has.instead_of is None else "standing_in")
    elif "units" in known and person not in {called.get(each, each) for each in seen.task.asked.exclude}:
        found.add("units")
    question = seen.task.question
    if question is not None and called.get(question.of, question.of) == person:
        found.add("asked")
    return found


def managed(run: Run, person: str, at: date) -> frozenset[str]:
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
        at=at,
    )
    return frozenset(row["unit"] for row in rows)


# -- the tasks that may be in it --------------------------------------------------------------------------------------


def _found(run: Run, person: str, parts: Collection[Part], at: date, process: str | None) -> list[_Found]:
    rows: list[tuple[Mapping[str, Any], Part | None]] = []
    if "mine" in parts or "standing_in" in parts:
        rows += [(row, None) for row in may_have(run, person, at)]
    if "asked" in parts:
        rows += [(row, None) for row in run.run(_ASKED, person=person)]
    if "units" in parts:
        units = sorted(managed(run, person, at))
        query = f"UNWIND $units AS unit MATCH (t:Task {{state: 'open', unit: unit}}) {_ROW}"
        rows += [(row, "units") for row in run.run(query, units=units)]
    if "started" in parts:
        query = f"UNWIND $cases AS id MATCH (:Case {{id: id}})<-[:OF_CASE]-(t:Task {{state: 'open'}}) {_ROW}"
        rows += [(row, "started") for row in run.run(query, cases=sorted(kept.started_by(run, person)))]
    once: dict[str, _Found] = {}
    for row, part in rows:
        if process is not None and row["process"] != process:
            continue
        before = once[row["id"]].parts if row["id"] in once else frozenset[Part]()
        now_in = before if part is None else before | {part}
        once[row["id"]] = _Found(row["id"], row["escalations"], row["made"].to_native(), now_in)
    return list(once.values())


def _one(run: Run, id_: str) -> _Found:
    row = run.run(f"MATCH (t:Task {{id: $id}}) {_ROW}", id=id_).single()
    if row is None:
        raise Unknown("unknown_task", f"after: there is no task {id_!r}", id_)
    return _Found(row["id"], row["escalations"], row["made"].to_native(), frozenset())


def may_have(run: Run, person: str, at: date) -> list[Mapping[str, Any]]:
    """The open tasks that a person may have on a day: id, process, escalations, made. Whoever has a task is in this.

    Whoever has it holds its role (or its fall-back's) for its unit or one above, stands in for somebody who does, has
    it delegated or handed by one of these. A closed unit counts as being anywhere.
    """
    day = Day.of(at, turned_day(run))
    held = places(run, person, at)
    below = run.run(_BELOW, places=held, at=at)
    closed = run.run(_at_closed(day), places=held, at=at)
    handed = run.run(_HANDED, person=person)
    return [row.data() for rows in (below, closed, handed) for row in rows]


_ROW = "RETURN DISTINCT t.id AS id, t.process AS process, t.escalations AS escalations, t.made AS made"
_OF_PLACE = f"""
UNWIND place.roles AS role
WITH DISTINCT role, unit.uuid AS unit, place.process AS process
CALL (role, unit) {{
    MATCH (t:Task {{state: 'open', role: role, unit: unit}})
    RETURN t
    UNION
    MATCH (t:Task {{state: 'open', fallback_role: role, fallback_unit: unit}})
    RETURN t
}}
WITH t, process
WHERE process IS NULL OR t.process = process
{_ROW}
"""
_BELOW = f"""
UNWIND $places AS place
MATCH (:Unit {{uuid: place.level}})<-[parts:PART_OF*0..]-(unit:Unit)
WHERE all(part IN parts WHERE {in_force("part")})
{_OF_PLACE}
"""
_ASKED = f"""
MATCH (was:Person)-[:JOINED_INTO*0..]->(:Person {{uuid: $person}})
MATCH (t:Task {{state: 'open', asked_of: was.uuid}})
{_ROW}
"""
_HANDED = f"""
MATCH (was:Person)-[:JOINED_INTO*0..]->(:Person {{uuid: $person}})
MATCH (t:Task {{state: 'open', handed_to: was.uuid}})
{_ROW}
"""


def _at_closed(day: Day) -> str:
    """Tasks whose unit is not open: the walk begins where it was before (T4)."""
    return f"""
    MATCH (unit:Unit)
    WHERE NOT coalesce({day.active("unit")}, false)
    UNWIND $places AS place
    {_OF_PLACE}
    """


def at_fault(run: Run, now: datetime, first: int) -> list[Look]:
    """The open tasks for which the organisation has nobody (T9), the oldest first; at most ``first``."""
    tasks = kept.open_tasks(run)
    slices = (tasks[start : start + _AT_ONCE] for start in range(0, len(tasks), _AT_ONCE))
    return list(islice((each for some in slices for each in looks(run, some, now) if each.route.fault), first))
