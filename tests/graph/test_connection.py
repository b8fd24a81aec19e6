"""What the driver would give up, though it is worth another try; and how it sends moments."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import neo4j
import pytest
from neo4j.exceptions import ClientError, DatabaseUnavailable, ResultFailedError

from graph.time import COPENHAGEN


class Failing:
    """A transaction whose first try fails since another statement of it did."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause
        self.tries = 0

    def __call__(self, tx: neo4j.ManagedTransaction) -> None:
        self.tries += 1
        if self.tries == 1:
            raise ResultFailedError(None, "failed with another") from self.cause


def test_a_result_that_failed_with_another_is_tried_again_as_that_one(driver: neo4j.Driver) -> None:
    passing, lasting = Failing(DatabaseUnavailable("passes")), Failing(ClientError("lasts"))
    with driver.session() as session:
        session.execute_write(passing)
        with pytest.raises(ResultFailedError):
            session.execute_write(lasting)
    assert (passing.tries, lasting.tries) == (2, 1)


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
