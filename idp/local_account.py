"""Who has a local account, and whether it is open today."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

import neo4j

from graph.as_of import in_force
from graph.collation import folded, sort_key
from graph.time import Period, union, without
from graph.unicode_forms import in_form

LONGEST_LOGIN = 256
"""Letters; a longer text is a user name of no account."""
State = Literal["open", "not_started", "ended", "stopped"]


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """An account in the identity provider's system. ``uuid`` is the name that service providers get: it belongs to one
    person for ever, whatever their user name or mail address becomes. ``ends``: of an open one, the first day without
    access that is known."""

    uuid: str
    person: str
    login: str
    state: State
    ends: date | None = None

    @property
    def is_open(self) -> bool:
        return self.state == "open"


_ORDER: tuple[State, ...] = ("open", "not_started", "stopped", "ended")
_FOUND = f"""
    WHERE (a)-[:AT]->(:ItSystem {{key: $system}})
    WITH DISTINCT a
    CALL (a) {{
        MATCH (a)-[of:OF_PERSON]->(p:Person)
        RETURN p
        ORDER BY {in_force("of", "$day")} DESC, of.from DESC, p.uuid
        LIMIT 1
    }}
    RETURN a.uuid AS uuid, p.uuid AS person,
        COLLECT {{
            MATCH (a)-[s:STATE]->(v)
            RETURN [toString(s.from), toString(s.to), v.login]
            ORDER BY s.from
        }} AS lives,
        COLLECT {{
            MATCH (p)-[s:STATE]->(v)
            WHERE v.stopped
            RETURN [toString(s.from), toString(s.to)]
        }} AS stops,
        COLLECT {{
            MATCH (p)-[s:STATE]->(v)
            WHERE v.dead
            RETURN [toString(s.from), toString(s.to)]
        }} AS deaths
    """
# By two indexes: of the name of the day in any case of letters, and of all names as they are written. Which of them are
# the same name is for Python to say.
_BY_LOGIN = f"""
    CALL () {{
        MATCH (a:PlannedAccount)
        USING INDEX a:PlannedAccount(sort_key, uuid)
        WHERE a.sort_key = $sort_key AND a.uuid IS NOT NULL
        RETURN a
        UNION
        MATCH (v:PlannedAccountState)<-[:STATE]-(a:PlannedAccount)
        USING INDEX v:PlannedAccountState(login)
        WHERE v.login IN $spellings
        RETURN a
    }}
    WITH a
    {_FOUND}"""
_BY_UUID = f"""
    MATCH (a:PlannedAccount {{uuid: $uuid}})
    {_FOUND}"""


def account_by_login(tx: neo4j.ManagedTransaction, system: str, login: str, day: date) -> LocalAccount | None:
    """The account with this user name, in any case of letters: the open one, else one that will be open, else one that
    was. A user name may have been another person's before."""
    if len(login) > 4 * LONGEST_LOGIN:  # a letter may be written as several
        return None
    given = in_form("NFC", login).strip()
    typed = folded(given)
    if not typed or len(typed) > LONGEST_LOGIN:
        return None
    spellings = sorted({given, given.lower(), given.upper(), given.capitalize()})
    rows = tx.run(_BY_LOGIN, system=system, sort_key=sort_key(given) or None, spellings=spellings, day=day)
    found = sorted((each for each in _accounts(rows, day) if folded(each.login) == typed), key=_place)
    if len([each for each in found if each.is_open]) > 1:
        return None  # two people with one user name: neither may be taken for the other
    return next(iter(found), None)


def account_of(tx: neo4j.ManagedTransaction, system: str, uuid: str, day: date) -> LocalAccount | None:
    """The account with this uuid."""
    return next(_accounts(tx.run(_BY_UUID, system=system, uuid=uuid, day=day), day), None)


def _place(account: LocalAccount) -> int:
    return _ORDER.index(account.state)


def _accounts(rows: neo4j.Result, day: date) -> Iterator[LocalAccount]:
    for row in rows:
        lives = [(_period(start, end), login) for start, end, login in row["lives"]]
        if not lives:
            continue  # it was withdrawn: it never was
        # Of an account that is not open, the name of the days that come next, else of its last ones.
        named = [login for life, login in lives if life.end is None or life.end > day] or [lives[-1][1]]
        stops, deaths = [[_period(*each) for each in row[name]] for name in ("stops", "deaths")]
        open_ = [life for life, _ in lives]
        state = _state(open_, stops, deaths, day)
        ends = next((each.end for each in without(union(open_), [*stops, *deaths]) if each.holds(day)), None)
        yield LocalAccount(row["uuid"], row["person"], named[0] or "", state, ends)


def _state(lives: list[Period], stops: list[Period], deaths: list[Period], day: date) -> State:
    if any(each.holds(day) for each in deaths):
        return "ended"
    if any(each.holds(day) for each in stops):
        return "stopped"
    if any(each.holds(day) for each in lives):
        return "open"
    return "not_started" if any(each.start > day for each in lives) else "ended"


def _period(start: str | None, end: str | None) -> Period:
    return Period(date.fromisoformat(start or ""), None if end is None else date.fromisoformat(end))
