"""Which planned accounts and groups people would gain and lose by a change, for ``graph.questions.preview``.

The rules are evaluated on both sides of the change, as of today, for those whom it can touch. Each side plans every day
from today on, so what differs is known to the day, also where a lead time or a grace makes it another day than the
change's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import neo4j

from graph.as_of import Day, exists_or_will, not_over
from graph.questions.preview.followed import Change, Difference, Followed
from graph.questions.preview.sides import Sides, on_both
from graph.questions.preview.standing import Standing
from graph.questions.rights.evaluate import Evaluation
from graph.time import Period, since, today, union, without
from rules.accounts.extra import extra_accounts, who_has_needed
from rules.accounts.facts import LONGEST_LOOK_BACK, Facts
from rules.accounts.following import OF_PERSON, persons_behind
from rules.accounts.planning import Plan, plan
from rules.accounts.run import read_all
from rules.accounts.staff import Memberships, staff_on

_Account = tuple[str, Standing, str, tuple[Period, ...]]
"""Whose, what, in words, and its days from today on."""
_Open = dict[tuple[str, Standing], tuple[str, tuple[Period, ...]]]
"""Whose and what → in words, and the days."""


def account_consequences(
    sides: Sides, number: int, persons: frozenset[str], memberships: Sequence[Memberships] = ()
) -> Followed:
    """As ``Follow``: nobody is looked at where there are neither account rules nor planned accounts, nor groups.

    ``memberships``: of the targets that keep groups.
    """
    if not memberships and not any(on_both(sides, _has_accounts)):
        return Followed()
    after, _ = sides[1]
    reached = _reached(after, number)
    asked = None if reached is None else sorted(reached | persons)
    both = on_both(sides, lambda session, _: _planned(session, asked, with_positions=bool(memberships)))
    was, will_be = both
    return Followed(
        was.persons | will_be.persons | persons,
        tuple(_differences(was.open, will_be.open)),
        (partial(_groups, was, memberships), partial(_groups, will_be, memberships)) if memberships else None,
        _days(was, will_be) if memberships else {},
    )


def _has_accounts(session: neo4j.Session, _: Day) -> bool:
    row = session.run("RETURN EXISTS { (:AccountRule) } OR EXISTS { (:PlannedAccount) } AS any").single(strict=True)
    return bool(row["any"])


# -- whom a change reaches --------------------------------------------------------------------------------------------


def _reached(session: neo4j.Session, number: int) -> frozenset[str] | None:
    """Persons whose accounts the changes after this number can touch; None: everybody's."""
    rows = session.run(
        "MATCH (c:Change) WHERE c.number > $number RETURN c.kind AS kind, collect(DISTINCT c.uuid) AS uuids",
        number=number,
    )
    changed = {row["kind"]: row["uuids"] for row in rows}
    if "AccountRule" in changed:
        return None
    found = set(persons_behind(session, [uuid for kind in OF_PERSON for uuid in changed.get(kind, ())]))
    start = today() - timedelta(days=LONGEST_LOOK_BACK)
    for kind, query in _WORKING.items():
        if kind in changed:
            rows = session.run(query, uuids=changed[kind], number=number, start=start)
            found |= {row["person"] for row in rows}
    return frozenset(found)


_WORKING = {
    # By the unit's place, rules reach those below it; by its values and days, those in it, or with a role for it.
    "Unit": f"""
        UNWIND $uuids AS uuid
        MATCH (top:Unit {{uuid: uuid}})
        WITH top, EXISTS {{ MATCH (top)-[r:PART_OF]->() WHERE r.known_from > $number }}
            OR EXISTS {{ MATCH (top)-[r:WAS_PART_OF]->() WHERE r.known_to > $number }} AS has_moved
        MATCH (top)<-[:PART_OF*0..]-(u:Unit)
        WHERE has_moved OR u = top
        WITH DISTINCT u
        CALL (u) {{
            MATCH (u)<-[l:IN]-(:Employment|Affiliation)<-[:HAS]-(p:Person)
            WHERE {not_over("l", "$start")}
            RETURN p
            UNION
            MATCH (u)<-[l:FOR]-(:Assignment)<-[:HOLDS]-()<-[:HAS*0..1]-(p:Person)
            WHERE {not_over("l", "$start")}
            RETURN p
        }}
        RETURN DISTINCT p.uuid AS person
    """,
    "Position": f"""
        UNWIND $uuids AS uuid
        MATCH (:Position {{uuid: uuid}})<-[l:AS]-(:Employment)<-[:HAS]-(p:Person)
        WHERE {not_over("l", "$start")}
        RETURN DISTINCT p.uuid AS person
    """,
    "Role": f"""
        UNWIND $uuids AS uuid
        MATCH (:Role {{uuid: uuid}})<-[:OF]-(a:Assignment)<-[:HOLDS]-()<-[:HAS*0..1]-(p:Person)
        WHERE {exists_or_will("a", "$start")}
        RETURN DISTINCT p.uuid AS person
    """,
}  # fmt: skip


# -- what is planned on a side ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Planned:
    persons: frozenset[str]
    open: _Open
    facts: Facts
    made: Plan
    stops: Mapping[str, Sequence[Period]]


