"""Runs a read: parse, validate, compile to one Cypher statement, and write its rows as JSON.

graphql-core's executor is not used for reads: the rows have the answer's own shape, and a large list is written as it
comes, with bounded memory.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from time import monotonic
from typing import Any

import anyio.to_thread
import neo4j
import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from api.compiler import Compiler, Statement
from api.cpr_readings import opened
from api.limits import Limits, check
from api.moment import Moment
from api.nearest import NEAREST, answer_nearest
from api.readable import PLURALS, RECORD_LISTS, SINGULARS
from api.schema import schema
from api.selection import Document, Selected, select
from graph.cpr import Keyring
from graph.errors import GraphError
from graph.time import today

SCHEMA = schema._schema  # graphql-core's own form, which validation works on
STREAMED = 1000  # a list with more rows than this is written as it comes
CHUNK = 64 * 1024  # bytes
CLOCK_SECONDS = 5.0

Noted = Callable[[str, list[str]], Awaitable[None]]


class Rejected(Exception):
    """The question itself is refused: it does not parse, does not fit the schema, or asks too much."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__("; ".join(each.message for each in errors))
        self.errors = errors


@dataclass(slots=True)
class Question:
    """A parsed and validated document, with the operation that is asked."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]

    @property
    def is_read(self) -> bool:
        """A question to the graph; what asks about the schema itself is graphql-core's."""
        return self.operation.operation is OperationType.QUERY and not self.is_about_schema

    @property
    def is_about_schema(self) -> bool:
        return any(
            isinstance(each, FieldNode) and each.name.value in ("__schema", "__type")
            for each in self.operation.selection_set.selections
        )


@dataclass
class Reader:
    """Answers reads. One for the whole program; ``driver`` is used for the rule of nearest."""

    reading: neo4j.AsyncDriver
    driver: neo4j.Driver
    keyring: Keyring
    limits: Limits = field(default_factory=Limits)
    _clock: tuple[float, date] = (-CLOCK_SECONDS, date.min)

    async def answer(
        self, question: Question, variables: Mapping[str, Any] | None, rights: frozenset[str], asker: str
    ) -> bytes | AsyncIterator[bytes]:
        """The answer as JSON: whole, or in chunks. Raises Rejected."""
        coerced = get_variable_values(
            SCHEMA, list(question.operation.variable_definitions or ()), dict(variables or {})
        )
        if isinstance(coerced, list):
            raise Rejected(*coerced)
        try:
            roots = select(question.operation, Document(SCHEMA, question.fragments, coerced))
            check(roots, self.limits)
            if len(roots) == 1:
                (root,) = roots.values()
                if _is_long(root):
                    compiler = await self._compiler(root, rights)
                    return self._stream(root, compiler.connection(root), compiler, asker)
            data = {key: await self._root(root, rights, asker) for key, root in roots.items()}
        except GraphQLError as error:
            raise Rejected(error) from error
        except GraphError as error:
            raise Rejected(GraphQLError(str(error), extensions={"code": error.code})) from error
        return orjson.dumps({"data": data})

    # -- one root field -------------------------------------------------------------------------------------------

    async def _root(self, root: Selected, rights: frozenset[str], asker: str) -> Any:
        if root.name == "__typename":
            return "Query"
        compiler = await self._compiler(root, rights)
        if root.name in NEAREST:
            return await self._nearest(root, rights, asker)
        if root.name in SINGULARS:
            rows = await self._rows(compiler.single(root), compiler, asker)
            if len(rows) > 1:
                raise GraphQLError(f"the key fits {len(rows)} things; give the uuid", extensions={"code": "ambiguous"})
            return _shown(rows[0]) if rows else None
        statement = compiler.connection(root)
        rows = await self._rows(statement, compiler, asker)
        total = await self._total(statement)
        return _page(root, rows, statement, total)

    async def _compiler(self, root: Selected, rights: frozenset[str]) -> Compiler:
        period = root.arguments.get("period")
        at = root.arguments.get("at")
        if period is not None and at is not None:
            raise GraphQLError(f"{root.name}: give at or period, not both")
        day = at or today()
        if period is None:
            return Compiler(Moment(day, copied=await self._shows(day)), rights)
        start, end = period.get("from_"), period.get("to")
        if start is not None and end is not None and end <= start:
            raise GraphQLError("the period holds no day", extensions={"code": "empty_period"})
        return Compiler(Moment(day, False, period=True, start=start, end=end), rights)

    async def _shows(self, day: date) -> bool:
        """The identity nodes show this day. Only today is taken from them: a remembered clock can't be ahead of it."""
        if day != today():
            return False
        looked, turned = self._clock
        if monotonic() - looked > CLOCK_SECONDS:
            rows, _, _ = await self.reading.execute_query("MATCH (c:Clock) RETURN c.today AS today")
            turned = rows[0]["today"].to_native() if rows else date.min
            self._clock = (monotonic(), turned)
        return turned == day

    async def _rows(self, statement: Statement, compiler: Compiler, asker: str) -> list[dict[str, Any]]:
        async with self.reading.session(default_access_mode=neo4j.READ_ACCESS) as session:
            result = await session.run(self._timed(statement.text), statement.parameters)
            rows = [row[0] async for row in result]
        return await self._opened(rows, compiler, asker)

    async def _total(self, statement: Statement) -> int | None:
        if statement.count is None:
            return None
        async with self.reading.session(default_access_mode=neo4j.READ_ACCESS) as session:
            result = await session.run(self._timed(f"RETURN {statement.count}"), statement.parameters)
            row = await result.single(strict=True)
        total: int = row[0]
        return total

    def _timed(self, text: str) -> neo4j.Query:
        return neo4j.Query(text, timeout=self.limits.seconds)

    async def _opened(self, rows: list[dict[str, Any]], compiler: Compiler, asker: str) -> list[dict[str, Any]]:
        if not compiler.reads_cpr:
            return rows
        return await opened(self.reading, self.keyring, rows, asker)

    # -- nearest --------------------------------------------------------------------------------------------------

    async def _nearest(self, root: Selected, rights: frozenset[str], asker: str) -> Any:
        day = root.arguments.get("at") or today()
        # A walk may go through a unit that has closed (A14): it is shown with the values that it last had.
        moments = (Moment(day, copied=await self._shows(day)), Moment(day, False, period=True))

        async def fetch(kind: str, selected: Mapping[str, Selected], uuids: list[str]) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for moment in moments:
                missing = [each for each in uuids if each not in found]
                if missing:
                    compiler = Compiler(moment, rights)
                    rows = await self._rows(compiler.by_uuids(kind, selected, missing), compiler, asker)
                    found |= {row["_key"]: _shown(row) for row in rows}
            return found

        return await answer_nearest(root, day, self.driver, fetch)

    # -- a long list ----------------------------------------------------------------------------------------------

    async def _stream(
        self, root: Selected, statement: Statement, compiler: Compiler, asker: str
    ) -> AsyncIterator[bytes]:
        """The same JSON as ``_page``, in chunks, nodes first."""
        (nodes,) = (each for each in _connection(root).values() if each.name == "nodes")
        assert statement.page is not None
        total = await self._total(statement)
        buffer = bytearray(b'{"data":{%b:{%b:[' % (orjson.dumps(root.key), orjson.dumps(nodes.key)))
        last, count = None, 0
        async with self.reading.session(default_access_mode=neo4j.READ_ACCESS) as session:
            result = await session.run(self._timed(statement.text), statement.parameters)
            async for record in result:
                count += 1
                if count > statement.page:
                    break
                row = record[0]
                if compiler.reads_cpr:
                    (row,) = await opened(self.reading, self.keyring, [row], asker)
                last = row.pop("_key")
                if count > 1:
                    buffer += b","
                buffer += orjson.dumps(row)
                if len(buffer) > CHUNK:
                    yield bytes(buffer)
                    buffer.clear()
        buffer += b"]"
        rest = _around(root, last, count > statement.page, total)
        rest.pop(nodes.key)
        if rest:
            buffer += b"," + orjson.dumps(rest)[1:-1]
        buffer += b"}}}"
        yield bytes(buffer)


