"""Runs a read: parse, validate, compile to Cypher, and write the rows as JSON.

graphql-core's executor is not used for reads: the rows have the answer's own shape, and a large list is written as it
arrives, with bounded memory.
"""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from time import monotonic
from typing import Any

import neo4j
import orjson
import structlog
from graphql import FieldNode, GraphQLError
from graphql.execution.values import VariableValues
from neo4j.exceptions import Neo4jError

from api.access.budget import Account, Spent, Stream
from api.access.cpr_readings import opened
from api.access.rights import Access
from api.availability import Availability, OutOfTime, Patience
from api.computed.contract import Answer, Caller, Operated, States
from api.model.cursor_seal import CursorSeal
from api.model.known_names import Targets
from api.model.refused import REFUSALS, Refusal, Rejected, at_root, in_field
from api.model.variables import Values, marked
from api.reads.bounded_cache import Kept
from api.reads.broken_off import CutOff, broken_off, close_session, is_out_of_time, too_slow
from api.reads.compilation import WITHIN
from api.reads.compiler import Compiler
from api.reads.explained import Explained, explained
from api.reads.json_writer import Formed, Opened, Writer
from api.reads.lengths import Lengths, measured
from api.reads.limits import Limits, check_cost, check_depth, check_parts
from api.reads.plan import BLOCK, Answers, Plan, Statement
from api.reads.question import SCHEMA, Question, coerced, in_turn
from api.reads.rules import Rules
from api.reads.selection import Document, select
from api.requests.failures import formed
from exporters.objects.deciding import Decisions
from graph.cpr.keyring import Keyring
from graph.statements.precedence import SourceOrder
from graph.time import today
from rules.accounts.staff import Memberships

Told = Callable[[Sequence[GraphQLError]], Awaitable[Sequence[GraphQLError]]]
THINGS = 1000
"""Things named by an answer that are read at a time."""
WHOLE = 256 * 1024  # bytes; a larger answer is streamed
CLOCK_SECONDS = 5.0
_PLAN_BYTES = 32 * 1024 * 1024
_BYTES_A_CHARACTER = 8  # bytes of a compiled statement and its parts
_RULES_AT_ONCE = 8
_LONGEST = 3600.0
"""Seconds after which Neo4j ends an abandoned read. The time limit itself is counted here: Neo4j would include the time
that a client takes to receive a large answer."""
_PLANNING = 10_000
"""Cost, in fields, of a part of a query that is new, since Neo4j has to plan it."""
_STATEMENT = 300
"""Cost, in fields, of one more query of Neo4j."""
_LENGTHS_SECONDS = 600.0
_SOON = 20.0  # the first import turns an empty graph into a large one
_AFTER_FAILURE = 10.0
_LENGTHS_PATIENCE = 60.0
_log = structlog.get_logger("api")


@dataclass(frozen=True, slots=True)
class Asked:
    """A read with the parameters of each of its statements. ``answers``: those of a computed field."""

    read: Statement | Answers
    parameters: tuple[dict[str, Any], ...]
    answers: Sequence[Answer] = ()

    def statements(self) -> Iterator[tuple[Statement, dict[str, Any]]]:
        """Each statement with all of its parameters."""
        if isinstance(self.read, Statement):
            yield self.read, self.parameters[0]
            return
        for each, parameters, uuids in zip(
            self.read.things, self.parameters, self.read.wanted(self.answers), strict=True
        ):
            yield each, {**parameters, "uuids": uuids}


