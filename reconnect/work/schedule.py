"""Puts each planned job on the queue when its time has come, and what was due while no worker ran when one starts.

Up to when a job was put is kept in Redis, so that several workers put it once, and a restart at that minute loses
nothing. What was due more than a day ago is left out, and several times that were missed are one.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import redis
from structlog.stdlib import get_logger

from reconnect.context import Context
from reconnect.settings.cron import next_after
from reconnect.work import queue
from reconnect.work.queue import Planned

KEY = "reconnect:scheduled"
"""Redis hash, a field a planned job: up to when it was put on the queue, and the expression that said when."""
EVERY = 1.0
"""Seconds between two looks."""
_MISSED = timedelta(days=1)
_AHEAD = timedelta(minutes=1)
"""By how much another machine's clock may differ; what is further ahead was noted by a clock that went wrong."""

_log = get_logger("reconnect.work.schedule")


def _now() -> datetime:
    return datetime.now(UTC)


class Schedule:
    """The planned jobs, and when each is due next. ``now``: the moment in UTC."""

    def __init__(self, context: Context, planned: Sequence[Planned], now: Callable[[], datetime] = _now) -> None:
        self._context = context
        self._planned = planned
        self._now = now
        self._next: dict[str, datetime | None] = {}

    def look(self) -> None:
        """Put what is due on the queue. Raises redis.RedisError, and puts it with a later look."""
        now = self._now()
        if all(each.name in self._next and not self._is_due(each, now) for each in self._planned):
            return
        with self._context.redis() as client:
            for each in self._planned:
                if each.name not in self._next:
                    self._next[each.name] = next_after(each.times, self._begun(client, each, now))
                if self._is_due(each, now):
                    self._put(client, each, now)

    def _is_due(self, planned: Planned, now: datetime) -> bool:
        moment = self._next[planned.name]
        return moment is not None and moment <= now

    def _begun(self, client: redis.Redis, planned: Planned, now: datetime) -> datetime:
        """After when the job's times count. A job that is planned anew begins now."""
        kept = self._kept(client, planned, now)
        if kept is None:
            self._keep(client, planned, now)
            return now
        return max(min(kept, now), now - _MISSED)

    def _put(self, client: redis.Redis, planned: Planned, now: datetime) -> None:
        moment, kept = cast(datetime, self._next[planned.name]), self._kept(client, planned, now)
        if kept is None or kept < moment:
            asyncio.run(self._queued(planned))
            self._keep(client, planned, now)
            if now - moment > _AHEAD:
                _log.info("missed, and put on the queue now", job=planned.name, due=moment.isoformat())
        self._next[planned.name] = next_after(planned.times, now)

    async def _queued(self, planned: Planned) -> None:
        async with queue.opened(self._context.redis_url()) as opened:
            await opened.put(planned.function, *planned.arguments)

    def _kept(self, client: redis.Redis, planned: Planned, now: datetime) -> datetime | None:
        found = cast("bytes | None", client.hget(KEY, planned.name))
        if found is None:
            return None
        moment, _, expression = found.decode().partition(" ")
        kept = datetime.fromisoformat(moment)
        return kept if expression == planned.at and kept <= now + _AHEAD else None

    def _keep(self, client: redis.Redis, planned: Planned, now: datetime) -> None:
        client.hset(KEY, planned.name, f"{now.isoformat()} {planned.at}")
