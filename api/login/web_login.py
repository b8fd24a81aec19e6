"""Login of people to REConnect itself: what its pages and the API need to know of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import neo4j

from api.access.own_system import TITLES, key_of
from api.access.sessions import NAME, LoggedIn, Sessions, Through
from api.availability import in_thread
from api.login.browser import Cookies
from api.login.saml_service import SamlService
from idp.sealing import Seal

_NAMED = 5
"""People whom a refusal names."""
_REMEMBERED = 60.0  # seconds
_ASKED = 20
"""People of whom it is looked up whether they may give rights."""
_GIVERS = f"""
MATCH (right:SystemRole {{key: $right}})
MATCH (gives)-[:INCLUDES*0..5]->(right)
MATCH (g:Grant {{active: true}})-[:GIVES]->(gives)
MATCH (g)-[:GIVEN_TO]->(to)
CALL (to) {{
    WITH to WHERE to:Person
    RETURN to AS person
    UNION
    MATCH (person:Person)-[:HAS]->(to)
    RETURN person
    UNION
    MATCH (person:Person)-[:HAS]->{{0,1}}()-[:HOLDS]->(:Assignment {{active: true}})-[:OF]->(to)
    RETURN person
}}
WITH DISTINCT person AS p
RETURN p.uuid AS uuid, {NAME} AS name
ORDER BY name, uuid
LIMIT $most
"""


@dataclass(frozen=True, slots=True)
class Missing:
    """What a person lacks who has no right to REConnect, in words, and as extensions of an error."""

    text: str
    roles: tuple[str, ...]
    givers: tuple[tuple[str, str], ...]

    @property
    def extensions(self) -> dict[str, Any]:
        return {"missing": list(self.roles), "givenBy": [{"uuid": uuid, "name": name} for uuid, name in self.givers]}


@dataclass(frozen=True)
class WebLogin:
    """``name``: shown on the pages. ``secure``: they are served by https. ``address``: the public address of this
    service, if the settings have it. ``through``: the identity provider that people log in at."""

    driver: neo4j.Driver = field(repr=False)
    sessions: Sessions
    seal: Seal = field(repr=False)
    name: str
    secure: bool
    address: str | None = None
    through: Through = "own"
    can_log_in: bool = True
    """False: there is nothing to log in with but the break-glass account."""
    alarm: Callable[[str], None] = field(default=lambda text: None, repr=False)
    """Tells people at once that the break-glass account is used; it runs in a thread, and raises nothing."""
    saml: SamlService | None = field(default=None, repr=False)
    """REConnect as a service provider, for ``through = "saml"``."""
    _known: dict[str, tuple[float, tuple[tuple[str, str], ...]]] = field(default_factory=dict, repr=False)

    @property
    def cookie(self) -> str:
        """The name of the cookie with a session's secret."""
        return Cookies.of(self.seal, secure=self.secure).session

    async def missing_rights(self) -> Missing:
        """What those lack who have no right, and who can give it."""
        givers = await self._givers()
        roles = tuple(key_of(each) for each in TITLES)
        who = ", ".join(name for _, name in givers) or "whoever administers grants (`reconnect token create`)"
        text = (
            "You are logged in, but have no right to REConnect: no grant gives you one of its system roles "
            f"({', '.join(TITLES)}). A grant is given by those who have the system role rights: {who}."
        )
        return Missing(text, roles, givers)

    async def _givers(self) -> tuple[tuple[str, str], ...]:
        """(uuid, name) of the first people who may give rights in REConnect; looked up once a minute."""
        known = self._known.get("givers")
        if known is not None and monotonic() - known[0] < _REMEMBERED:
            return known[1]
        found = []
        for uuid, name in await in_thread(self._candidates):
            access = await self.sessions.access_of_person(uuid)
            if "rights" in access.roles:
                found.append((uuid, name))
            if len(found) == _NAMED:
                break
        self._known["givers"] = (monotonic(), tuple(found))
        return tuple(found)

    def _candidates(self) -> list[tuple[str, str]]:
        rows, _, _ = self.driver.execute_query(
            _GIVERS, right=key_of("rights"), most=_ASKED, routing_=neo4j.RoutingControl.READ
        )
        return [(row["uuid"], row["name"]) for row in rows]

    async def whose(self, secret: str | None) -> LoggedIn | None:
        """Who uses a browser with this cookie."""
        return await self.sessions.logged_in(secret, is_use=True) if secret else None
