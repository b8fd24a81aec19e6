"""Answers that say less than they seem to: of a wrong address, of a server that fails, of a right that lacks."""

import neo4j
import pytest

from graph.retry import NEXT, SOON
from tests.answering import Reply, Request
from tests.exporters.scim.own_server import OwnServer, error, own_server, reply
from tests.exporters.scim.town import Town, export, settings

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NO_PAGE = Reply(404, b"<html>404 Not found</html>")


def active(server: OwnServer) -> dict[str, bool]:
    return {each["userName"][0]: each["active"] for each in server.things["Users"].values()}


def states(driver: neo4j.Driver) -> dict[str, str]:
    rows, _, _ = driver.execute_query("MATCH (e:LedgerEntry) RETURN e.key AS key, e.state AS state")
    return {row["key"]: row["state"] for row in rows}


def described(request: Request) -> Reply | None:
    """A server that has few attributes, and describes them."""
    if request.path.startswith("/ResourceTypes"):
        return reply(200, {"Resources": [{"name": "User", "endpoint": "/Users", "schema": USER}]})
    if request.path.startswith("/Schemas"):
        names = ("userName", "displayName", "active", "emails")
        return reply(200, {"Resources": [{"id": USER, "attributes": [{"name": each} for each in names]}]})
    return None


