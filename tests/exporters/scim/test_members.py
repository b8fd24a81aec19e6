"""Members of groups: one that is refused, lists that are cut short, and lists without any."""

import json
from collections.abc import Callable

import neo4j
import pytest

from tests.answering import Lost, Reply, Request
from tests.exporters.scim.own_server import OwnServer, error, own_server, reply
from tests.exporters.scim.town import Town, export, settings


def members(server: OwnServer, name: str) -> list[str]:
    """Keys, each as often as it stands there."""
    users = server.things["Users"]
    return sorted(users[each["value"]]["externalId"] for each in server.group(name).get("members", []))


def only_known(server: OwnServer) -> Callable[[Request], Reply | None]:
    """The server refuses members that do not exist."""

    def answer(request: Request) -> Reply | None:
        for each in request.json["Operations"] if request.method == "PATCH" and "/Groups" in request.path else ():
            if each["op"] == "add" and any(one["value"] not in server.things["Users"] for one in each["value"]):
                return error(400, "invalidValue")
        return None

    return answer


def test_a_member_that_is_refused_keeps_no_other_out(clean_graph: neo4j.Driver) -> None:
    town = Town()
    for each in "abcdefgh":
        town.person(each)
    town.roles = [("lead", "h", "root")]
    with own_server() as server:
        chosen = settings(server.url, image={"groups": ["role"]})
        export(clean_graph, town, chosen)
        gone = server.user("c@klit.example")["id"]
        del server.things["Users"][gone]
        server.disturb = only_known(server)
        town.roles = [("lead", each, "root") for each in "abcdefg"]
        report = export(clean_graph, town, chosen)
        assert report.error == "" and [(each.key, each.problem) for each in report.parked] == [
            ("role-lead", "invalidValue")
        ]
        assert gone in report.parked[0].reason and members(server, "Rolle: Lead") == [*"abdefg"]
        # The next run looks for the user, who is not there, and makes it again; the group gets it when it is tried.
        assert export(clean_graph, town, chosen).error == "" and len(server.things["Users"]) == 8
        report = export(clean_graph, town, chosen, full=True)
        assert report.parked == [] and members(server, "Rolle: Lead") == [*"abcdefg"]


def test_a_group_all_of_whose_members_are_refused_is_given_up(clean_graph: neo4j.Driver) -> None:
    town = Town()
    for number in range(60):
        town.person(f"p{number}")
    with own_server(page=100) as server:
        server.disturb = lambda each: error(400, "invalidValue") if each.method == "PATCH" else None
        report = export(clean_graph, town, settings(server.url, image={"groups": ["unit"]}))
        assert report.error == "" and [each.problem for each in report.parked] == ["invalidValue"]
        assert sum(each.method == "PATCH" for each in server.seen) < 45


@pytest.mark.parametrize("is_strict", [False, True])
@pytest.mark.parametrize("is_done", [False, True])
def test_what_a_list_that_is_cut_short_does_not_show_is_removed_and_not_added_twice(
    clean_graph: neo4j.Driver, is_strict: bool, is_done: bool
) -> None:
    town = Town().unit("north").person("f")
    for each in "abcde":
        town.person(each, unit="north")
    with own_server(is_strict=is_strict) as server:
        chosen = settings(server.url, image={"groups": ["unit"]})
        export(clean_graph, town, chosen)
        lost: list[Request] = []

        def cut(request: Request) -> Reply | None:
            if request.method == "PATCH" and not lost and "/Groups" in request.path:
                lost.append(request)
                if is_done:
                    server.does(request)
                raise Lost
            if request.method != "GET" or not request.path.startswith("/Groups/"):
                return None
            answer = json.loads(server.does(request).content)
            return reply(200, {**answer, "members": answer.get("members", [])[:2]})

        server.disturb = cut
        report = export(clean_graph, town.set("e", unit="root").set("f", unit="north"), chosen)
        assert (report.error, report.parked, len(lost)) == ("", [], 1)
        assert members(server, "North") == [*"abcdf"] and members(server, "Rådhuset") == ["e"]
        assert export(clean_graph, town, chosen).run is None


def test_a_list_without_members_says_nothing_about_them(clean_graph: neo4j.Driver) -> None:
    town = Town().unit("north").person("a", unit="north").person("b", unit="north")
    with own_server() as server:
        chosen = settings(server.url, image={"groups": ["unit"]}, drift="correct")
        export(clean_graph, town, chosen)

        def without(request: Request) -> Reply | None:
            if request.method != "GET" or not request.path.startswith("/Groups?"):
                return None
            answer = json.loads(server.does(request).content)
            for each in answer["Resources"]:
                each.pop("members", None)
            return reply(200, answer)

        server.disturb = without
        report = export(clean_graph, town, chosen, full=True)
        assert report.run is None and sum(each.drift for each in report.objects) == 0
        server.group("North")["members"].pop()
        report = export(clean_graph, town, chosen, full=True)
        assert sum(each.drift for each in report.objects) == 1 and members(server, "North") == ["a", "b"]
