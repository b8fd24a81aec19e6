"""KLE in the graph, beside what facts and people tell (kle.md §6; numbers of §8's pitfalls in docstrings)."""

from datetime import date
from pathlib import Path

import neo4j
import pytest

from graph.change_log import Origin
from graph.cpr.keyring import Keyring
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period
from graph.writing.graph_writer import GraphWriter
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.kle.settings import KleSettings
from importers.kle.source import Kle
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from tests.graph.snapshot import last_write, snapshot
from tests.importers.kle.release import SECOND, THIRD, Node, plan, small, uuid, written

RING = Keyring.generate()
TODAY = date(2026, 11, 24)


def take(driver: neo4j.Driver, folder: Path, content: bytes, **settings: object) -> ImportReport:
    path = written(folder, content)
    return run_import(driver, Kle(KleSettings(path=path, **settings), day=lambda: TODAY), RING)  # type: ignore[arg-type]


def tagged(driver: neo4j.Driver, *numbers: str) -> None:
    """A facts file's nodes, and a unit that performs them."""
    always = Period()
    nodes = [Statement("KleNode", each, values={"number": (DatedValue(always, each),)}) for each in numbers]
    performs = tuple(DatedLink(always, Ref("KleNode", each, "natural")) for each in numbers)
    unit = Statement("Unit", "u", values={"name": (DatedValue(always, "Pleje"),)}, links={"performs": performs})
    GraphWriter(driver, RING).state("facts", [*nodes, unit], Origin("facts"))


def asked(driver: neo4j.Driver, query: str) -> list[list[object]]:
    rows, _, _ = driver.execute_query(query)
    return [list(row.values()) for row in rows]


