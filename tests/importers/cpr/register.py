"""Three people of payroll, and what the CPR register knows of them.

Alma and Birk work in north, Cille in south, and none has a number that passes modulus 11. Dorte has a replacement
number (day 61 to 91); Egon's employment ended long ago.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import neo4j

from graph.cpr.keyring import Keyring
from graph.cpr.lookup_log import CprLog
from graph.runs.problems import kept_problems
from graph.statements.statement import DatedLink, Problem, Ref, Statement
from graph.time import Period
from importers.cpr.persons import GraphPersons
from importers.cpr.settings import CprSettings
from importers.cpr.source import CprSource
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from sample.certificates import Authority, Pair
from sample.cpr_service.app import Running, Service
from sample.cpr_service.misbehaviour import Misbehaviour
from sample.cpr_service.register import Address, CprPerson, Name, Register
from sample.cpr_service.requests import Registered
from tests.graph.organisation import START, Stating, employment, person, unit

RING = Keyring.generate()
ALMA, BIRK, CILLE, DORTE, EGON = "1203575001", "0202575002", "0303575003", "6412575004", "0505575005"
NEW_ALMA, NEWEST_ALMA = "1303575009", "1403575008"
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
TODAY = NOON.date()
KNOWN = Registered(
    cvr="29189999",
    service_agreement="11111111-aaaa-4bbb-8ccc-0123456789ab",
    user_system="22222222-aaaa-4bbb-8ccc-0123456789ab",
    user="33333333-aaaa-4bbb-8ccc-0123456789ab",
)
AGREEMENT = {"service_agreement": KNOWN.service_agreement, "user_system": KNOWN.user_system, "user": KNOWN.user}


def payroll(*more: Statement, without: str = "", **numbers: str) -> Stating:
    """What payroll tells, and ``more``; ``without``: keys that it leaves out; ``numbers``: a person's other number."""
    ended = employment("e-egon", "egon", "south")
    ended.exists = (Period(START, date(2024, 1, 1)),)
    ended.links = {
        "person": (DatedLink(Period(START, date(2024, 1, 1)), Ref("Person", "egon")),),
        "unit": (DatedLink(Period(START, date(2024, 1, 1)), Ref("Unit", "south")),),
    }
    statements = [
        unit("root"),
        unit("north", "root"),
        unit("south", "root"),
        person("alma", "Alma Testrup", numbers.get("alma", ALMA)),
        person("birk", "Birk Prøvesen", numbers.get("birk", BIRK)),
        person("cille", "Cille Eksempel", CILLE),
        person("dorte", "Dorte Forsøg", DORTE),
        person("egon", "Egon Fratrådt", EGON),
        employment("e-alma", "alma", "north"),
        employment("e-birk", "birk", "north"),
        employment("e-cille", "cille", "south"),
        employment("e-dorte", "dorte", "south"),
        ended,
    ]
    return Stating(*(each for each in statements if each.key not in without.split()), *more)


def persons() -> list[CprPerson]:
    home = Address("Strandvejen 7, 2. th", "9999", "Klitkøbing", "c/o Jensen")
    return [
        CprPerson(ALMA, Name("Alma", "Holm Nørgård", "Vestergaard", date(2019, 6, 1)), address=home),
        CprPerson(BIRK, Name("Birk", "Prøvesen"), address=home),
        CprPerson(CILLE, Name("Cille", "Eksempel"), address=home),
        CprPerson(EGON, Name("Egon", "Fratrådt"), address=home),
    ]


@dataclass
class Office:
    """The stand-in, the graph, and imports with a clock of their own."""

    running: Running
    authority: Authority
    client: Pair
    driver: neo4j.Driver
    clock: datetime = NOON
    more: dict[str, Any] = field(default_factory=dict)
    """Settings beside those that are needed."""

    def __post_init__(self) -> None:
        self.service.use(Register(persons()))

    @property
    def service(self) -> Service:
        return self.running.service

    @property
    def register(self) -> Register:
        return self.service.register

    @property
    def wrong(self) -> Misbehaviour:
        return self.service.misbehaviour

    @property
    def today(self) -> date:
        return self.clock.date()

    def settings(self) -> CprSettings:
        own = {"cvr": KNOWN.cvr} if "agreement" not in self.more else {}
        return CprSettings.model_validate(
            {
                "url": self.running.lookup_url,
                "certificate": self.client.certificate,
                "private_key": self.client.key,
                "authority": self.authority.certificate,
                "calls_per_second": 10_000,
                **own,
                **self.more,
            }
        )

    def source(self) -> CprSource:
        persons = GraphPersons(self.driver, RING)
        return CprSource(self.settings(), persons, CprLog(self.driver), now=lambda: self.clock)

    def run(self, user: str | None = None, *, dry_run: bool = False) -> ImportReport:
        return run_import(self.driver, self.source(), RING, user=user, dry_run=dry_run)

    def days_later(self, days: int) -> "Office":
        self.clock += timedelta(days=days)
        return self

    def all_tenths(self) -> None:
        """A run after ten days: everybody's turn has come."""
        self.days_later(10).run()

    def pay(self, *more: Statement, **others: Any) -> ImportReport:
        return run_import(self.driver, payroll(*more, **others), RING)

    # -- looking ----------------------------------------------------------------------------------------------------

    def rows(self, query: str, **parameters: object) -> list[dict[str, Any]]:
        rows, _, _ = self.driver.execute_query(query, parameters)
        return [row.data() for row in rows]

    def uuid(self, number: str) -> str:
        (found,) = GraphPersons(self.driver, RING).holders([number]).values()
        return found

    def values(self, number: str, day: date | None = None) -> dict[str, Any]:
        """What holds of whom this number finds on a day (today)."""
        rows = self.rows(
            """
            MATCH (:Person {uuid: $uuid})-[at:STATE]->(s)
            WHERE at.from <= $day AND (at.to IS NULL OR at.to > $day)
            RETURN properties(s) AS values
            """,
            uuid=self.uuid(number),
            day=day or self.today,
        )
        return rows[0]["values"] if rows else {}

    def problems(self) -> dict[str, Problem]:
        """Rule → problem, as they are kept now."""
        return {each.rule: each for each in kept_problems(self.driver, "cpr").values()}

    def log(self) -> list[dict[str, Any]]:
        return self.rows(
            "MATCH (l:CprLookup) RETURN l.person AS person, l.by AS by, l.purpose AS purpose, l.service AS service, "
            "l.code AS code, l.id AS id ORDER BY l.at"
        )
