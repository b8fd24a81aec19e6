"""The gate: identifies the caller by token or session, and checks whether they may run the query."""

import asyncio
from functools import partial
from time import monotonic

import neo4j
from graphql import GraphQLError

from api.access.clients import PREFIX, access_of_token
from api.access.credentials import Credential
from api.access.failed_logins import FailedLogins
from api.access.rights import READ, Access, whole
from api.access.sessions import Sessions
from api.access.tokens import access_of
from api.availability import CLOSED, Availability, Away, OutOfTime
from api.computed.types import FIELDS
from api.model.refused import in_field
from api.reads.question import Question
from api.reads.root_fields import RootField

REMEMBERED = 5.0  # seconds: a revoked token and a session end within this time, everywhere

_PATIENCE = 20.0  # seconds that Neo4j may take to find a token, however busy it is
_MOST_KNOWN = 10_000
_Known = tuple[Credential, bool]
"""A credential, and whether its session was noted as used: listening for a subscription does not count as use."""


class Gate:
    """Looks tokens and sessions up, and remembers them for a few seconds. ``sessions``: where people log in."""

    def __init__(self, driver: neo4j.AsyncDriver, availability: Availability, sessions: Sessions | None = None) -> None:
        self._driver = driver
        self._available = availability
        self._sessions = sessions
        self.failed_logins = FailedLogins()
        self._known: dict[_Known, tuple[float, Access]] = {}
        self._looking: dict[_Known, asyncio.Task[Access | None]] = {}

    async def login(self, credential: Credential | None, address: str | None) -> Access | None:
        """The access of a credential. An unknown one is a failed login from this address. Raises Away."""
        if credential is None:
            return None  # nothing was tried
        access = self._remembered((credential, True))
        if access is not None:
            return access
        async with self.failed_logins.looking_up(address):
            access = await self.access_of(credential)
        if access is None:
            self.failed_logins.failed(address)
        return access

    async def access_of(self, credential: Credential, *, is_use: bool = True) -> Access | None:
        """The access of a credential. All simultaneous requests with it, such as a client's subscriptions after a
        change, share one look-up. ``is_use``: its session counts as used now. Raises Away."""
        if not credential.secret:
            return None
        wanted = (credential, is_use)
        access = self._remembered(wanted)
        if access is not None:
            return access
        looking = self._looking.get(wanted)
        if looking is None:
            looking = self._looking[wanted] = asyncio.create_task(self._looked_up(wanted), name="look up a caller")
            looking.add_done_callback(partial(self._found, wanted))
        return await asyncio.shield(looking)

    def _found(self, wanted: _Known, looking: "asyncio.Task[Access | None]") -> None:
        del self._looking[wanted]
        if not looking.cancelled():
            looking.exception()  # it is raised in those who wait; if none is left, nothing is lost

    async def _looked_up(self, wanted: _Known) -> Access | None:
        credential, is_use = wanted
        try:
            async with self._available.within(_PATIENCE):
                found = await self._access(credential, is_use)
        except (OutOfTime, *CLOSED) as error:
            raise Away from error
        if found is None:
            self._known.pop(wanted, None)
        else:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()  # sessions come and go, and each is found again
            self._known[wanted] = (monotonic(), found)
        return found

    async def _access(self, credential: Credential, is_use: bool) -> Access | None:
        if not credential.is_session:
            look_up = access_of_token if credential.secret.startswith(PREFIX) else access_of
            return await look_up(self._driver, credential.secret)
        if self._sessions is None:
            return None
        return await self._sessions.access_of(credential.secret, is_use=is_use)

    def _remembered(self, wanted: _Known) -> Access | None:
        looked, access = self._known.get(wanted, (0.0, None))
        return access if monotonic() - looked < REMEMBERED else None

    def is_own(self, access: Access, question: Question) -> bool:
        """It asks only for what is the caller's own, such as their tasks: that takes no system role."""
        asked = [FIELDS.get(root.name) for root in question.roots]
        return bool(access.own and asked) and all(each is not None and each.roles & access.own for each in asked)

    @staticmethod
    def forbidden(access: Access, question: Question) -> dict[str, GraphQLError]:
        """The root fields that show what the caller may not read, by their key in the answer."""
        found: dict[str, GraphQLError] = {}
        for root in question.roots:
            try:
                _check(access, root)
            except GraphQLError as error:
                found[root.key] = error
        return found


def _check(access: Access, root: RootField) -> None:
    """Raises GraphQLError (forbidden) if a type of the field may not be read, or, of a computed field, if it does not
    keep to the places where the caller's roles hold."""
    field = FIELDS.get(root.name)
    if access.within and field is not None and field.whole and not field.roles & access.everywhere:
        raise in_field(whole(f"{root.name} {field.whole}: it", field.roles), root.node)
    for name in sorted(root.types):
        if name in READ:
            try:
                access.require(name)
            except GraphQLError as error:
                raise in_field(error, root.types[name]) from error
