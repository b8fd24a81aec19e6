"""Who has a task: asked of the organisation at the moment of looking, never stored (processes.yaml T1).

The rule is *nearest* (``graph.questions.nearest``), counted from the task's unit; on top of it come what only a task
has: people who may not do it (T2), a unit that has closed (T4), escalation (T5), delegation (T7) and the fall-back
(T9). Everything that some tasks need of a day is read at once, so that an inbox costs as many queries as it has roles.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final, Literal

from graph.as_of import Day
from graph.change_log import turned_day
from graph.connection import Run
from graph.errors import Ambiguous, Unknown
from graph.identity.lookup import (
    Found,
    canonical,
    find,
    find_query,
    found,
    responsibility_kind,
    surviving_match,
    survivors,
)
from graph.questions import nearest_holders as facts
from graph.questions.nearest import Nearest, Question, levels, way_up
from graph.questions.nearest_holders import Everywhere
from graph.questions.starting_units import Start, start_rows, starts
from graph.time import today

How = Literal["holder", "substitute", "escalated", "fallback", "delegate"]
NO_UNIT: Final = Start(None, closed=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A task, as far as it decides who has it. Units and persons are uuids, roles and responsibilities keys.

    ``exclude``: who may not have it (T2). ``escalations``: how many levels it has gone up (T5). ``handed``: who has
    handed it to whom. ``fault``: why nobody can be looked for; empty = somebody can.
    """

    process: str
    role: str
    responsibility: str = ""
    unit: str | None = None
    exclude: frozenset[str] = frozenset()
    fallback_role: str = ""
    fallback_unit: str | None = None
    escalations: int = 0
    handed: tuple[str, str] | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who has the task. ``instead_of``: the person in whose place; None = in person."""

    person: str
    how: How
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Who has a task, in order. ``level_unit``, ``steps``: the unit that answered, and how many above the start.

    ``closed_unit``: the task's unit, if it has closed and the walk began elsewhere (T4). ``fault``: why the
    organisation has nobody for it, so that it is with the fall-back, or with nobody (T9): no_holder, unit_not_active,
    unknown_unit, unknown_role, unknown_responsibility, unknown_person; empty = it has somebody.
    ``path``: the units that were visited, up to the one that answered.
    """

    candidates: tuple[Candidate, ...] = ()
    level_unit: str | None = None
    steps: int | None = None
    closed_unit: str | None = None
    fault: str = ""
    path: tuple[str, ...] = ()

    def of(self, person: str) -> Candidate | None:
        """How a person has the task; None if they don't."""
        return next((each for each in self.candidates if each.person == person), None)


def routes(run: Run, asked: Sequence[Asked], at: date, turned: date | None = None) -> list[Route]:
    """Who has each task on a day; in the order of ``asked``.

    ``turned``: what ``turned_day`` gives in this transaction, for whoever has asked; None: it is asked.
    """
    organisation = _Organisation(run, set(asked), at, turned)
    found = {each: organisation.route(each) for each in set(asked)}
    return [found[each] for each in asked]


