"""A large answer is written as it comes, in one statement, with few rows at hand; what breaks off is told."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import neo4j
import orjson
import pytest
from graphql.execution.values import VariableValues

from api.reads.compiler import Compiler
from api.reads.json_writer import Writer
from api.reads.plan import BLOCK, PageField, Plan, RootForm
from api.reads.question import SCHEMA, question_of
from api.reads.reader import Reader
from api.reads.selection import Document, select
from graph.time import today
from tests.api.reads.asking import Asking

MANY = 20_000


class Counting:
    """A driver that counts the statements that are run."""

    def __init__(self, driver: neo4j.AsyncDriver) -> None:
        self._driver = driver
        self.statements: list[str] = []
        self.looks_at_the_clock = 0

    async def execute_query(self, query: str) -> neo4j.EagerResult:
        assert "Clock" in query
        self.looks_at_the_clock += 1
        return await self._driver.execute_query(query)

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
        """
        UNWIND range(1, $many) AS i
        CREATE (:BadRecord {id: 'r' + toString(1000000 + i), text: $text, rule: 'test', learnt: datetime()})
        """,
        many=MANY,
        text="x" * 80,
    )
    return asking


def _statements(asking: Asking, text: str) -> tuple[Any, list[str]]:
    """(the data, the statements that were run)."""
    counting = Counting(asking.reader.reading)
    reader = Reader(counting, asking.reader.driver, asking.reader.keyring)  # type: ignore[arg-type]
    answer = asking.runner.run(reader.answer(question_of(text, None), None, frozenset(), "tests"))
    assert isinstance(answer, bytes)
    return orjson.loads(answer)["data"], counting.statements


def test_a_root_field_is_one_statement(asking: Asking) -> None:
    _, statements = _statements(
        asking,
        "{ units { totalCount nodes { parent { name } employments { person { name } } } } persons { nodes { name } } "
        '__typename unit(key: "it") { name } }',
    )
    assert len(statements) == 3


def test_simultaneous_reads_look_at_the_clock_once(asking: Asking) -> None:
    counting = Counting(asking.reader.reading)
    reader = Reader(counting, asking.reader.driver, asking.reader.keyring)  # type: ignore[arg-type]

    async def several() -> list[Any]:
        question = question_of("{ units { totalCount } }", None)
        return await asyncio.gather(*(reader.answer(question, None, frozenset(), "tests") for _ in range(8)))

    answers = asking.runner.run(several())
    assert len(set(answers)) == 1 and len(counting.statements) == 8
    assert counting.looks_at_the_clock == 1


def test_root_fields_that_differ_in_values_only_are_planned_once(asking: Asking) -> None:
    """Neo4j's planning must not grow with the aliases of a question."""
    keys = ["it", "social", "none of this name"]
    units = " ".join(
        f'u{n}: unit(key: "{keys[n % 3]}") {{ name children(first: {n + 1}) {{ uuid }} }}' for n in range(299)
    )
    pages = " ".join(f"p{n}: units(first: {1 + n % 3}) {{ nodes {{ name }} }}" for n in range(149))
    below = " ".join(f'b{n}: units(filter: {{below: "{keys[n % 2]}"}}) {{ nodes {{ keys }} }}' for n in range(4))
    data, statements = _statements(asking, f"{{ {units} {pages} {below} }}")
    assert len(statements) == len(data) == 299 + 149 + 4
    assert len(set(statements)) == 3
    assert data["u0"] == asking.data('{ unit(key: "it") { name children(first: 1) { uuid } } }')["unit"]
    assert data["u1"]["name"] != data["u0"]["name"] and data["u2"] is None
    assert [len(data[f"p{n}"]["nodes"]) for n in range(3)] == [1, 2, 3]
    assert data["b0"] == data["b2"] != data["b1"] == data["b3"]


def test_what_shapes_a_statement_is_counted_for_each() -> None:
    """A depth stands in the pattern, and another pattern is planned anew."""

    def parts(depths: int) -> int:
        asked = " ".join(f"t{n}: tree(depth: {1 + n % depths}) {{ unit {{ parent {{ name }} }} }}" for n in range(100))
        question = question_of(f"{{ {asked} }}", None)
        roots = select(question.operation, Document(SCHEMA, question.fragments, VariableValues({}, {})))
        return Compiler(frozenset(), today(), True).plan(roots).parts

    assert (parts(1), parts(50)) == (3, 150)


def test_a_large_list_comes_in_pieces(many: Asking) -> None:
    text = many.text("{ badRecords(first: 100000) { nodes { id text } totalCount pageInfo { endCursor } } }")
    assert many.chunks > MANY / BLOCK / 5
    page = orjson.loads(text)["data"]["badRecords"]
    assert page["totalCount"] == len(page["nodes"]) == MANY
    assert [each["id"] for each in page["nodes"]] == sorted((each["id"] for each in page["nodes"]), reverse=True)
    rest = many.data(f'{{ badRecords(after: "{page["pageInfo"]["endCursor"]}") {{ nodes {{ id }} totalCount }} }}')
    assert rest["badRecords"] == {"nodes": [], "totalCount": MANY}


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


def test_an_answer_that_breaks_off_ends_with_an_error_and_complete_json() -> None:
    async def records() -> AsyncIterator[Any]:
        yield 0, {"more": False, "last": "b", "total": 2}, [{"uuid": "a"}, {"uuid": "b"}]
        yield 0, None, [{"uuid": "c"}]
        raise ConnectionError

    async def written() -> tuple[bytes, bytes]:
        plan = Plan(
            (), (RootForm("units", "page", "UnitConnection", (PageField("nodes", "nodes", {}),)),), (),
            False, lambda values, lengths: 1,
        )  # fmt: skip
        writer = Writer(plan, {}, list, records(), None)
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
