"""The results of subscriptions: the changes of the log, in the form that each selects."""

from asyncio import sleep
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio.to_thread
import neo4j
from graphql import GraphQLError, OperationType

from api.access.budget import Account, Budgets, Spent
from api.access.credentials import Credential
from api.access.read_log import ReadLog, ReadLogFull
from api.access.rights import READ, Access
from api.access.sight import seen
from api.availability import CLOSED, Away
from api.callers.gate import Gate
from api.callers.noted_reads import operation_name
from api.callers.refusals import Refusals
from api.computed.change_feed import form, in_part
from api.computed.types import ANSWER_TYPES, Part, Plain
from api.model.cursors import uuid_of
from api.model.refused import Rejected, at_root
from api.model.variables import plain
from api.reads.answer_rows import shown_day
from api.reads.question import SCHEMA, Question, coerced, question_for
from api.reads.selection import Document, Selected, select
from api.requests.failures import formed, unforeseen
from api.requests.request_body import Asked
from api.subscriptions.feed import AfterTheEnd, Broken, Feed
from graph.questions.change_feed import Entry, entry

MOST = 1_000
"""Subscriptions of one token at the same time."""
MOST_FIELDS = 100
"""Fields of a subscription, including those of values and links; a change has about twenty."""
PASSED_OVER = 1
"""Cost, in fields, of a change that is not asked for,"""
AN_EVENT = 100
"""of one that is sent, beside its own fields,"""
A_LOOK = 2_000
"""and of asking the graph whether a caller may read it whose roles hold in a part of the organisation."""
_AGAIN = 1.0  # seconds until Neo4j is asked again
_IDLE = 15.0  # seconds without a change, after which the token is checked again


@dataclass
class Subscriptions:
    """All subscriptions of one service."""

    gate: Gate
    feed: Feed
    budgets: Budgets
    log: ReadLog
    driver: neo4j.Driver
    """Finds what a caller may read whose roles hold in a part of the organisation."""
    refusals: Refusals
    """Says who can give a right that is missing."""
    _running: Counter[str] = field(default_factory=Counter)

    async def results(self, credential: Credential, access: Access, asked: Asked) -> AsyncIterator[dict[str, Any]]:
        """Each result as it comes; a refused subscription is one result with errors. It ends with its token or
        session."""
        account = self.budgets.of(access.name)
        root: Selected | None = None
        try:
            account.require()
            question = await question_for(asked.query, asked.operation, account)
            root, name = _root(question, asked.variables), operation_name(question)
            _require_log(access)
            with self._counted(access.name):
                async for result in self._followed(credential, access, account, root, name):
                    yield result
        except Spent as spent:
            yield {"errors": [formed(spent.error)]}
        except Rejected as rejected:
            account.charge_refused(asked.size)
            yield {"errors": [formed(each) for each in rejected.errors]}
        except GraphQLError as error:
            (told,) = await self.refusals.told(access, [error])
            yield {"errors": [formed(told if root is None else at_root(told, root.node, root.key))]}
        except AfterTheEnd as end:
            assert root is not None
            text = f"after: the change log ends at {end.last}. Read everything again, and follow from that number."
            ended = GraphQLError(text, extensions={"code": "bad_cursor", "last": end.last})
            yield {"errors": [formed(at_root(ended, root.node, root.key))]}
        except Broken as broken:
            yield {"errors": [formed(unforeseen(broken))]}

    async def _followed(
        self, credential: Credential, access: Access, account: Account, root: Selected, name: str
    ) -> AsyncIterator[dict[str, Any]]:
        is_person = credential.is_session or access.person is not None
        selected, wanted = root.children["ChangeEvent"], _wanted(root)
        sending = AN_EVENT + _fields(root)
        async for change in self.feed.follow(root.arguments.get("after"), _IDLE):
            is_wanted = change is not None and wanted(change)
            if change is not None:
                looking = 0 if access.scope is None else A_LOOK
                await sleep(account.charge_event(sending + looking if is_wanted else PASSED_OVER))
            now_is = await self._access_now(credential, access)  # after the pause: it may have been revoked
            if now_is is None:
                over = "the session has ended" if credential.is_session else "the token was revoked or has expired"
                yield {"errors": [{"message": over, "extensions": {"code": "unauthenticated", "retry": "never"}}]}
                return
            access = now_is
            _require_log(access)  # rights may have been taken away
            shown = await self._shown(change, access) if change is not None and is_wanted else None
            if change is None or shown is None:
                continue
            if is_person:
                self._note(access, name, change)
            yield {"data": {root.key: event(shown, selected)}}

    async def _shown(self, change: Mapping[str, Any], access: Access) -> Entry | None:
        """The change, as far as it may be read; None for one of what lies where the caller may not read. While Neo4j is
        away it waits: what can't be checked is not shown."""
        found = entry(change, access.fields())
        if access.scope is None:
            return found
        seen_now = partial(seen, self.driver, access, roles=READ["Change"])
        while True:
            try:
                kept = await anyio.to_thread.run_sync(in_part, [found], seen_now)
            except CLOSED:
                await sleep(_AGAIN)
                continue
            return kept[0] if kept else None

    def _note(self, access: Access, name: str, change: Mapping[str, Any]) -> None:
        """Note that a person receives a change. Raises GraphQLError (unavailable) while nothing can be logged."""
        try:
            self.log.require_room()
        except ReadLogFull as full:
            text = "Reads can't be logged now, so changes are not shown. Try again in a minute."
            raise GraphQLError(text, extensions={"code": "unavailable"}) from full
        self.log.note_event(access.name, name, change["uuid"])

    async def _access_now(self, credential: Credential, access: Access) -> Access | None:
        """The access that the token or session gives now; None: it is over. ``access``: the one before, which counts
        while Neo4j is away, since it can't be checked then."""
        try:
            return await self.gate.access_of(credential, is_use=False)
        except Away:
            return access

    @contextmanager
    def _counted(self, name: str) -> Iterator[None]:
        if self._running[name] >= MOST:
            raise Rejected(
                GraphQLError(
                    f"This token has {MOST} subscriptions open; end some of them, or use another token.",
                    extensions={"code": "over_limit"},
                )
            )
        self._running[name] += 1
        try:
            yield
        finally:
            self._running[name] -= 1


