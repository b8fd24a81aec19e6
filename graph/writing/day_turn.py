"""Day turn: things that start or end on a day take effect on that day (architecture.md §2).

The identity nodes' copies are refreshed and a change is written for each thing concerned, so that targets learn of a
future move on the day it happens. A day is one transaction: it has turned, or it has not.

A turn by one day needs no approval. A turn by more days, or back, waits for a person, like a stopped import: the
machine's clock may be wrong. A day that was turned by mistake is turned back: its changes are undone, with entries of
their own. The last turned day is the day that the copies show, never today's date.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any, Literal

import neo4j
import orjson
import structlog

from graph.change_log import Operation, Origin, append, entry, now, take_numbers, turned_day
from graph.model import KINDS
from graph.runs.brakes import Brake, StoppedByBrake, keep_stopped
from graph.statements.merge import Thing
from graph.time import today as todays_date
from graph.writing.difference import copied
from graph.writing.loading import load_within

DAY_TURN = "day-turn"
_log = structlog.get_logger("graph")


@cache
def _concerned(kind: str) -> str:
    parts = [f"MATCH (n:{kind})-[r:STATE]->() WHERE r.from = $day OR r.to = $day RETURN n.uuid AS uuid"]
    for link in KINDS[kind].links:
        left, right = ("<-", "-") if link.incoming else ("-", "->")
        parts.append(
            f"MATCH (n:{kind}){left}[r:{link.type}]{right}() WHERE r.from = $day OR r.to = $day RETURN n.uuid AS uuid"
        )
    return "\nUNION\n".join(parts)


@cache
def _refresh(kind: str) -> str:
    return f"""
    UNWIND $rows AS row
    MATCH (n:{kind} {{uuid: row.uuid}})
    SET n += row.node
    {append("row.change", "n")}
    """


class TurnWaits(StoppedByBrake):
    """The turn is by more than one day, or back, and waits for an approval. Nothing was turned beyond ``turned``."""

    code = "turn_waits"

    def __init__(self, text: str, brake: str, reason: str, turned: Mapping[date, int]) -> None:
        super().__init__(brake, [reason], text)
        self.turned = turned


def turn(
    driver: neo4j.Driver,
    day: date | None = None,
    progress: Callable[[date, int], None] | None = None,
    *,
    approve: str | None = None,
    user: str | None = None,
) -> dict[date, int]:
    """Turn every day since the last turned one up to ``day`` (default today in Copenhagen), or back to it.

    Returns the number of things concerned by day turned or taken back. Turning the last turned day again does nothing.
    ``approve``: id of the stopped turn, which ``user`` approves with it.

    Raises TurnWaits, and StaleApproval if ``approve`` is not a stopped turn.
    """
    day = day or todays_date()
    brake = Brake(driver, DAY_TURN, approve, user, "given with the day turn")
    brake.require_waiting()
    turned: dict[date, int] = {}
    while True:
        with driver.session() as session:
            last = turned_day(session)
        if last == day:
            return turned
        until = day if day == last + timedelta(days=1) else _approved(brake, last, day)
        if until is None:
            raise _stopped(driver, last, day, turned)
        one = timedelta(days=1 if until > last else -1)
        with driver.session() as session:
            while last != until:
                last += one
                count = session.execute_write(_turn_one, last)
                if count is not None:
                    concerned = last if one.days > 0 else last - one
                    turned[concerned] = count
                    if progress:
                        progress(concerned, count)


def possible_turn(driver: neo4j.Driver, day: date | None = None) -> Literal["next", "approved"] | None:
    """Whether a turn up to ``day`` (default today in Copenhagen) would turn anything: it is the next day's, or a person
    has approved it. None: it has turned, or waits for a person."""
    day = day or todays_date()
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        last = turned_day(session)
    if last == day:
        return None
    if day == last + timedelta(days=1):
        return "next"
    return "approved" if Brake(driver, DAY_TURN).approved_among(_digests(last, day)) else None


def days_behind(driver: neo4j.Driver) -> int:
    """By how many days the last turned day is before today in Copenhagen; negative where it is after it."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return (todays_date() - turned_day(session)).days


def is_today_doubtful(driver: neo4j.Driver) -> bool:
    """Whether today lies more than one day ahead of the last turned day, so that a person looks at the machine's clock.

    Until then nothing is done by that clock which can't be taken back.
    """
    return days_behind(driver) > 1


