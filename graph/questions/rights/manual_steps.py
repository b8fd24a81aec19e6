"""What must be done by hand: the rights held in manual systems, compared with what was done there.

A step asks a person to add a right, to change its limits or to remove it. What was closed is what the system has; the
next comparison starts from that, so that nothing is asked for twice. No change of a grant opens a step by itself: the
comparison finds whatever the reason was, be it a grant, a move, a new manager or a day.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import neo4j

from graph.model.rights import ADD, CHANGE, REMOVE, STEP_DONE, STEP_OPEN
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import IncludedRight, Limit

Key = tuple[str, str]
"""uuids of a person and a system role."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A right that the system should have. ``compared``: its limits on the wire; ``limits``: as people read them."""

    system: str
    compared: tuple[str, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step that there is."""

    uuid: str
    person: str
    system_role: str
    step: int
    action: str
    state: str
    system: str
    compared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Todo:
    """What the comparison asks for. ``opened``: the open step, None for a new one. ``action`` None: drop it."""

    key: Key
    system: str
    number: int
    action: str | None
    wanted: Wanted | None
    opened: str | None = None


def wanted(work: Evaluation) -> dict[Key, Wanted]:
    """The rights that are held today in manual systems."""
    found: dict[Key, list[IncludedRight]] = {}
    for person, rights in work.everybody():
        for held in rights.held:
            for each in held.included:
                if each.system.manual:
                    found.setdefault((person, each.system_role.uuid), []).append(each)
    names = {uuid.lower(): unit.name for uuid, unit in work.organisation.units.items()}
    return {key: _wanted(each, names) for key, each in found.items()}


def _wanted(included: Iterable[IncludedRight], names: Mapping[str, str]) -> Wanted:
    lines = {_line(each, {}): _line(each, names) for each in included}
    system = next(iter(included)).system.uuid
    return Wanted(system, tuple(sorted(lines)), tuple(lines[each] for each in sorted(lines)))


def _line(included: IncludedRight, names: Mapping[str, str]) -> str:
    limits = (
        f"{limit.type.title or limit.type.key}: {', '.join(_value(limit, each, names) for each in limit.wire) or '*'}"
        for limit in included.limits
    )
    return "; ".join(limits) or "not limited"


def _value(limit: Limit, value: str, names: Mapping[str, str]) -> str:
    if limit.type.content == "unit":
        return names.get(value, value)
    return next((each.label for each in limit.type.levels if names and each.value == value), value)


def steps(session: neo4j.Session) -> list[Step]:
    """All steps, whatever became of them."""
    rows = session.run(
        """
        MATCH (s:ManualStep)-[:OF_PERSON]->(p:Person)
        MATCH (s)-[:STEP_FOR]->(role:SystemRole)
        MATCH (s)-[:AT]->(system:ItSystem)
        RETURN s.uuid AS uuid, p.uuid AS person, role.uuid AS system_role, s.step AS step, s.action AS action,
            s.state AS state, system.uuid AS system, s.compared AS compared
        """
    )
    return [Step(**{**row.data(), "compared": tuple(row["compared"] or ())}) for row in rows]


@dataclass(slots=True)
class _Known:
    """``surplus``: other open steps for the same; two persons who were joined had one each."""

    last: int = 0
    opened: Step | None = None
    done: Step | None = None
    surplus: tuple[Step, ...] = ()

    def system(self, want: Wanted | None) -> str:
        """Where it is wanted, or else where it was done."""
        before = self.opened or self.done
        return want.system if want is not None else before.system if before is not None else ""


def todo(needed: Mapping[Key, Wanted], known: Iterable[Step], automatic: Iterable[str] = ()) -> Iterator[Todo]:
    """What differs. ``automatic``: system roles whose system is not manual any more: nothing is asked for there."""
    by_key: dict[Key, _Known] = {}
    for step in sorted(known, key=lambda each: each.step):
        of = by_key.setdefault((step.person, step.system_role), _Known())
        of.last = step.step
        if step.state == STEP_OPEN:
            of.surplus += () if of.opened is None else (of.opened,)
            of.opened = step
        elif step.state == STEP_DONE:
            of.done = step
    without = frozenset(automatic)
    for key in sorted({*needed, *by_key}):
        of = by_key.get(key, _Known())
        want = needed.get(key)
        action = None if key[1] in without else _action(want, of.done)
        for each in of.surplus:
            yield Todo(key, each.system, each.step, None, want, each.uuid)
        if of.opened is None:
            if action is not None:
                yield Todo(key, of.system(want), of.last + 1, action, want)
        elif action is None or not _is_asked(of.opened, action, want):
            yield Todo(key, of.system(want), of.opened.step, action, want, of.opened.uuid)


def _action(want: Wanted | None, done: Step | None) -> str | None:
    there = None if done is None or done.action == REMOVE else done.compared
    if want is None:
        return None if there is None else REMOVE
    if there is None:
        return ADD
    return None if there == want.compared else CHANGE


def _is_asked(opened: Step, action: str, want: Wanted | None) -> bool:
    return opened.action == action and (want is None or opened.compared == want.compared)
