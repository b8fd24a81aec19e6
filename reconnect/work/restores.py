"""After a restore of a back-up nothing is opened at targets until a person has confirmed it.

A graph can't know that it is an older one: who was stopped since the back-up counts as active again in it. So Redis,
which no back-up has, remembers the last change that it has seen in the log, and who is stopped (the *witness*). A graph
without that change, or with another one in its place, was restored. So was, as far as can be known, a graph that Redis
does not know (on another machine, or after Redis was lost). An embedded Redis is put back with the graph: there a graph
counts as restored on which no worker has worked for more than a day.

A graph that does not say which one it is comes from before REConnect began to look, or is new. It is new if its log
begins after what Redis has seen last. If its log has the change that Redis has seen last, it is the graph that Redis
knows.

Workers look every few seconds, and each export once it has read what it sends. What was found stays in the graph until
a person confirms it (``reconnect restored --confirm``, ``confirmRestore``). Until then exports only disable.

Many processes look at once, and both stores may be put back, lost or emptied at any moment, between two lines of this
module. So nothing is locked: each store takes what is written only if it is still as it was read, and otherwise the
look begins again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

import neo4j
import orjson
import redis
from redis.client import Pipeline
from structlog.stdlib import get_logger

from graph.as_of import not_over
from graph.change_log import LOG, now
from graph.runs import restores
from graph.runs.cursors import read_cursors, replace_cursor
from graph.runs.restores import LINEAGE, RESTORE, Restore, Why
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


_LAST = """
MATCH (log:ChangeLog {name: $log})
OPTIONAL MATCH (first:Change {number: 1})
OPTIONAL MATCH (last:Change {number: log.number})
OPTIONAL MATCH (known:Change {number: $known})
RETURN log.number AS number, first.at AS first, last.at AS last, known.at AS known
"""
_CHANGED = """
MATCH (c:Change)
WHERE c.number > $after AND c.number <= $last AND c.kind = 'Person'
    AND (c.operation IN ['joined', 'split'] OR c.before CONTAINS '"stopped"' OR c.after CONTAINS '"stopped"')
RETURN DISTINCT c.uuid AS uuid, NOT EXISTS { MATCH (:Person {uuid: c.uuid})-[:JOINED_INTO]->() } AS may_end
"""
"""Who may be stopped since, or no longer. A person who was joined into another, or erased, is one again in a graph that
is put back: their STOP is not forgotten."""
_ALL, _THESE = "MATCH (p:Person)", "UNWIND $uuids AS each MATCH (p:Person {uuid: each})"
_STOPS = f"""
MATCH (p)-[s:STATE]->(v)
WHERE v.stopped AND {not_over("s")}
WITH p.uuid AS uuid, collect(coalesce(toString(s.to), '')) AS ends
RETURN uuid, CASE WHEN '' IN ends THEN '' ELSE reduce(last = '', each IN ends |
    CASE WHEN each > last THEN each ELSE last END) END AS ends
"""
_log = get_logger("reconnect.work.restores")


@dataclass(frozen=True, slots=True)
class _Witness:
    """What Redis remembers. ``raw``: as it is there, empty if there is nothing. ``number``, ``at``: the last change
    that it has seen; 0 where the log was empty. ``looked``: when that was. ``restore``: id of the one that waited."""

    raw: bytes = b""
    graph: str = ""
    number: int = 0
    at: str = ""
    looked: str = ""
    restore: str = ""

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One look, before anything is written.

    ``own``, ``noted``: the graph's cursors; ``noted`` is the restore that was found last, confirmed or not. ``number``,
    ``at``: the last change. ``graph``: which graph it is, from now on. ``stops``: who is stopped, person → the first
    day without it; of all people if ``is_all``, else of those whose STOP has changed. ``ended``: those of them who are
    stopped no more.
    """

    own: Mapping[str, str]
    noted: Mapping[str, str]
    witness: _Witness
    number: int
    at: str
    graph: str
    why: Why | None
    is_all: bool
    stops: Mapping[str, str]
    ended: Sequence[str]


