"""Why a person is to have an account in a system on a day, or why not."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import neo4j

from graph.model.accounts import GIVE, KEEP, WITHHOLD
from graph.time import today
from rules.accounts.deciding import Deciding, Decision
from rules.accounts.extra import why_closed
from rules.accounts.facts import AccountException, AccountRule, Facts, Person, System, Tie
from rules.accounts.reading import persons_of, read
from rules.accounts.real_names import real_names

_PLANNED = """
MATCH (a:PlannedAccount)-[:OF_PERSON]->(:Person {uuid: $person})
MATCH (a)-[:AT]->(s:ItSystem)
RETURN a.uuid AS uuid, s.uuid AS system, a.login AS login, a.extra AS extra,
    head([(a)-[:GIVEN_ON]->(q) | toString(q.decided_on)]) AS approved_on,
    head([(a)-[l:USED_FOR|USED_AS]->(t) WHERE l.from <= $day AND (l.to IS NULL OR l.to > $day) | t.uuid]) AS tie,
    EXISTS { MATCH (a)-[l:STATE]->() WHERE l.from <= $day AND (l.to IS NULL OR l.to > $day) } AS open,
    head(COLLECT { MATCH (a)-[l:STATE]->() WHERE l.from > $day RETURN toString(l.from) ORDER BY l.from }) AS next
ORDER BY open DESC, a.key
"""


@dataclass(frozen=True, slots=True)
class Explanation:
    """``open``: it is open on the day. ``reason``: given, lead, exception, extra, stopped, withheld, kept,
    condition, no_rule, no_unit, no_tie, failed, dead, waits, needs. ``since``: the day on which it opens, if that is to
    come. ``login``, ``email``: those that it has; ``planned_login``: the one that rules gave it."""

    system: System
    open: bool
    reason: str
    text: str
    rule: AccountRule | None = None
    tie: str | None = None
    planned: str | None = None
    login: str | None = None
    since: date | None = None
    planned_login: str | None = None
    email: str | None = None


def explain(session: neo4j.Session, person: str, day: date) -> list[Explanation]:
    """An answer for each planned account of the person, or each system that has rules and no account of theirs; by the
    system's key, open ones first."""
    facts = read(session, today(), [person])
    who = facts.persons.get(person) or persons_of(session, [person], today()).get(person)
    if who is None:
        return []
    planned: dict[str, list[neo4j.Record]] = {}
    for row in session.run(_PLANNED, person=person, day=day):
        planned.setdefault(row["system"], []).append(row)
    stops = session.run(
        """
        MATCH (:Person {uuid: $person})-[l:STATE]->({stopped: true})
        WHERE l.from <= $day AND (l.to IS NULL OR l.to > $day)
        RETURN count(*) > 0 AS stopped
        """,
        person=person,
        day=day,
    ).single(strict=True)["stopped"]
    systems = sorted(
        {each.system for each in facts.rules} | planned.keys(),
        key=lambda each: facts.systems[each].key if each in facts.systems else each,
    )
    open_in = {each for each, rows in planned.items() if any(row["open"] and not row["extra"] for row in rows)}
    closed = why_closed(session, facts, person)
    deciding = Deciding(facts)
    found = []
    for system in systems:
        rows = planned.get(system, [])
        by_rule = [row for row in rows if not row["extra"]]
        # Several accounts are for several employments; each is explained by its own.
        several: list[neo4j.Record | None] = [row for row in by_rule if row["open"]] or [*by_rule[:1]]
        if not several and any(each.system == system for each in facts.rules):
            several = [None]
        answers = [
            _of_system(facts, deciding, who, system, day, row, _only(row, several), open_in, closed)
            for row in (*several, *(row for row in rows if row["extra"]))
        ]
        if stops:
            said = "the person is stopped, above every rule"
            answers = [replace(each, open=False, reason="stopped", text=said, since=None) for each in answers]
        found += answers
    return _with_real_names(session, found)


def _only(row: neo4j.Record | None, several: Sequence[neo4j.Record | None]) -> str | None:
    return row["tie"] if row and len(several) > 1 else None


def _with_real_names(session: neo4j.Session, found: Sequence[Explanation]) -> list[Explanation]:
    real = real_names(session, (each.planned for each in found if each.planned is not None))
    told: list[Explanation] = []
    for each in found:
        has = real.get(each.planned or "")
        if has is not None and has.login:
            text = each.text
            if has.differs:
                text += f"; its user name is {has.login}, not {has.planned_login} as planned"
            named = replace(each, login=has.login, email=has.email or None, planned_login=has.planned_login or None)
            told.append(replace(named, text=text))
        else:
            told.append(each)
    return told


