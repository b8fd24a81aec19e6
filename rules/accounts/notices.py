"""What people are told of accounts: their managers, of what is ready, ends soon or was closed; IT, of what is stuck.

Days are whole: what began or ended on a day is told on the next, when targets have had the time to follow. An end that
becomes known late is told at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import neo4j

from graph.errors import Unknown
from graph.questions.nearest import nearest_manager
from graph.runs.problems import kept_problems
from rules.accounts.real_names import real_names
from rules.accounts.run import SOURCE

What = Literal["ready", "expires", "closed"]
MOST_STUCK = 200
"""Lines of what is stuck; the rest is counted."""


@dataclass(frozen=True, slots=True)
class AccountNotice:
    """``day``: the first day on which it is open, or the first without it. ``addresses``: mail addresses of the nearest
    managers; empty where there is none. ``login``: the user name that the account has, which a target may have had to
    choose anew. ``person``: the name; of people with a protected name the number of the employment or initials, and no
    ``login``."""

    what: What
    day: date
    person: str
    login: str
    system: str
    addresses: tuple[str, ...]


_EVENTS = """
MATCH (a:PlannedAccount)-[:OF_PERSON]->(p:Person)
WHERE a.from IS NOT NULL AND (a.to IS NULL OR a.to >= $since)
CALL (a, p) {
    MATCH (a)-[l:STATE]->()
    WHERE l.from >= $since AND l.from < $day AND NOT coalesce(p.stopped, false)
        AND NOT EXISTS { MATCH (a)-[before:STATE]->() WHERE before.to = l.from }
    RETURN 'ready' AS what, l.from AS on
    UNION
    MATCH (a)-[l:STATE]->()
    WHERE l.to >= $since AND l.to < $day
        AND NOT EXISTS { MATCH (a)-[after:STATE]->() WHERE after.from = l.to }
    RETURN 'closed' AS what, l.to AS on
    UNION
    MATCH (a)-[l:STATE]->()
    WHERE l.to > $day AND l.to < $ends_until AND (l.to >= $ends_from OR l.known_from > $number)
        AND NOT EXISTS { MATCH (a)-[after:STATE]->() WHERE after.from = l.to }
    RETURN 'expires' AS what, l.to AS on
}
RETURN what, on, a.uuid AS account, p.uuid AS person, coalesce(p.name, p.uuid) AS name,
    coalesce(p.address_protected, false) AS protected,
    head([(a)-[:AT]->(s) | coalesce(s.title, s.key)]) AS system,
    head(COLLECT {
        MATCH (a)-[l:USED_FOR|USED_AS]->(t)
        RETURN [t.uuid, t.from, t.to, t.number]
        ORDER BY l.from DESC
    }) AS tie
ORDER BY what, on, name, account
"""
_WAITING = """
UNWIND $ids AS id
MATCH (e:LedgerEntry {id: id})
WHERE e.state <> 'delivered' OR NOT coalesce(e.enabled, false)
RETURN e.key AS account
"""
_ADDRESSES = """
UNWIND $persons AS uuid
MATCH (p:Person {uuid: uuid})
RETURN uuid, p.work_email AS work_email, COLLECT {
        MATCH (p)<-[:OF_PERSON]-(a:PlannedAccount)
        WHERE a.active AND a.email IS NOT NULL
        RETURN a.uuid
        ORDER BY coalesce(a.extra, false), a.key
    } AS accounts
