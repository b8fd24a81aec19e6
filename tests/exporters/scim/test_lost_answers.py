"""Answers that are lost, and runs that are killed: look before anything is repeated (scim.md §4)."""

from datetime import UTC, datetime, timedelta

import neo4j
import pytest

from exporters.objects import sending
from graph.retry import NEVER
from tests.answering import Reply
from tests.exporters.scim.peer import Peer, done_and_lost, lost, once
from tests.exporters.scim.town import AT, Town, export, settings


def test_4_a_post_that_was_done_and_not_answered_is_found(clean_graph: neo4j.Driver, peer: Peer) -> None:
    peer.disturb = once(done_and_lost, "POST", "/Users")
    report = export(clean_graph, Town().person("a").person("b"), settings(peer.url))
    assert report.error == "" and sorted(each["externalId"] for each in peer.all()) == ["a", "b"]
    assert peer.told() == ["POST /Users"] * 2


def test_a_post_that_never_arrived_is_sent_again_after_a_look(clean_graph: neo4j.Driver, peer: Peer) -> None:
    peer.disturb = once(lost, "POST", "/Users")
    report = export(clean_graph, Town().person("a"), settings(peer.url))
    assert report.error == "" and len(peer.all()) == 1
    methods = [each.method for each in peer.requests if "/Users" in each.path]
    first, second = [index for index, method in enumerate(methods) if method == "POST"]
    assert "GET" in methods[first:second]


