"""The state of each source: last and next run, what it changed, bad records, and whether it is silent.

Put together from the schedule (settings), the state of the jobs (Redis) and the records of the source (graph).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast

import neo4j
import orjson
import redis

from graph.statements.precedence import MANUAL, RULE_PREFIX
from graph.time import COPENHAGEN, unless_ahead
from reconnect import job_states
from reconnect.context import Context
from reconnect.job_states import WorkState
from reconnect.settings.cron import Times, longest_gap, next_after, parse
from reconnect.settings.tree import SilenceSettings
from reconnect.sources import kept_name

_JOB = "import:"
FIRST_SEEN = "reconnect:sources"
"""Redis hash: source → when it was first seen, so that a source that never ran can be silent too."""


@dataclass(frozen=True)
class ChangeCount:
    """How many things of a kind a run has created, changed, ended …"""

    kind: str
    operation: str
    count: int


@dataclass(frozen=True)
class ProblemCount:
    """How many problems by one rule are kept. ``severity``: bad, notice."""

    rule: str
    severity: str
    count: int


@dataclass(frozen=True)
class SourceHealth:
    """One source. Moments are in Copenhagen time. ``silent_after``: None = it may be silent for ever.

    ``changed``: what its last run that changed anything did, at ``changed_at``; without what was only recorded.
    """

    name: str
    state: str
    text: str
    last_run: datetime | None
    last_success: datetime | None
    next_run: datetime | None
    lag: timedelta | None
    silent_after: timedelta | None
    silent: bool
    records: int
    bad_records: int
    notices: int
    changed_at: datetime | None
    changed: tuple[ChangeCount, ...]
    problems: tuple[ProblemCount, ...] = ()

    def as_answer(self) -> Mapping[str, Any]:
        """In the form of the API's type ``SourceHealth``."""
        return {
            "name": self.name,
            "state": self.state,
            "text": self.text or None,
            "lastRun": _text(self.last_run),
            "lastSuccess": _text(self.last_success),
            "nextRun": _text(self.next_run),
            "lagSeconds": None if self.lag is None else int(self.lag.total_seconds()),
            "silentAfterSeconds": None if self.silent_after is None else int(self.silent_after.total_seconds()),
            "silent": self.silent,
            "records": self.records,
            "badRecords": self.bad_records,
            "notices": self.notices,
            "changedAt": _text(self.changed_at),
            "changed": [vars(each) for each in self.changed],
            "problems": [vars(each) for each in self.problems],
        }


def sources_health(context: Context, now: datetime | None = None) -> list[SourceHealth]:
    """Every source that has a schedule, has run or has records, by name."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    with context.redis() as client:
        named = partial(kept_name, context.settings.sources)
        jobs = {
            named(name.removeprefix(_JOB)): state
            for name, state in job_states.read(client).items()
            if name.startswith(_JOB)
        }
        kept = _kept(context.driver())
        planned = {named(name): parse(times) for name, times in context.settings.schedules.imports.items()}
        names = {*planned, *jobs, *kept}
        watched = _watched_since(client, names, moment)
    return [
        _health(
            context.settings.silence, each, planned.get(each), jobs.get(each), kept.get(each), watched[each], moment
        )
        for each in sorted(names)
    ]


def as_answers(context: Context) -> Sequence[Mapping[str, Any]]:
    """For the API. Raises NotAnswering if Redis does not answer."""
    try:
        return [each.as_answer() for each in sources_health(context)]
    except redis.RedisError as error:
        from api.computed.contract import (
            NotAnswering,  # only here: `status` has no need of the API, which takes long to load
        )

        raise NotAnswering(f"Redis does not answer: {error}") from error


def _health(
    settings: SilenceSettings,
    name: str,
    schedule: Times | None,
    job: WorkState | None,
    kept: Mapping[str, Any] | None,
    watched: datetime,
    now: datetime,
) -> SourceHealth:
    success = _moment(job.succeeded) if job else None
    lag = None if success is None else now - success
    after = _silent_after(settings, name, schedule, now)
    quiet = now - (success or watched)
    return SourceHealth(
        name=name,
        state=job.state if job else "never",
        text=job.text if job else "",
        last_run=_moment(job.started) if job else None,
        last_success=success,
        next_run=next_after(schedule, now) if schedule else None,
        lag=lag,
        silent_after=after,
        silent=after is not None and quiet > after,
        records=kept["records"] if kept else 0,
        bad_records=kept["bad"] if kept else 0,
        notices=kept["notices"] if kept else 0,
        changed_at=kept["changed_at"].to_native().astimezone(UTC) if kept and kept["changed_at"] else None,
        changed=_counts(kept["counts"]) if kept and kept["counts"] else (),
        problems=tuple(ProblemCount(*each) for each in kept["problems"]) if kept else (),
    )


def _counts(text: str) -> tuple[ChangeCount, ...]:
    by_kind: Mapping[str, Mapping[str, int]] = orjson.loads(text)
    return tuple(
        ChangeCount(kind, operation, count)
        for kind, operations in by_kind.items()
        for operation, count in operations.items()
        if operation != "recorded"
    )


def _silent_after(settings: SilenceSettings, name: str, schedule: Times | None, now: datetime) -> timedelta | None:
    hours = settings.after_hours.get(name)
    if hours is not None:
        return timedelta(hours=hours) if hours else None
    gap = longest_gap(schedule, now.astimezone(COPENHAGEN).date()) if schedule else None
    return None if gap is None else gap + timedelta(minutes=settings.margin_minutes)


def _kept(driver: neo4j.Driver) -> dict[str, Mapping[str, Any]]:
    """What the graph has of each source that is read; without statements of people and rules."""
    rows, _, _ = driver.execute_query(
        """
        CALL () {
            MATCH (r:SourceRecord)
            RETURN r.source AS name, count(*) AS records, 0 AS bad, 0 AS notices
            UNION ALL
            MATCH (b:BadRecord)
            WITH b.source AS name, b.severity AS severity
            RETURN name, 0 AS records,
                sum(CASE severity WHEN 'bad' THEN 1 ELSE 0 END) AS bad,
                sum(CASE severity WHEN 'notice' THEN 1 ELSE 0 END) AS notices
        }
        WITH name, sum(records) AS records, sum(bad) AS bad, sum(notices) AS notices
        CALL (name) {
            MATCH (b:BadRecord {source: name})
            WITH b.rule AS rule, b.severity AS severity, count(*) AS count
            ORDER BY rule, severity
            RETURN collect([rule, severity, count]) AS problems
        }
        WITH name, records, bad, notices, problems
        WHERE name <> $manual AND NOT name STARTS WITH $rule
        CALL (name) {
            OPTIONAL MATCH (run:Run {type: 'import', name: name, dry: false})
            WHERE run.counts IS NOT NULL AND run.counts <> '{}'
            RETURN run ORDER BY run.started DESC LIMIT 1
        }
        RETURN name, records, bad, notices, problems, run.started AS changed_at, run.counts AS counts
        """,
        manual=MANUAL,
        rule=RULE_PREFIX,
        routing_=neo4j.RoutingControl.READ,
    )
    return {row["name"]: row.data() for row in rows}


def _watched_since(client: redis.Redis, names: set[str], now: datetime) -> dict[str, datetime]:
    since: dict[str, datetime] = {}
    for name in names:
        client.hsetnx(FIRST_SEEN, name, now.isoformat())
        found = cast("bytes", client.hget(FIRST_SEEN, name))
        first = unless_ahead(datetime.fromisoformat(found.decode()), now)
        if first is None:
            client.hset(FIRST_SEEN, name, now.isoformat())
        since[name] = first or now
    return since


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
