"""The service is ready only when the first clients need not wait."""

import asyncio
from typing import Any

import neo4j
import orjson
from starlette.requests import Request
from structlog.testing import capture_logs

from api.availability import Availability, Away
from api.http.health import ready
from api.http.page_questions import ask_ahead
from api.http.warming import AT_ONCE, Warming
from tests.api.reads.asking import Asking

REQUEST = Request({"type": "http"})


class Once:
    """Neo4j comes a moment after the service."""

    def __init__(self, asking: Asking) -> None:
        self.reader = asking.reader
        self.asked = 0

    async def answer(self, *question: Any) -> Any:
        self.asked += 1
        if self.asked == 1:
            raise Away
        return await self.reader.answer(*question)


def test_ready_comes_after_warming_up(asking: Asking, driver: neo4j.Driver) -> None:
    once = Once(asking)
    warming = Warming(once, driver)  # type: ignore[arg-type]

    async def told() -> list[Any]:
        availability = Availability(asking.reader.reading)
        before = await ready(availability, warming, None, REQUEST)
        warming.begin()
        assert warming._task is not None
        await warming._task
        after = await ready(availability, warming, None, REQUEST)
        await warming.close()
        await availability.close()
        return [(each.status_code, orjson.loads(each.body)) for each in (before, after)]

    with capture_logs() as lines:
        before, after = asking.runner.run(told())
    assert before == (503, {"ready": False, "service": "warming up"})
    assert after == (200, {"ready": True})
    assert once.asked > AT_ONCE
    assert not [each for each in lines if each["event"].endswith("not_warmed_up")]


def test_what_cannot_be_warmed_up_is_told_and_holds_up_nothing() -> None:
    class Broken:
        async def answer(self, *question: Any) -> Any:
            raise ValueError

    warming = Warming(Broken(), "no driver")  # type: ignore[arg-type]
    with capture_logs() as lines:
        asyncio.run(warming._warm())
    assert warming.is_done
    assert [each["event"] for each in lines] == ["not_warmed_up"]
    with capture_logs() as lines:
        asyncio.run(warming._warm_rights())
    assert [(each["event"], each["error"]) for each in lines] == [("rights_not_warmed_up", "AttributeError")]


def test_what_pages_ask_is_asked_ahead_of_them(asking: Asking, driver: neo4j.Driver) -> None:
    """As one who reads all, and as a manager, who may not read the third; each of a unit and of a person. What reads
    CPR numbers is not asked: it would be a reading that nobody made."""
    texts = (
        "query A($uuid: ID!, $at: Date, $all: Boolean!) { unit(uuid: $uuid, at: $at) { name @include(if: $all) } }",
        'query B($unit: ID!) { nearest(role: "manager", unit: $unit) { reason } }',
        "query C($from: Date) { personReads(from: $from) { by } }",
        "query D($uuid: ID!, $cpr: Boolean!) { person(uuid: $uuid) { name cpr @include(if: $cpr) } }",
    )
    readings = "MATCH (r:CprReading) RETURN count(r) AS count"
    before = driver.execute_query(readings).records[0]["count"]
    assert asking.runner.run(ask_ahead(asking.reader, texts)) == 4 + 4 + 2
    assert driver.execute_query(readings).records[0]["count"] == before
    warming = Warming(asking.reader, driver)

    async def twice() -> bool:
        warming.ask_ahead(texts)
        first = warming._ahead
        warming.ask_ahead(texts)
        await warming.close()
        return first is warming._ahead

    assert asking.runner.run(twice())