"""


def notices(
    driver: neo4j.Driver, what: Sequence[What], since: date, day: date, number: int, days: int, targets: Sequence[str]
) -> Iterator[AccountNotice]:
    """Of the days from ``since`` up to ``day``, which is not over yet; and of accounts that end within ``days`` days.

    ``number``: the last change of the log that earlier notices knew. An account that one of ``targets`` has not got yet
    is not ready: IT hears of it (``stuck``).
    """
    within = timedelta(days=days)
    rows, _, _ = driver.execute_query(
        _EVENTS,
        since=since,
        day=day,
        ends_from=since + within,
        ends_until=day + within,
        number=number,
        routing_=neo4j.RoutingControl.READ,
    )
    ids = [f"{target}|user|{row['account']}" for row in rows if row["what"] == "ready" for target in targets]
    waiting = {row["account"] for row in driver.execute_query(_WAITING, ids=ids).records}
    told = [row for row in rows if row["what"] in what and not (row["what"] == "ready" and row["account"] in waiting)]
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        logins = real_names(session, (row["account"] for row in told))
    for row in told:
        on = row["on"].to_native()
        addresses = _addresses(driver, row["person"], on, row["tie"])
        # Of a person with a protected name neither name nor user name, which is made of it, goes into a mail.
        name = _unnamed(row["name"], row["tie"]) if row["protected"] else row["name"]
        login = "" if row["protected"] else logins[row["account"]].login
        yield AccountNotice(row["what"], on, name, login, row["system"] or "", addresses)


def _unnamed(name: str, tie: Sequence[object] | None) -> str:
    """By what a manager knows a person with a protected name: the employment's number, otherwise the initials."""
    number = None if tie is None else tie[3]
    return str(number) if number else "".join(f"{each[0]}." for each in name.split())


def _addresses(driver: neo4j.Driver, person: str, on: date, tie: Sequence[object] | None) -> tuple[str, ...]:
    """Of the nearest managers on the day, or on the first or last day of the employment that the account is for."""
    if tie is None:
        return ()
    uuid, first, last = tie[0], _day(tie[1]), _day(tie[2])
    at = on if first is None else max(on, first)
    at = at if last is None else min(at, last - timedelta(days=1))
    try:
        found, _ = nearest_manager(driver, person, at, employment=str(uuid))
    except Unknown:
        return ()
    return work_addresses(driver, sorted({holder.person for each in found for holder in each.nearest.holders}))


def work_addresses(driver: neo4j.Driver, persons: Sequence[str]) -> tuple[str, ...]:
    """The work mail addresses of some people, sorted."""
    return tuple(sorted(set(address_of(driver, persons).values())))


def address_of(driver: neo4j.Driver, persons: Sequence[str]) -> dict[str, str]:
    """The work mail address of each person who has one, by uuid: the account's, else the one that a source has."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        rows = list(session.run(_ADDRESSES, persons=list(persons)))
        # A planned address may be another person's, where the target had to give another one.
        real = real_names(session, (uuid for row in rows for uuid in row["accounts"]))
    own = {
        row["uuid"]: next((real[uuid].email for uuid in row["accounts"] if real[uuid].email), row["work_email"])
        for row in rows
    }
    return {uuid: address for uuid, address in own.items() if address}


def _day(value: object) -> date | None:
    found: date | None = value.to_native() if hasattr(value, "to_native") else None
    return found


def stuck(driver: neo4j.Driver, targets: Sequence[str]) -> list[str]:
    """A line for each account that waits for a person: refused by a target, without a name, or stopped by the brake."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (b:Brake {state: 'waiting'})
        WHERE b.source IN $sources
        RETURN b.source + ': ' + b.summary[0] + ' (' + b.id + ')' AS line
        ORDER BY line
        UNION ALL
        MATCH (e:LedgerEntry)
        WHERE e.target IN $targets AND e.state IN ['parked', 'failed']
        RETURN e.target + ': ' + e.object + ' ' + e.key + ': ' + coalesce(e.problem, '') + ': ' + coalesce(e.reason, '')
            AS line
        ORDER BY line
        """,
        sources=[SOURCE, *(f"export:{each}" for each in targets)],
        targets=list(targets),
        routing_=neo4j.RoutingControl.READ,
    )
    lines = [row["line"] for row in rows]
    lines += sorted(f"{each.key}: {each.text}" for each in kept_problems(driver, SOURCE).values())
    more = len(lines) - MOST_STUCK
    return lines if more <= 0 else [*lines[:MOST_STUCK], f"… and {more} more"]
