"""Creations without an answer, of people who have left meanwhile, and at servers that don't keep our key."""

from typing import Any

import neo4j
import pytest

from tests.answering import Lost, Reply, Request
from tests.exporters.scim.own_server import OwnServer, own_server
from tests.exporters.scim.town import Town, export, settings


def created_and_lost(server: OwnServer, kind: str, keeps_key: bool = True) -> None:
    """The next creation is done, and its answer is lost; so is every later one about the kind."""
    is_done = False

    def answer(request: Request) -> Reply | None:
        nonlocal is_done
        if not request.path.startswith(f"/{kind}"):
            return None
        if request.method == "POST" and not is_done:
            is_done = True
            server.does(request)
            if not keeps_key:
                drop_keys(server, kind)
        if is_done:
            raise Lost
        return None

    server.disturb = answer


def drop_keys(server: OwnServer, kind: str) -> None:
    for each in server.things[kind].values():
        each.pop("externalId", None)


def kept(driver: neo4j.Driver, key: str) -> list[dict[str, Any]]:
    rows, _, _ = driver.execute_query("MATCH (e:LedgerEntry {key: $key}) RETURN properties(e) AS kept", key=key)
    return [row["kept"] for row in rows]


@pytest.mark.parametrize("looks", [["externalId"], ["userName"], ["externalId", "userName"]])
def test_who_leaves_before_the_creation_is_answered_is_disabled(clean_graph: neo4j.Driver, looks: list[str]) -> None:
    town = Town().person("a")
    with own_server() as server:
        chosen = settings(server.url, id_lookup=looks)
        created_and_lost(server, "Users")
        assert "no answer" in export(clean_graph, town, chosen).error
        server.disturb = None
        report = export(clean_graph, town.leave("a"), chosen)
        assert (report.error, report.parked) == ("", []) and server.user("a@klit.example")["active"] is False
        assert "sought" not in kept(clean_graph, "a")[0]


@pytest.mark.parametrize("looks", [["externalId", "userName"], ["externalId"], ["userName"], []])
def test_one_who_may_be_there_is_not_forgotten(clean_graph: neo4j.Driver, looks: list[str]) -> None:
    """The server does not keep our key, so nobody knows who made the user."""
    town = Town().person("a")
    with own_server() as server:
        chosen = settings(server.url, id_lookup=looks)
        created_and_lost(server, "Users", keeps_key=False)
        export(clean_graph, town, chosen)
        server.disturb = None
        report = export(clean_graph, town.leave("a").person("b"), chosen)
        assert report.error == "" and [(each.key, each.problem) for each in report.parked] == [("a", "may_exist")]
        # It stays on the list, and is not looked for again and again.
        server.seen.clear()
        again = export(clean_graph, town, chosen)
        assert [each.key for each in again.parked] == ["a"] and again.run is None
        if looks:
            server.user("a@klit.example")["active"] = False
            assert export(clean_graph, town, chosen, full=True).parked == [] and kept(clean_graph, "a") == []


def test_a_creation_that_never_arrived_is_forgotten_with_its_person(clean_graph: neo4j.Driver) -> None:
    town = Town().person("a")
    with own_server() as server:

        def lost(request: Request) -> Reply | None:
            raise Lost

        chosen = settings(server.url)
        server.disturb = lambda request: lost(request) if request.method == "POST" else None
        assert "no answer" in export(clean_graph, town, chosen).error
        assert kept(clean_graph, "a")[0]["sought"] == ["userName=a@klit.example"]
        server.disturb = None
        report = export(clean_graph, town.leave("a"), chosen)
        assert (report.error, report.parked) == ("", []) and kept(clean_graph, "a") == []


def test_one_whom_the_server_refused_is_forgotten_although_others_have_the_name(clean_graph: neo4j.Driver) -> None:
    town = Town().person("a")
    with own_server() as server:
        chosen = settings(server.url)
        export(clean_graph, Town().person("x", email="a@klit.example"), chosen, name="scim-other")
        drop_keys(server, "Users")
        report = export(clean_graph, town, chosen)
        assert [each.problem for each in report.parked] == ["made_by_others"]
        report = export(clean_graph, town.leave("a"), chosen)
        assert report.parked == [] and server.user("a@klit.example")["active"] is True


def test_a_group_is_not_made_twice(clean_graph: neo4j.Driver) -> None:
    """The server keeps no key of groups, and may have two of one name."""
    town = Town().person("a")
    with own_server() as server:
        chosen = settings(server.url, image={"groups": ["unit"]})
        created_and_lost(server, "Groups", keeps_key=False)
        export(clean_graph, town, chosen)
        server.disturb = None
        report = export(clean_graph, town, chosen, full=True)
        assert [(each.key, each.problem) for each in report.parked] == [("root", "may_exist")]
        assert len(server.things["Groups"]) == 1
        server.things["Groups"].clear()
        report = export(clean_graph, town, chosen, full=True)
        assert report.parked == [] and len(server.group("Rådhuset")["members"]) == 1


def test_a_group_whose_name_changes_before_the_answer_is_looked_for_by_the_former(clean_graph: neo4j.Driver) -> None:
    town = Town().person("a")
    with own_server() as server:
        chosen = settings(server.url, image={"groups": ["unit"]}, id_lookup=["userName"])
        created_and_lost(server, "Groups")
        export(clean_graph, town, chosen)
        server.disturb = None
        town.units["root"]["name"] = "Borgerhuset"
        report = export(clean_graph, town, chosen)
        names = [each["displayName"] for each in server.things["Groups"].values()]
        assert report.parked == [] and names == ["Borgerhuset"]