def test_14_a_member_is_not_added_twice_after_a_lost_answer(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a").person("b")
    chosen = settings(peer.url, image={"groups": ["unit"]})
    peer.disturb = once(done_and_lost, "PATCH", "/Groups")
    report = export(clean_graph, town, chosen)
    assert report.error == "" and len(peer.group("Rådhuset")["members"]) == 2
    added = [each for each in peer.writes if each.method == "PATCH"]
    assert len(added) == 1, "the second try has read the group and found nothing to do"
    # Present by another's hand, and unsure after a killed run.
    peer.forget()
    clean_graph.execute_query("MATCH (e:LedgerEntry {object: 'group'}) SET e.unsure = true, e.links = []")
    export(clean_graph, town, chosen)
    assert peer.writes == [] and [each.method for each in peer.requests if "/Groups/" in each.path] == ["GET", "GET"]


def test_a_target_that_stays_silent_stops_the_run_and_the_next_one_goes_on(
    clean_graph: neo4j.Driver, peer: Peer
) -> None:
    town = Town().person("a").person("b").person("c")
    peer.disturb = lambda request, on: (
        lost(request, on) if request.method == "POST" and b'"b"' in request.body else None
    )
    report = export(clean_graph, town, settings(peer.url))
    assert "no answer in 3 tries" in report.error and report.retry is not None and report.retry.when == "soon"
    assert [each["externalId"] for each in peer.all()] == ["a"]
    rows, _, _ = clean_graph.execute_query("MATCH (e:LedgerEntry) RETURN e.key AS key, e.state AS state ORDER BY key")
    assert [(row["key"], row["state"]) for row in rows][:2] == [("a", "delivered"), ("b", "failed")]
    # The object at which it stopped waits for its own pause: it does not stop the others again.
    report = export(clean_graph, town, settings(peer.url))
    assert report.error == "" and sorted(each["externalId"] for each in peer.all()) == ["a", "c"]
    assert [(each.key, each.problem) for each in report.parked] == [("b", "no_answer")]
    peer.disturb = None
    past = datetime.now(UTC) - timedelta(seconds=1)
    clean_graph.execute_query("MATCH (e:LedgerEntry {key: 'b'}) SET e.again = $past", past=past)
    assert export(clean_graph, town, settings(peer.url)).parked == [] and len(peer.all()) == 3


def test_a_run_that_is_stopped_between_two_objects_leaves_nothing_unsure(
    clean_graph: neo4j.Driver, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stop(Exception):
        pass

    def progress(stage: str, done: int, total: int | None) -> None:
        if stage == "user" and done == 2:
            raise Stop

    with pytest.raises(Stop):
        export(clean_graph, Town().person("a").person("b").person("c"), settings(peer.url), progress=progress)
    rows, _, _ = clean_graph.execute_query(
        "MATCH (e:LedgerEntry) RETURN e.key AS key, e.state AS state, e.unsure AS unsure ORDER BY key"
    )
    assert [(row["key"], row["state"]) for row in rows][:2] == [("a", "delivered"), ("b", "delivered")]
    assert [row["unsure"] for row in rows][:2] == [None, None]
    assert sending.PORTION > 3


def test_23_a_page_of_a_proxy_is_a_lost_answer_and_not_kept(clean_graph: neo4j.Driver, peer: Peer) -> None:
    page = b"<html><body>Bad gateway, customer 4711 " + b"x" * 5000
    peer.disturb = lambda request, on: Reply(502, page) if request.method == "POST" else None
    report = export(clean_graph, Town().person("a"), settings(peer.url))
    assert "502" in report.error and "4711" not in report.error and len(report.error) < 400
    kept, _, _ = clean_graph.execute_query("MATCH (n) WHERE n:LedgerEntry OR n:Run RETURN properties(n) AS n")
    assert "4711" not in str([row["n"] for row in kept])


def test_22_a_token_that_ends_in_the_middle_is_fetched_once(clean_graph: neo4j.Driver, peer: Peer) -> None:
    fetched: list[str] = []
    valid = {"t1"}

    def disturb(request: object, on: object) -> Reply | None:
        path, headers = getattr(request, "path", ""), getattr(request, "headers", {})
        if path == "/token":
            fetched.append(f"t{len(fetched) + 1}")
            return Reply.json({"access_token": fetched[-1], "expires_in": 3600})
        if len([each for each in peer.requests if each.method == "POST" and "/Users" in each.path]) > 5:
            valid.clear()
            valid.add("t2")
        if headers["authorization"].removeprefix("Bearer ") not in valid:
            return Reply(401)
        headers["authorization"] = "Bearer t0ken-of-the-tests"
        return None

    peer.disturb = disturb
    login = {"kind": "client", "token_url": f"{peer.url}/token", "client_id": "reconnect", "client_secret": "s3cret"}
    town = Town()
    for number in range(12):
        town.person(f"p{number}")
    report = export(clean_graph, town, settings(peer.url, login=login))
    assert report.error == "" and len(peer.all()) == 12 and fetched == ["t1", "t2"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_is_refused_stops_the_target_for_good(clean_graph: neo4j.Driver, peer: Peer, status: int) -> None:
    peer.disturb = lambda request, on: Reply(status) if request.path.startswith("/Users") else None
    report = export(clean_graph, Town().person("a").person("b"), settings(peer.url))
    assert str(status) in report.error and report.retry == NEVER and peer.all() == []


def test_a_403_of_one_object_parks_it(clean_graph: neo4j.Driver, peer: Peer) -> None:
    peer.disturb = lambda request, on: Reply(403) if request.method == "POST" and b'"b"' in request.body else None
    report = export(clean_graph, Town().person("a").person("b").person("c"), settings(peer.url))
    assert [(each.key, each.problem) for each in report.parked] == [("b", "forbidden")] and len(peer.all()) == 2


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_what_a_server_does_not_implement_is_an_answer(clean_graph: neo4j.Driver, peer: Peer, method: str) -> None:
    """A 501 is the same next time: it is not tried again at once, and the other objects go on."""
    chosen = settings(peer.url, patch="off" if method == "PUT" else "on")
    town = Town().person("a").person("b").person("c")
    if method != "POST":
        assert export(clean_graph, town, chosen).error == ""
        town.set("b", title="Chef")
    peer.forget()
    peer.disturb = lambda request, on: Reply(501) if request.method == method and b"b@klit" in request.body else None
    if method == "PATCH":
        peer.disturb = lambda request, on: Reply(501) if request.method in ("PATCH", "PUT") else None
    report = export(clean_graph, town, chosen)
    assert report.error == "" and [(each.key, each.problem) for each in report.parked] == [("b", "status_501")]
    assert len(peer.all()) == (2 if method == "POST" else 3)
    assert sum(each.method == method for each in peer.requests) == (3 if method == "POST" else 1)


def test_24_the_token_goes_to_no_other_host(clean_graph: neo4j.Driver, peer: Peer) -> None:
    elsewhere = f"{peer.url.replace('127.0.0.1', 'localhost')}/Users"
    peer.disturb = lambda request, on: Reply(307, headers={"Location": elsewhere}) if request.method == "POST" else None
    report = export(clean_graph, Town().person("a"), settings(peer.url))
    assert "redirects to localhost" in report.error and report.retry == NEVER
    assert not [each for each in peer.requests if each.headers["host"].startswith("localhost")]


def test_10_a_pause_that_is_asked_for_is_kept_and_a_long_one_puts_the_run_off(
    clean_graph: neo4j.Driver, peer: Peer
) -> None:
    slept: list[float] = []
    peer.disturb = once(lambda request, on: Reply(429, headers={"Retry-After": "2"}), "POST", "/Users")
    report = export(clean_graph, Town().person("a").person("b"), settings(peer.url))
    assert report.error == "" and len(peer.all()) == 2 and slept == []
    refused = next(each for each in peer.requests if each.method == "POST")
    after = [each.at for each in peer.requests if each.at > refused.at]
    assert min(after) - refused.at >= 1.95
    peer.disturb = once(lambda request, on: Reply(429, headers={"Retry-After": "900"}), "PATCH", "/Users")
    report = export(clean_graph, Town().person("a", title="Chef").person("b"), settings(peer.url), at=AT)
    assert "900 s" in report.error and report.retry is not None and report.retry.moment is not None
    assert report.retry.moment - datetime.now(UTC) > timedelta(minutes=14)
