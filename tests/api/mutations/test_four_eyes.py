"""What one person must not do alone."""

from collections.abc import Iterator
from datetime import timedelta

import neo4j
import pytest

from api.access import four_eyes
from api.access.four_eyes import RULES
from api.access.tokens import create
from graph.cpr.keyring import Keyring
from graph.runs.brakes import keep_stopped
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.graph.organisation import Stating, person, small


@pytest.fixture
def service(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[Served]:
    ring = Keyring.generate()
    run_import(clean_graph, Stating(*small(), person("gone", "Dorte Væk")), ring)
    with serving(addresses, clean_graph, ring, four_eyes=RULES) as served:
        yield served


def asked(service: Served, query: str, token: str, *, preview: bool = False) -> str:
    """The code of the first error; empty without one."""
    body = {"query": f"mutation {{ {query} }}", "extensions": {"preview": preview}}
    answer = service.send(body, {"Authorization": f"Bearer {token}"}).json()
    return str(answer["errors"][0]["extensions"]["code"]) if "errors" in answer else ""


def test_two_people_approve_erase_and_end_a_stop(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = service.data('{ person(key: "p1") { uuid } }')["person"]["uuid"]
    roles = ["hr", "rights", "operations", "reader"]
    one, two = (create(service.driver, name, roles) for name in ("one", "two"))
    # A person's tokens are one person, whatever they are called.
    mine, also_mine = (create(service.driver, name, roles, person=anna) for name in ("mine", "also mine"))
    brake = keep_stopped(service.driver, "opus", "", "digest", ["a line"])
    for mutation in (
        f'approveBrake(id: "{brake}", reason: "x") {{ id }}',
        'erasePerson(person: "gone", reason: "x") { uuids }',
    ):
        assert asked(service, mutation, one, preview=True) == "", "a preview changes nothing, and needs one"
        assert [asked(service, mutation, each) for each in (mine, also_mine, mine)] == ["second_person"] * 3
        other = mutation.replace(brake, "00000000").replace("gone", "p2")
        assert asked(service, other, one) == "second_person", "of something else"
        with monkeypatch.context() as later:
            later.setattr(four_eyes, "WITHIN", timedelta(0))
            assert asked(service, mutation, one) == "second_person", "too late: it is the first again"
        assert asked(service, mutation, two) == ""
    stop = 'stopPerson(person: "p2", reason: "x") { uuid }'
    assert asked(service, stop, mine) == "", "a stop is immediate"
    value = 'setValue(kind: Person, thing: "p2", property: "stopped", value: "false", from: "2020-01-01", reason: "x")'
    release = 'releaseValue(kind: Person, thing: "p2", property: "stopped", from: "2020-01-01", reason: "x")'
    for ending in ('endStop(person: "p2", reason: "x")', value, release):
        assert asked(service, f"{ending} {{ uuid }}", also_mine) == "second_person", ending
    assert asked(service, 'endStop(person: "p2", reason: "x") { uuid }', one) == ""
    rows, _, _ = service.driver.execute_query(
        "MATCH (c:Change) WHERE c.user STARTS WITH 'person:' RETURN c.user AS user"
    )
    assert f"person:{anna}" in {row["user"] for row in rows} and "mine" not in {row["user"] for row in rows}