def catch_up(driver: neo4j.Driver) -> None:
    """As ``turn``, as far as it needs no approval: an import's results are right on any turned day."""
    try:
        turn(driver)
    except TurnWaits as waits:
        _log.warning("day_turn_waits", brake=waits.brake)


def _approved(brake: Brake, last: date, day: date) -> date | None:
    """The day up to which a person has approved a turn that begins after ``last``; the approval is used up."""
    digests = _digests(last, day)
    brake.approve_if_named(_digest(last, day))
    approved = brake.approved_among(digests)
    if not approved:
        return None
    found = max(approved, key=lambda each: abs((digests[each] - last).days))
    brake.spend(found)
    return digests[found]


def _digests(last: date, day: date) -> dict[str, date]:
    """The turns from ``last`` up to ``day`` that would need an approval: what it names, and the day."""
    digests = {_digest(last, day): day}
    return digests | {
        _digest(last, each): each for each in (last + timedelta(days=n) for n in range(2, (day - last).days))
    }


def _stopped(driver: neo4j.Driver, last: date, day: date, turned: Mapping[date, int]) -> TurnWaits:
    """The turn is kept until it is approved."""
    days = (day - last).days
    what = f"{days} days ahead of the last turned day, {last}" if days > 0 else f"before the last turned day, {last}"
    text = f"Turn to {day}: {what}"
    brake = keep_stopped(driver, DAY_TURN, "", _digest(last, day), [text])
    # One turn waits at a time: the newest.
    driver.execute_query(
        "MATCH (b:Brake {source: $source, state: 'waiting'}) WHERE b.id <> $id DELETE b", source=DAY_TURN, id=brake
    )
    return TurnWaits(
        f"{text}. That is more than the next day, so it waits for a person: is the machine's clock right? "
        f"Approve it with: reconnect day-turn --date {day} --approve {brake}",
        brake,
        text,
        turned,
    )


def _digest(last: date, day: date) -> str:
    return hashlib.sha256(f"{last} {day}".encode()).hexdigest()


def _turn_one(tx: neo4j.ManagedTransaction, day: date) -> int | None:
    """Turn the day after the last one, or back to the day before it. None if another process was faster."""
    take_numbers(tx, 0)  # from here on no one else writes, so reads stay true
    last = tx.run("MATCH (c:Clock) RETURN c.today AS today").single(strict=True)["today"].to_native()
    if abs((day - last).days) != 1:
        return None
    # The day whose starts and ends take effect, or are taken back.
    turning = max(day, last)
    reason = f"takes effect on {day}" if turning == day else f"{turning} is taken back: it had been turned by mistake"
    origin = Origin(DAY_TURN, reason=reason)
    moment = now()
    count = 0
    for kind in KINDS:
        uuids = [row["uuid"] for row in tx.run(_concerned(kind), day=turning)]
        if not uuids:
            continue
        number = take_numbers(tx, len(uuids))
        rows: list[dict[str, Any]] = []
        for uuid, loaded in load_within(tx, kind, uuids).items():
            was, now_is = _on(loaded.thing, last), _on(loaded.thing, day)
            rows.append(
                {
                    "uuid": uuid,
                    "node": copied(kind, loaded.thing, day),
                    "change": entry(
                        origin,
                        number + len(rows),
                        kind,
                        uuid,
                        _operation(was, now_is),
                        orjson.dumps(was).decode(),
                        orjson.dumps(now_is).decode(),
                        day,
                    ),
                }
            )
        tx.run(_refresh(kind), rows=rows, moment=moment).consume()
        count += len(rows)
    tx.run("MATCH (c:Clock) SET c.today = $day", day=day).consume()
    return count


def _on(thing: Thing, day: date) -> dict[str, Any] | None:
    """The facts in force on a day; None if the thing does not exist."""
    state = next((each for each in thing.states if each.period.holds(day)), None)
    if state is None:
        return None
    return {
        "values": dict(state.values),
        "links": [
            {"name": each.name, "kind": each.kind, "uuid": each.to} for each in thing.links if each.period.holds(day)
        ],
    }


def _operation(was: dict[str, Any] | None, now_is: dict[str, Any] | None) -> Operation:
    if was is None:
        return "begins"
    return "ends" if now_is is None else "takes effect"
