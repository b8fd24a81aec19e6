"""A subscription lives no longer than its token, and keeps home addresses from who has no right to them."""

import json
from collections.abc import Iterator

import httpx
import neo4j
import pytest

from api.access.tokens import create, revoke
from api.callers import gate
from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from tests.api.serving import Served

ASK = "subscription($after: Int) { changes(after: $after) { number kind values { property after { text } } } }"


def answers(service: Served, token: str, after: int) -> Iterator[dict[str, object]]:
    body = {"query": ASK, "variables": {"after": after}}
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.stream("POST", f"{service.url}/graphql/events", json=body, headers=headers, timeout=60) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line[6:])


def move(service: Served, street: str) -> None:
    values = {"street": (DatedValue(Period(), street),)}
    GraphWriter(service.driver, Keyring.generate()).state(
        "cpr", [Statement("Person", "x", values=values)], Origin("cpr")
    )


def last_number(service: Served) -> int:
    rows, _, _ = service.driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
    number: int = rows[0]["number"]
    return number


@pytest.mark.parametrize(("role", "shown"), [("hr", True), ("operations", False)])
def test_a_home_address_needs_its_right(small_service: Served, role: str, shown: bool) -> None:
    first = last_number(small_service)
    move(small_service, "Skovstien 7")
    told = next(answers(small_service, small_service.token(role), first))
    assert ("Skovstien" in str(told)) == shown
    assert "Person" in str(told)


def test_a_refusal_says_what_is_missing_and_who_can_give_it(
    small_service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As that of a read does: of a subscription that is begun, and of one whose right is taken away."""
    monkeypatch.setattr(gate, "REMEMBERED", 0.0)
    driver = small_service.driver
    of = administrator(driver)
    first = last_number(small_service)
    for name, roles in (("never", ["reader"]), ("no longer", ["auditor"])):
        listening = answers(small_service, create(driver, name, roles), first)
        if name == "no longer":
            move(small_service, "A")
            assert next(listening)["data"]
            driver.execute_query("MATCH (t:Token {name: $name}) SET t.roles = ['reader']", name=name)
            move(small_service, "B")
        (error,) = next(listening)["errors"]  # type: ignore[misc,call-overload]
        assert error["extensions"]["roles"] == ["auditor", "hr", "operations", "organisation", "rights"]
        assert error["extensions"]["givers"] == [of]
        assert error["message"].endswith(f"; {of} can give it"), error


def administrator(driver: neo4j.Driver) -> str:
    """Somebody in the top unit becomes its administrator; the name."""
    row = driver.execute_query(
        """
        MATCH (top:Unit) WHERE NOT (top)-[:PART_OF]->()
        MATCH (e:Employment)<-[:HAS]-(p:Person)
        WITH top, e, p ORDER BY p.name LIMIT 1
        RETURN top.uuid AS top, e.uuid AS employment, p.name AS name
        """
    ).records[0]
    roles = [
        Statement("Role", "administrator", values=_always(key="administrator", title="Administrator")),
        Statement(
            "Assignment",
            "boss",
            exists=(Period(),),
            links={
                "holder": (DatedLink(Period(), Ref("Employment", row["employment"], "uuid")),),
                "role": (DatedLink(Period(), Ref("Role", "administrator", "natural")),),
                "unit": (DatedLink(Period(), Ref("Unit", row["top"], "uuid")),),
            },
        ),
    ]
    GraphWriter(driver, Keyring.generate()).state("facts", roles, Origin("facts"))
    return str(row["name"])


def _always(**values: str) -> dict[str, tuple[DatedValue, ...]]:
    return {name: (DatedValue(Period(), value),) for name, value in values.items()}


def test_it_ends_with_its_token(small_service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "REMEMBERED", 0.0)
    first = last_number(small_service)
    listening = answers(small_service, create(small_service.driver, "gone soon", ["auditor"]), first)
    move(small_service, "A")
    assert next(listening)["data"]
    revoke(small_service.driver, "gone soon")
    move(small_service, "B")
    ended = next(listening)
    assert "data" not in ended
    assert "token was revoked or has expired" in str(ended)
    assert next(listening, None) is None


def test_who_answers_for_a_part_hears_of_that_part(small_service: Served) -> None:
    """What lies elsewhere is not told, and the next change of the part follows."""
    driver = small_service.driver
    rows, _, _ = driver.execute_query(
        "MATCH (u:Unit)<-[:IN]-(:Employment)<-[:HAS]-(p:Person) RETURN u.uuid AS unit, p.uuid AS person"
    )
    here = rows[0]["unit"]
    there = driver.execute_query("MATCH (u:Unit) WHERE u.uuid <> $here RETURN u.uuid AS unit LIMIT 1", here=here)
    outside = there.records[0]["unit"]
    listening = create(driver, "part", ["hr"], within=[here])
    first = last_number(small_service)
    for unit, phone in ((outside, "11111111"), (here, "22222222")):
        key = driver.execute_query(
            "MATCH (r:SourceRecord)-[:TELLS]->(:Unit {uuid: $unit}) RETURN r.source AS source, r.key AS key LIMIT 1",
            unit=unit,
        ).records[0]
        values = {"phone": (DatedValue(Period(), phone),)}
        statement = Statement("Unit", key["key"], values=values)
        GraphWriter(driver, Keyring.generate()).state(key["source"], [statement], Origin(key["source"]))
    assert "11111111" in str(next(answers(small_service, small_service.token("hr"), first)))
    heard = str(next(answers(small_service, listening, first)))
    assert "22222222" in heard
    assert "11111111" not in heard
