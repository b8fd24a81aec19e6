"""A large read through GraphQL: every person, twelve fields, with employments and the names of their units.

Against the bare driver that runs one hand-written Cypher statement and writes its rows with orjson. Both answers are
compared, both are drained into nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import neo4j
import orjson

from api.reads.question import question_of
from api.reads.reader import Reader
from benchmarks.measured import Measured
from graph.connection import connect_async
from graph.cpr.keyring import Keyring
from reconnect.embedded import Addresses

GOAL = 1.3
ROUNDS = 3
PERSONS = 50_000

QUESTION = """
query Everybody($first: Int) {
  persons(first: $first) {
    nodes {
      uuid name givenName surname addressProtected
      employments { uuid number title type weeklyHours positionCode unit { name } }
    }
  }
}
"""
BY_HAND = """
MATCH (p:Person {active: true})
WITH p LIMIT $first
RETURN p.uuid AS uuid, p.name AS name, p.given_name AS givenName, p.surname AS surname,
       p.address_protected AS addressProtected,
       COLLECT {
           MATCH (p)-[has:HAS]->(e:Employment {active: true})
           WHERE has.from <= $at AND (has.to IS NULL OR has.to > $at)
           RETURN {
               uuid: e.uuid, number: e.number, title: e.title, type: e.type, weeklyHours: e.weekly_hours,
               positionCode: e.position_code,
               unit: head(COLLECT {
                   MATCH (e)-[works:IN]->(u:Unit {active: true})
                   WHERE works.from <= $at AND (works.to IS NULL OR works.to > $at)
                   RETURN {name: u.name}
               })
           }
       } AS employments
"""


def measure(addresses: Addresses, driver: neo4j.Driver, keyring: Keyring, size: str, today: date) -> Measured:
    """The fastest of three rounds each, in turns. Raises RuntimeError where the answers differ."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        plain = bare(driver, today)
        between = time.perf_counter()
        answer = asyncio.run(through_the_api(addresses, driver, keyring))
        ended = time.perf_counter()
        theirs.append(between - started)
        ours.append(ended - between)
    told = _by_uuid(orjson.loads(answer)["data"]["persons"]["nodes"])
    if told != _by_uuid(orjson.loads(plain)):
        raise RuntimeError("GraphQL and the hand-written statement answer differently")
    return Measured(
        "GraphQL: persons × 12 fields", "the bare driver, one Cypher, orjson", size, "s", min(ours), min(theirs),
        min(ours) / min(theirs), GOAL, True, {"persons": len(told), "megabytes": round(len(answer) / 1e6, 1)},
    )  # fmt: skip


def bare(driver: neo4j.Driver, today: date) -> bytes:
    """The alternative."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return orjson.dumps([dict(record) for record in session.run(BY_HAND, first=PERSONS, at=today)])


async def through_the_api(addresses: Addresses, driver: neo4j.Driver, keyring: Keyring) -> bytes:
    """Parse, validate, check, compile, run and write, as the web service does; drained to the end."""
    async with connect_async(addresses.bolt_uri, addresses.user, addresses.password) as reading:
        reader = Reader(reading, driver, keyring)
        question = question_of(QUESTION, None)
        answer = await reader.answer(question, {"first": PERSONS}, frozenset(), "benchmark")
        return answer if isinstance(answer, bytes) else await _drained(answer)


async def _drained(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def _by_uuid(persons: list[dict[str, Any]]) -> dict[str, Any]:
    for person in persons:
        person["employments"].sort(key=lambda each: each["uuid"])
    return {person["uuid"]: person for person in persons}
