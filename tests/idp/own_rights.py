"""Rights in REConnect itself for people of ``tests.idp.staff``, granted as to any other system."""

import neo4j

from api.access.own_system import key_of, state_own_system
from graph.change_log import Origin
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from tests.idp.staff import RING, RULES


def give(driver: neo4j.Driver, role: str, person: str, period: Period | None = None) -> None:
    """Grant a system role to a person (its key) who is employed, approved by another."""
    state_own_system(driver, RING)
    life = period or Period()

    def values(**given: Value) -> dict[str, tuple[DatedValue, ...]]:
        return {name: (DatedValue(life, each),) for name, each in given.items()}

    def link(kind: str, key: str, space: str = "source") -> tuple[DatedLink, ...]:
        return (DatedLink(life, Ref(kind, key, space)),)  # type: ignore[arg-type]

    approver = Statement("Person", "approver", values=values(given_name="Aksel", surname="Godkender"))
    grant = Statement(
        "Grant",
        f"own_{role}_{person}",
        exists=(life,),
        values=values(title=f"{role} to {person}", reason="For the test", approved_on=today().isoformat()),
        links={
            "gives": link("SystemRole", key_of(role), "natural"),
            "given_to": link("Person", person),
            "approved_by": link("Person", "approver"),
        },
    )
    always = Period()
    unit = Statement("Unit", "office", exists=(always,), values={"name": (DatedValue(always, "Kontoret"),)})
    job = Statement(
        "Employment",
        f"{person}_job",
        exists=(always,),
        values={"number": (DatedValue(always, f"{person}_job"),)},
        links={
            "person": (DatedLink(always, Ref("Person", person)),),
            "unit": (DatedLink(always, Ref("Unit", "office")),),
        },
    )
    GraphWriter(driver, RING).state(RULES, [approver, unit, job, grant], Origin(RULES))


def person_of(driver: neo4j.Driver, account: str) -> str:
    """uuid of an account's person."""
    rows, _, _ = driver.execute_query(
        "MATCH (:PlannedAccount {uuid: $uuid})-[:OF_PERSON]->(p) RETURN p.uuid AS uuid", uuid=account
    )
    return str(rows[0]["uuid"])
