"""Runs a read: parse, validate, compile to one Cypher statement, and write its rows as JSON.

graphql-core's executor is not used for reads: the rows have the answer's own shape, and a large list is written as it
comes, with bounded memory.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from time import monotonic
from typing import Any

import anyio.to_thread
import neo4j
import orjson
import structlog
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values
from neo4j.exceptions import Neo4jError

from api.answer import Ambiguous, Opened, Writer
from api.compiler import Compiler
from api.cpr_readings import opened
from api.given import marked
from api.limits import Limits, check_cost, check_depth, check_parts
from api.plan import Plan
from api.rules import Rules, States
from api.schema import schema
from api.selection import Document, select
from graph.cpr import Keyring
from graph.errors import GraphError
from graph.order import SourceOrder
from graph.time import today

SCHEMA = schema._schema  # graphql-core's own form, which validation works on
WHOLE = 256 * 1024  # bytes; an answer that is larger is written as it comes
CLOCK_SECONDS = 5.0
PLANS = 100  # kept of one document; more shapes than that are nobody's usual questions
_NO_VARIABLES = VariableValues({}, {})
_SCHEMA_FIELDS = frozenset({"__schema", "__type"})
_log = structlog.get_logger("api")


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
    plans: dict[Hashable, Plan] = field(default_factory=dict)
    """By what a plan depends on beside the document: rights, day, shape of the variables."""

    @property
    def is_read(self) -> bool:
        """A question to the graph; what asks about the schema itself is graphql-core's."""
        return self.operation.operation is OperationType.QUERY and not self.is_about_schema

    @property
    def is_about_schema(self) -> bool:
        """It asks about the schema, and about nothing else: ``question_of`` refuses both in one."""
        return not _SCHEMA_FIELDS.isdisjoint(self.asked_for())

    def asked_for(self) -> frozenset[str]:
        """Names of the root fields, also those in fragments."""
        return frozenset(self._asked_for(self.operation.selection_set))

    def _asked_for(self, selections: SelectionSetNode) -> Iterator[str]:
        for each in selections.selections:
            if isinstance(each, FieldNode):
                yield each.name.value
            elif isinstance(each, FragmentSpreadNode):
                yield from self._asked_for(self.fragments[each.name.value].selection_set)
            elif isinstance(each, InlineFragmentNode):
                yield from self._asked_for(each.selection_set)