def _of_system(
    facts: Facts,
    deciding: Deciding,
    person: Person,
    system: str,
    day: date,
    row: neo4j.Record | None,
    only: str | None,
    open_in: Collection[str],
    closed: Mapping[str, str],
) -> Explanation:
    """``only``: the tie that the account is for, where the person has several accounts; ``open_in``: systems in which
    rules give the person an account that is open on the day; ``closed``: extra accounts (uuids) that are, and why."""
    shown = facts.systems.get(system) or System(system, system, system)
    is_open = bool(row and row["open"])
    planned, login = (None, None) if row is None else (row["uuid"], row["login"])
    since = None if row is None or row["next"] is None else date.fromisoformat(row["next"])
    if row is not None and row["extra"]:
        why = closed.get(row["uuid"])
        text = "a person has asked for it"
        if row["approved_on"] is not None:
            text += f", and another has approved it on {row['approved_on']}"
        text += f"; it is closed: {why}" if why and not is_open else ""
        return Explanation(shown, is_open, "extra", text, None, None, planned, login, since)
    reason, text, rule, tie = _because(facts, deciding, person, system, day, only)
    if is_open and reason not in ("given", "exception"):
        later = "it is kept open until the end of its days, or is ready before the first day"
        reason, text = ("lead" if reason == "no_tie" else reason), f"{text}; {later}"
    if not is_open and reason == "given" and rule is not None and rule.needs and rule.needs not in open_in:
        needed = facts.systems[rule.needs].title if rule.needs in facts.systems else rule.needs
        text, reason = f"{text}; it needs an account in {needed}, and none is open there", "needs"
    if not is_open and reason in ("given", "exception"):
        text = f"{text}; it is not planned yet" if since is None else f"{text}; it opens on {since}"
        reason = "waits"
    return Explanation(shown, is_open, reason, text, rule, tie, planned, login, since)


def _because(
    facts: Facts, deciding: Deciding, person: Person, system: str, day: date, only: str | None
) -> tuple[str, str, AccountRule | None, str | None]:
    if person.dead is not None and person.dead <= day:
        return "dead", "the person is dead, and no rule or exception gives the dead an account", None, None
    for each in sorted(facts.exceptions.get(person.uuid, ()), key=lambda each: _RANK.get(each.effect, len(_RANK))):
        if each.system in (None, system) and each.life.holds(day) and each.effect in _RANK:
            return _EXCEPTED[each.effect], _excepted(each), None, None
    answers = []
    for tie in facts.ties.get(person.uuid, ()):
        if only is not None and tie.uuid != only:
            continue
        for state in tie.states:
            if state.period.holds(day):
                decision = dict(deciding.decide(tie, state, day)).get(system, Decision("no_rule"))
                answers.append((_ORDER.index(decision.reason), decision, tie))
    if not answers:
        return "no_tie", "no employment or affiliation on the day", None, None
    _, decision, tie = min(answers, key=lambda each: (each[0], each[2].uuid))
    return decision.reason, _in_words(decision, tie, len(answers)), decision.rule, tie.uuid


_RANK = {KEEP: 0, WITHHOLD: 1, GIVE: 2}
"""Of several exceptions, the first of these counts, as it does where accounts are planned."""
_EXCEPTED = {GIVE: "exception", WITHHOLD: "withheld", KEEP: "kept"}
_ORDER = ("given", "failed", "withheld", "condition", "no_rule", "no_unit")


def _excepted(each: AccountException) -> str:
    until = "" if each.life.end is None else f" until {each.life.end}"
    what = {
        GIVE: "an exception gives it",
        WITHHOLD: "an exception withholds it",
        KEEP: "an exception keeps it as it is",
    }
    return f"{what[each.effect]}{until}: {each.reason}"


def _in_words(decision: Decision, tie: Tie, count: int) -> str:
    number = f" {tie.number}" if tie.number else ""
    through = f"{tie.kind.lower()}{number}"
    name = "" if decision.rule is None else decision.rule.name
    match decision.reason:
        case "given":
            return f"{name} gives it to {through}"
        case "withheld":
            return f"{name} withholds it from {through}"
        case "failed":
            return f"the condition of {name} failed for {through}: {decision.failed}"
        case "condition":
            rules = ", ".join(f"{each.name} ({each.condition.text})" for each in decision.asked if each.condition)
            return f"no condition holds for {through}{' or others' if count > 1 else ''}: {rules}"
        case "no_unit":
            return f"{through} is in no unit, and no rule is for everywhere"
    return f"no rule is for the unit of {through}, or for a unit above it"
