"""After a restore of a back-up nothing is opened at targets until a person has confirmed it.

A graph can't know that it is an older one: who was stopped since the back-up counts as active again in it. So Redis,
which no back-up has, remembers the last change that it has seen in the log, and who is stopped (the *witness*). A graph
without that change, or with another one in its place, was restored. So was, as far as can be known, a graph that Redis
does not know (on another machine, or after Redis was lost). An embedded Redis is put back with the graph: there a graph
counts as restored on which no worker has worked for more than a day.

Each export looks before it begins, and workers every few seconds. What was found stays in the graph until a person
confirms it (``reconnect restored --confirm``). Until then exports only disable.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast
from uuid import uuid4

import neo4j
import orjson
import redis
from structlog.stdlib import get_logger

from graph.as_of import not_over
from graph.change_log import changed_since, last_number, moment_of, now
from graph.runs.cursors import read_cursor, write_cursor
from graph.time import today
from idp import sessions
from reconnect.context import Context
from reconnect.sending import mail

EVERY = 5.0
"""Seconds between two looks of a worker."""
SILENT = timedelta(days=1)
_ALIVE_EVERY = timedelta(minutes=1)
_WITNESS, _STOPPED = "reconnect:witness", "reconnect:witness:stopped"
"""In Redis: what was seen last; person → the first day without the STOP, empty if it has none."""
_LINEAGE, _RESTORE = "lineage", "restore"
"""Cursors in the graph: which graph it is, and when a worker last worked on it; the restore that was found last."""
_STOPS = f"""
MATCH (p:Person)-[s:STATE]->(v)
WHERE ($uuids IS NULL OR p.uuid IN $uuids) AND v.stopped AND {not_over("s")}
WITH p.uuid AS uuid, collect(coalesce(toString(s.to), '')) AS ends
RETURN uuid, CASE WHEN '' IN ends THEN '' ELSE reduce(last = '', each IN ends |
    CASE WHEN each > last THEN each ELSE last END) END AS ends