@dataclass
class Reader:
    """Answers reads. One for the whole program; ``driver`` and ``order`` are what rules work with (``api.rules``)."""

    reading: neo4j.AsyncDriver
    driver: neo4j.Driver
    keyring: Keyring
    limits: Limits = field(default_factory=Limits)
    order: SourceOrder = field(default_factory=SourceOrder)
    states: States | None = None
    role_rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _clock: tuple[float, date] = (-CLOCK_SECONDS, date.min)

    def __post_init__(self) -> None:
        self._rules = Rules(self.driver, self.keyring, self.order)
        if self.states is not None:
            self._rules.states = self.states
        self._rules.role_rules = self.role_rules

    async def answer(
        self, question: Question, variables: Mapping[str, Any] | None, rights: frozenset[str], asker: str
    ) -> bytes | AsyncIterator[bytes]:
        """The answer as JSON: whole, or in pieces as it comes. Raises Rejected."""
        try:
            return await self._answer(question, variables, rights, asker)
        except GraphQLError as error:
            raise Rejected(error) from error
        except GraphError as error:
            raise Rejected(GraphQLError(str(error), extensions={"code": error.code})) from error
        except Ambiguous as error:
            raise Rejected(GraphQLError(str(error), extensions={"code": "ambiguous"})) from error
        except Neo4jError as error:
            if not _out_of_time(error):
                raise
            raise Rejected(self._too_slow()) from error

    async def _answer(
        self, question: Question, variables: Mapping[str, Any] | None, rights: frozenset[str], asker: str
    ) -> bytes | AsyncIterator[bytes]:
        given = _coerced(question, variables)
        day = today()
        plan = self._plan(question, given, rights, day, await self._shows(day))
        values: dict[str, Any] = dict(given.coerced)
        check_cost(plan.cost(values), self.limits)
        for rule in plan.rules:
            told = partial(self._rules.answer, rule, values, day, rights)
            values[rule.parameter] = await anyio.to_thread.run_sync(told)
        written = self._written(plan, plan.parameters.bind(values), asker)
        begun = bytearray()
        async for piece in written:
            begun += piece
            if len(begun) > WHOLE:
                return self._streamed(bytes(begun), written)
        return bytes(begun)

    def _plan(self, question: Question, given: VariableValues, rights: frozenset[str], day: date, copied: bool) -> Plan:
        values, shape = marked(given.coerced, day)
        key = (rights, day, copied, shape)
        plan = question.plans.get(key)
        if plan is None:
            document = Document(SCHEMA, question.fragments, given._replace(coerced=values))
            roots = select(question.operation, document)
            check_depth(roots, self.limits)
            check_parts(roots, self.limits)
            plan = Compiler(rights, day, copied).plan(roots)
            if len(question.plans) >= PLANS:
                question.plans.clear()
            question.plans[key] = plan
        return plan

    async def _shows(self, day: date) -> bool:
        """The identity nodes show this day. Only today is taken from them: a remembered clock can't be ahead of it."""
        looked, turned = self._clock
        if monotonic() - looked > CLOCK_SECONDS:
            rows, _, _ = await self.reading.execute_query("MATCH (c:Clock) RETURN c.today AS today")
            turned = rows[0]["today"].to_native() if rows else date.min
            self._clock = (monotonic(), turned)
        return turned == day

    # -- writing --------------------------------------------------------------------------------------------------

    async def _written(self, plan: Plan, parameters: Mapping[str, Any], asker: str) -> AsyncGenerator[bytes, None]:
        """The answer's JSON in pieces. An error after the first pieces is told in ``errors``, as GraphQL does."""
        if plan.statement is None:
            async for piece in Writer(plan, _nothing(), None).pieces():
                yield piece
            return
        writer: Writer | None = None
        begun = 0
        try:
            # Few records at a time: each holds a block of rows.
            async with self.reading.session(default_access_mode=neo4j.READ_ACCESS, fetch_size=4) as session:
                query = neo4j.Query(plan.statement, timeout=self.limits.seconds)
                result = await session.run(query, dict(parameters))
                writer = Writer(plan, result.__aiter__(), self._opening(asker) if plan.reads_cpr else None)
                async for piece in writer.pieces():
                    begun += len(piece)
                    yield piece
        except Exception as error:
            if writer is None or begun <= WHOLE:
                raise  # nothing has been sent: the whole question fails
            told = self._too_slow() if _out_of_time(error) else _broken_off(error)
            yield writer.closing + b',"errors":' + orjson.dumps([told.formatted]) + b"}"

    async def _streamed(self, begun: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
        yield begun
        async with aclosing(rest):
            async for piece in rest:
                yield piece

    def _opening(self, asker: str) -> Opened:
        async def open_block(rows: list[Any]) -> list[Any]:
            return await opened(self.reading, self.keyring, rows, asker)

        return open_block

    def _too_slow(self) -> GraphQLError:
        return GraphQLError(
            f"The answer took longer than {self.limits.seconds:g} seconds. Ask for fewer at a time (first, after), "
            "or narrow the list with filter.",
            extensions={"code": "time_limit"},
        )


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
        if not operations:
            raise Rejected(GraphQLError(f"operationName: the document has no operation {name!r}"))
    if len(operations) != 1:
        raise Rejected(GraphQLError("give operationName: the name of one operation of the document"))
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    question = Question(document, operations[0], fragments)
    if question.is_about_schema and question.asked_for() - _SCHEMA_FIELDS - {"__typename"}:
        raise Rejected(GraphQLError("ask about the schema (__schema, __type) in a question of its own"))
    return question


def _coerced(question: Question, variables: Mapping[str, Any] | None) -> VariableValues:
    definitions = question.operation.variable_definitions
    if not definitions:
        return _NO_VARIABLES
    coerced = get_variable_values(SCHEMA, list(definitions), dict(variables or {}))
    if isinstance(coerced, list):
        for each in coerced:
            each.extensions = {"code": "bad_variables"}
        raise Rejected(*coerced)
    return coerced


def _out_of_time(error: Exception) -> bool:
    return isinstance(error, Neo4jError) and "TransactionTimedOut" in (error.code or "")


def _broken_off(error: Exception) -> GraphQLError:
    _log.error("answer_broken_off", error=type(error).__name__)
    return GraphQLError("The answer broke off; ask again", extensions={"code": "broken_off"})


async def _nothing() -> AsyncIterator[Any]:
    return
    yield