def _planned(session: neo4j.Session, persons: Sequence[str] | None, *, with_positions: bool) -> _Planned:
    known = read_all(session, today(), persons, with_positions=with_positions)
    facts = known.facts
    made = plan(facts, known.kept, known.people)
    stops = _stops(session, persons)
    found: _Open = {}
    for person, standing, text, days in (*_by_rules(facts, made), *_extra(session, persons, facts, made)):
        _, others = found.get((person, standing), (text, ()))
        found[person, standing] = text, union((*others, *without(days, stops.get(person, ()))))
    return _Planned(frozenset(facts.persons.keys() | known.people.keys()), found, facts, made, stops)


def _stops(session: neo4j.Session, persons: Sequence[str] | None) -> dict[str, list[Period]]:
    """On these days no account of the person is open, whatever was planned."""
    rows = session.run(
        f"""
        {_of(persons)}
        MATCH (p)-[l:STATE]->(:PersonState {{stopped: true}})
        RETURN p.uuid AS person, toString(l.from) AS start, toString(l.to) AS end
        """,
        persons=persons,
    )
    found: dict[str, list[Period]] = {}
    for row in rows:
        found.setdefault(row["person"], []).append(_period(row["start"], row["end"]))
    return found


def _period(start: str, end: str | None) -> Period:
    return Period(date.fromisoformat(start), None if end is None else date.fromisoformat(end))


def _by_rules(facts: Facts, made: Plan) -> Iterator[_Account]:
    numbers = {tie.uuid: tie.number for ties in facts.ties.values() for tie in ties}
    for key, wanted in made.wanted.items():
        _, system, *tie = key.split(":")
        person = wanted.person.uuid
        text = facts.systems[system].title
        if tie and numbers.get(tie[0]):
            text = f"{text} (employment {numbers[tie[0]]})"
        yield person, Standing("account", (system, *tie)), text, wanted.opens
        for each in wanted.chain:
            if each.rule.licence:
                about = (system, *tie, each.rule.licence)
                yield person, Standing("account", about), f"{text}, licence {each.rule.licence}", (each.period,)


def _extra(session: neo4j.Session, persons: Sequence[str] | None, facts: Facts, made: Plan) -> Iterator[_Account]:
    """They end with their owner's last employment or affiliation, or with the last account that they need."""
    planned: dict[tuple[str, str], list[Period]] = {}
    for each in made.wanted.values():
        planned.setdefault((each.person.uuid, each.system), []).extend(each.opens)
    asked = None if persons is None else {*persons}
    every = [each for each in extra_accounts(session, facts) if asked is None or each.person in asked]
    has_needed = who_has_needed(session, every, facts)
    for extra in every:
        person, needs = extra.person, extra.needs
        known = facts.persons.get(person)
        ties = () if known is None or known.dead is not None else facts.ties.get(person, ())
        ends = [each.life[-1].last for each in ties]
        last = max(ends, default=facts.today)
        if needs is not None and ((person, needs) in planned or (person, needs) not in has_needed):
            last = min(last, max((each.last for each in planned.get((person, needs), ())), default=facts.today))
        system = facts.systems.get(extra.system or "")
        title = "" if system is None else system.title
        days = since(without(extra.days, (Period(last),)), facts.today)
        yield person, Standing("account", (extra.system or "", extra.uuid)), f"{title}, extra account", days


def _of(persons: Sequence[str] | None) -> str:
    """Finds the persons ``p``."""
    return "MATCH (p:Person)" if persons is None else "UNWIND $persons AS uuid MATCH (p:Person {uuid: uuid})"


def _groups(
    planned: _Planned, memberships: Sequence[Memberships], session: neo4j.Session, day: Day, at: date, work: Evaluation
) -> Iterator[tuple[str, Standing, str]]:
    """As ``OfDay``: the groups in which targets have the accounts."""
    stopped = {person for person, stops in planned.stops.items() if any(each.holds(at) for each in stops)}
    staff = staff_on(session, day, at, planned.facts, planned.made, work, stopped)
    for of_target in memberships:
        for each in of_target(staff):
            yield each.person, Standing("group", (each.thing, each.target)), f"{each.group} ({each.target})"


def _days(*sides: _Planned) -> dict[str, frozenset[date]]:
    """By person, when an account of theirs opens or closes: from then on, or no longer, it is in groups."""
    found: dict[str, set[date]] = {}
    for side in sides:
        for (person, _), (_, opens) in side.open.items():
            found.setdefault(person, set()).update(day for each in opens for day in each if day is not None)
        for person, stops in side.stops.items():
            found.setdefault(person, set()).update(day for each in stops for day in each if day is not None)
    return {person: frozenset(days) for person, days in found.items()}


# -- what differs -----------------------------------------------------------------------------------------------------


def _differences(was: _Open, will_be: _Open) -> Iterator[Difference]:
    changes: tuple[tuple[Change, _Open, _Open], ...] = (("lost", was, will_be), ("gained", will_be, was))
    for change, here, there in changes:
        for (person, standing), (text, days) in here.items():
            _, others = there.get((person, standing), (text, ()))
            for each in without(days, others):
                yield Difference(person, change, standing, text, each)