def _require_log(access: Access) -> None:
    """Raises GraphQLError (forbidden) unless the change log may be read, of a part of the organisation at least."""
    access.require("Change")


def _root(question: Question, variables: Mapping[str, Any] | None) -> Selected:
    """The one field of the subscription. Raises Rejected."""
    if question.operation.operation is not OperationType.SUBSCRIPTION:
        text = "Only subscriptions are answered here. Send queries and mutations by POST to /graphql."
        raise Rejected(GraphQLError(text, extensions={"code": "not_a_subscription"}))
    roots = select(question.operation, Document(SCHEMA, question.fragments, coerced(question, variables)))
    if len(roots) != 1:
        raise Rejected(GraphQLError("A subscription has one field.", extensions={"code": "bad_question"}))
    (root,) = roots.values()
    count = _fields(root)
    if count > MOST_FIELDS:
        text = f"The subscription has {count} fields; {MOST_FIELDS} are allowed."
        raise Rejected(GraphQLError(text, extensions={"code": "over_limit"}))
    return root


def _wanted(root: Selected) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a change is one of those that are asked for. Raises GraphQLError (bad_uuid)."""
    kind, uuid = root.arguments.get("kind"), root.arguments.get("uuid")
    wanted = {
        name: value
        for name, value in (
            ("kind", None if kind is None else plain(kind)),
            ("uuid", None if uuid is None else uuid_of(uuid)),
        )
        if value is not None
    }
    return lambda change: all(change.get(name) == value for name, value in wanted.items())


def _fields(selected: Selected) -> int:
    inner = [each for group in selected.children.values() for each in group.values()]
    return len(inner) + sum(map(_fields, inner))


def event(change: Entry, selected: Mapping[str, Selected]) -> dict[str, Any]:
    """A change in the form in which it was selected."""
    return _projected("ChangeEvent", form(change), selected)


def _projected(type_: str, answer: Mapping[str, Any], selected: Mapping[str, Selected]) -> dict[str, Any]:
    """The fields of an answer that were selected, by their keys."""
    return {key: _value(type_, answer, each) for key, each in selected.items()}


def _value(type_: str, answer: Mapping[str, Any], selected: Selected) -> Any:
    if selected.name == "__typename":
        return type_
    value = answer.get(selected.name)
    part = ANSWER_TYPES[type_].fields[selected.name]
    if not isinstance(part, Part) or value is None:
        return shown_day(value) if isinstance(part, Plain) and part.type == "Date" else value
    inner = selected.children[part.to]
    return [_projected(part.to, each, inner) for each in value] if part.many else _projected(part.to, value, inner)
