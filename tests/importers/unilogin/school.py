"""Two schools of Klitkøbing, small enough to keep in mind.

Bakkeskolen (A01234) has the class team below it, Strandskolen (012345) has none. Payroll employs Alma in the class
team, Birk in Bakkeskolen itself (its manager), and Cille in the town hall only. CPR numbers fail modulus 11.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import neo4j

from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from importers.unilogin.graph_lookup import GraphLookup, GraphMemory
from importers.unilogin.settings import UniLoginSettings
from importers.unilogin.source import UniLogin
from sample.unilogin_service.app import Running, Service
from sample.unilogin_service.keys import Identity
from sample.unilogin_service.misbehaviour import Misbehaviour
from sample.unilogin_service.state import Institution, Member, Person, State
from tests.graph.organisation import START, Stating, employment, link, person, told, unit

RING = Keyring.generate()
BAKKE, STRAND = "A01234", "012345"
PROVIDER = "reconnect-test"
ALMA, BIRK, CILLE, DORTE = "1203575001", "0202575002", "0303575003", "0412575004"
START_OF_TEST = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
PASSWORD = "not a secret"


def payroll(*more: Statement, without: str = "") -> Stating:
    """What payroll tells; ``without``: keys of statements that it does not tell any more."""
    statements = [
        unit("root"),
        unit("bakke", "root", institution_number=BAKKE),
        unit("classes", "bakke"),
        unit("strand", "root", institution_number=STRAND),
        unit("hall", "root"),
        person("alma", "Alma Testrup", ALMA),
        person("birk", "Birk Prøvesen", BIRK),
        person("cille", "Cille Eksempel", CILLE),
        employment("e-alma", "alma", "classes"),
        employment("e-birk", "birk", "bakke"),
        employment("e-cille", "cille", "hall"),
        *more,
    ]
    return Stating(*(each for each in statements if each.key not in without.split()))


def managing() -> Stating:
    """Birk manages Bakkeskolen, by the municipality's own facts."""
    role = Statement("Role", "manager", values={"key": told("manager")})
    holds = Statement(
        "Assignment",
        "m1",
        exists=(Period(START),),
        links={
            "holder": (DatedLink(Period(START), Ref("Employment", "sd:e-birk", by="other")),),
            "role": (DatedLink(Period(START), Ref("Role", "manager", by="natural")),),
            "unit": (DatedLink(Period(START), Ref("Unit", "sd:bakke", by="other")),),
        },
    )
    return Stating(role, holds, name="facts", whole=False)


def teacher(login: str, given: str, family: str, number: str = "", /, **more: object) -> Member:
    """A teacher with a verified CPR number; ``more``: other fields of the person or of the place."""
    of_person = {name: value for name, value in more.items() if name in Person.__dataclass_fields__}
    of_place = {name: value for name, value in more.items() if name in Member.__dataclass_fields__}
    who = replace(Person(login, given, family, number), **of_person)  # type: ignore[arg-type]
    return replace(Member(who, f"L-{login}"), **of_place)  # type: ignore[arg-type]


def alma(**more: object) -> Member:
    return teacher("alma417k", "Alma", "Testrup", ALMA, **more)


def birk(**more: object) -> Member:
    return teacher("1000013b36", "Birk", "Prøvesen", BIRK, **more)


def cille(**more: object) -> Member:
    return teacher("cill226q", "Cille", "Eksempel", CILLE, **more)


