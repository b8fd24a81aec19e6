"""What the driver gets wrong: whose connection it reads from, and how it sends moments."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import neo4j
import pytest
from neo4j.exceptions import ClientError

from graph.connection import connect, connect_async
from graph.time import COPENHAGEN
from reconnect.embedded import Addresses


@pytest.fixture
def shared(addresses: Addresses) -> Iterator[neo4j.Driver]:
    """A driver whose only connection is the next thread's as soon as one gives it back."""
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as opened:
        opened._pool.pool_config.max_connection_pool_size = 1
        yield opened


def test_a_failed_transaction_leaves_its_connection(clean_graph: neo4j.Driver, shared: neo4j.Driver) -> None:
    next_ones: list[neo4j.Transaction] = []

    def written(tx: neo4j.ManagedTransaction) -> None:
        try:
            tx.run("RETURN 1 / 0 AS nothing").consume()
        finally:
            next_ones.append(other.begin_transaction())
            next_ones[0].run("CREATE (:Taken)")

    with shared.session() as session, shared.session() as other:
        with pytest.raises(ClientError, match="/ by zero"):
            session.execute_write(written)
        next_ones[0].run("CREATE (:Taken)")
        next_ones[0].commit()
    assert clean_graph.execute_query("MATCH (t:Taken) RETURN count(t) AS made").records[0]["made"] == 2


def test_a_failed_read_leaves_its_connection(addresses: Addresses) -> None:
    async def read() -> int:
        async with connect_async(addresses.bolt_uri, addresses.user, addresses.password) as shared:
            shared._pool.pool_config.max_connection_pool_size = 1
            async with shared.session() as session, shared.session() as other:
                next_ones: list[neo4j.AsyncTransaction] = []

                async def asked(tx: neo4j.AsyncManagedTransaction) -> None:
                    try:
                        await (await tx.run("RETURN 1 / 0 AS nothing")).consume()
                    finally:
                        next_ones.append(await other.begin_transaction())
                        await next_ones[0].run("RETURN 1 AS one")

                with pytest.raises(ClientError, match="/ by zero"):
                    await session.execute_read(asked)
                row = await (await next_ones[0].run("RETURN 2 AS two")).single(strict=True)
                await next_ones[0].commit()
                return int(row["two"])

    assert asyncio.run(read()) == 2


SUMMER, WINTER = datetime(2026, 7, 1, 12, 30, tzinfo=COPENHAGEN), datetime(2026, 1, 1, tzinfo=COPENHAGEN)
TWICE = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=COPENHAGEN)
ELSEWHERE = datetime(2026, 7, 1, 12, 30, tzinfo=timezone(timedelta(hours=-5)))


@pytest.mark.parametrize(
    "parameters",
    [
        {"at": SUMMER},
        {"at": [WINTER, TWICE]},
        {"at": ({"of": {"each": [SUMMER, None, WINTER]}, "day": date(2026, 7, 1)},)},
        {"at": [ELSEWHERE, datetime(2026, 7, 1, 12, 30, 15, 123456, UTC)]},
        {"at": datetime(1969, 12, 31, 23, 59, 59, 1, UTC)},
        {"at": datetime(1890, 1, 1, tzinfo=COPENHAGEN)},  # Copenhagen's own time: 50 minutes and 20 seconds ahead
    ],
)
def test_a_moment_is_sent_in_utc_whatever_its_zone(driver: neo4j.Driver, parameters: Mapping[str, Any]) -> None:
    for _ in range(50):  # what zoneinfo read of the driver's own moments was another's memory, now and then
        [record] = driver.execute_query("RETURN $at AS at", parameters).records
    kept = list(_moments(record["at"]))
    assert [each.to_native() for each in kept] == [each.astimezone(UTC) for each in _moments(parameters["at"])]
    assert {each.iso_format()[-6:] for each in kept} == {"+00:00"}


def test_a_moment_without_a_zone_is_not_sent(driver: neo4j.Driver) -> None:
    with pytest.raises(ValueError, match="2026-07-01T00:00:00 was to be sent to Neo4j without a time zone"):
        driver.execute_query("RETURN $at AS at", at=[{"day": datetime(2026, 7, 1)}])
    assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1


def _moments(value: Any) -> Any:
    """Of a value as it is sent, or as it comes back: its moments, in order."""
    if isinstance(value, datetime | neo4j.time.DateTime):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _moments(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _moments(each)
