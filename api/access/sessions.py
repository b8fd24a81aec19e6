"""People who have logged in: who the cookie of a browser is, and what they may do.

A session is looked up in the graph each time (the gate remembers it for a few seconds), together with the account or
person that it belongs to. So it ends everywhere within these seconds: by time, by logout, by a stop, or with the
employment.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import neo4j

from api.access.caller_names import BREAK_GLASS, PERSON
from api.access.held import access_of_person
from api.access.rights import ROLES, Access
from api.availability import in_thread
from graph.time import COPENHAGEN
from idp import person_sessions, sessions

Through = Literal["own", "saml"]
NAME = "coalesce(p.name, p.given_name + ' ' + p.surname, p.given_name, p.surname, p.uuid)"
"""What pages call a person ``p`` who has logged in."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who has logged in. ``person``: uuid; None for the break-glass account. ``shown``: the person's name.

    ``name``: of the person's access, as in the change log. ``id``: of the session.
    """

    person: str | None
    name: str
    shown: str
    hash: str
    id: str
    ends: datetime


class Sessions:
    """The sessions of one service. ``system``: the IT system of local accounts, if people log in with them.

    ``through``: whose logins open REConnect.
    """

    def __init__(self, driver: neo4j.Driver, system: str | None, through: Through) -> None:
        self._driver = driver
        self._system = system
        self._through = through

    async def access_of(self, secret: str, *, is_use: bool) -> Access | None:
        """What the session's person may do, with no role if that is nothing. None: there is no such session.

        ``is_use``: the session counts as used now.
        """
        found = await self.logged_in(secret, is_use=is_use)
        return None if found is None else await self.access(found)

    async def logged_in(self, secret: str, *, is_use: bool) -> LoggedIn | None:
        """Who the session's person is."""
        return await in_thread(self._logged_in, secret, is_use)

    async def access(self, who: LoggedIn) -> Access:
        """What they may do; with no role if that is nothing."""
        if who.person is None:
            return Access(who.name, frozenset(ROLES) - {"cpr"})
        return await self.access_of_person(who.person)

    async def access_of_person(self, person: str) -> Access:
        """The same for a person who need not be logged in."""
        name = f"{PERSON}{person}"
        return await access_of_person(self._driver, person, name) or Access(name, frozenset(), person)

    def _logged_in(self, secret: str, is_use: bool) -> LoggedIn | None:
        now = datetime.now(UTC)
        with self._driver.session() as session:
            return session.execute_write(self._found, secret, now, is_use)

    def _found(self, tx: neo4j.ManagedTransaction, secret: str, now: datetime, is_use: bool) -> LoggedIn | None:
        day = now.astimezone(COPENHAGEN).date()
        other = person_sessions.session_of(tx, secret, now, day, is_use=is_use)
        if other is not None and other.person is None:
            name = f"{BREAK_GLASS}{other.account}"
            return LoggedIn(None, name, name, other.hash, other.index, other.ends)
        found: person_sessions.PersonSession | sessions.Session | None = other
        if self._through == "own":
            found = (
                None if self._system is None else sessions.session_of(tx, secret, self._system, now, day, is_use=is_use)
            )
        if found is None:
            return None
        person = found.account.person if isinstance(found, sessions.Session) else str(found.person)
        row = tx.run(f"MATCH (p:Person {{uuid: $uuid}}) RETURN {NAME} AS name", uuid=person).single()
        shown = person if row is None else row["name"]
        return LoggedIn(person, f"{PERSON}{person}", shown, found.hash, found.index, found.ends)