"""
Why = Literal["behind", "unknown", "silent", "declared"]
_WHY: Mapping[Why, str] = {
    "behind": "changes that it had are missing",
    "unknown": "Redis, which remembers how far it was, does not know it",
    "silent": "no worker has worked on it for more than a day",
    "declared": "a person has said so",
}
_log = get_logger("reconnect.work.restores")


@dataclass(frozen=True, slots=True)
class Restore:
    """A restore that nobody has confirmed yet. ``stopped``: uuids of persons whom STOPs have stopped that are lost, as
    far as is known."""

    id: str
    found: datetime
    why: Why
    stopped: tuple[str, ...]

    @property
    def text(self) -> str:
        """What has happened, and what to do."""
        return (
            f"The graph seems to have been restored from a back-up ({_WHY[self.why]}). Nothing is opened at targets "
            "until a person has looked: reconnect restored."
        )


def look(context: Context, *, is_worker: bool = False) -> Restore | None:
    """Look whether the graph was restored; the restore that waits for a person. ``is_worker``: a worker looks, which
    does so all the time."""
    driver, moment = context.driver(), now()
    own, known = read_cursor(driver, _LINEAGE), waiting(driver)
    with context.redis() as client:
        why: Why | None = None
        if own:
            witness = _witness(client, own["graph"])
            why = _why(driver, witness, known)
            is_paused = own.get("alive", moment.isoformat()) < (moment - SILENT).isoformat()
            if why is None and known is None and is_worker and is_paused and context.settings.redis.url is None:
                why = "silent"
            if why is not None:
                known = _found(driver, client, why, known, witness, moment)
        else:
            own = {"graph": str(uuid4())}
            write_cursor(driver, _LINEAGE, own)
        _remember(driver, client, own["graph"], known)
    if is_worker and own.get("alive", "") < (moment - _ALIVE_EVERY).isoformat():
        write_cursor(driver, _LINEAGE, {**own, "alive": moment.isoformat()})
    if known is not None and why is not None:
        _tell(context, known)
    return known


def declare(context: Context) -> Restore:
    """A person says that the graph was restored, together with what remembers it."""
    known = look(context)
    if known is not None:
        return known
    driver, moment = context.driver(), now()
    graph = read_cursor(driver, _LINEAGE)["graph"]
    with context.redis() as client:
        found = _found(driver, client, "declared", None, _witness(client, graph), moment)
        _remember(driver, client, graph, found)
    return found


def waiting(driver: neo4j.Driver) -> Restore | None:
    """The restore that waits for a person, as it was found last."""
    kept = read_cursor(driver, _RESTORE)
    return None if not kept or kept["confirmed"] else _restore(kept)


def still_open(driver: neo4j.Driver, stopped: tuple[str, ...]) -> list[tuple[str, str]]:
    """(uuid, name) of those of the persons who are there, and are not stopped any more."""
    rows, _, _ = driver.execute_query(
        f"""
        UNWIND $uuids AS uuid
        MATCH (p:Person {{uuid: uuid}})
        WHERE NOT EXISTS {{ MATCH (p)-[s:STATE]->(v) WHERE v.stopped AND {not_over("s")} }}
        RETURN p.uuid AS uuid, coalesce(p.name, p.given_name + ' ' + p.surname, p.uuid) AS name
        ORDER BY name, uuid
        """,
        uuids=list(stopped),
        today=today(),
        routing_=neo4j.RoutingControl.READ,
    )
    return [(row["uuid"], row["name"]) for row in rows]


def confirm(context: Context, by: str) -> None:
    """A person has looked: targets are supplied again as usual."""
    driver, moment = context.driver(), now().isoformat()
    write_cursor(driver, _RESTORE, {**read_cursor(driver, _RESTORE), "confirmed": moment, "by": by})
    own = read_cursor(driver, _LINEAGE)
    if "alive" in own:
        write_cursor(driver, _LINEAGE, {**own, "alive": moment})
    with context.redis() as client:
        client.delete(_WITNESS)  # who is stopped is looked up anew
        _remember(driver, client, own["graph"], None)
    _log.warning("restore_confirmed", by=by)


def _why(driver: neo4j.Driver, witness: Mapping[str, str] | None, known: Restore | None) -> Why | None:
    """Why the graph does not go on from where it was; None if it does, or if that is known."""
    if witness is None:
        return None if known is not None and known.why == "unknown" else "unknown"
    number = int(witness["number"])
    if number:
        seen = moment_of(driver, number)
        if seen is None or seen.isoformat() != witness["at"]:
            return "behind"
    if witness["restore"] and (known is None or known.id != witness["restore"]):
        return "behind"  # it was restored again, before a person had confirmed
    return None


def _found(
    driver: neo4j.Driver,
    client: redis.Redis,
    why: Why,
    known: Restore | None,
    witness: Mapping[str, str] | None,
    moment: datetime,
) -> Restore:
    """Note the restore, and end the logins that came back with it. Two processes that find the same note the same."""
    ends = {} if witness is None else cast("dict[bytes, bytes]", client.hgetall(_STOPPED))
    stopped = {uuid.decode() for uuid, end in ends.items() if not end or end.decode() > today().isoformat()}
    lost = {uuid for uuid, _ in still_open(driver, tuple(stopped))} | set(() if known is None else known.stopped)
    # By what both see alike: the moment is not.
    named = f"{why} {sorted((witness or {}).items())} {last_number(driver)} {_confirmed(driver)}"
    kept = {
        "id": hashlib.sha256(named.encode()).hexdigest()[:12],
        "found": moment.isoformat(),
        "why": why,
        "stopped": " ".join(sorted(lost)),
        "confirmed": "",
        "by": "",
    }
    write_cursor(driver, _RESTORE, kept)
    sessions.end_everybodys(driver)
    return _restore(kept)


def _confirmed(driver: neo4j.Driver) -> str:
    """When the restore before was confirmed."""
    return read_cursor(driver, _RESTORE).get("confirmed", "")


def _restore(kept: Mapping[str, str]) -> Restore:
    why = cast("Why", kept["why"])
    return Restore(kept["id"], datetime.fromisoformat(kept["found"]), why, tuple(kept["stopped"].split()))


def _witness(client: redis.Redis, graph: str) -> Mapping[str, str] | None:
    """What Redis remembers of this graph."""
    kept = cast("bytes | None", client.get(_WITNESS))
    found: dict[str, str] = {} if kept is None else orjson.loads(kept)
    return found if found.get("graph") == graph else None


def _remember(driver: neo4j.Driver, client: redis.Redis, graph: str, restore: Restore | None) -> None:
    """Redis remembers the last change, and who is stopped. Of a restore that waits it forgets nobody: it may be
    repeated. Who writes an older state than another process is put right by the next look."""
    before, last = _witness(client, graph), last_number(driver)
    seen = moment_of(driver, last)
    witness = {
        "graph": graph,
        "number": str(last),
        "at": "" if seen is None else seen.isoformat(),
        "restore": "" if restore is None else restore.id,
    }
    if before == witness:
        return
    uuids = None
    if before is not None and int(before["number"]) <= last:
        asked = {"stopped": ("Person", "stopped")}
        uuids = changed_since(driver, int(before["number"]), last, asked)["stopped"]
    rows, _, _ = driver.execute_query(_STOPS, uuids=uuids, today=today(), routing_=neo4j.RoutingControl.READ)
    stopped = {row["uuid"]: row["ends"] for row in rows}
    with client.pipeline(transaction=True) as pipe:
        if before is None:
            pipe.delete(_STOPPED)
        elif restore is None and (over := set(uuids or ()) - stopped.keys()):
            pipe.hdel(_STOPPED, *sorted(over))
        if stopped:
            pipe.hset(_STOPPED, mapping=stopped)
        pipe.set(_WITNESS, orjson.dumps(witness))
        pipe.execute()


def _tell(context: Context, found: Restore) -> None:
    _log.warning("graph_restored", why=found.why, stopped=len(found.stopped))
    try:
        mail.send(context.settings.mail, "REConnect: the graph was restored", found.text)
    except mail.MailFailed as failed:  # each export says it all the same
        _log.warning("mail_not_sent", error=str(failed))
