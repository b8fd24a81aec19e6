"""A subscription lives no longer than its token, and keeps home addresses from who has no right to them."""

import json
from collections.abc import Iterator

import httpx
import pytest

from api.access.tokens import create, revoke
from api.http import gate
from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedValue, Statement
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
