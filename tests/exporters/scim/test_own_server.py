"""Whole lives at a server of our own, as particular as servers of the field are (scim.md §1, §3)."""

from collections.abc import Callable
from typing import Any

import neo4j
import pytest

from tests.answering import Lost, Reply, Request
from tests.exporters.scim.own_server import ENTERPRISE, error, own_server
from tests.exporters.scim.town import Town, export, settings

FLAVOURS: dict[str, dict[str, Any]] = {
    "plain": {},
    "patch answers 200": {"patch": 200},
    "without patch": {"patch": 501},
    "without patch, strict": {"patch": 501, "is_strict": True},
    "versions": {"versions": True},
    "versions without patch": {"versions": True, "patch": 501},
    "ids change case": {"shouts": True},
    "ids change case without patch": {"shouts": True, "patch": 501},
    "filters by userName only": {"filters": ("userName",)},
    "filters by userName only, its own error": {"filters": ("userName",), "wrong_filter": (400, "invalidPath")},
    "filters by userName only, 501": {"filters": ("userName",), "wrong_filter": (501, "")},
    "filters by userName only, 403": {"filters": ("userName",), "wrong_filter": (403, "sensitive")},
    "filters by userName only, 404": {"filters": ("userName",), "wrong_filter": (404, "")},
    "strict": {"is_strict": True},
    "large": {"page": 1_000},
}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_whole_life(clean_graph: neo4j.Driver, flavour: str) -> None:
    town = Town().unit("north").unit("south")
    for number in range(5):
        town.person(f"p{number}", unit="north", manager="boss")
    town.person("boss", unit="root")
    with own_server(**FLAVOURS[flavour]) as server:
        chosen = settings(server.url, image={"groups": ["unit"]}, drift="correct", adopt=True)

        def delivered(full: bool = False) -> Any:
            server.seen.clear()
            report = export(clean_graph, town, chosen, full=full)
            assert (report.error, report.parked) == ("", [])
            return report

        def members(name: str) -> set[str]:
            given = [each["value"].lower() for each in server.group(name).get("members", [])]
            assert len(given) == len(set(given))
            return {server.things["Users"][each]["externalId"] for each in given}

        delivered()
        assert len(server.things["Users"]) == 6 and members("North") == {f"p{number}" for number in range(5)}
        delivered()
        assert server.writes() == []
        report = delivered(full=True)
        assert sum(each.drift for each in report.objects) == 0, report.objects
        assert server.writes() == []
        town.set("p0", unit="south").set("p1", name="Alma Nygift").leave("p2")
        delivered()
        assert members("North") == {"p1", "p3", "p4"} and members("South") == {"p0"}
        assert server.user("p1@klit.example")["displayName"] == "Alma Nygift"
        assert server.user("p1@klit.example")["emails"] and server.user("p2@klit.example")["active"] is False
        assert (
            server.user("p1@klit.example")[ENTERPRISE]["manager"]["value"].lower()
            == server.user("boss@klit.example")["id"]
        )
        town.person("p2", unit="north", manager="boss")
        delivered()
        assert server.user("p2@klit.example")["active"] is True and "p2" in members("North")
        server.user("p3@klit.example")["active"] = False
        gone = server.user("p4@klit.example")["id"]
        del server.things["Users"][gone]
        server.group("North")["members"] = [
            each for each in server.group("North")["members"] if each["value"].lower() != gone
        ]
        server.user("p1@klit.example")["displayName"] = "Ved hånden"
        delivered(full=True)
        assert server.user("p1@klit.example")["displayName"] == "Alma Nygift"
        assert server.user("p3@klit.example")["active"] is False  # by hand, for safety: only a person undoes it
        assert len(server.things["Users"]) == 6 and members("North") == {"p1", "p2", "p3", "p4"}
        assert delivered(full=True) and server.writes() == []


def test_what_is_not_implemented_parks_its_objects_and_no_others(clean_graph: neo4j.Driver) -> None:
    town = Town().unit("north").person("a", unit="north").person("b", unit="north")
    with own_server(not_there=("Groups",)) as server:
        chosen = settings(server.url, image={"groups": ["unit"]})
        report = export(clean_graph, town, chosen)
        assert report.error == "" and len(server.things["Users"]) == 2
        assert {each.object for each in report.parked} <= {"group"}
        report = export(clean_graph, town.set("a", name="Alma Nygift"), chosen, full=True)
        assert report.error == "" and server.user("a@klit.example")["displayName"] == "Alma Nygift"


def test_without_put_merge_all_of_our_own_values_are_put(clean_graph: neo4j.Driver) -> None:
    town = Town().unit("north").person("a", unit="north", manager="b", title="Chef").person("b", unit="north")
    with own_server(patch=501) as server:
        chosen = settings(server.url, image={"groups": ["unit"]}, put_merge=False)
        assert export(clean_graph, town, chosen).error == ""
        server.user("a@klit.example")["nickName"] = "Alle kalder mig A"
        before = dict(server.user("a@klit.example"))
        town.units["north"]["name"] = "Nord"
        assert export(clean_graph, town.set("a", title="Direktør"), chosen).error == ""
        after = server.user("a@klit.example")
        assert after["title"] == "Direktør" and "nickName" not in after
        assert (after["emails"], after["name"]) == (before["emails"], before["name"])
        assert after[ENTERPRISE] == {**before[ENTERPRISE], "department": "Nord"}
        assert len(server.group("Nord")["members"]) == 2