def look(context: Context, *, is_worker: bool = False) -> Restore | None:
    """Look whether the graph was restored; the restore that waits for a person. ``is_worker``: a worker looks, which
    does so all the time."""
    driver = context.driver()
    is_put_back_too = is_worker and context.settings.redis.url is None  # an embedded Redis, with the graph
    found: Restore | None = None
    with context.redis() as client:
        while True:
            with client.pipeline(transaction=True) as pipe:
                seen = _read(driver, pipe, ends_with_pause=is_put_back_too)
                known = restores.of_cursor(seen.noted)
                if seen.why is not None:
                    known = _note(driver, pipe, seen, seen.why)
                    if known is None:
                        continue  # another process has found it, or a person has confirmed one
                    found = known
                try:
                    _remember(pipe, seen, known)
                except redis.WatchError:
                    continue
            # Only now: a graph that says which one it is was seen by Redis.
            if seen.own or replace_cursor(driver, LINEAGE, {}, {"graph": seen.graph}):
                break
    if is_worker:
        _keep_alive(driver, seen)
    if found is not None:
        _tell(context, found)
    return known


def declare(context: Context) -> Restore:
    """A person says that the graph was restored, together with what remembers it."""
    driver = context.driver()
    while True:
        known = look(context)
        if known is not None:
            return known
        with context.redis() as client, client.pipeline(transaction=True) as pipe:
            _note(driver, pipe, _read(driver, pipe), "declared")


def _read(driver: neo4j.Driver, pipe: Pipeline, *, ends_with_pause: bool = False) -> _Seen:
    """Look, in one transaction: what was read before a graph was put back must not meet what is read after it.
    ``ends_with_pause``: the graph also counts as restored if no worker has worked on it for long."""

    def work(tx: neo4j.ManagedTransaction) -> _Seen:
        # First the cursors: Redis knows a graph before it says which one it is. Then Redis: what it has seen of the log
        # is there.
        cursors = read_cursors(tx, (LINEAGE, RESTORE))
        own, noted = cursors[LINEAGE], cursors[RESTORE]
        pipe.reset()
        pipe.watch(_WITNESS, _STOPPED)  # type: ignore[no-untyped-call]
        witness = _witness(pipe)
        row = tx.run(_LAST, log=LOG, known=witness.number).single(strict=True)
        number, first = row["number"], _text(row["first"])
        is_seen = _text(row["known"]) == witness.at  # both are empty where there was no change
        why = _why(own, noted, witness, first, is_seen=is_seen)
        waits = restores.of_cursor(noted)
        if why is None and waits is None and ends_with_pause and _is_silent(own):
            why = "silent"
        graph = own.get("graph") or (witness.graph if witness.raw and is_seen else "") or str(uuid4())
        waiting = "" if waits is None else waits.id
        is_all = why is not None or (witness.graph, witness.restore) != (graph, waiting) or witness.number > number
        changed: dict[str, bool] = {}
        if not is_all and witness.number < number:
            for one in tx.run(_CHANGED, after=witness.number, last=number):
                changed[one["uuid"]] = one["may_end"]
        stops = _stops(tx, None if is_all else sorted(changed))
        ended = sorted(uuid for uuid, may_end in changed.items() if may_end and uuid not in stops)
        return _Seen(own, noted, witness, number, _text(row["last"]), graph, why, is_all, stops, ended)

    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return session.execute_read(work)


def _witness(pipe: Pipeline) -> _Witness:
    raw = cast("bytes | None", pipe.get(_WITNESS))
    if raw is None:
        return _Witness()
    kept = orjson.loads(raw)
    return _Witness(raw, kept["graph"], int(kept["number"]), kept["at"], kept.get("looked", ""), kept["restore"])


def _text(moment: Any) -> str:
    return "" if moment is None else str(moment.to_native().isoformat())