@pytest.mark.parametrize("failing", ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"])
@pytest.mark.parametrize("answer", [Reply(500), Reply(200, b"<html>We are back soon</html>")])
def test_a_description_that_fails_changes_nothing_for_anybody(
    clean_graph: neo4j.Driver, failing: str, answer: Reply
) -> None:
    town = Town().person("a").person("b")
    with own_server(disturb=described) as server:
        assert export(clean_graph, town, settings(server.url)).error == ""
        assert "preferredLanguage" not in server.user("a@klit.example")
        server.disturb = lambda request: answer if request.path.startswith(failing) else described(request)
        server.seen.clear()
        report = export(clean_graph, town.leave("b"), settings(server.url))
        assert failing in report.error and report.retry == SOON and server.writes() == []
        server.disturb = described
        report = export(clean_graph, town, settings(server.url))
        assert report.error == "" and active(server) == {"a": True, "b": False}
        assert [each.json["Operations"][0]["path"] for each in server.seen if each.method == "PATCH"] == ["active"]


def test_a_server_that_describes_itself_to_others_only_gets_what_the_standard_has(clean_graph: neo4j.Driver) -> None:
    with own_server() as server:
        server.disturb = lambda each: Reply(401) if each.path.startswith(("/Schemas", "/ResourceTypes")) else None
        report = export(clean_graph, Town().person("a"), settings(server.url))
        assert (report.error, report.parked) == ("", []) and active(server) == {"a": True}


def test_a_description_without_users_is_an_error_as_those_who_left_would_stay_open(clean_graph: neo4j.Driver) -> None:
    town = Town().person("a").person("b")
    types = {"Resources": [{"name": "Group", "endpoint": "/Groups"}]}
    with own_server() as server:
        export(clean_graph, town, settings(server.url))
        server.disturb = lambda each: reply(200, types) if each.path.startswith("/ResourceTypes") else None
        server.seen.clear()
        report = export(clean_graph, town.leave("b"), settings(server.url))
        assert "does not name User" in report.error and report.retry == NEXT and server.writes() == []
        server.disturb = None
        report = export(clean_graph, town, settings(server.url))
        assert report.error == "" and active(server) == {"a": True, "b": False}


def test_a_login_that_is_refused_everywhere_is_not_tried_on_and_on(clean_graph: neo4j.Driver) -> None:
    with own_server(disturb=lambda _: Reply(401)) as server:
        report = export(clean_graph, Town().person("a"), settings(server.url))
        assert "does not accept the login" in report.error and len(server.seen) == 3


@pytest.mark.parametrize("discovery", [True, False])
def test_a_wrong_address_says_nothing_about_anybody(clean_graph: neo4j.Driver, discovery: bool) -> None:
    town = Town().person("a").person("b").person("c")
    with own_server() as server:
        chosen = settings(server.url, discovery=discovery)
        export(clean_graph, town, chosen)
        server.disturb = lambda _: NO_PAGE
        report = export(clean_graph, town.leave("a", "b").person("d"), chosen)
        assert "base_url" in report.error and report.parked == []
        server.disturb = None
        report = export(clean_graph, town, chosen)
        assert report.error == "" and active(server) == {"a": False, "b": False, "c": True, "d": True}


@pytest.mark.parametrize("gone", [NO_PAGE, error(404)])
def test_one_that_is_gone_is_gone_where_its_neighbours_are_there(clean_graph: neo4j.Driver, gone: Reply) -> None:
    town = Town().person("a").person("b")
    with own_server() as server:
        chosen = settings(server.url)
        export(clean_graph, town, chosen)
        own = f"/Users/{server.user('a@klit.example')['id']}"
        del server.things["Users"][own.rpartition("/")[2]]
        server.disturb = lambda each: gone if each.path == own else None
        report = export(clean_graph, town.leave("a"), chosen)
        assert (report.error, report.parked) == ("", []) and states(clean_graph)["a"] == "deleted"


def test_a_gateway_that_answers_for_the_server_says_nothing_about_anybody(clean_graph: neo4j.Driver) -> None:
    town = Town().person("a").person("b")
    with own_server() as server:
        chosen = settings(server.url)
        export(clean_graph, town, chosen)
        words = reply(200, {"message": "maintenance"})
        server.disturb = lambda each: NO_PAGE if each.method == "PATCH" else words if "/Users?" in each.path else None
        report = export(clean_graph, town.leave("a"), chosen)
        assert "no answer" in report.error and states(clean_graph)["a"] == "failed"


def test_a_server_without_lists_is_believed_in_its_own_form_only(clean_graph: neo4j.Driver) -> None:
    town = Town().person("a").person("b")
    with own_server() as server:
        chosen = settings(server.url, id_lookup=[])
        export(clean_graph, town, chosen)
        gone = NO_PAGE

        def answer(request: Request) -> Reply | None:
            return error(403) if request.path.startswith("/Users?") else gone if request.method == "PATCH" else None

        server.disturb = answer
        report = export(clean_graph, town.leave("a"), chosen)
        assert "no answer" in report.error and states(clean_graph)["a"] == "failed"
        gone = error(404)
        clean_graph.execute_query("MATCH (e:LedgerEntry {key: 'a'}) SET e.again = null")
        assert export(clean_graph, town, chosen).error == "" and states(clean_graph)["a"] == "deleted"


def test_a_deletion_at_a_wrong_address_is_none(clean_graph: neo4j.Driver) -> None:
    town = Town().person("a").person("b")
    with own_server() as server:
        chosen = settings(server.url, on_close="delete")
        export(clean_graph, town, chosen)
        server.disturb = lambda each: NO_PAGE if each.path.startswith("/Users") else None
        assert "base_url" in export(clean_graph, town.leave("a"), chosen).error
        assert "base_url" in export(clean_graph, town, chosen, full=True).error
        server.disturb = None
        assert export(clean_graph, town, chosen).error == "" and active(server) == {"b": True}


def test_one_whom_the_server_protects_is_parked_and_the_others_are_closed(clean_graph: neo4j.Driver) -> None:
    """The first change of the run is forbidden: it says nothing about the others."""
    town = Town().person("a").person("b").person("c").person("d")
    with own_server() as server:
        chosen = settings(server.url, brake={"share": 0, "count": 0, "at_least": 1})
        export(clean_graph, town, chosen)
        own = server.user("a@klit.example")["id"]
        server.disturb = lambda each: error(403) if own in each.path else None
        town.set("a", stopped=True).set("b", stopped=True).leave("c").set("d", name="Nyt Navn")
        report = export(clean_graph, town, chosen)
        assert report.error == "" and [(each.key, each.problem) for each in report.parked] == [("a", "forbidden")]
        assert active(server) == {"a": True, "b": False, "c": False, "d": True}
        assert server.user("d@klit.example")["displayName"] == "Nyt Navn"
        server.things["Users"].pop(own)
        full = export(clean_graph, town, chosen, full=True)
        assert full.error == "" and [each.key for each in full.notices if each.rule == "not_read"] == ["a"]


def test_a_login_that_may_only_read_ends_the_run(clean_graph: neo4j.Driver) -> None:
    town = Town()
    for each in "abcdefgh":
        town.person(each)
    with own_server() as server:
        chosen = settings(server.url)
        export(clean_graph, town, chosen)
        server.disturb = lambda each: error(403) if each.method != "GET" else None
        server.seen.clear()
        report = export(clean_graph, town.leave(*"abcdefgh"), chosen)
        assert "denies access" in report.error and report.retry == NEXT and len(server.writes()) == 5
        server.disturb = None
        assert export(clean_graph, town, chosen, full=True).error == "" and not any(active(server).values())


def test_another_system_gets_nothing_until_a_person_says_that_it_is_the_same(clean_graph: neo4j.Driver) -> None:
    """Of a new, empty server the ledger would say that it has everybody."""
    town = Town().person("a").person("b")
    with own_server() as server, own_server() as another:
        export(clean_graph, town, settings(server.url))
        town.set("a", name="Nyt Navn", stopped=True).leave("b")
        chosen = settings(another.url.replace("127.0.0.1", "localhost"))
        dry = export(clean_graph, town, chosen, dry_run=True)
        assert len(dry.reasons) == 1 and "another system" in dry.reasons[0]
        stopped = export(clean_graph, town, chosen)
        assert stopped.brake is not None and "another system" in stopped.reasons[0] and another.writes() == []
        assert export(clean_graph, Town().person("a").person("b"), settings(server.url)).run is None
        # The same server at a new address.
        moved = settings(server.url.replace("127.0.0.1", "localhost"))
        report = export(clean_graph, town, moved, approve=stopped.brake)
        assert (report.brake, report.error) == (None, "") and active(server) == {"a": False, "b": False}
        export(clean_graph, town, moved)  # the new name: closing went before
        assert export(clean_graph, town, moved).run is None
        assert export(clean_graph, town, settings(server.url)).brake is not None
