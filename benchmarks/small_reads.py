"""Small GraphQL reads a second, sixteen clients at a time, against a bare endpoint that runs the same Cypher.

The Cypher is the API's own: it is taken down while the API answers one of the questions.
"""

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Any

import neo4j
import orjson

from api.access.tokens import create
from api.reads.question import question_of
from api.reads.reader import Reader
from benchmarks.endpoints import serving
from benchmarks.load_client import per_second, post
from benchmarks.measured import Measured
from graph.connection import connect_async
from graph.cpr.keyring import Keyring
from reconnect.embedded import Addresses

GOAL = 0.7
CLIENTS, SECONDS, ROUNDS, QUESTIONS = 16, 5.0, 3, 400

QUESTION = """
query Colleague($uuid: ID) {
  person(uuid: $uuid) {
    uuid name
    employments { number title position { code title } unit { uuid name parent { name } } }
  }
}
"""


class Taken:
    """A driver that takes down what it is asked, and asks the real one."""

    def __init__(self, driver: neo4j.AsyncDriver) -> None:
        self._driver = driver
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def session(self, **options: Any) -> "TakenSession":
        return TakenSession(self, self._driver.session(**options))


class TakenSession:
    """See ``Taken``."""

    def __init__(self, taken: Taken, session: neo4j.AsyncSession) -> None:
        self._taken = taken
        self._session = session

    async def __aenter__(self) -> "TakenSession":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._session.close()

    async def run(self, query: Any, parameters: dict[str, Any] | None = None, **more: Any) -> neo4j.AsyncResult:
        self._taken.asked.append((getattr(query, "text", query), {**(parameters or {}), **more}))
        return await self._session.run(query, parameters, **more)


async def cypher_of(addresses: Addresses, driver: neo4j.Driver, uuid: str) -> tuple[str, dict[str, Any]]:
    """The statement, and its parameters, that the API makes of the question."""
    async with connect_async(addresses.bolt_uri, addresses.user, addresses.password) as reading:
        taken = Taken(reading)
        reader = Reader(taken, driver, Keyring.generate())  # type: ignore[arg-type]
        await reader.answer(question_of(QUESTION, None), {"uuid": uuid}, frozenset(), "benchmark")
    ((text, parameters),) = [each for each in taken.asked if uuid in each[1].values()]
    return text, parameters


def measure(addresses: Addresses, driver: neo4j.Driver, size: str) -> Measured:
    """The best of three rounds each, in turns, after a round to warm up. Raises RuntimeError for wrong answers."""
    rows, _, _ = driver.execute_query(
        "MATCH (p:Person {active: true}) RETURN p.uuid AS uuid ORDER BY p.uuid LIMIT $count", count=QUESTIONS
    )
    uuids = [row["uuid"] for row in rows]
    statement, parameters = asyncio.run(cypher_of(addresses, driver, uuids[0]))
    ((varying, _),) = [(name, value) for name, value in parameters.items() if value == uuids[0]]
    dates = {name: value for name, value in parameters.items() if value is None or isinstance(value, date)}
    if set(parameters) != {varying, *dates}:
        raise RuntimeError(f"unexpected parameters: {sorted(parameters)}")
    token = create(driver, f"benchmark {size}", ["reader"])
    asked = [post("/graphql", {"query": QUESTION, "variables": {"uuid": uuid}}, token) for uuid in uuids]
    plain = [post("/", {varying: uuid}) for uuid in uuids]
    ours, theirs = [], []
    with serving(addresses, "api") as api_port, serving(addresses, "bare", statement, **dates) as bare_port:
        for number in range(ROUNDS + 1):
            bare, expected = per_second("127.0.0.1", bare_port, plain, CLIENTS, SECONDS)
            api, answers = per_second("127.0.0.1", api_port, asked, CLIENTS, SECONDS)
            if number:
                ours.append(api)
                theirs.append(bare)
        for one, other in zip(answers, expected, strict=True):
            if one and other:
                _compare(one, other)
    return Measured(
        "small GraphQL reads", "bare starlette + driver, same Cypher", size, "per s", max(ours), max(theirs),
        max(ours) / max(theirs), GOAL, False, {"clients": CLIENTS, "questions": len(uuids)},
    )  # fmt: skip


def _compare(answer: bytes, plain: bytes) -> None:
    """What GraphQL answers is among what the bare endpoint answers (beside keys that the API keeps to itself)."""
    person = orjson.loads(answer)["data"]["person"]
    if not any(
        all(found.get(name) == value for name, value in person.items())
        for found in _objects(orjson.loads(plain))
        if "uuid" in found
    ):
        raise RuntimeError("the API and the bare endpoint answer differently")


def _objects(told: object) -> Iterator[dict[str, Any]]:
    """All objects within an answer."""
    if isinstance(told, dict):
        yield told
    for each in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from _objects(each)
