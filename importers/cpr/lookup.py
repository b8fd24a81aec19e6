"""PersonLookup of SF1520, context form: one person per call, each logged before it is made (cpr.md §2, §8.2)."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Protocol

import structlog
from neo4j.exceptions import DriverError, Neo4jError

from importers.cpr import answer
from importers.cpr.errors import LogUnwritable
from importers.cpr.register_data import RegisteredPerson
from importers.cpr.settings import LOOKUP_SERVICE, Agreement, CprSettings
from importers.cpr.soap import Connection

_log = structlog.get_logger(__name__)
SF1520, SF6002 = "SF1520 PersonLookup", "SF6002 CprSubscription"


class Log(Protocol):
    """Where calls are kept (``graph.cpr.lookup_log.CprLog``)."""

    def opened(self, person: str, by: str, purpose: str, service: str) -> str: ...

    def closed(self, entry: str, code: str) -> None: ...

    def used(self, entries: Iterable[tuple[str, str]], by: str, purpose: str, service: str) -> None: ...


class Entry:
    """A call's entry in the log: written at the start of the block, and completed with the result at its end.

    Raises LogUnwritable instead of entering the block: no log, no call.
    """

    def __init__(self, log: Log, person: str, by: str, purpose: str, service: str) -> None:
        self._log = log
        self._what = (person, by, purpose, service)
        self.id = ""
        self.code = "ok"

    def __enter__(self) -> "Entry":
        try:
            self.id = self._log.opened(*self._what)
        except (Neo4jError, DriverError) as wrong:
            raise LogUnwritable(
                f"CPR: the log of lookups can't be written ({type(wrong).__name__}), so no person is looked up."
            ) from wrong
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self.code = str(getattr(error, "code", None) or type(error).__name__)
        try:
            self._log.closed(self.id, self.code)
        except (Neo4jError, DriverError) as wrong:
            if error is None:
                raise LogUnwritable(
                    f"CPR: a lookup's result can't be written to the log ({type(wrong).__name__}), so no more are made."
                ) from wrong
            # The lookup's own error goes on. The next entry can't be written either, if this lasts.
            _log.error("lookup_not_closed", entry=self.id, why=type(wrong).__name__)


class Lookup:
    """The lookup service. ``by``: the user who asks, or ``system``."""

    def __init__(self, connection: Connection, settings: CprSettings, log: Log, by: str) -> None:
        self._settings = settings
        self._service = connection.service("person_lookup", settings.url)
        self._log = log
        self._by = by

    def person(self, number: str, uuid: str, purpose: str, day: date) -> RegisteredPerson:
        """CPR's data of the Person ``uuid``, who has this number.

        Raises UnknownNumber, ServiceFault, UnreadableAnswer, NoAnswer; Misconfigured, LogUnwritable (for every call).
        """
        settings = self._settings
        with Entry(self._log, uuid, self._by, purpose, SF1520) as entry:
            found = self._service.call("PersonLookup", **self._contexts(entry.id), PNR=number)
            return answer.person(found, number, day, addresses=settings.addresses, guardianship=settings.guardianship)

    def _contexts(self, entry: str) -> dict[str, Any]:
        """The caller and its right to call: exactly one of AuthorityContext and InvocationContext (§2)."""
        made: dict[str, Any] = {"CallContext": {"OnBehalfOfUser": self._by, "CallersServiceCallIdentifier": entry}}
        if self._settings.agreement is None:
            made["AuthorityContext"] = {"MunicipalityCVR": self._settings.cvr}
        else:
            made["InvocationContext"] = invocation(self._settings.agreement, LOOKUP_SERVICE)
        return made


def invocation(agreement: Agreement, service: str) -> dict[str, str]:
    """An InvocationContext's four UUIDs."""
    return {
        "ServiceAgreementUUID": agreement.service_agreement,
        "UserSystemUUID": agreement.user_system,
        "UserUUID": agreement.user,
        "ServiceUUID": agreement.service or service,
    }
