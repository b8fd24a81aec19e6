"""Extra accounts that a person states, or asks for so that another person decides (architecture.md §4 "Accounts")."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import neo4j

from graph.cpr.keyring import numbers_in
from graph.errors import ChangeRejected, Unknown
from graph.model.rights import APPROVED, REFUSED, WAITING, WITHDRAWN
from graph.name_patterns import login_problem
from graph.statements import normal_text
from graph.statements.precedence import MANUAL
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.statements.stored_record import from_text
from graph.time import Period, since, today, without
from graph.writing.amending import Amendment

KIND, REQUEST = "PlannedAccount", "AccountRequest"
Edit = Callable[[Statement], Statement]


@dataclass(frozen=True, slots=True)
class ExtraAccount:
    """What is asked for: whose it is to be, where, under which names. ``needs``: the system in which the owner must
    have an account, too."""

    owner: Ref
    system: Ref
    login: str
    type: str | None = None
    common_name: str | None = None
    email: str | None = None
    needs: Ref | None = None

    @property
    def values(self) -> dict[str, Value | None]:
        return {"login": self.login, "type": self.type, "common_name": self.common_name, "email": self.email}

    def links(self, owner: str) -> dict[str, Ref]:
        return {owner: self.owner, "system": self.system, **({} if self.needs is None else {"needs": self.needs})}


def stated(session: neo4j.Session, asked: ExtraAccount, life: Period, reason: str, request: str | None = None) -> Edit:
    """The account, open in these days. ``request``: uuid of the one that was approved. Raises ChangeRejected."""
    _refuse(session, asked, life)
    values = {
        **asked.values, "key": f"{asked.owner.key}:{asked.system.key}:{asked.login.lower()}", "extra": True,
        "reason": reason,
    }  # fmt: skip
    links = asked.links("owner")
    if request is not None:
        links["request"] = Ref(REQUEST, request, "uuid")
    return _new(life, values, links)


def stated_days(session: neo4j.Session, account: str) -> tuple[Period, ...]:
    """The days that a person has given an account; none if nobody has."""
    row = session.run(_BY_HAND, uuid=account, manual=MANUAL).single()
    return () if row is None else from_text(KIND, account, row["stated"])[0].exists or ()


def opened(before: tuple[Period, ...], wanted: Period) -> tuple[Period, ...]:
    """The days, from today on, on which an account would be open and was not before."""
    return since(without((wanted,), before), today())


def requested(session: neo4j.Session, asked: ExtraAccount, wanted: Period, by: Ref, reason: str) -> Edit:
    """The request, which waits for a decision until the account would end. Raises ChangeRejected."""
    _refuse(session, asked, wanted)
    values = {**asked.values, "state": WAITING, "wanted_from": wanted.start.isoformat(), "reason": reason}
    return _new(Period(today(), wanted.end), values, {**asked.links("person"), "requested_by": by})


def decided(
    session: neo4j.Session, request: str, by: Ref, reason: str, *, approve: bool, expected_version: int | None = None
) -> list[Amendment]:
    """The decision, and the account that follows from it: from the day that was asked for, at the earliest from today.
    Who may decide is checked when it is written (``graph.writing.care_rules``). Raises ChangeRejected, Unknown."""
    edit = _closed(APPROVED if approve else REFUSED, by, reason)
    amendments = [Amendment(REQUEST, request, edit, expected_version, days=Period(today()))]
    row = session.run(_ASKED, uuid=request).single()
    if row is None:
        raise Unknown("unknown_account_request", f"there is no AccountRequest {request}", request)
    end = None if row["to"] is None else row["to"].to_native()
    if approve and row["state"] == WAITING and end is not None and end > today():
        needs = None if row["needs"] is None else Ref("ItSystem", row["needs"], "uuid")
        owner, system = Ref("Person", row["person"], "uuid"), Ref("ItSystem", row["system"], "uuid")
        asked = ExtraAccount(owner, system, row["login"], row["type"], row["common_name"], row["email"], needs)
        life = Period(max(today(), date.fromisoformat(str(row["wanted_from"]))), end)
        try:
            amendments.append(Amendment(KIND, None, stated(session, asked, life, row["reason"], request)))
        except ChangeRejected:
            now = session.run(_ASKED, uuid=request).single()
            if now is None or now["state"] == WAITING:
                raise
            # Another has approved it meanwhile, so the name is taken: what is decided is refused when it is written.
    return amendments


def withdrawn(request: str, reason: str, expected_version: int | None = None) -> Amendment:
    """The request waits for no decision any more."""
    return Amendment(REQUEST, request, _closed(WITHDRAWN, None, reason), expected_version, days=Period(today()))


def _closed(state: str, by: Ref | None, reason: str) -> Edit:
    onward = Period(today())
    values: Mapping[str, Value] = {
        "state": state, "decided_on": onward.start.isoformat(), "decided_because": reason,
    }  # fmt: skip

    def edit(kept: Statement) -> Statement:
        told = dict(kept.values)
        for name, value in values.items():
            before = [
                DatedValue(left, each.value)
                for each in told.get(name, ())
                for left in without((each.period,), (onward,))
            ]
            told[name] = (*before, DatedValue(onward, value))
        links = dict(kept.links) if by is None else {**kept.links, "decided_by": (DatedLink(onward, by),)}
        return replace(kept, values=told, links=links)

    return edit


def _new(life: Period, values: Mapping[str, Value | None], links: Mapping[str, Ref]) -> Edit:
    for name, value in values.items():
        if isinstance(value, str) and not normal_text.normal(value):
            raise ChangeRejected("wrong_value", f"{name}: the value is blank; omit it", field=name)
    dated = {name: (DatedValue(life, value),) for name, value in values.items() if value is not None}
    linked = {name: (DatedLink(Period(), to),) for name, to in links.items()}
    return lambda kept: replace(kept, exists=(life,), values=dated, links=linked)


def refuse_over(end: date | None) -> None:
    """For extra accounts and exceptions, which must have an end after today. Raises ChangeRejected (empty_period)."""
    if end is None or end <= today():
        given = "no end is given" if end is None else f"{end} is not after today"
        raise ChangeRejected("empty_period", f"to: {given}; give a later day", end=end, field="to")


def refuse_own_system(needs: Ref | None, system: Ref) -> None:
    """For accounts and the rules that make them. Raises ChangeRejected (wrong_value)."""
    if needs == system:
        text = "needs: an account can't depend on an account in its own system; name another system"
        raise ChangeRejected("wrong_value", text, field="needs")


def _refuse(session: neo4j.Session, asked: ExtraAccount, life: Period) -> None:
    """What no target could make, or what would be over: it would wait for ever."""
    login = asked.login
    problem = login_problem(login)
    if not problem and any(True for _ in numbers_in(login)):
        problem = "it contains a CPR number"
    if problem:
        raise ChangeRejected("wrong_value", f"login: {login!r} can't be a user name: {problem}", field="login")
    refuse_over(life.end)
    refuse_own_system(asked.needs, asked.system)
    if session.run(_TAKEN, login=login.lower(), system=asked.system.key).single(strict=True)["taken"]:
        raise ChangeRejected("wrong_value", f"login: {login} is taken in this system", field="login")


_BY_HAND = """
MATCH (r:SourceRecord {source: $manual})-[:TELLS]->(:PlannedAccount {uuid: $uuid})
RETURN r.values AS stated
"""
_TAKEN = """
RETURN EXISTS {
    MATCH (a:Account|PlannedAccount)-[:AT]->(:ItSystem {uuid: $system})
    WHERE toLower(a.login) = $login
} OR EXISTS {
    MATCH (e:LedgerEntry {object: 'user'})
    WHERE toLower(e.login) = $login AND e.remote IS NOT NULL AND e.state <> 'deleted'
    MATCH (:PlannedAccount {uuid: e.key})-[:AT]->(:ItSystem {uuid: $system})
} AS taken
"""
_ASKED = """
MATCH (q:AccountRequest {uuid: $uuid})
RETURN q.state AS state, q.login AS login, q.type AS type, q.common_name AS common_name, q.email AS email,
    q.wanted_from AS wanted_from, q.reason AS reason, q.to AS to,
    head([(q)-[:OF_PERSON]->(p) | p.uuid]) AS person, head([(q)-[:AT]->(s) | s.uuid]) AS system,
    head([(q)-[:NEEDS]->(s) | s.uuid]) AS needs
"""
