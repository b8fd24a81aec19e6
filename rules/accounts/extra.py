"""Accounts that people have asked for: they are closed while their owner may have none, whatever end they were given.

What a person has stated of them stays. The source ``rule:extra_accounts`` states from which day on they are closed, and
takes it back when their owner works here again, or has the account again that theirs needs: a corrected import brings
them back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import neo4j

from graph.as_of import Day, exists_or_will
from graph.change_log import Origin
from graph.model.accounts import EXTRA_LIMITS
from graph.statements.precedence import MANUAL
from graph.statements.statement import Ref, Statement
from graph.statements.stored_record import from_text, statement_in
from graph.time import Period, since, union, until, within
from graph.writing.graph_writer import GraphWriter
from rules.accounts.facts import Facts

KIND = "PlannedAccount"
EVER = (Period(),)


@dataclass(frozen=True, slots=True)
class ExtraAccount:
    """``days``: on which it is open by what a person has stated; ``allowed``: on which the rules allow that, so far.

    ``system``: where it is (uuid); ``needs``: the system in which its owner must have an account.
    """

    uuid: str
    person: str
    login: str
    days: tuple[Period, ...]
    allowed: tuple[Period, ...]
    needs: str | None
    system: str | None = None

    def allowed_from(self, day: date, may: bool) -> tuple[Period, ...]:
        """On which days the rules allow it if that changes on a day, and the days before stay as they are."""
        return union((*until(self.allowed, day), *((Period(day),) if may else ())))

    def is_open(self, allowed: Sequence[Period], day: date) -> bool:
        """Whether it is open on the day, or later."""
        return bool(since(within(self.days, allowed), day))


@dataclass(frozen=True, slots=True)
class Limited:
    """An account whose allowed days change today. ``reason``: in words, for the change log."""

    account: ExtraAccount
    allowed: tuple[Period, ...]
    closes: bool
    reason: str

    @property
    def key(self) -> str:
        return f"{self.account.person}:extra:{self.account.uuid}"


def extra_limits(
    session: neo4j.Session, facts: Facts, persons: Sequence[str] | None, planned: Mapping[tuple[str, str], bool]
) -> Iterator[Limited]:
    """Which accounts close, or open again. ``persons`` None: everybody's. ``planned``: (person, system) → whether the
    rules are about to give the person an account there, today or later; others count as they are in the graph."""
    day = facts.today
    for each, why in _with_reasons(session, facts, persons, planned):
        allowed = each.allowed_from(day, may=not why)
        before, after = each.is_open(each.allowed, day), each.is_open(allowed, day)
        if before != after:
            yield Limited(each, allowed, before, why or "its owner may have it again")


def why_closed(session: neo4j.Session, facts: Facts, person: str) -> dict[str, str]:
    """Uuid of each account that its owner has asked for, and may not have → why."""
    return {each.uuid: why for each, why in _with_reasons(session, facts, [person], {}) if why}


def state_limits(writer: GraphWriter, origin: Origin, limited: Iterable[Limited]) -> None:
    """State these. Raises what the graph raises where it does not answer."""
    for each in limited:
        uuid = each.account.uuid
        told = Statement(KIND, uuid, exists=each.allowed, about=Ref(KIND, uuid, "uuid"))
        writer.state(EXTRA_LIMITS, [told], Origin(EXTRA_LIMITS, user=origin.user, reason=each.reason, run=origin.run))


def _with_reasons(
    session: neo4j.Session, facts: Facts, persons: Sequence[str] | None, planned: Mapping[tuple[str, str], bool]
) -> Iterator[tuple[ExtraAccount, str]]:
    """Each account, and why its owner may not have it; empty if the owner may."""
    asked = None if persons is None else {facts.joined.get(each, each) for each in persons}
    found = [each for each in extra_accounts(session, facts) if asked is None or each.person in asked]
    if not found:
        return
    rows = session.run(_OWNERS, persons=sorted({each.person for each in found}), today=facts.today)
    left = {row["person"] for row in rows if row["left"]}
    needed = _needed(session, found, facts)
    for each in found:
        why = ""
        if each.person in left:
            why = "its owner has no employment or affiliation any more"
        elif each.needs is not None:
            place = each.person, each.needs
            has, title = needed.get(place, (False, each.needs))
            if not planned.get(place, has):
                why = f"its owner has no account in {title} any more"
        yield each, why


def who_has_needed(session: neo4j.Session, accounts: Sequence[ExtraAccount], facts: Facts) -> set[tuple[str, str]]:
    """(person, system) of those who have the account that one of theirs needs, today or later."""
    return {place for place, (has, _) in _needed(session, accounts, facts).items() if has}


def _needed(
    session: neo4j.Session, accounts: Sequence[ExtraAccount], facts: Facts
) -> dict[tuple[str, str], tuple[bool, str]]:
    """(person, system) → whether there is an account, and the system's title."""
    pairs = [{"person": each.person, "system": each.needs} for each in accounts if each.needs is not None]
    rows = session.run(_NEEDED, pairs=pairs, today=facts.today)
    return {(row["person"], row["system"]): (row["has"], row["title"]) for row in rows}


