"""Small reads through GraphQL, many at a time, against a bare endpoint that answers the same by one Cypher statement.

Both run in a process of their own, under the same server, with the program's settings of Python's garbage collector.

The goal of answers a second is missed (0.60 to 0.74 on a busy machine; p99 0.8 to 1.6). Ours takes one round trip to
Neo4j as well, but more of Python's time. What it takes beyond theirs is spread: the middleware and its line in the log,
the request's body, the caller, the budget, the variables, two waits that end if Neo4j goes away, and the answer's JSON.
"""

from datetime import date
from typing import Any

import neo4j
import orjson

from api.access.tokens import create
from benchmarks.endpoints import serving
from benchmarks.load_client import Load, asked, post
from benchmarks.measured import Measured
from reconnect.embedded import Addresses

GOAL, SLOWEST_GOAL = 0.85, 2.0
CLIENTS, SECONDS, ROUNDS, QUESTIONS = 16, 4.0, 5, 400

QUESTION = """
query Colleague($uuid: ID) {
  person(uuid: $uuid) {
    uuid name
    employments { number title position { code title } unit { uuid name parent { name } } }
  }
}
"""
BY_HAND = """
MATCH (p:Person {uuid: $uuid})
WHERE p.active
RETURN {
    uuid: p.uuid, name: p.name,
    employments: [
        (p)-[has:HAS]->(e:Employment)
        WHERE e.active AND has.from <= $at AND (has.to IS NULL OR has.to > $at) | {
            number: e.number, title: e.title,
            position: head([
                (e)-[as:AS]->(position:Position)
                WHERE position.active AND as.from <= $at AND (as.to IS NULL OR as.to > $at) |
                {code: position.code, title: position.title}
            ]),
            unit: head([
                (e)-[works:IN]->(unit:Unit)
                WHERE unit.active AND works.from <= $at AND (works.to IS NULL OR works.to > $at) | {
                    uuid: unit.uuid, name: unit.name,
                    parent: head([
                        (unit)-[part:PART_OF]->(parent:Unit)
                        WHERE parent.active AND part.from <= $at AND (part.to IS NULL OR part.to > $at) |
                        {name: parent.name}
                    ])
                }
            ])
        }
    ]
} AS person
"""


def measure(addresses: Addresses, driver: neo4j.Driver, size: str, today: date) -> list[Measured]:
    """The best of the rounds, in turns, after one for warm-up. Raises RuntimeError for wrong answers."""
    rows, _, _ = driver.execute_query(
        "MATCH (p:Person {active: true}) RETURN p.uuid AS uuid ORDER BY p.uuid LIMIT $count", count=QUESTIONS
    )
    uuids = [row["uuid"] for row in rows]
    token = create(driver, f"benchmark {size}", ["reader"])
    questions = [post("/graphql", {"query": QUESTION, "variables": {"uuid": uuid}}, token) for uuid in uuids]
    plain = [post("/", {"uuid": uuid}) for uuid in uuids]
    ours: list[Load] = []
    theirs: list[Load] = []
    with serving(addresses, "api") as api, serving(addresses, "bare", BY_HAND, at=today) as bare:
        for number in range(ROUNDS + 1):
            their = asked("127.0.0.1", bare, plain, CLIENTS, SECONDS)
            our = asked("127.0.0.1", api, questions, CLIENTS, SECONDS)
            if number:
                ours.append(our)
                theirs.append(their)
            for answer, expected in zip(our.answers, their.answers, strict=True):
                if answer and expected:
                    _compare(answer, expected)
    many, slowest = (
        [max(each.per_second for each in loads) for loads in (ours, theirs)],
        [min(each.slowest for each in loads) for loads in (ours, theirs)],
    )
    notes: dict[str, float | int | str] = {"clients": CLIENTS, "questions": len(uuids)}
    against = "bare starlette + driver, one Cypher"
    return [
        Measured(
            "small GraphQL reads", against, size, "per s", many[0], many[1], many[0] / many[1], GOAL, False, notes
        ),
        Measured(
            "small GraphQL reads, p99", against, size, "s", slowest[0], slowest[1], slowest[0] / slowest[1],
            SLOWEST_GOAL, True, notes,
        ),
    ]  # fmt: skip


def _compare(answer: bytes, plain: bytes) -> None:
    person, expected = orjson.loads(answer)["data"]["person"], orjson.loads(plain)[0]["person"]
    if _sorted(person) != _sorted(expected):
        raise RuntimeError("the API and the bare endpoint answer differently")


def _sorted(person: dict[str, Any]) -> dict[str, Any]:
    return {**person, "employments": sorted(person["employments"], key=lambda each: str(each["number"]))}
