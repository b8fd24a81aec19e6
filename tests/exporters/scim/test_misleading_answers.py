"""Answers that say less than they seem to: of a wrong address, of a server that fails, of a right that lacks."""

import neo4j
import pytest

from graph.retry import SOON
from tests.answering import Reply, Request
from tests.exporters.scim.own_server import OwnServer, own_server, reply
from tests.exporters.scim.town import Town, export, settings

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NO_PAGE = Reply(404, b"<html>404 Not found</html>")


def active(server: OwnServer) -> dict[str, bool]:
    return {each["userName"][0]: each["active"] for each in server.things["Users"].values()}


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
        assert "title" not in server.user("a@klit.example")
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
