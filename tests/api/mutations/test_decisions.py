"""Decisions over HTTP: a brake approved, an ambiguous match decided; the next import follows both."""

from typing import Any

import neo4j

from graph.change_log import now
from graph.cpr.keyring import Keyring
from graph.runs import restores
from graph.runs.cursors import read_cursor
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from tests.api.serving import Served, serving
from tests.graph.organisation import Stating, person, small, unit

BRAKE = "{ brakes(state: WAITING) { nodes { id source summary } } }"
APPROVE = "mutation($id: ID!, $why: String!) { approveBrake(id: $id, reason: $why) { id } }"
WAITING = '{ ambiguities(source: "facts") { nodes { id key candidates } } }'
DECIDE = 'mutation($id: ID!, $thing: ID) { decideMatch(id: $id, thing: $thing, reason: "asked them") { id } }'


def test_a_brake_is_approved_with_a_reason_by_who_may(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    ring, tight = Keyring.generate(), BrakeSettings(share=0.1, at_least=0)
    run_import(clean_graph, Stating(*small()), ring)
    fewer = [each for each in small() if each.key not in ("e1", "e2")]
    assert run_import(clean_graph, Stating(*fewer), ring, brake=tight).brake is not None
    with serving(addresses, clean_graph, ring) as service:
        (brake,) = service.data(BRAKE, "operations")["brakes"]["nodes"]
        assert any("e1" in line for line in brake["summary"])
        for role, why, code in (("hr", "x", "forbidden"), ("operations", " ", "reason")):
            (error,) = service.ask(APPROVE, role, id=brake["id"], why=why)["errors"]
            assert error["extensions"]["code"] == code
        service.data(APPROVE, "operations", id=brake["id"], why="they have left")
        (error,) = service.ask(APPROVE, "operations", id="none", why="x")["errors"]
        assert error["extensions"]["code"] == "unknown_brake"
        assert run_import(clean_graph, Stating(*fewer), ring, brake=tight, approve=brake["id"]).brake is None
        active = service.data("{ employments { nodes { number } } }", "reader")["employments"]["nodes"]
    assert [each["number"] for each in active] == ["e3"]


RESTORE = "{ waitingRestore { id why text stillOpen { uuid } } }"
CONFIRM = """mutation($id: ID!, $why: String!, $open: Boolean! = false) {
    confirmRestore(id: $id, reason: $why, leaveOpen: $open) { id }
}"""


def test_a_restore_is_confirmed_with_a_reason_by_who_may(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    ring = Keyring.generate()
    run_import(clean_graph, Stating(person("p", "A")), ring)
    with serving(addresses, clean_graph, ring) as service:
        assert service.data(RESTORE, "operations") == {"waitingRestore": None}
        uuid = service.data('{ person(key: "p") { uuid } }', "reader")["person"]["uuid"]
        assert restores.note(clean_graph, {}, restores.Restore("an-id", now(), "behind", (uuid,)), "")
        found = service.data(RESTORE, "operations")["waitingRestore"]
        assert (found["id"], found["why"], found["stillOpen"]) == ("an-id", "BEHIND", [{"uuid": uuid}])
        assert "confirmRestore" in found["text"]
        for role, id_, why, code in (
            ("hr", "an-id", "x", "forbidden"), ("operations", "an-id", " ", "reason"),
            ("operations", "another", "x", "unknown_restore"), ("operations", "an-id", "x", "still_open"),
        ):  # fmt: skip
            (error,) = service.ask(CONFIRM, role, id=id_, why=why)["errors"]
            assert error["extensions"]["code"] == code
        assert restores.waiting(clean_graph) is not None
        service.data(CONFIRM, "operations", id="an-id", why="they work here", open=True)
        assert service.data(RESTORE, "operations") == {"waitingRestore": None}
        (error,) = service.ask(CONFIRM, "operations", id="an-id", why="x", open=True)["errors"]
        assert error["extensions"]["code"] == "unknown_restore"
    assert read_cursor(clean_graph, restores.RESTORE)["reason"] == "they work here"


def test_an_ambiguous_match_is_decided(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    ring, by_number = Keyring.generate(), {"Unit": (("number",),)}
    run_import(clean_graph, Stating(person("p", "A"), unit("y", number="8"), unit("z", number="8")), ring)
    told = Stating(unit("b", number="8", phone="12"), name="facts")
    run_import(clean_graph, told, ring, match_keys=by_number)
    with serving(addresses, clean_graph, ring) as service:
        (waiting,) = service.data(WAITING, "hr")["ambiguities"]["nodes"]
        (error,) = service.ask(DECIDE, "hr", id=waiting["id"], thing="no-such-unit")["errors"]
        assert error["extensions"]["code"] == "unknown_ambiguity"
        chosen = waiting["candidates"][0]
        service.data(DECIDE, "hr", id=waiting["id"], thing=chosen.upper())
        assert service.data(WAITING, "hr")["ambiguities"]["nodes"] == []
        assert run_import(clean_graph, told, ring, match_keys=by_number).problems == []
        found = service.data("query($id: ID) { unit(uuid: $id) { phone keys } }", "reader", id=chosen)["unit"]
    assert found["phone"] == "12"
    assert "b" in found["keys"]


DECISIONS = "{ decisions { nodes { id thing user reason } } }"
TAKE_BACK = 'mutation($id: ID!) { takeBackMatch(id: $id, reason: "wrong one") { id } }'


def test_a_decided_match_is_taken_back(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    """At once: what the record told is detached; it waits again, and can be decided otherwise."""
    ring, by_number = Keyring.generate(), {"Unit": (("number",),)}
    payroll = Stating(person("p", "A"), unit("y", number="8"), unit("z", number="8"))
    run_import(clean_graph, payroll, ring)
    told = Stating(unit("b", number="8", phone="12"), unit("c", "b"), name="facts")
    run_import(clean_graph, told, ring, match_keys=by_number)
    with serving(addresses, clean_graph, ring) as service:
        (waiting,) = service.data(WAITING, "hr")["ambiguities"]["nodes"]
        first, second = waiting["candidates"]
        service.data(DECIDE, "hr", id=waiting["id"], thing=first)
        run_import(clean_graph, told, ring, match_keys=by_number)
        assert _unit(service, first)["children"] == [{"name": "C"}]
        (decided,) = service.data(DECISIONS, "hr")["decisions"]["nodes"]
        assert (decided["thing"], decided["reason"]) == (first, "asked them")
        service.data(TAKE_BACK, "hr", id=decided["id"])
        detached = _unit(service, first)
        assert (detached["phone"], detached["keys"], detached["children"]) == (None, detached["keys"][:1], [])
        assert detached["changes"][-1]["reason"] == "wrong one"
        assert service.data(DECISIONS, "hr")["decisions"]["nodes"] == []
        assert service.data(WAITING, "hr")["ambiguities"]["nodes"] == [waiting]
        (error,) = service.ask(TAKE_BACK, "hr", id=decided["id"])["errors"]
        assert error["extensions"]["code"] == "unknown_decision"
        run_import(clean_graph, told, ring, match_keys=by_number)
        assert _unit(service, first)["phone"] is None
        service.data(DECIDE, "hr", id=waiting["id"], thing=second)
        assert run_import(clean_graph, told, ring, match_keys=by_number).problems == []
        assert (_unit(service, first)["phone"], _unit(service, second)["phone"]) == (None, "12")
        assert _unit(service, second)["children"] == [{"name": "C"}]


def test_what_was_new_by_a_decision_exists_no_more(clean_graph: neo4j.Driver, addresses: Addresses) -> None:
    ring, by_number = Keyring.generate(), {"Unit": (("number",),)}
    run_import(clean_graph, Stating(unit("y", number="8"), unit("z", number="8")), ring)
    told = Stating(unit("b", number="8", phone="12"), name="facts")
    run_import(clean_graph, told, ring, match_keys=by_number)
    with serving(addresses, clean_graph, ring) as service:
        (waiting,) = service.data(WAITING, "hr")["ambiguities"]["nodes"]
        service.data(DECIDE, "hr", id=waiting["id"], thing=None)
        run_import(clean_graph, told, ring, match_keys=by_number)
        assert len(service.data("{ units { nodes { uuid } } }", "reader")["units"]["nodes"]) == 3
        service.data(TAKE_BACK, "hr", id=waiting["id"])
        assert len(service.data("{ units { nodes { uuid } } }", "reader")["units"]["nodes"]) == 2
        run_import(clean_graph, told, ring, match_keys=by_number)
        assert service.data(WAITING, "hr")["ambiguities"]["nodes"][0]["candidates"] == waiting["candidates"]


def _unit(service: Served, uuid: str) -> dict[str, Any]:
    asked = "query($id: ID) { unit(uuid: $id) { phone keys children { name } changes { reason } } }"
    found: dict[str, Any] = service.data(asked, id=uuid)["unit"]
    return found
