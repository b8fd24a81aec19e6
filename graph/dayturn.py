"""Day turn: what starts or ends on a day takes effect on that day (DESIGN §2).

The identity nodes' copies are refreshed and a change is written for each thing concerned, so that targets hear of a
future move on the day it happens. A day is one transaction: it has turned, or it has not.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

import neo4j
import orjson

from graph.changes import now, take_numbers, turned_day
from graph.difference import copied
from graph.loading import load
from graph.merge import Thing
from graph.model import KINDS
from graph.time import today as todays_date

DAY_TURN = "day-turn"


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
    CREATE (c:Change)-[:CONCERNS]->(n)
    SET c = row.change
    """


def turn(
    driver: neo4j.Driver, day: date | None = None, progress: Callable[[date, int], None] | None = None
) -> dict[date, int]:
    """Turn every day since the last turned one up to ``day`` (default today in Copenhagen).

    Returns the number of things concerned by day. Turning a day again, or an earlier one, does nothing.
    """
    day = day or todays_date()
    turned: dict[date, int] = {}
    with driver.session() as session:
        following = turned_day(session) + timedelta(days=1)
        while following <= day:
            count = session.execute_write(_turn_one, driver, following)
            if count is not None:
                turned[following] = count
                if progress:
                    progress(following, count)
            following += timedelta(days=1)
    return turned


def _turn_one(tx: neo4j.ManagedTransaction, driver: neo4j.Driver, day: date) -> int | None:
    take_numbers(tx, 0)  # from here on nobody else writes, so what is read stays true
    clock = tx.run("MATCH (c:Clock) RETURN c.today AS today").single(strict=True)["today"].to_native()
    if clock >= day:
        return None  # another process has turned it meanwhile
    moment = now()
    count = 0
    for kind in KINDS:
        uuids = [row["uuid"] for row in tx.run(_concerned(kind), day=day)]
        if not uuids:
            continue
        number = take_numbers(tx, len(uuids))
        rows: list[dict[str, Any]] = []
        for uuid, loaded in load(driver, kind, uuids).items():
            was, now_is = _on(loaded.thing, day - timedelta(days=1)), _on(loaded.thing, day)
            rows.append(
                {
                    "uuid": uuid,
                    "node": copied(kind, loaded.thing, day),
                    "change": {
                        "number": number + len(rows),
                        "at": moment,
                        "source": DAY_TURN,
                        "reason": f"takes effect on {day}",
                        "day": day,
                        "kind": kind,
                        "uuid": uuid,
                        "operation": _operation(was, now_is),
                        "before": orjson.dumps(was).decode(),
                        "after": orjson.dumps(now_is).decode(),
                    },
                }
            )
        tx.run(_refresh(kind), rows=rows).consume()
        count += len(rows)
    tx.run("MATCH (c:Clock) SET c.today = $day", day=day).consume()
    return count


def _on(thing: Thing, day: date) -> dict[str, Any] | None:
    """What holds on a day; None where the thing does not exist."""
    state = next((each for each in thing.states if each.period.holds(day)), None)
    if state is None:
        return None
    return {
        "values": dict(state.values),
        "links": [
            {"name": each.name, "kind": each.kind, "uuid": each.to} for each in thing.links if each.period.holds(day)
        ],
    }


def _operation(was: dict[str, Any] | None, now_is: dict[str, Any] | None) -> str:
    if was is None:
        return "begins"
    return "ends" if now_is is None else "takes effect"
