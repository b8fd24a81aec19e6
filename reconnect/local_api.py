"""The API's reads inside this process, for the program's own queries: no port, no token, the same compiler.

The user of the process has the graph's password anyway. Queries are logged under the name of the caller, readings of
CPR numbers too.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from anyio.from_thread import BlockingPortal, start_blocking_portal
from graphql import GraphQLError

from api.access.rights import Access
from api.computed.contract import Caller
from api.model.refused import Rejected
from api.reads.explained import Explained
from api.reads.limits import Limits
from api.reads.question import Question, question_of
from api.reads.reader import Reader
from api.requests.failures import formed
from graph.connection import connect_async
from graph.errors import GraphError
from graph.retry import NEXT
from reconnect.context import Context
from reconnect.errors import ProgramError
from reconnect.targets import memberships, objects

# The program's own queries may read everything, and take their time.
_LIMITS = Limits(cost=10**12, seconds=6 * 3600)
_READS_ONLY = (
    "Without a token, only queries can be run. Mutations and subscriptions need a token (--token-file or "
    "RECONNECT_TOKEN) and go to the running service; `reconnect schema` prints the schema."
)


class QueryRejected(ProgramError):
    """The API rejects the query. ``errors``: as GraphQL has them."""

    retry = NEXT

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("; ".join(each["message"] for each in errors))
        self.errors = list(errors)


@dataclass
class LocalApi:
    """Queries the API's reader. Use ``local_api``."""

    _portal: BlockingPortal
    _reader: Reader

    def answer(self, access: Access, document: str, operation: str | None, variables: Mapping[str, object]) -> bytes:
        """The answer as JSON; root fields that were refused are null, with errors beside them. Raises QueryRejected."""
        try:
            return self._portal.call(self._whole, access, document, operation, variables)
        except Rejected as refused:
            raise _rejected(refused) from refused

    def data(
        self, access: Access, document: str, operation: str | None, variables: Mapping[str, object]
    ) -> dict[str, Any]:
        """The answer's ``data``, all of it. Raises QueryRejected."""
        answer: dict[str, Any] = orjson.loads(self.answer(access, document, operation, variables))
        if answer.get("errors"):
            raise QueryRejected(answer["errors"])
        data: dict[str, Any] = answer["data"]
        return data

    def explained(
        self, access: Access, document: str, operation: str | None, variables: Mapping[str, object]
    ) -> Sequence[Explained]:
        """The Cypher, plan and time of each root field. Raises QueryRejected."""
        try:
            return self._portal.call(self._explained, access, document, operation, variables)
        except Rejected as refused:
            raise _rejected(refused) from refused

    async def _explained(
        self, access: Access, document: str, operation: str | None, variables: Mapping[str, object]
    ) -> Sequence[Explained]:
        question = self._read(document, operation)
        try:
            return await self._reader.explained(question, variables, Caller(access.name, access.roles, access.fields()))
        except GraphQLError as error:
            raise Rejected(error) from error
        except GraphError as error:
            raise Rejected(GraphQLError(str(error), extensions={"code": error.code})) from error

    async def _whole(
        self, access: Access, document: str, operation: str | None, variables: Mapping[str, object]
    ) -> bytes:
        question = self._read(document, operation)
        answer = await self._reader.answer(question, variables, access.fields(), access.name, roles=access.roles)
        return b"".join([part async for part in answer]) if isinstance(answer, AsyncIterator) else answer

    @staticmethod
    def _read(document: str, operation: str | None) -> Question:
        question = question_of(document, operation)
        if not question.is_read:
            raise Rejected(GraphQLError(_READS_ONLY, extensions={"code": "reads_only"}))
        return question


def _rejected(refused: Rejected) -> QueryRejected:
    return QueryRejected([formed(error) for error in refused.errors])


@contextmanager
def local_api(context: Context) -> Iterator[LocalApi]:
    """The API's reader while the block runs."""
    driver = context.driver()
    uri, user, password = context.neo4j_login()
    with start_blocking_portal() as portal:
        reading = portal.call(_connected, uri, user, password)
        try:
            rules = {each.name: each.about for each in context.settings.roles}
            states = partial(_states, context)
            targets = context.settings.targets
            reader = Reader(
                reading, driver, context.keyring, _LIMITS, context.order, states, rules,
                targets=objects(targets), memberships=memberships(targets),
            )  # fmt: skip
            yield LocalApi(portal, reader)
        finally:
            portal.call(reading.close)


async def _connected(uri: str, user: str, password: str) -> Any:
    # In the portal's own event loop: an async driver belongs to the loop that it was made in.
    return connect_async(uri, user, password)


def _states(context: Context) -> Sequence[Mapping[str, Any]]:
    from reconnect.source_health import (
        as_answers,  # only here: it loads every source, and few queries need them
    )

    return as_answers(context)
