"""Two small reads that must not grow with the organisation: the top of the tree, and the first names of all.

They are compared with the bare driver, which runs hand-written statements: the tree with its depth as a literal and the
top from the index, the names from the index that has them in order.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
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
ROUNDS = 40

TREE = "{ tree(depth: 2) { depth parent unit { uuid name } } }"
TREE_BY_HAND = """
MATCH (top:Unit {top: true})
MATCH way = (top)<-[parts:PART_OF*0..2]-(n:Unit {active: true})
WHERE all(part IN parts WHERE part.from <= $at AND (part.to IS NULL OR part.to > $at))
WITH n, size(parts) AS depth, nodes(way) AS line
ORDER BY [u IN line | u.sort_key + u.uuid]
RETURN depth, CASE depth WHEN 0 THEN null ELSE line[-2].uuid END AS parent, {uuid: n.uuid, name: n.name} AS unit
"""
NAMES = "{ persons(first: 50, order: NAME) { nodes { uuid name } } }"
NAMES_BY_HAND = """
MATCH (n:Person)
USING INDEX n:Person(sort_key, uuid)
WHERE n.sort_key IS NOT NULL AND n.uuid IS NOT NULL AND n.active
RETURN n.uuid AS uuid, n.name AS name
ORDER BY n.sort_key, n.uuid
LIMIT 50
"""


def measure(addresses: Addresses, driver: neo4j.Driver, keyring: Keyring, size: str, today: date) -> Iterator[Measured]:
    """The median of forty rounds each, in turns. Raises RuntimeError if the answers differ."""
    for what, question, by_hand, shown in (
        ("tree(depth: 2)", TREE, TREE_BY_HAND, lambda data: data["tree"]),
        ("persons(first: 50, order: NAME)", NAMES, NAMES_BY_HAND, lambda data: data["persons"]["nodes"]),
    ):
        yield _measured(addresses, driver, keyring, size, today, what, question, by_hand, shown)


def _measured(
    addresses: Addresses,
    driver: neo4j.Driver,
    keyring: Keyring,
    size: str,
    today: date,
    what: str,
    question: str,
    by_hand: str,
    shown: Callable[[Any], Any],
) -> Measured:
    async def rounds() -> tuple[list[float], list[float], int]:
        ours, theirs, count = [], [], 0
        async with connect_async(addresses.bolt_uri, addresses.user, addresses.password) as reading:
            reader = Reader(reading, driver, keyring)
            for _ in range(ROUNDS):
                started = time.perf_counter()
                answer = await reader.answer(question_of(question, None), {}, frozenset(), "benchmark")
                between = time.perf_counter()
                async with reading.session(default_access_mode=neo4j.READ_ACCESS) as session:
                    plain = orjson.dumps([dict(each) async for each in await session.run(by_hand, at=today)])
                theirs.append(time.perf_counter() - between)
                ours.append(between - started)
            assert isinstance(answer, bytes)  # a small one is not streamed
            told = shown(orjson.loads(answer)["data"])
            if told != orjson.loads(plain):
                raise RuntimeError(f"{what}: GraphQL and the hand-written statement answer differently")
            count = len(told)
        return sorted(ours), sorted(theirs), count

    ours, theirs, count = asyncio.run(rounds())
    middle = ROUNDS // 2
    return Measured(
        f"GraphQL: {what}", "the bare driver, one Cypher", size, "s", ours[middle], theirs[middle],
        ours[middle] / theirs[middle], GOAL, True, {"rows": count},
    )  # fmt: skip
