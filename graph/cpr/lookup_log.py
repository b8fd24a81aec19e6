"""Log of look-ups in the CPR register: person, moment, user and reason, written before the call (cpr.md §8.2).

``(:CprLookup {id, at, person, by, purpose, service, code, answered})``: ``person`` is a uuid, never a number, and
empty where the person is not known here. Entries are only added: nothing in REConnect changes or removes one, except
that its result (``code``) is filled in, once. The log is no part of the change log and outlives the person.
"""

from collections.abc import Iterable
from uuid import uuid4

import neo4j

from graph.change_log import now


class CprLog:
    """The log. Every method raises the driver's errors: no log, no lookup."""

    def __init__(self, driver: neo4j.Driver) -> None:
        self._driver = driver

    def opened(self, person: str, by: str, purpose: str, service: str) -> str:
        """Keep that a call is about to be made; the entry's id, which goes along with the call."""
        entry = str(uuid4())
        self._driver.execute_query(
            """
            CREATE (:CprLookup {id: $id, at: $at, person: $person, by: $by, purpose: $purpose, service: $service})
            """,
            id=entry,
            at=now(),
            person=person,
            by=by,
            purpose=purpose,
            service=service,
        )
        return entry

    def closed(self, entry: str, code: str) -> None:
        """Fill in what came of it. A result that is there already stays."""
        self._driver.execute_query(
            "MATCH (l:CprLookup {id: $id}) WHERE l.code IS NULL SET l.code = $code, l.answered = $at",
            id=entry,
            code=code,
            at=now(),
        )

    def used(self, entries: Iterable[tuple[str, str]], by: str, purpose: str, service: str) -> None:
        """Keep that data which came by itself is about to be used: (person, code) each."""
        self._driver.execute_query(
            """
            UNWIND $rows AS row
            CREATE (:CprLookup {id: row.id, at: $at, person: row.person, by: $by, purpose: $purpose,
                                service: $service, code: row.code, answered: $at})
            """,
            rows=[{"id": str(uuid4()), "person": person, "code": code} for person, code in entries],
            at=now(),
            by=by,
            purpose=purpose,
            service=service,
        )
