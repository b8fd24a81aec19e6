"""The second real server: scimmy, which keeps few of the rules (scim.md §3), on Express 4 and 5."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from tests.api.clients import node
from tests.exporters.scim.peer import ENTERPRISE, Peer, done_and_lost, free_port, once, running
from tests.exporters.scim.town import Town, export, settings

HERE = Path(__file__).with_name("careless")


def served(folder: Path, version: str) -> Iterator[Peer]:
    packages, port = node.installed(HERE), free_port()
    # Beside the packages, as Node looks for them where a module lies.
    script = packages / "server.mjs"
    shutil.copy(HERE / "server.mjs", script)
    command = [node.program(), script, str(port), version]
    with running(command, f"http://127.0.0.1:{port}/scim", folder) as peer:
        yield peer


@pytest.fixture
def careless(tmp_path: Path) -> Iterator[Peer]:
    yield from served(tmp_path, "4")


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Peer]:
    yield from served(tmp_path, "5")


def test_the_same_arrives_at_a_careless_server(clean_graph: neo4j.Driver, careless: Peer) -> None:
    town = Town().unit("north", "Nord").person("a", manager="b").person("b", manager="c").person("c", manager="a")
    chosen = settings(careless.url, image={"groups": ["unit"]}, verify_every=1)
    careless.disturb = once(done_and_lost, "PATCH", "/Groups")
    report = export(clean_graph, town, chosen)
    assert report.error == "" and report.parked == []
    users = {each["externalId"]: each for each in careless.all()}
    assert {key: each[ENTERPRISE]["manager"]["value"] for key, each in users.items()} == {
        "a": users["b"]["id"],
        "b": users["c"]["id"],
        "c": users["a"]["id"],
    }
    # A second "add" would make members stand twice there.
    assert len(careless.group("Rådhuset")["members"]) == 3
    careless.forget()
    assert export(clean_graph, town, chosen).run is None and careless.writes == []

    town.leave("b").set("a", manager=None, unit="north", name="Alma Nygift").set("c", manager="a")
    report = export(clean_graph, town, chosen)
    assert report.error == "" and report.parked == []
    assert careless.user("b@klit.example")["active"] is False
    changed = careless.user("a@klit.example")
    assert (changed["displayName"], changed[ENTERPRISE]["department"]) == ("Alma Nygift", "Nord")
    assert "manager" not in changed[ENTERPRISE]
    assert [len(careless.group(name)["members"]) for name in ("Rådhuset", "Nord")] == [1, 1]
    full = export(clean_graph, town, chosen, full=True)
    assert full.error == "" and sum(each.drift for each in full.objects) == 0


def test_7_a_server_whose_paging_never_advances_closes_nobody(clean_graph: neo4j.Driver, endless: Peer) -> None:
    town = Town()
    for number in range(25):
        town.person(f"p{number}")
    # It filters as little as it pages: with more than twenty there is no looking for anybody.
    chosen = settings(endless.url, drift="correct", id_lookup=[])
    assert export(clean_graph, town, chosen).error == ""
    endless.forget()
    report = export(clean_graph, town.leave("p24"), chosen, full=True)
    assert "paging does not advance" in report.error and endless.writes == []
    # Without a whole list a run does what is due all the same.
    assert export(clean_graph, town, chosen).error == ""
    assert [each.json["Operations"][0]["value"] for each in endless.writes] == [False]