@dataclass
class Schools:
    """The stand-in, its clock, and imports from it."""

    running: Running
    identity: Identity
    folder: Path
    driver: neo4j.Driver
    clock: datetime = START_OF_TEST
    more: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        state = State(certificates={PROVIDER: self.identity.certificate}, now=lambda: self.clock)
        self.service.use(state)
        self.bakke = state.add(Institution(BAKKE, "Bakkeskolen"))
        self.strand = state.add(Institution(STRAND, "Strandskolen"))
        self.strand.agreed = False

    @property
    def service(self) -> Service:
        return self.running.service

    @property
    def wrong(self) -> Misbehaviour:
        return self.service.misbehaviour

    @property
    def day(self) -> date:
        return self.clock.date()

    def settings(self, **more: object) -> UniLoginSettings:
        return UniLoginSettings.model_validate(
            {
                "url": self.running.url,
                "provider": PROVIDER,
                "key_file": self.folder / "key.p12",
                "key_password": PASSWORD,
                **self.more,
                **more,
            }
        )

    def source(self, **more: object) -> UniLogin:
        lookup = GraphLookup(self.driver, self.day)
        return UniLogin(self.settings(**more), lookup, GraphMemory(self.driver), now=lambda: self.clock)

    def run(self, *, approve: str | None = None, dry_run: bool = False, **more: Any) -> ImportReport:
        """Import now."""
        return run_import(self.driver, self.source(**more), RING, approve=approve, dry_run=dry_run)

    def later(self, days: float = 1) -> "Schools":
        """Time passes."""
        self.clock += timedelta(days=days)
        return self

    # -- what the graph has ------------------------------------------------------------------------------------------

    def rows(self, query: str, **parameters: object) -> list[tuple[Any, ...]]:
        rows, _, _ = self.driver.execute_query(query, {"day": self.day, **parameters})
        return [tuple(row.values()) for row in rows]

    def affiliations(self) -> list[tuple[Any, ...]]:
        """(person's name, unit's name, type, roles) of those that hold today."""
        return self.rows(
            """
            MATCH (p:Person)-[has:HAS]->(a:Affiliation)-[at:IN]->(u:Unit)
            WHERE all(each IN [has, at] WHERE each.from <= $day AND (each.to IS NULL OR each.to > $day))
            MATCH (a)-[s:STATE]->(x) WHERE s.from <= $day AND (s.to IS NULL OR s.to > $day)
            RETURN p.name, u.name, x.type, x.school_roles ORDER BY p.name, u.name
            """
        )

    def accounts(self) -> list[tuple[Any, ...]]:
        """(login, owner's name, institutions, end) of all."""
        return self.rows(
            """
            MATCH (p:Person)-[:OWNS]->(a:Account)-[:AT]->(s:ItSystem {key: 'unilogin'})
            CALL (a) {
                OPTIONAL MATCH (a)-[s:STATE]->(x) WHERE s.from <= $day AND (s.to IS NULL OR s.to > $day)
                RETURN x
            }
            RETURN x.login, p.name, x.institution_numbers, toString(a.to) ORDER BY x.login, p.name
            """
        )

    def employment(self, key: str) -> tuple[Any, ...]:
        """(roles, initials, occupation) on payroll's employment today."""
        return self.rows(
            """
            MATCH (:SourceRecord {source: 'sd', key: $key})-[:TELLS]->(e:Employment)-[s:STATE]->(x)
            WHERE s.from <= $day AND (s.to IS NULL OR s.to > $day)
            RETURN x.school_roles, x.initials, x.occupation
            """,
            key=key,
        )[0]

    def persons(self) -> list[Any]:
        return [row[0] for row in self.rows("MATCH (p:Person) WHERE p.active RETURN p.name ORDER BY p.name")]

    def problems(self) -> list[tuple[Any, ...]]:
        """(institution or key, who, rule) of what is kept, without what is said of agreements."""
        return self.rows(
            """
            MATCH (b:BadRecord {source: 'unilogin'}) WHERE b.key <> 'agreements'
            RETURN b.key, b.field, b.rule ORDER BY b.key, b.field, b.rule
            """
        )

    def of_agreements(self) -> list[tuple[Any, ...]]:
        """(institution, rule) of what does not fit together."""
        return self.rows(
            "MATCH (b:BadRecord {source: 'unilogin', key: 'agreements'}) RETURN b.field, b.rule ORDER BY b.field"
        )


def reference(key: str) -> tuple[DatedLink, ...]:
    """Where an employment is, for tests that move one."""
    return link("Unit", key)
