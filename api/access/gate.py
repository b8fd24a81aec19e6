"""The gate: identifies the token, and checks whether it may run the query."""

import asyncio
from functools import partial
from time import monotonic

import neo4j
from graphql import GraphQLError

from api.access.failed_logins import FailedLogins
from api.access.rights import READ, Access, whole
from api.access.tokens import access_of
from api.computed.types import FIELDS
from api.http.availability import CLOSED, Availability, Away, OutOfTime
from api.reads.question import Question, Rejected

REMEMBERED = 5.0  # seconds: a revoked token ends within this time, everywhere

_PATIENCE = 20.0  # seconds that Neo4j may take to find a token, however busy it is


class Gate:
    """Looks tokens up, and remembers them for a few seconds."""

    def __init__(self, driver: neo4j.AsyncDriver, availability: Availability) -> None:
        self._driver = driver
        self._available = availability
        self.failed_logins = FailedLogins()
        self._known: dict[str, tuple[float, Access]] = {}
        self._looking: dict[str, asyncio.Task[Access | None]] = {}

    async def login(self, header: str | None, address: str | None) -> Access | None:
        """The access of an Authorization header. An unknown token is a failed login from this address."""
        if not header:
            return None  # nothing was tried
        secret = _secret(header)
        access = self._remembered(secret)
        if access is not None:
            return access
        async with self.failed_logins.looking_up(address):
            access = await self.of_secret(secret)
        if access is None:
            self.failed_logins.failed(address)
        return access

    async def of_header(self, header: str | None) -> Access | None:
        """The access of an Authorization header. Raises Away."""
        return await self.of_secret(_secret(header or ""))

    async def of_secret(self, secret: str) -> Access | None:
        """The access of a token. All simultaneous requests with it, such as a client's subscriptions after a change,
        share one look-up. Raises Away."""
        if not secret:
            return None
        access = self._remembered(secret)
        if access is not None:
            return access
        looking = self._looking.get(secret)
        if looking is None:
            looking = self._looking[secret] = asyncio.create_task(self._looked_up(secret), name="look up a token")
            looking.add_done_callback(partial(self._found, secret))
        return await asyncio.shield(looking)

    def _found(self, secret: str, looking: "asyncio.Task[Access | None]") -> None:
        del self._looking[secret]
        if not looking.cancelled():
            looking.exception()  # it is raised in those who wait; if none is left, nothing is lost

    async def _looked_up(self, secret: str) -> Access | None:
        try:
            async with self._available.within(_PATIENCE):
                found = await access_of(self._driver, secret)
        except (OutOfTime, *CLOSED) as error:
            raise Away from error
        if found is None:
            self._known.pop(secret, None)
        else:
            self._known[secret] = (monotonic(), found)
        return found

    def _remembered(self, secret: str) -> Access | None:
        looked, access = self._known.get(secret, (0.0, None))
        return access if monotonic() - looked < REMEMBERED else None

    def check(self, access: Access, question: Question) -> None:
        """Check that every type in the query may be read. Raises Rejected (forbidden)."""
        if access.within:
            _check_fields(access, question)
        for name in sorted(question.types):
            if name in READ:
                try:
                    access.require(name)
                except GraphQLError as error:
                    raise Rejected(error) from error


def _check_fields(access: Access, question: Question) -> None:
    """Check that each computed field keeps to the places where the caller's roles hold. Raises Rejected (forbidden)."""
    for name in sorted(question.root_fields & FIELDS.keys()):
        field = FIELDS[name]
        if not field.in_part and not field.roles & access.everywhere:
            raise Rejected(whole(f"{name} is about the whole organisation: it", field.roles))


def _secret(header: str) -> str:
    scheme, _, secret = header.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""
