"""A large read through GraphQL: every person, twelve fields, with employments and the names of their units.

It is compared with the bare driver, which runs one hand-written Cypher statement (pattern comprehensions in blocks of
500 rows) and writes its rows with orjson. The answers must be equal; both are read to the end and discarded.

The hand-written statement promises no order. Ours has one, of persons and of employments, so that a cursor can go on
from any of them.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import neo4j
import orjson

from api.availability import Availability
from api.reads.question import question_of
from api.reads.reader import Reader
from benchmarks.cpu_time import in_turns, ratios
from benchmarks.measured import Measured
from graph.connection import connect_async
from graph.cpr.keyring import Keyring
from reconnect.embedded import Addresses

GOAL = 1.15
ROUNDS = 9
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
WITH p
LIMIT $first
WITH collect(p) AS found
UNWIND range(0, size(found) - 1, 500) AS start
RETURN [
    p IN found[start..start + 500] | {
        uuid: p.uuid, name: p.name, givenName: p.given_name, surname: p.surname,
        addressProtected: p.address_protected,
        employments: [
            (p)-[has:HAS]->(e:Employment)
            WHERE e.active AND has.from <= $at AND (has.to IS NULL OR has.to > $at) | {
                uuid: e.uuid, number: e.number, title: e.title, type: e.type, weeklyHours: e.weekly_hours,
                positionCode: e.position_code,
                unit: head([
                    (e)-[works:IN]->(u:Unit)
                    WHERE u.active AND works.from <= $at AND (works.to IS NULL OR works.to > $at) | {name: u.name}
                ])
            }
        ]
    }
] AS rows
"""


def measure(addresses: Addresses, driver: neo4j.Driver, keyring: Keyring, size: str, today: date) -> Measured:
    """The fastest of the rounds, in turns. Raises RuntimeError if the answers differ."""
    with asyncio.Runner() as runner:
        reading = runner.run(_opened(addresses))
        reader = Reader(reading, driver, keyring, availability=Availability(reading))

        def ours() -> bytes:
            # Not ``runner.run``: it asks for the handler of signals, and Python then writes the whole answer as text,
            # twice, for the words of an error that nobody reads.
            return runner.get_loop().run_until_complete(through_the_api(reader))

        (our, their), (answer, plain) = in_turns(driver, ROUNDS, ours, lambda: bare(driver, today))
        runner.run(reading.close())
    assert isinstance(answer, bytes) and isinstance(plain, bytes)
    told = _by_uuid(orjson.loads(answer)["data"]["persons"]["nodes"])
    if told != _by_uuid(orjson.loads(plain)):
        raise RuntimeError("GraphQL and the hand-written statement answer differently")
    ratio, notes = ratios(our, their)
    return Measured(
        "GraphQL: persons × 12 fields", "the bare driver, pattern comprehensions, orjson", size, "s", min(our.wall),
        min(their.wall), ratio, GOAL, True, {"persons": len(told), "megabytes": round(len(answer) / 1e6, 1), **notes},
    )  # fmt: skip


def bare(driver: neo4j.Driver, today: date) -> bytes:
    """The alternative."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        blocks = (orjson.dumps(record["rows"])[1:-1] for record in session.run(BY_HAND, first=PERSONS, at=today))
        return b"[" + b",".join(blocks) + b"]"


async def _opened(addresses: Addresses) -> neo4j.AsyncDriver:
    return connect_async(addresses.bolt_uri, addresses.user, addresses.password)


async def through_the_api(reader: Reader) -> bytes:
    """Parse, validate, check, compile, run and write, as the web service does; read to the end."""
    answer = await reader.answer(question_of(QUESTION, None), {"first": PERSONS}, frozenset(), "benchmark")
    return answer if isinstance(answer, bytes) else await _drained(answer)


async def _drained(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def _by_uuid(persons: list[dict[str, Any]]) -> dict[str, Any]:
    for person in persons:
        person["employments"].sort(key=lambda each: each["uuid"])
    return {person["uuid"]: person for person in persons}