def extra_accounts(session: neo4j.Session, facts: Facts) -> Iterator[ExtraAccount]:
    """Those that a person has given a day from today on, also those that the rules have closed."""
    day = facts.today
    rows = session.run(_STATED, today=day, limits=EXTRA_LIMITS, manual=MANUAL, kind=KIND)
    for row in rows:
        statement, resolved = from_text(KIND, row["uuid"], row["stated"])
        days = since(statement.exists or (), day)
        owner = next((resolved[each.to] for each in statement.links.get("owner", ())), None)
        if not days or owner is None:
            continue
        login = next((str(each.value) for each in statement.values.get("login", ())), "")
        needs = next((resolved[each.to] for each in statement.links.get("needs", ()) if each.period.last > day), None)
        system = next((resolved[each.to] for each in statement.links.get("system", ())), None)
        limited = row["limited"]
        allowed = EVER if limited is None else statement_in(KIND, row["uuid"], limited).exists or ()
        person = facts.joined.get(owner, owner)
        yield ExtraAccount(row["uuid"], person, login, statement.exists or (), allowed, needs, system)


_STATED = f"""
CALL () {{
    MATCH (a:PlannedAccount {{extra: true}})
    WHERE {exists_or_will("a")}
    RETURN a
    UNION
    MATCH (:SourceRecord {{source: $limits, kind: $kind}})-[:TELLS]->(a:PlannedAccount)
    RETURN a
}}
MATCH (stated:SourceRecord {{source: $manual}})-[:TELLS]->(a)
RETURN a.uuid AS uuid, stated.values AS stated,
    head([(limits:SourceRecord {{source: $limits}})-[:TELLS]->(a) | limits.values]) AS limited
ORDER BY uuid
"""
_OWNERS = f"""
UNWIND $persons AS uuid
MATCH (p:Person {{uuid: uuid}})
RETURN uuid AS person, {Day(False, "$today").flag("p", "dead")} OR NOT EXISTS {{
        MATCH (p)-[:HAS]->(t:Employment|Affiliation)
        WHERE {exists_or_will("t")}
    }} AS left
"""
_NEEDED = f"""
UNWIND $pairs AS pair
MATCH (s:ItSystem {{uuid: pair.system}})
RETURN pair.person AS person, pair.system AS system, coalesce(s.title, s.key) AS title, EXISTS {{
        MATCH (:Person {{uuid: pair.person}})<-[:OF_PERSON]-(other:PlannedAccount)-[:AT]->(s)
        WHERE NOT coalesce(other.extra, false) AND {exists_or_will("other")}
    }} AS has
"""