@dataclass
class Reader:
    """Answers reads. One for the whole program; ``driver`` and ``order`` are for ``api.computed``."""

    reading: neo4j.AsyncDriver
    driver: neo4j.Driver
    keyring: Keyring
    limits: Limits = field(default_factory=Limits)
    order: SourceOrder = field(default_factory=SourceOrder)
    states: States | None = None
    role_rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    availability: Availability | None = None
    targets: Targets = field(default_factory=dict)
    memberships: tuple[Memberships, ...] = ()
    decisions: Decisions | None = None
    operated: Operated = field(default_factory=Operated)

    def __post_init__(self) -> None:
        self._rules = Rules(self.driver, self.keyring, self.order)
        if self.states is not None:
            self._rules.states = self.states
        self._rules.role_rules = self.role_rules
        self._rules.targets = self.targets
        self._rules.memberships = self.memberships
        self._rules.decisions = self.decisions
        self._rules.operated = self.operated
        self._available = self.availability or Availability(self.reading)
        self._lengths = Lengths()
        self._seal = CursorSeal.of(self.keyring)
        self._looked = self._lasting = 0.0
        self._measured: asyncio.Task[None] | None = None
        self._clock: tuple[float, date] = (-CLOCK_SECONDS, date.min)
        self._clock_read: asyncio.Task[date] | None = None
        self._plans: Kept[Hashable, Plan] = Kept(_PLAN_BYTES)
        # Not asyncio's own threads, so that one that hangs with Neo4j takes none from others, and their number is
        # bounded.
        self._threads = ThreadPoolExecutor(_RULES_AT_ONCE, "rules")

    async def answer(
        self,
        question: Question,
        variables: Mapping[str, Any] | None,
        rights: frozenset[str],
        asker: str,
        account: Account | None = None,
        roles: frozenset[str] = frozenset(),
        access: Access | None = None,
        forbidden: Mapping[str, GraphQLError] | None = None,
        shown: Formed | None = None,
        told: Told | None = None,
    ) -> bytes | AsyncIterator[bytes]:
        """The answer as JSON: whole, or streamed in pieces. ``account``: pays for it; the answer shows the cost.
        ``roles``: the caller's system roles, for fields that depend on them. ``access``: where they hold, if one
        of them is limited to units. ``forbidden``: the root fields that the caller may not read, by their key in the
        answer. ``shown``: makes the form of errors. ``told``: adds to refusals who can give the right.

        A root field that is refused is null, and the answer has its error. Raises Rejected for the whole query, Spent,
        Away; the pieces raise CutOff.
        """
        caller = Caller(asker, roles, rights, access)
        try:
            return await self._answer(question, variables, caller, account, forbidden or {}, shown or _formed, told)
        except REFUSALS as error:
            raise Rejected(in_field(error, None)) from error
        except OutOfTime as error:
            raise Rejected(too_slow(self.limits.seconds)) from error
        except Neo4jError as error:
            if not is_out_of_time(error):
                raise
            raise Rejected(too_slow(self.limits.seconds)) from error

    async def _answer(
        self,
        question: Question,
        variables: Mapping[str, Any] | None,
        caller: Caller,
        account: Account | None,
        forbidden: Mapping[str, GraphQLError],
        shown: Formed,
        told: Told | None,
    ) -> bytes | AsyncIterator[bytes]:
        patience = Patience(self._available, self.limits.seconds)
        given = coerced(question, variables)
        day = today()
        plan, key = await self._plan(question, given, caller, day, await self._shows(day, patience))
        values: dict[str, Any] = {**given.coerced, WITHIN: caller.within}
        lengths = await self._held(patience)
        cost = plan.cost(values, lengths if caller.scope is None else lengths.rounded)
        check_cost(cost, self.limits)
        extensions = b""
        if account is not None:
            more = _STATEMENT * max(0, len(plan.statements) - 1)
            planning = _PLANNING * plan.parts if key is not None else 0
            paid = account.spend(cost + more + planning, planning)
            extensions = orjson.dumps({"cost": paid})
        if key is not None:  # kept once it is paid for, since only then has Neo4j planned it
            self._plans.put(key, plan, question.size + _BYTES_A_CHARACTER * plan.size)
        refused = dict(plan.refused)
        for place, root in enumerate(plan.roots):
            if root.key in forbidden:
                refused[place] = at_root(forbidden[root.key], root.node, root.key)
        asked = await self._bound(plan, values, day, caller, patience, refused)
        if told is not None and refused:
            refused = dict(zip(refused, await told([*refused.values()]), strict=True))
        stream = Stream(account)
        written = self._written(plan, asked, refused, shown, caller.name, patience, extensions, stream)
        begun = bytearray()
        async for piece in written:
            begun += piece
            if len(begun) > WHOLE:
                try:
                    stream.open()
                except Spent:
                    await written.aclose()
                    raise
                return self._streamed(bytes(begun), written)
        return bytes(begun)

    async def explained(
        self, question: Question, variables: Mapping[str, Any] | None, caller: Caller
    ) -> Sequence[Explained]:
        """The explanation of each root field. Raises as ``answer``, without its errors' form."""
        patience = Patience(self._available, self.limits.seconds)
        given = coerced(question, variables)
        day = today()
        plan, _ = await self._plan(question, given, caller, day, await self._shows(day, patience))
        refused = dict(plan.refused)
        asked = await self._bound(plan, {**given.coerced, WITHIN: caller.within}, day, caller, patience, refused)
        for error in refused.values():
            raise error
        found: list[Explained] = []
        for each in asked:
            field = plan.roots[each.read.place].key
            if not each.parameters:
                found.append(Explained(field, "// a rule answers it, and it names nothing that is read", 0.0, 0.0, ()))
            for statement, parameters in each.statements():
                found.append(await explained(self.reading, field, statement, parameters))
        return found

    async def _bound(
        self,
        plan: Plan,
        values: dict[str, Any],
        day: date,
        caller: Caller,
        patience: Patience,
        refused: dict[int, GraphQLError],
    ) -> list[Asked]:
        """Each read with its parameters, after the rules have answered. Those that can't be made are added to
        ``refused``."""

        def refuse(place: int, error: Refusal, node: FieldNode | None) -> None:
            root = plan.roots[place]
            refused[place] = at_root(in_field(error, node), root.node, root.key)

        for rule in plan.rules:
            places = [
                place for place, root in enumerate(plan.roots) if rule.parameter in root.needs and place not in refused
            ]
            if not places:
                continue
            answer = partial(self._rules.answer, rule, values, day, caller)
            try:
                values[rule.parameter] = await patience.wait(partial(self._in_thread, answer))
            except REFUSALS as error:
                for place in places:
                    refuse(place, error, plan.roots[place].needs[rule.parameter])
        bound: list[Asked] = []
        for each in plan.statements:
            if each.place not in refused:
                try:
                    bound.append(_bound(each, values))
                except REFUSALS as error:
                    refuse(each.place, error, None)
        return bound

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        inside = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._threads, inside.run, work)

    async def _plan(
        self, question: Question, given: VariableValues, caller: Caller, day: date, copied: bool
    ) -> tuple[Plan, Hashable | None]:
        """(the plan; if it is new, so that Neo4j has to plan it first, the key by which to keep it)."""
        values, shape = marked(given.coerced, day)
        form = (question, caller.rights, caller.scope, day, copied, shape)
        known = self._plans.get((*form, question.shaping(given.coerced)))
        if known is not None:
            return known, None
        work = partial(self._compiled, question, given._replace(coerced=values), caller, day, copied)
        plan, shaped_by = await in_turn(work) if question.is_long else work()
        question.shaped_by |= shaped_by
        return plan, (*form, question.shaping(given.coerced))

    async def _held(self, patience: Patience) -> Lengths:
        """The lengths of lists: measured once, and again now and then while queries go on."""
        if self.availability is None:
            return self._lengths
        looked = self._measured
        if looked is None or (looked.done() and monotonic() - self._looked > self._lasting):
            looked = self._measured = asyncio.create_task(self._measure(), name="measure the graph")
        if not self._lengths.counts:
            await patience.wait(lambda: asyncio.shield(looked))
        return self._lengths

    async def _measure(self) -> None:
        """If it fails, the lengths stay as they were, and queries try again after a pause."""
        try:
            async with self._available.within(_LENGTHS_PATIENCE):
                self._lengths = await measured(self.reading)
                self._lasting = _LENGTHS_SECONDS if self._lengths.is_large else _SOON
        except Exception as error:
            _log.warning("lengths_not_measured", error=type(error).__name__)
            self._lasting = _AFTER_FAILURE
        self._looked = monotonic()

    def _compiled(
        self, question: Question, given: VariableValues, caller: Caller, day: date, copied: bool
    ) -> tuple[Plan, set[tuple[str, ...]]]:
        roots = select(question.operation, Document(SCHEMA, question.fragments, given))
        check_depth(roots, self.limits)
        compiler = Compiler(caller.rights, day, copied, scope=caller.scope, seal=self._seal)
        plan = compiler.plan(roots)
        check_parts(plan.parts, self.limits)
        return plan, compiler.shaped_by

    async def _shows(self, day: date, patience: Patience) -> bool:
        """Whether the identity nodes show this day. Only today is read from them: a remembered clock can't be ahead of
        it. All simultaneous reads share one look at it."""
        looked, turned = self._clock
        if monotonic() - looked > CLOCK_SECONDS:
            reading = self._clock_read
            if reading is None or reading.done():
                reading = self._clock_read = asyncio.create_task(self._turned(), name="look at the clock")
            turned = await patience.wait(lambda: asyncio.shield(reading))
        return turned == day

    async def _turned(self) -> date:
        async with self._available.within(self.limits.seconds):
            rows, _, _ = await self.reading.execute_query("MATCH (c:Clock) RETURN c.today AS today")
        turned: date = rows[0]["today"].to_native() if rows else date.min
        self._clock = (monotonic(), turned)
        return turned

    # -- writing --------------------------------------------------------------------------------------------------

    async def _written(
        self,
        plan: Plan,
        asked: Sequence[Asked],
        refused: Mapping[int, GraphQLError],
        shown: Formed,
        asker: str,
        patience: Patience,
        extensions: bytes,
        stream: Stream,
    ) -> AsyncGenerator[bytes, None]:
        """The answer's JSON in pieces. An error after the first pieces leaves the JSON without its end."""
        if not asked:
            constant = Writer(plan, refused, shown, _nothing(), None)
            constant.extensions = extensions
            async for piece in constant.pieces():
                yield piece
            return
        begun = 0
        # Few records at a time, since each contains a block of rows.
        session = self.reading.session(default_access_mode=neo4j.READ_ACCESS, fetch_size=4)
        records = self._records(session, asked, patience)
        writer = Writer(plan, refused, shown, records, self._opening(asker) if plan.reads_cpr else None)
        writer.extensions = extensions
        try:
            async for piece in writer.pieces():
                begun += len(piece)
                yield piece
        except Exception as error:
            if begun <= WHOLE:
                raise  # nothing has been sent: the whole query fails
            is_slow = isinstance(error, OutOfTime) or is_out_of_time(error)
            broken = too_slow(self.limits.seconds) if is_slow else broken_off(error)
            root = writer.root
            yield writer.closing + writer.errors(broken if root is None else at_root(broken, root.node, root.key))
            raise CutOff from error
        finally:
            stream.close()
            await close_session(session)

    async def _records(
        self, session: neo4j.AsyncSession, asked: Sequence[Asked], patience: Patience
    ) -> AsyncIterator[tuple[int, Any, Any]]:
        """(place of the root field, head, rows), one statement after the other."""
        for each in asked:
            if isinstance(each.read, Answers):
                async for rows in self._formed(session, each.read, each, patience):
                    yield each.read.place, None, rows
            else:
                async for head, rows in self._run(session, each.read, each.parameters[0], patience):
                    yield each.read.place, head, rows

    async def _run(
        self, session: neo4j.AsyncSession, statement: Statement, parameters: dict[str, Any], patience: Patience
    ) -> AsyncIterator[neo4j.Record]:
        """The records, within the time allowed."""
        query = neo4j.Query(statement.text, timeout=max(_LONGEST, self.limits.seconds))

        async def first() -> tuple[AsyncIterator[neo4j.Record], neo4j.Record | None]:
            records = aiter(await session.run(query, parameters))
            return records, await anext(records, None)

        # One wait for both: each sets a timer, and most answers are one record.
        records, record = await patience.wait(first)
        while record is not None:
            yield record
            record = await patience.wait(lambda: anext(records, None))

    async def _formed(
        self, session: neo4j.AsyncSession, read: Answers, asked: Asked, patience: Patience
    ) -> AsyncIterator[list[Any]]:
        """The rows of a computed field, in blocks, once the things that its answers name are read."""
        wanted = await self._in_thread(partial(read.wanted, asked.answers))
        found: list[dict[str, Any]] = []
        for statement, parameters, uuids in zip(read.things, asked.parameters, wanted, strict=True):
            rows: dict[str, Any] = {}
            for start in range(0, len(uuids), THINGS):
                some = {**parameters, "uuids": uuids[start : start + THINGS]}
                async for (things,) in self._run(session, statement, some, patience):
                    rows.update(things)
            found.append(rows)
        for start in range(0, len(asked.answers), BLOCK):
            block = asked.answers[start : start + BLOCK]
            yield await self._in_thread(partial(read.rows, block, found))

    async def _streamed(self, begun: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
        async with aclosing(rest):
            yield begun
            async for piece in rest:
                yield piece

    def _opening(self, asker: str) -> Opened:
        async def open_block(rows: list[Any]) -> list[Any]:
            return await opened(self.reading, self.keyring, rows, asker)

        return open_block


def _formed(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    return [formed(each) for each in errors]


def _bound(read: Statement | Answers, values: Values) -> Asked:
    if isinstance(read, Statement):
        return Asked(read, (read.parameters.bind(values),))
    return Asked(read, tuple(each.parameters.bind(values) for each in read.things), values[read.rule])


async def _nothing() -> AsyncIterator[Any]:
    return
    yield
