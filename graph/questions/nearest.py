"""Nearest holder, and nearest manager (architecture.md §4 "Nearest holder"; decisions A1–A24 of nearest.yaml).

The holders whose assignment is FOR the unit itself; if none qualifies, for its parent on that day; and so on to the
root. ``answer`` is the rule. The Cypher only reads what is in force on the day (``graph.questions.nearest_holders``).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import neo4j

from graph.as_of import Day
from graph.change_log import turned_day
from graph.errors import Unknown
from graph.identity.lookup import Found, find, responsibility_kind
from graph.questions import nearest_holders as facts
from graph.questions.nearest_holders import Candidate, Substitute

MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who answers. ``via``: the substitution that brought the person in; None = in person."""

    person: str
    assignment: str
    via: str | None


@dataclass(frozen=True, slots=True)
class Question:
    """``covering``: what covers the responsibility of the question; None = it has no responsibility. ``leaving_out``:
    persons.

    ``types``: only holders whose employment is of one of these types; empty = any.
    """

    covers_all: bool
    covering: frozenset[str] | None = None
    leaving_out: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Nearest:
    """The answer. ``path``: units visited; ``steps``: how many above the start; ``reason`` if no holder was found."""

    holders: tuple[Holder, ...] = ()
    level_unit: str | None = None
    steps: int | None = None
    path: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OfEmployment:
    """One employment's or affiliation's nearest manager."""

    employment: str
    nearest: Nearest


@dataclass(slots=True)
class Names:
    """uuid → source key, for answers to questions by key."""

    keys: Mapping[str, str] = field(default_factory=dict)

    def of(self, uuid: str | None) -> str | None:
        return None if uuid is None else self.keys.get(uuid, uuid)


def answer(chain: Sequence[str], candidates: Mapping[str, Sequence[Candidate]], question: Question) -> Nearest:
    """The rule. ``chain``: the start and the units above it on the day, in order."""
    return next(levels(chain, candidates, question), Nearest(path=tuple(chain), reason="no_holder"))


def levels(
    chain: Sequence[str], candidates: Mapping[str, Sequence[Candidate]], question: Question
) -> Iterator[Nearest]:
    """All levels with a holder who qualifies, the nearest first: that is the one that answers."""
    for steps, unit in enumerate(chain):
        holders = _of_level(candidates.get(unit, ()), chain, question)
        if holders:
            yield Nearest(tuple(holders), unit, steps, tuple(chain[: steps + 1]))


def _of_level(candidates: Sequence[Candidate], chain: Sequence[str], question: Question) -> list[Holder]:
    found: list[Holder] = []
    for each in sorted(candidates, key=lambda c: (not c.primary, c.since, c.key)):  # A11
        if each.person in question.leaving_out or not _qualifies(each, question):  # A16: skipped whole
            continue
        if not each.away:
            found.append(Holder(each.person, each.assignment, None))
            continue
        found += [
            Holder(substitute.person, each.assignment, substitute.substitution)
            for substitute in sorted(each.substitutes, key=lambda s: (s.rank, s.key))  # A3
            if substitute.person not in question.leaving_out and _in_scope(substitute, chain, question)
        ]
    return _each_once(found)


def _qualifies(candidate: Candidate, question: Question) -> bool:
    if question.types and candidate.holder_type not in question.types:
        return False
    if question.covering is None:
        return True  # A9
    if not candidate.about:
        return question.covers_all  # A10
    return bool(candidate.about & question.covering)


def _in_scope(substitute: Substitute, chain: Sequence[str], question: Question) -> bool:
    """A4: both must apply if both are given. The chain is the starting unit and all units above it."""
    if substitute.units and not substitute.units & set(chain):
        return False
    if not substitute.about:
        return True
    return question.covering is not None and bool(substitute.about & question.covering)


def _each_once(holders: Iterable[Holder]) -> list[Holder]:
    """A12: as holder rather than as substitute, else in the first place."""
    holders = list(holders)
    in_person = {each.person for each in holders if each.via is None}
    met: set[str] = set()
    once = []
    for each in holders:
        if each.person in met or (each.via is not None and each.person in in_person):
            continue
        met.add(each.person)
        once.append(each)
    return once


def nearest(
    driver: neo4j.Driver,
    role: str,
    unit: str,
    at: date,
    responsibility: str | None = None,
    known: int | None = None,
    leaving_out: frozenset[str] = frozenset(),
) -> tuple[Nearest, Names]:
    """The nearest holders of a role, counted from a unit, but for the persons (uuids) of ``leaving_out``.

    ``unit`` is a uuid or a source's key; ``role`` its key; ``responsibility`` is written kind:key ("kle:27.12").
    ``known``: as ``Day`` has it; a key leads to the thing that has it today.
    Raises Unknown: unknown_unit, unknown_role, unknown_responsibility. If the question is by key, names come with the
    answer.
    """
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        day = Day.of(at, turned_day(session), known)
        start = find(session, "Unit", unit, known)
        asked_role = find(session, "Role", role)
        covering = _covering(session, responsibility, day, at)
        above = facts.above(session, day, at, start.uuid, asked_role.uuid)
        if not above.active:
            return Nearest(reason="unit_not_active"), Names()  # A13
        question = Question(above.covers_all, covering, leaving_out=leaving_out)
        found = answer(above.chain, above.candidates, question)
        return found, _names(session, start, [found])


