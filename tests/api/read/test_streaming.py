"""A large answer is written as it comes, in one statement, with few rows at hand; what breaks off is told."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import neo4j
import orjson
import pytest

from api.answer import Writer
from api.given import Parameters
from api.plan import BLOCK, PageField, Plan, RootForm
from api.question import question_of
from api.reader import Reader
from tests.api.read.asking import Asking

MANY = 20_000


class Counting:
    """A driver that counts the statements that are run."""

    def __init__(self, driver: neo4j.AsyncDriver) -> None:
        self._driver = driver
        self.statements: list[str] = []

    def session(self, **options: Any) -> Any:
        session = self._driver.session(**options)
        run = session.run

        async def counted(query: Any, parameters: Mapping[str, Any]) -> neo4j.AsyncResult:
            self.statements.append(query.text)
            return await run(query, dict(parameters))

        session.run = counted  # type: ignore[method-assign,assignment]
        return session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)


@pytest.fixture(scope="module")
def many(asking: Asking) -> Asking:
    """Enough bad records that their list is streamed."""
    asking.reader.driver.execute_query(
        "UNWIND range(1, $many) AS i CREATE (:BadRecord {id: 'r' + toString(1000000 + i), text: $text, rule: 'test'})",
        many=MANY,
        text="x" * 80,
    )
    return asking


def test_a_read_of_several_root_fields_is_one_statement(asking: Asking) -> None:
    counting = Counting(asking.reader.reading)
    reader = Reader(counting, asking.reader.driver, asking.reader.keyring)  # type: ignore[arg-type]
    question = question_of(
        "{ units { totalCount nodes { parent { name } employments { person { name } } } } persons { nodes { name } } "
        'unit(key: "it") { name } }',
        None,
    )
    answer = asking.runner.run(reader.answer(question, None, frozenset(), "tests"))
    assert isinstance(answer, bytes)
    assert len(counting.statements) == 1


def test_a_large_list_comes_in_pieces(many: Asking) -> None:
    text = many.text("{ badRecords(first: 100000) { nodes { id text } totalCount pageInfo { endCursor } } }")
    assert many.chunks > MANY / BLOCK / 5
    page = orjson.loads(text)["data"]["badRecords"]
    assert page["totalCount"] == len(page["nodes"]) == MANY
    assert [each["id"] for each in page["nodes"]] == sorted(each["id"] for each in page["nodes"])
    assert page["pageInfo"]["endCursor"] == page["nodes"][-1]["id"]


def test_no_piece_is_larger_than_a_block(many: Asking) -> None:
    async def sizes() -> list[int]:
        question = question_of("{ badRecords(first: 100000) { nodes { id text } } }", None)
        answer = await many.reader.answer(question, None, frozenset(), "tests")
        assert not isinstance(answer, bytes)
        return [len(piece) async for piece in answer]

    largest = max(many.runner.run(sizes())[1:])  # the first holds what came before it was known to be large
    assert largest < BLOCK * 130


def test_who_stops_listening_frees_the_session(many: Asking) -> None:
    async def begin() -> None:
        question = question_of("{ badRecords(first: 100000) { nodes { id text } } }", None)
        answer = await many.reader.answer(question, None, frozenset(), "tests")
        assert not isinstance(answer, bytes)
        await anext(answer)
        await answer.aclose()  # type: ignore[attr-defined]

    for _ in range(120):  # more than the driver's pool has connections
        many.runner.run(begin())


def test_what_breaks_off_is_told_at_the_end_and_the_json_is_whole() -> None:
    async def records() -> AsyncIterator[Any]:
        yield [0, {"more": False, "last": "b", "total": 2}, [{"uuid": "a"}, {"uuid": "b"}]]
        yield [0, None, [{"uuid": "c"}]]
        raise ConnectionError

    async def written() -> tuple[bytes, bytes]:
        plan = Plan(
            "", Parameters(), (RootForm("units", "page", "UnitConnection", (PageField("nodes", "nodes", {}),)),), (),
            False, lambda values, lengths: 1,
        )  # fmt: skip
        writer = Writer(plan, records(), None)
        pieces = bytearray()
        try:
            async for piece in writer.pieces():
                pieces += piece
        except ConnectionError:
            return bytes(pieces), writer.closing
        raise AssertionError("the error did not come through")

    pieces, closing = asyncio.run(written())
    answer = orjson.loads(pieces + closing + b',"errors":[]}')
    assert answer["data"]["units"]["nodes"][:2] == [{"uuid": "a"}, {"uuid": "b"}]
