"""The gate: whose token it is, and whether the question may be asked with it."""

from time import monotonic

import neo4j
from graphql import FieldNode, GraphQLError, TypeInfo, TypeInfoVisitor, Visitor, get_named_type, visit

from api.access.failed_logins import FailedLogins
from api.access.rights import READ, Access
from api.access.tokens import access_of
from api.reader import SCHEMA, Question, Rejected

REMEMBERED = 5.0  # seconds: a revoked token ends within this time, everywhere


class Gate:
    """Looks tokens up, and remembers them for a few seconds."""

    def __init__(self, driver: neo4j.AsyncDriver) -> None:
        self._driver = driver
        self.failed_logins = FailedLogins()
        self._known: dict[str, tuple[float, Access]] = {}
        self._checked: dict[tuple[int, frozenset[str]], Question] = {}

    async def login(self, header: str | None, address: str | None) -> Access | None:
        """Who an Authorization header belongs to. One that belongs to nobody is a failed login from this address."""
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
        """Who an Authorization header belongs to."""
        return await self.of_secret(_secret(header or ""))

    async def of_secret(self, secret: str) -> Access | None:
        if not secret:
            return None
        access = self._remembered(secret)
        if access is not None:
            return access
        found = await access_of(self._driver, secret)
        if found is None:
            self._known.pop(secret, None)
        else:
            self._known[secret] = (monotonic(), found)
        return found

    def _remembered(self, secret: str) -> Access | None:
        looked, access = self._known.get(secret, (0.0, None))
        return access if monotonic() - looked < REMEMBERED else None

    def check(self, access: Access, question: Question) -> None:
        """Every type that the question reads may be read. Raises Rejected (forbidden)."""
        key = (id(question), access.roles)
        if self._checked.get(key) is question:
            return
        for name in sorted(_types(question)):
            if name in READ:
                try:
                    access.require(name)
                except GraphQLError as error:
                    raise Rejected(error) from error
        if len(self._checked) > 5000:
            self._checked.clear()
        self._checked[key] = question


def _secret(header: str) -> str:
    scheme, _, secret = header.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _types(question: Question) -> set[str]:
    """Names of the types that a document's fields lead to or are of."""
    found: set[str] = set()
    info = TypeInfo(SCHEMA)

    class Types(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            # The parent too: a member of a union is entered by a fragment, which is no field.
            for type_ in (get_named_type(info.get_type()), info.get_parent_type()):
                if type_ is not None:
                    found.add(type_.name.removesuffix("Connection").removesuffix("State"))

    visit(question.document, TypeInfoVisitor(info, Types()))
    return found