def nearest_manager(
    driver: neo4j.Driver,
    person: str,
    at: date,
    responsibility: str | None = None,
    types: frozenset[str] = frozenset(),
    employment: str | None = None,
    known: int | None = None,
) -> tuple[list[OfEmployment], Names]:
    """The nearest manager of a person: one answer for each employment and affiliation active on the day (A19).

    ``types``: limits the holders to those with an employment of these types (such as monthly paid). ``employment``:
    only that one. ``known``: as ``nearest`` has it. Raises Unknown: unknown_person, unknown_responsibility.
    """
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        day = Day.of(at, turned_day(session), known)
        asked = find(session, "Person", person, known)
        covering = _covering(session, responsibility, day, at)
        manager = _manager(session)
        answers = []
        # In one order, however the person is named.
        for tie in sorted(facts.ties(session, day, at, asked.uuid), key=lambda each: (sorted(each.keys), each.uuid)):
            if employment is not None and employment not in (tie.uuid, *tie.keys):
                continue
            above = facts.above(session, day, at, tie.unit, manager) if manager and tie.unit else None
            if above is None or not above.active:
                reason = "no_holder" if manager is None else "unit_not_active"
                answers.append(OfEmployment(tie.uuid, Nearest(reason=reason)))
                continue
            question = Question(above.covers_all, covering, leaving_out=frozenset({asked.uuid}), types=types)
            answers.append(OfEmployment(tie.uuid, answer(above.chain, above.candidates, question)))
        names = _names(session, asked, [each.nearest for each in answers], [each.employment for each in answers])
        return answers, names


def managers(driver: neo4j.Driver, unit: str, at: date) -> frozenset[str]:
    """The persons who have the manager role for the unit itself (a uuid) on the day, at work or away."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        manager = _manager(session)
        if manager is None:
            return frozenset()
        level = facts.above(session, Day.of(at, turned_day(session)), at, unit, manager)
    return frozenset(each.person for each in level.candidates.get(unit, ()))


def nearest_managers_of_all(driver: neo4j.Driver, at: date, known: int | None = None) -> dict[str, Nearest]:
    """The nearest manager of every employment and affiliation active on the day: uuid → answer."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        day = Day.of(at, turned_day(session), known)
        manager = _manager(session)
        whole = facts.everywhere(session, day, at, manager or "")
    answers = {}
    for unit, employed in whole.employed.items():
        if unit not in whole.active:
            answers.update(dict.fromkeys(employed, Nearest(reason="unit_not_active")))
            continue
        chain = way_up(unit, whole.parents)
        answers.update(dict.fromkeys(employed, answer(chain, whole.candidates, Question(whole.covers_all))))
        # The person matters only for managers and substitutes: all others have the unit's answer.
        for employment in employed:
            if (person := whole.involved.get(employment)) is not None:
                asked = Question(whole.covers_all, leaving_out=frozenset({person}))
                answers[employment] = answer(chain, whole.candidates, asked)
    return answers


@dataclass(frozen=True, slots=True)
class Managers:
    """The nearest managers on a day, counted from some units."""

    _around: facts.Everywhere

    @property
    def persons(self) -> frozenset[str]:
        """Whoever holds the role in one of the units or above, or stands in there."""
        found = [each for level in self._around.candidates.values() for each in level]
        return frozenset((*(each.person for each in found), *(s.person for each in found for s in each.substitutes)))

    def of(self, unit: str | None, person: str | None = None) -> Nearest:
        """``person``: who is left out, as whoever asks for their own manager."""
        if unit is None or unit not in self._around.active:
            return Nearest(reason="unit_not_active")
        left_out = frozenset[str]() if person is None else frozenset({person})
        asked = Question(self._around.covers_all, leaving_out=left_out)
        return answer(way_up(unit, self._around.parents), self._around.candidates, asked)


def managers_around(session: neo4j.Session, day: Day, at: date, units: Collection[str]) -> Managers:
    """The nearest managers, ready to be asked from each of ``units`` (uuids)."""
    return Managers(facts.around(session, day, at, _manager(session) or "", units))


def way_up(unit: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """A unit and all above it. ``parents``: the unit above each."""
    chain = [unit]
    while (above := parents.get(chain[-1])) is not None and above not in chain:
        chain.append(above)
    return tuple(chain)


def _manager(session: neo4j.Session) -> str | None:
    """The manager role; None if no source has stated it yet: then there is no manager."""
    try:
        return find(session, "Role", MANAGER).uuid
    except Unknown:
        return None


def _covering(session: neo4j.Session, responsibility: str | None, day: Day, at: date) -> frozenset[str] | None:
    if responsibility is None:
        return None
    kind, key = responsibility_kind(responsibility)
    try:
        asked = find(session, kind, key)
    except Unknown as unknown:
        raise unknown.of("unknown_responsibility", responsibility) from unknown
    return facts.covering(session, day, at, asked.uuid)


def _names(session: neo4j.Session, asked: Found, answers: Sequence[Nearest], more: Sequence[str] = ()) -> Names:
    """Keys for all that an answer mentions, in the source of the key in the question."""
    if asked.source is None:
        return Names()
    mentioned = {*more}
    for each in answers:
        mentioned.update((*each.path, *filter(None, (each.level_unit,))))
        for holder in each.holders:
            mentioned.update((holder.person, holder.assignment, *filter(None, (holder.via,))))
    return Names(facts.keys(session, sorted(mentioned), asked.source))


def as_expected(found: Nearest, names: Names) -> dict[str, object]:
    """The form of ``expect`` in nearest.yaml."""
    form: dict[str, object] = {
        "holders": [
            {"person": names.of(each.person), "assignment": names.of(each.assignment), "via": names.of(each.via)}
            for each in found.holders
        ],
        "level_unit": names.of(found.level_unit),
        "steps": found.steps,
        "path": [names.of(unit) for unit in found.path],
    }
    if found.reason:
        form["reason"] = found.reason
    return form