@lru_cache(maxsize=1000)
def question_of(text: str, name: str | None) -> Question:
    """Parse and validate. Raises Rejected with what is wrong, in graphql-core's words."""
    try:
        document = parse(text, max_tokens=20_000)
    except GraphQLError as error:
        raise Rejected(error) from error
    errors = validate(SCHEMA, document)
    if errors:
        raise Rejected(*errors)
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is not None:
        operations = [each for each in operations if each.name and each.name.value == name]
    if len(operations) != 1:
        raise Rejected(GraphQLError("give operationName: the name of one operation of the document"))
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    return Question(document, operations[0], fragments)


def _connection(root: Selected) -> dict[str, Selected]:
    return next(iter(root.children.values()))


def _is_long(root: Selected) -> bool:
    if root.name not in PLURALS and root.name not in RECORD_LISTS:
        return False
    nodes = [each for each in _connection(root).values() if each.name == "nodes"]
    return len(nodes) == 1 and (root.arguments.get("first") or 0) > STREAMED


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    row.pop("_key", None)
    return row


def _page(root: Selected, rows: list[dict[str, Any]], statement: Statement, total: int | None) -> dict[str, Any]:
    assert statement.page is not None
    more = len(rows) > statement.page
    rows = rows[: statement.page]
    last = rows[-1]["_key"] if rows else None
    page = _around(root, last, more, total)
    for each in _connection(root).values():
        if each.name == "nodes":
            keys = set(next(iter(each.children.values())))
            page[each.key] = [{key: value for key, value in row.items() if key in keys} for row in rows]
    return page


def _around(root: Selected, last: object, more: bool, total: int | None) -> dict[str, Any]:
    """A connection's fields, the nodes still to be filled in."""
    page: dict[str, Any] = {}
    cursor = None if last is None else str(last)
    for each in _connection(root).values():
        if each.name == "totalCount":
            page[each.key] = total
        elif each.name == "pageInfo":
            told = {"hasNextPage": more, "endCursor": cursor, "__typename": "PageInfo"}
            page[each.key] = {inner.key: told[inner.name] for inner in each.children["PageInfo"].values()}
        else:
            page[each.key] = next(iter(root.children)) if each.name == "__typename" else None
    return page


async def in_thread(work: Callable[[], Any]) -> Any:
    """Run what uses the sync driver without holding up other requests."""
    return await anyio.to_thread.run_sync(work)