class _Organisation:
    """What the organisation of a day says to some tasks."""

    def __init__(self, run: Run, asked: Collection[Asked], at: date, turned: date | None) -> None:
        self._run, self._at = run, at
        self._day = Day.of(at, turned_day(run) if turned is None else turned)
        places = [(each.role, each.unit) for each in asked if each.unit is not None]
        places += [(each.fallback_role, each.fallback_unit) for each in asked if each.fallback_unit is not None]
        units, roles = sorted({unit for _, unit in places}), sorted({role for role, _ in places})
        row = run.run(
            _first_facts(self._day),
            units=units,
            roles=[{"name": each, "uuid": canonical(each) or each} for each in roles],
            processes=sorted({each.process for each in asked}),
            persons=sorted({*_persons(asked)}),
            at=at,
            today=today(),
        ).single(strict=True)
        self._starts = starts(run, self._day, at, units, row["starts"])
        self._covering = {each: self._covered_by(each) for each in sorted({one.responsibility for one in asked})}
        fits = {role: [Found(uuid, source) for name, uuid, source in row["roles"] if name == role] for role in roles}
        self._holders = {role: self._around(role, fits[role], places) for role in roles}
        rows = row["delegations"]
        self._called: dict[str, str] = dict(row["called"])
        self._called |= survivors(run, "Person", {who for _, *pair in rows for who in pair})
        self._delegations: dict[str, list[tuple[str, str]]] = {}
        for process, by, to in rows:
            self._delegations.setdefault(process, []).append((self._as_called(by), self._as_called(to)))
        others = {self._as_called(each.handed[1]) for each in asked if each.handed is not None}
        others |= {to for pairs in self._delegations.values() for _, to in pairs}
        self._at_work = facts.at_work(run, self._day, at, others) if others else frozenset[str]()

    def route(self, asked: Asked) -> Route:
        exclude = frozenset(map(self._as_called, asked.exclude))
        start = self._starts.get(asked.unit or "", NO_UNIT)
        closed = asked.unit if start.closed and start.unit is not None else None
        fault, covering = self._fault(asked, start), self._covering[asked.responsibility]
        found: list[Candidate] = []
        if not fault:
            walk = list(islice(self._levels(asked.role, start, exclude, covering), 1 + asked.escalations))
            if walk:
                found = [*self._candidates(asked.role, walk[0], "holder")]
                above = [each for level in walk[1:] for each in self._candidates(asked.role, level, "escalated")]
                candidates = self._with_delegates(asked, (found, above), exclude)
                return Route(candidates, walk[0].level_unit, walk[0].steps, closed, path=walk[0].path)
            fault = "no_holder"
        if asked.fallback_unit is not None:
            role, start = asked.fallback_role, self._starts.get(asked.fallback_unit, NO_UNIT)
            for level in islice(self._levels(role, start, exclude, None), 1):
                found += self._candidates(role, level, "fallback")
        return Route(self._with_delegates(asked, (found,), exclude), closed_unit=closed, fault=fault)

    def _fault(self, asked: Asked, start: Start) -> str:
        """Why nobody can be looked for."""
        if asked.fault:
            return asked.fault
        if start.unit is None:
            return "unknown_unit" if asked.unit is None else "unit_not_active"
        if self._holders[asked.role] is None:
            return "unknown_role"
        if asked.responsibility and self._covering[asked.responsibility] is None:
            return "unknown_responsibility"
        return ""

    def _levels(
        self, role: str, start: Start, exclude: frozenset[str], covering: frozenset[str] | None
    ) -> Iterator[Nearest]:
        around = self._holders[role]
        if around is None or start.unit is None:
            return iter(())
        question = Question(around.covers_all, covering, leaving_out=exclude)
        return levels(way_up(start.unit, around.parents), around.candidates, question)

    def _candidates(self, role: str, level: Nearest, how: How) -> Iterator[Candidate]:
        around = self._holders[role]
        held = {} if around is None else around.candidates
        away = {each.assignment: each.person for each in held.get(level.level_unit or "", ())}
        for holder in level.holders:
            if holder.via is None:
                yield Candidate(holder.person, how)
            else:
                yield Candidate(holder.person, "substitute" if how == "holder" else how, away[holder.assignment])

    def _with_delegates(
        self, asked: Asked, found: Sequence[Sequence[Candidate]], exclude: frozenset[str]
    ) -> tuple[Candidate, ...]:
        """Each person once. Behind each group come those to whom one of it has delegated, or handed, the task.

        So the delegates of who answers come before those whom an escalation adds. It is not passed on from a delegate,
        and nobody is one who has the task anyway. Who is away has no part in it, as a substitute hasn't (A2, A8).
        """
        pairs = [*self._delegations.get(asked.process, ())]
        if asked.handed is not None:
            by, to = asked.handed
            pairs.append((self._as_called(by), self._as_called(to)))
        having = {each.person for group in found for each in group}
        once: dict[str, Candidate] = {}
        for group in found:
            added = [
                Candidate(to, "delegate", each.person)
                for each in group
                for by, to in pairs
                if by == each.person and to not in exclude and to not in having and to in self._at_work
            ]
            for each in (*group, *added):
                once.setdefault(each.person, each)
        return tuple(once.values())

    def _covered_by(self, responsibility: str) -> frozenset[str] | None:
        if not responsibility:
            return None
        try:
            kind, key = responsibility_kind(responsibility)
            return facts.covering(self._run, self._day, self._at, find(self._run, kind, key).uuid)
        except (Unknown, Ambiguous):
            return None

    def _around(self, role: str, fits: Sequence[Found], places: Iterable[tuple[str, str]]) -> Everywhere | None:
        """The holders of a role around its tasks; None if there is not exactly one such role."""
        try:
            uuid = found("Role", role, fits).uuid
        except (Unknown, Ambiguous):
            return None
        at = {self._starts.get(unit, NO_UNIT).unit for each, unit in places if each == role}
        return facts.around(self._run, self._day, self._at, uuid, {each for each in at if each is not None})

    def _as_called(self, person: str) -> str:
        """The uuid by which a person is known today."""
        return self._called.get(person, person)


def _first_facts(day: Day) -> str:
    """What needs no other answer, asked at once. ``delegations``: process, who has delegated, to whom; the earliest
    first. ``called``: person, and as whom they are known today."""
    return f"""
    RETURN COLLECT {{
            {start_rows(day)}
        }} AS starts,
        COLLECT {{
            UNWIND $roles AS named
            CALL (named) {{
                {find_query("Role", "named")}
            }}
            RETURN [named.name, uuid, source]
        }} AS roles,
        COLLECT {{
            UNWIND $processes AS process
            MATCH (d:Delegation {{process: process}})
            WHERE d.from <= $at AND d.until > $at
            RETURN [process, d.by, d.to]
            ORDER BY d.made, d.number, d.id
        }} AS delegations,
        COLLECT {{
            UNWIND $persons AS person
            {surviving_match("Person", "person")}
            RETURN [person, n.uuid]
        }} AS called
    """


def _persons(asked: Iterable[Asked]) -> Iterator[str]:
    for each in asked:
        yield from (*each.exclude, *(each.handed or ()))
