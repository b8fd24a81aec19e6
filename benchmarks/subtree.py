"""The same reads by a caller whose roles hold everywhere, and by one whose roles hold in a subtree with all of it.

The read with rights everywhere leaves out the question of where each thing lies, which has to be asked of each one. To
count all employments takes two accesses of the graph for each; to count those in some units, it takes the links from
the units to them with their days as well, which makes six. So the goal can't be reached for the count, whatever the
statement, as long as the graph keeps no counts for each unit.

The others are at 1.4 to 1.7, nearly all of it in Neo4j: two links and their days for each thing. Nodes' ids instead of
UUIDs would save a fifth of what is more; but ids may be another unit's once the graph is restored from a copy.
"""

import asyncio
import time
from collections.abc import Iterator

import neo4j
import orjson

from api.access.held import subtree
from api.access.rights import Access
from api.access.roles import ROLES
from api.reads.question import question_of
from api.reads.reader import Reader
from benchmarks.measured import Measured
from graph.connection import connect_async
from graph.cpr.keyring import Keyring
from reconnect.embedded import Addresses

GOAL = 1.2
ROUNDS = 30
READS = {
    "50 persons by name": "{ persons(first: 50, order: NAME) { nodes { uuid name } } }",
    "500 persons with their employments": (
        "{ persons(first: 500) { nodes { uuid name employments { uuid title unit { uuid name } } } } }"
    ),
    "5000 employments with unit and person": (
        "{ employments(first: 5000) { nodes { uuid title unit { uuid name } person { uuid name } } } }"
    ),
    "the tree": "{ tree { depth unit { uuid name } } }",
    "counting employments": "{ employments(first: 1) { totalCount } }",
    "500 changes": "{ changes(first: 500) { nodes { number kind uuid operation } } }",
}
"""Each reads what lies in the subtree and is employed there, so both callers have the same answer."""


def measure(addresses: Addresses, driver: neo4j.Driver, keyring: Keyring, size: str) -> Iterator[Measured]:
    """The median of thirty rounds each, in turns. Raises RuntimeError if the answers differ."""
    yield from asyncio.run(_measured(addresses, driver, keyring, size))


async def _measured(addresses: Addresses, driver: neo4j.Driver, keyring: Keyring, size: str) -> list[Measured]:
    found = []
    rows, _, _ = driver.execute_query("MATCH (u:Unit) WHERE NOT (u)-[:PART_OF]->() RETURN collect(u.uuid) AS tops")
    async with connect_async(addresses.bolt_uri, addresses.user, addresses.password) as reading:
        roles = frozenset(ROLES)
        units = await subtree(reading, rows[0]["tops"])
        everywhere = Access("everywhere", roles)
        within = Access("within", roles, None, dict.fromkeys(roles, units))
        reader = Reader(reading, driver, keyring)

        async def read(text: str, access: Access) -> tuple[float, bytes]:
            started = time.perf_counter()
            answer = await reader.answer(
                question_of(text, None), {}, access.fields(), access.name, roles=access.everywhere, access=access
            )
            whole = answer if isinstance(answer, bytes) else b"".join([piece async for piece in answer])
            return time.perf_counter() - started, whole

        for what, text in READS.items():
            ours, theirs = [], []
            for _ in range(ROUNDS):
                seconds, limited = await read(text, within)
                ours.append(seconds)
                seconds, plain = await read(text, everywhere)
                theirs.append(seconds)
            if orjson.loads(limited)["data"] != orjson.loads(plain)["data"]:
                raise RuntimeError(f"{what}: the answers differ")
            mine, other = sorted(ours)[ROUNDS // 2], sorted(theirs)[ROUNDS // 2]
            found.append(
                Measured(
                    f"Rights in a subtree: {what}",
                    "the same read with rights everywhere",
                    size,
                    "s",
                    mine,
                    other,
                    mine / other,
                    GOAL,
                    True,
                    {"units": len(units)},
                )
            )
    return found