def _why(
    own: Mapping[str, str], noted: Mapping[str, str], witness: _Witness, first: str, *, is_seen: bool
) -> Why | None:
    """Why the graph does not go on from where it was; None if it does, or if that is known. ``first``: when its log
    begins. ``is_seen``: its log has the last change that Redis has seen."""
    if witness.raw and noted.get("witness") == witness.fingerprint:
        return None  # another process has found it by the same
    if not own and (not witness.raw or not first or first > (witness.looked or witness.at)):
        return None  # it is new
    if not own and not (is_seen and witness.number):
        return "unknown"
    if own and own["graph"] != witness.graph:
        waits = restores.of_cursor(noted)
        return None if waits is not None and waits.why == "unknown" else "unknown"
    if not is_seen:
        return "behind"
    # It was restored again, before a person had confirmed.
    return "behind" if witness.restore and noted.get("id") != witness.restore else None


def _is_silent(own: Mapping[str, str]) -> bool:
    moment = now()
    return own.get("alive", moment.isoformat()) < (moment - SILENT).isoformat()


def _stops(tx: neo4j.ManagedTransaction, uuids: Sequence[str] | None) -> dict[str, str]:
    """Who of these people is stopped: person → the first day without the STOP, empty if it has none. None: of all."""
    if uuids is not None and not uuids:
        return {}
    rows = tx.run(f"{_ALL if uuids is None else _THESE}{_STOPS}", uuids=uuids, today=today())
    return {row["uuid"]: row["ends"] for row in rows}


def _note(driver: neo4j.Driver, pipe: Pipeline, seen: _Seen, why: Why) -> Restore | None:
    """Note the restore, and end the logins that came back with it. None if something else was noted meanwhile."""
    ends = cast("dict[bytes, bytes]", pipe.hgetall(_STOPPED))
    stopped = {uuid.decode() for uuid, end in ends.items() if not end or end.decode() > today().isoformat()}
    waits = restores.of_cursor(seen.noted)
    lost = {uuid for uuid, _ in restores.still_open(driver, sorted(stopped))} | {*(waits.stopped if waits else ())}
    found = Restore(uuid4().hex[:12], now(), why, tuple(sorted(lost)))
    # Before it is noted: who is killed in between finds it again.
    sessions.end_everybodys(driver)
    return found if restores.note(driver, seen.noted, found, seen.witness.fingerprint) else None


def _remember(pipe: Pipeline, seen: _Seen, restore: Restore | None) -> None:
    """Redis remembers the last change, and who is stopped. Of a restore that waits it forgets nobody: it may be
    repeated. Raises WatchError if Redis is not as it was read."""
    before = seen.witness
    waiting = "" if restore is None else restore.id
    if (before.graph, before.number, before.at, before.restore) == (seen.graph, seen.number, seen.at, waiting):
        return
    kept = {
        "graph": seen.graph,
        "number": str(seen.number),
        "at": seen.at,
        "looked": now().isoformat(),
        "restore": waiting,
    }
    pipe.multi()
    if restore is None and seen.is_all:
        pipe.delete(_STOPPED)
    elif restore is None and seen.ended:
        pipe.hdel(_STOPPED, *seen.ended)
    if seen.stops:
        pipe.hset(_STOPPED, mapping=dict(seen.stops))
    pipe.set(_WITNESS, orjson.dumps(kept))
    pipe.execute()


def _keep_alive(driver: neo4j.Driver, seen: _Seen) -> None:
    own, moment = seen.own or {"graph": seen.graph}, now()
    if own.get("alive", "") < (moment - _ALIVE_EVERY).isoformat():
        replace_cursor(driver, LINEAGE, own, {**own, "alive": moment.isoformat()})


def _tell(context: Context, found: Restore) -> None:
    _log.warning("graph_restored", why=found.why, stopped=len(found.stopped))
    try:
        mail.send(context.settings.mail, "REConnect: the graph was restored", found.text)
    except mail.MailFailed as failed:  # each export says it all the same
        _log.warning("mail_not_sent", error=str(failed))
