"""FK-adm's stand-in with two systems and three roles, and what the source makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from importers.fk_adm.lookup import KnownRole
from importers.fk_adm.settings import FkAdmSettings
from importers.fk_adm.source import FkAdm
from sample.certificates import Authority, Pair
from sample.fk_adm_service import records
from sample.fk_adm_service.app import Running
from sample.fk_adm_service.content import NEIGHBOUR, PARAMETER, PAY, READ, fill
from sample.fk_adm_service.records import BENEFITS, OVERVIEW, Record, uuid_of
from tests.importers.known import Applied, InMemory

__all__ = ["NEIGHBOUR", "PARAMETER", "PAY", "READ", "Others", "Town"]

CVR = "12345678"
DAY, LATER = date(2026, 6, 15), date(2026, 6, 16)
READ_URI = "http://overblik.example/roles/usersystemrole/laes/1"
PAY_URI = "http://ydelser.example/roles/usersystemrole/udbetal/1"
CASEWORKER, SHARED = uuid_of(f"{CVR}/Sagsbehandler"), uuid_of(f"{NEIGHBOUR}/Vagt")
CASEWORKER_URI = "http://solbjerg.example/roles/jobrole/sagsbehandler/1"
SHARED_URI = "http://nabokommune.example/roles/jobrole/vagt/1"
LEVELS = list(records.LEVELS)


@dataclass
class Others:
    """``Lookup``: what others have stated."""

    known_keys: dict[tuple[str, str], str] = field(default_factory=dict)
    known_roles: list[KnownRole] = field(default_factory=list)

    def keys(self, kind: str) -> Mapping[str, str]:
        return {uri: key for (of, uri), key in self.known_keys.items() if of == kind}

    def roles(self, cvr: str) -> Sequence[KnownRole]:
        return self.known_roles


class Town:
    """The stand-in as it is at first, and a graph's worth of statements."""

    def __init__(self, running: Running, authority: Authority, client: Pair) -> None:
        self.running, self.service = running, running.service
        self.settings = FkAdmSettings(
            certificate=client.certificate,
            private_key=client.key,
            authority=authority.certificate,
            cvr=CVR,
            url=running.url,
            own_machine=True,
            calls_per_second=1000,
        )
        self.others = Others()
        self.known = InMemory()
        fill(self.service, CVR)

    @property
    def caseworker(self) -> Record:
        return self.service.job_roles[CASEWORKER]

    @property
    def shared(self) -> Record:
        return self.service.job_roles[SHARED]

    def source(self, day: date = DAY, **changes: Any) -> FkAdm:
        return FkAdm(self.settings.model_copy(update=changes), self.others, day=lambda: day, sleep=lambda _: None)

    def take(self, day: date = DAY, **changes: Any) -> Applied:
        return self.known.take(self.source(day, **changes))

    def type_of(self, role: Record, uri: str) -> Record:
        """A constraint type as a role uses it; a dict of its own."""
        uses = role["dataafgraensningstyper"]
        found: Record = next(
            each["dataafgraensningstype"] for each in uses if each["dataafgraensningstype"]["entityId"] == uri
        )
        return found

    @property
    def overview(self) -> Record:
        return self.service.roles[uuid_of(OVERVIEW)][0]

    @property
    def benefits(self) -> Record:
        return self.service.roles[uuid_of(BENEFITS)][0]
