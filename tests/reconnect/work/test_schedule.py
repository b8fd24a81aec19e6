"""Planned jobs are put on the queue at their times, once, whatever happens to workers at that minute."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from reconnect.embedded import Addresses
from reconnect.work.queue import Planned
from reconnect.work.schedule import Schedule

FIVE = Planned("import sd", "0 5 * * *", "import", ("sd",))  # 04:00 UTC in winter
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)


class Clock:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def client(addresses: Addresses) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(addresses.redis_url) as made:
        made.flushdb()
        yield made
        made.flushdb()


@pytest.fixture
def worker(addresses: Addresses) -> Callable[..., Schedule]:
    context: Any = SimpleNamespace(
        redis_url=lambda: addresses.redis_url, redis=lambda: redis.Redis.from_url(addresses.redis_url)
    )
    return lambda clock, *planned: Schedule(context, planned or (FIVE,), clock)


def taken(client: redis.Redis) -> int:
    """How many jobs wait; a worker takes them, and they are done."""
    waiting = client.zcard("reconnect:queue")
    for each in ("reconnect:queue", *client.scan_iter(match="arq:*")):
        client.delete(each)
    return int(waiting)  # type: ignore[arg-type]


def test_several_workers_put_a_job_once(client: redis.Redis, worker: Callable[..., Schedule]) -> None:
    clock = Clock(MIDNIGHT)
    workers = [worker(clock), worker(clock)]
    found = []
    for _ in range(3 * 24):
        for each in workers:
            each.look()
            if taken(client):
                found.append(clock.moment)
        clock.moment += timedelta(hours=1)
    assert found == [MIDNIGHT + timedelta(days=n, hours=4) for n in range(3)]


@pytest.mark.parametrize("away", [timedelta(minutes=1), timedelta(hours=20), timedelta(days=3)])
def test_what_was_due_while_no_worker_ran_is_put_once(
    client: redis.Redis, worker: Callable[..., Schedule], away: timedelta
) -> None:
    clock = Clock(MIDNIGHT + timedelta(hours=3, minutes=59, seconds=50))
    worker(clock).look()
    assert taken(client) == 0, "a new installation runs nothing at its start"
    clock.moment += away
    for _ in range(2):
        worker(clock).look()
    assert taken(client) == 1
    worker(clock).look()
    assert taken(client) == 0


def test_another_expression_and_a_clock_that_was_ahead_begin_anew(
    client: redis.Redis, worker: Callable[..., Schedule]
) -> None:
    clock = Clock(MIDNIGHT)
    worker(clock).look()
    clock.moment += timedelta(hours=12)
    worker(clock, Planned("import sd", "0 6 * * *", "import", ("sd",))).look()
    assert taken(client) == 0
    ahead = Clock(MIDNIGHT + timedelta(days=400))
    worker(ahead).look()
    back = worker(clock)
    back.look()
    clock.moment += timedelta(days=1)
    back.look()
    assert taken(client) == 1


@pytest.mark.parametrize(
    ("times", "expected"),
    [("0,30 * * * *", ["00:00", "00:30", "01:00", "01:30"]), ("0,30 2 * * *", ["00:00", "00:30"])],
)
def test_in_the_hour_that_comes_twice_a_job_of_every_hour_runs_twice_and_another_once(
    client: redis.Redis, worker: Callable[..., Schedule], times: str, expected: list[str]
) -> None:
    clock = Clock(datetime(2026, 10, 24, 23, 59, tzinfo=UTC))
    often = worker(clock, Planned("import sd", times, "import", ("sd",)))
    found = []
    for _ in range(2 * 60):
        often.look()
        if taken(client):
            found.append(f"{clock.moment:%H:%M}")
        clock.moment += timedelta(minutes=1)
    assert found == expected
