"""What subscribers are given: the changes of the log, in the form that each asked for."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, OperationType

from api.access.budget import Budgets, Spent
from api.access.gate import Gate
from api.access.rights import Access
from api.http.availability import Away
from api.http.failures import formed, unforeseen
from api.http.request_body import Asked
from api.reads.question import SCHEMA, Question, Rejected, coerced, question_for
from api.reads.selection import Document, Selected, select
from api.subscriptions.feed import Broken, Feed

MOST = 1_000
"""Subscriptions of one token at the same time."""
MOST_FIELDS = 100
"""Of a subscription; a change has ten."""
_IDLE = 15.0  # seconds without a change, after which the token is looked at again


@dataclass
class Subscriptions:
    """All subscriptions of one service."""

    gate: Gate
    feed: Feed
    budgets: Budgets
    _running: Counter[str] = field(default_factory=Counter)

    async def results(self, header: str, access: Access, asked: Asked) -> AsyncIterator[dict[str, Any]]:
        """Each result as it comes; a refused subscription is one result with errors. It ends with its token."""
        account = self.budgets.of(access.name)
        try:
            account.require()
            root = _root(await question_for(asked.query, asked.operation), asked.variables)
            access.require("Change")
            with self._counted(access.name):
                async for result in self._followed(header, access, root):
                    yield result
        except Spent as spent:
            yield {"errors": [formed(spent.error)]}
        except Rejected as rejected:
            account.charge_refused(len(asked.query))
            yield {"errors": [formed(each) for each in rejected.errors]}
        except GraphQLError as error:
            yield {"errors": [formed(error)]}
        except Broken as broken:
            yield {"errors": [formed(unforeseen(broken))]}

    async def _followed(self, header: str, access: Access, root: Selected) -> AsyncIterator[dict[str, Any]]:
        keys = [(each.key, each.name) for each in root.children["ChangeEvent"].values()]
        private = "private" in access.fields()
        async for change in self.feed.follow(root.arguments.get("after"), _IDLE):
            if not await self._holds(header):
                yield {"errors": [{"message": "the token has ended", "extensions": {"code": "unauthenticated"}}]}
                return
            if change is not None:
                yield {"data": {root.key: _event(change, keys, private)}}

    async def _holds(self, header: str) -> bool:
        """The token is valid; while Neo4j is away it counts as such, as nothing can be told then."""
        try:
            return await self.gate.of_header(header) is not None
        except Away:
            return True

    @contextmanager
    def _counted(self, name: str) -> Iterator[None]:
        if self._running[name] >= MOST:
            raise Rejected(
                GraphQLError(
                    f"This token has {MOST} subscriptions open; end some of them, or ask for another token.",
                    extensions={"code": "over_limit"},
                )
            )
        self._running[name] += 1
        try:
            yield
        finally:
            self._running[name] -= 1


def _root(question: Question, variables: Mapping[str, Any] | None) -> Selected:
    """The one field of the subscription. Raises Rejected."""
    if question.operation.operation is not OperationType.SUBSCRIPTION:
        text = "Only subscriptions are answered here; ask questions and make changes by POST at /graphql."
        raise Rejected(GraphQLError(text, extensions={"code": "not_a_subscription"}))
    roots = select(question.operation, Document(SCHEMA, question.fragments, coerced(question, variables)))
    if len(roots) != 1:
        raise Rejected(GraphQLError("A subscription has one field.", extensions={"code": "bad_question"}))
    (root,) = roots.values()
    count = len(root.children["ChangeEvent"])
    if count > MOST_FIELDS:
        text = f"The subscription has {count} fields; {MOST_FIELDS} are allowed."
        raise Rejected(GraphQLError(text, extensions={"code": "over_limit"}))
    return root


def _event(change: Mapping[str, Any], keys: list[tuple[str, str]], private: bool) -> dict[str, Any]:
    # What has changed of a person may be a home address.
    hidden = ("before", "after") if change.get("kind") == "Person" and not private else ()
    return {
        key: "ChangeEvent" if name == "__typename" else None if name in hidden else change.get(name)
        for key, name in keys
    }