@pytest.mark.parametrize("status", [428, 412])
def test_versions_that_nobody_announced_are_kept(clean_graph: neo4j.Driver, status: int) -> None:
    """The server insists on If-Match, and has no description."""
    town = Town().person("a").person("b")
    with own_server(versions=True) as server:

        def answer(request: Request) -> Reply | None:
            if request.path.startswith("/ServiceProviderConfig"):
                return error(404)
            is_bare = request.method == "PUT" and "if-match" not in request.headers
            return error(status) if is_bare else None

        server.disturb = answer
        chosen = settings(server.url, patch="off")
        assert export(clean_graph, town, chosen).error == ""
        server.seen.clear()
        report = export(clean_graph, town.set("a", name="Alma Nygift").set("b", name="Birk Nytnavn"), chosen)
        assert (report.error, report.parked) == ("", [])
        assert server.user("a@klit.example")["displayName"] == "Alma Nygift"
        assert [each.headers.get("if-match", "") for each in server.seen if each.method == "PUT"] == [
            "",
            'W/"1"',
            'W/"1"',
        ]


def test_a_key_in_upper_case_is_ours(clean_graph: neo4j.Driver) -> None:
    """UUIDs are the same in upper and lower case, as ids and as keys."""
    key = "7c3e6c0a-5f0e-4d7b-9f57-0d1a2b3c4d5e"
    town = Town().person(key, email="a@klit.example")
    with own_server() as server:

        def shouted(request: Request) -> Reply | None:
            if request.method == "POST":
                server.disturb = None
                server.does(request)
                (user,) = server.things["Users"].values()
                user["externalId"] = user["externalId"].upper()
                raise Lost
            return None

        server.disturb = shouted
        chosen = settings(server.url)
        report = export(clean_graph, town, chosen)
        assert (report.error, report.parked) == ("", []) and len(server.things["Users"]) == 1
        assert server.user("a@klit.example")["externalId"] == key.upper()
        assert export(clean_graph, town, chosen, full=True).run is None


def refusing(place: str, *methods: str) -> Callable[[Request], Reply | None]:
    return lambda each: Reply(405) if each.method in methods and place in each.path else None


def test_one_that_can_t_be_patched_speaks_for_no_other(clean_graph: neo4j.Driver) -> None:
    town = Town().unit("north").unit("south")
    for each in "abcd":
        town.person(each, unit="north")
    with own_server() as server:
        chosen = settings(server.url, image={"groups": ["unit"]})
        export(clean_graph, town, chosen)
        own = server.user("a@klit.example")["id"]

        def changed(answer: Callable[[Request], Reply | None], name: str) -> Any:
            server.disturb = answer
            server.seen.clear()
            for each in "abcd":
                town.set(each, name=f"{name} {each}")
            report = export(clean_graph, town, chosen)
            return report, [each.method for each in server.seen if each.method in ("PATCH", "PUT")]

        # It can't be changed at all: the others still can.
        report, methods = changed(refusing(own, "PATCH", "PUT"), "Et")
        assert [each.key for each in report.parked] == ["a"] and methods == ["PATCH", "PUT", "PATCH", "PATCH", "PATCH"]
        # It can be put.
        report, methods = changed(refusing(own, "PATCH"), "To")
        assert report.parked == [] and methods == ["PATCH", "PUT", "PATCH", "PATCH", "PATCH"]
        # Two say so, of their kind: groups are patched all the same.
        town.unit("north", "Nord")
        report, methods = changed(refusing("/Users", "PATCH"), "Tre")
        assert report.parked == [] and methods == ["PATCH", "PUT", "PATCH", "PUT", "PUT", "PUT", "PATCH"]


def test_a_first_delivery_reads_the_whole_list_once(clean_graph: neo4j.Driver) -> None:
    town = Town()
    for number in range(20):
        town.person(f"p{number}")
    with own_server(filters=("userName",), page=5) as server:
        report = export(clean_graph, town, settings(server.url))
        assert (report.error, len(server.things["Users"])) == ("", 20)
        asked = [each.path for each in server.seen if each.method == "GET" and each.path.startswith("/Users")]
        assert len([each for each in asked if "filter=" not in each]) == 1 and len(asked) < 25
        # One who takes over the name of another, in a run that has read the list before.
        town.person("a").set("p1", email="neu@klit.example").person("q", email="p1@klit.example")
        report = export(clean_graph, town, settings(server.url))
        assert (report.error, report.parked) == ("", []) and len(server.things["Users"]) == 22