def test_9_the_same_release_in_another_order_writes_nothing(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    """Pitfalls 9 and 5: no write at all, not even that it ran."""
    ended = Node("27.12.04", "Gammelt", id=uuid("27.12.04", 3), ended="2015-08-01")
    take(clean_graph, tmp_path, small(ended, Node("27.12.04"), Node("27.12.06", moved="2026-02-01", to=["27.12.04"])))
    before, written_last = snapshot(clean_graph), last_write(clean_graph)
    report = take(
        clean_graph,
        tmp_path,
        small(Node("27.12.06", moved="2026-02-01", to=["27.12.04"]), Node("27.12.04", " Om  27.12.04 "), ended),
    )
    assert (report.run, report.changes) == (None, 0)
    assert (snapshot(clean_graph), last_write(clean_graph)) == (before, written_last)


def test_6_old_tags_stay_on_the_old_node(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    """Pitfall 6: a facts file's node becomes KL's, ends, and the number comes again for something else."""
    tagged(clean_graph, "27.12.04")
    take(clean_graph, tmp_path, small(Node("27.12.04", "Gammelt")))
    assert asked(clean_graph, "MATCH (n:KleNode {number: '27.12.04'}) RETURN n.title, n.active") == [["Gammelt", True]]
    old = Node("27.12.04", "Gammelt [udgået]", ended="2026-08-01")
    take(clean_graph, tmp_path, small(old, Node("27.12.04", "Andet", id=uuid("27.12.04", 5)), published=THIRD))
    nodes = "MATCH (n:KleNode {number: '27.12.04'}) RETURN n.title, n.active ORDER BY n.title"
    assert asked(clean_graph, nodes) == [["Andet", True], ["Gammelt", False]]
    assert asked(clean_graph, "MATCH (:Unit)-[:PERFORMS]->(n) RETURN n.title") == [["Gammelt"]]


FACTS = """\
format: 1
kle: {"27": null, "27.12": "27", "27.12.04": "27.12"}
units:
- {id: care, name: Pleje, performs: ["27.12.04"], responsible_for: ["27"]}
"""


@pytest.mark.parametrize("first", ["facts", "kle"])
def test_a_facts_files_nodes_and_kls_are_the_same(clean_graph: neo4j.Driver, tmp_path: Path, first: str) -> None:
    """Whichever is read first; read again, neither makes anything."""
    file = tmp_path / "facts.yaml"
    file.write_text(FACTS)
    releases = tmp_path / "releases"
    releases.mkdir()
    for source in (first, "kle" if first == "facts" else "facts", "facts", "kle"):
        if source == "facts":
            report = run_import(clean_graph, Facts(FactsSettings(), file), RING)
        else:
            report = take(clean_graph, releases, small())
    assert (report.run, report.changes) == (None, 0)
    nodes = "MATCH (n:KleNode) RETURN n.number, n.title, n.kle_uuid ORDER BY n.number"
    assert asked(clean_graph, nodes) == [
        [each, f"Om {each}", uuid(each)] for each in ("27", "27.12", "27.12.04", "27.12.06")
    ]
    uses = "MATCH (:Unit)-[r:PERFORMS|RESPONSIBLE_FOR]->(n) RETURN type(r), n.kle_uuid ORDER BY n.number"
    assert asked(clean_graph, uses) == [["RESPONSIBLE_FOR", uuid("27")], ["PERFORMS", uuid("27.12.04")]]


def test_a_number_that_kl_has_ended_has_ended_whatever_facts_say(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    tagged(clean_graph, "27.12.04")
    take(clean_graph, tmp_path, small(Node("27.12.04", ended="2020-01-01")))
    assert asked(clean_graph, "MATCH (n:KleNode {number: '27.12.04'}) RETURN n.active") == [[False]]


def test_8_successors_are_links_from_the_day_of_the_move(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    """Pitfall 8, with a successor of another level."""
    take(clean_graph, tmp_path, small(Node("27.12.04", moved="2026-02-01", to=["27.12"]), Node("27.12.06")))
    found = asked(clean_graph, "MATCH (n)-[r:REPLACED_BY]->(m) RETURN n.number, m.number, toString(r.from), r.to")
    assert found == [["27.12.04", "27.12", "2026-02-01", None]]


def test_13_a_cut_off_release_is_held_and_can_be_approved(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    """Pitfall 13: the brake shows how many would end."""
    many = [Node(f"27.12.{each:02d}") for each in range(30)]
    take(clean_graph, tmp_path, small(*many))
    report = take(clean_graph, tmp_path, small(*many[:3], published=SECOND))
    assert report.brake is not None
    assert any("27 of 32 KleNode" in each for each in report.reasons)
    assert asked(clean_graph, "MATCH (n:KleNode {active: true}) RETURN count(n)") == [[32]]
    source = Kle(KleSettings(path=tmp_path), day=lambda: TODAY)
    assert run_import(clean_graph, source, RING, approve=report.brake).brake is None
    assert asked(clean_graph, "MATCH (n:KleNode {active: true}) RETURN count(n)") == [[5]]


def test_a_problem_is_kept_until_it_is_mended(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    kept = "MATCH (b:BadRecord) RETURN b.key, b.rule ORDER BY b.key"
    twice = [Node("27.12.04"), Node("27.12.06", id=uuid("27.12.04"))]
    take(clean_graph, tmp_path, small(*twice))
    assert asked(clean_graph, kept) == [["27.12.04", "same_uuid"], ["27.12.06", "same_uuid"]]
    take(clean_graph, tmp_path, small(published=SECOND))
    assert asked(clean_graph, kept) == []


@pytest.mark.parametrize("published", [SECOND, THIRD])
def test_a_folder_gives_its_releases_in_order(clean_graph: neo4j.Driver, tmp_path: Path, published: date) -> None:
    """What is newer than the one held, oldest first."""
    take(clean_graph, tmp_path, small())
    written(
        tmp_path,
        plan(Node("27", "Nyt"), Node("27.12"), Node("27.12.04"), Node("27.12.06"), published=published),
        "b.xml",
    )
    report = run_import(clean_graph, Kle(KleSettings(path=tmp_path), day=lambda: TODAY), RING)
    assert report.readings == [f"KLE plan of {published}"]
    assert asked(clean_graph, "MATCH (n:KleNode {number: '27'}) RETURN n.title") == [["Nyt"]]
