"""What a second release has changed, one kind of change after the other (kle.md §6.8)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.questions.kle_changes import foreseen
from graph.time import today
from graph.writing.day_turn import turn
from importers.kle.settings import KleSettings
from importers.kle.source import Kle
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from reconnect.embedded import Addresses
from tests.api.reads.asking import Asking, closed, open_asking
from tests.importers.kle.release import FIRST, SECOND, THIRD, Node, small, uuid, written

RING = Keyring.generate()
BEFORE = [Node(f"27.12.0{each}") for each in range(1, 8)]
ASK = """query($run: String, $after: Int) { kleChanges(run: $run, after: $after) {
    change number what old new thing { ... on KleNode { number } } successors { ... on KleNode { number } } } }"""


@pytest.fixture
def asking(clean_graph: neo4j.Driver, addresses: Addresses) -> Iterator[Asking]:
    opened = open_asking(addresses.bolt_uri, addresses.user, addresses.password, clean_graph, RING)
    yield opened
    closed(opened)


def take(driver: neo4j.Driver, folder: Path, content: bytes, *, dry_run: bool = False) -> ImportReport:
    settings = KleSettings(path=written(folder, content), least_share=0)
    return run_import(driver, Kle(settings, day=lambda: THIRD), RING, brake=BrakeSettings(share=1), dry_run=dry_run)


def told(asking: Asking, **variables: object) -> list[dict[str, Any]]:
    return list(asking.data(ASK, variables)["kleChanges"])


def test_each_kind_of_change_with_old_and_new(clean_graph: neo4j.Driver, asking: Asking, tmp_path: Path) -> None:
    first = take(clean_graph, tmp_path, small(*BEFORE, published=FIRST))
    assert {each["what"] for each in told(asking, run=first.run)} == {"ADDED"}
    corrected = uuid("27.12.05", 7)
    after = [
        replace(BEFORE[0], title="Et andet navn", changed="2026-08-01"),
        replace(BEFORE[1], ended="2026-08-01"),
        replace(BEFORE[2], moved="2026-08-01", to=["27.12.01"]),
        replace(BEFORE[3], title="Om 27.12.04 [udgår 2027]"),
        replace(BEFORE[4], id=corrected),
        BEFORE[5],  # and .07 is not in it
        Node("27.12.08"),
    ]
    dry = take(clean_graph, tmp_path, small(*after, published=SECOND), dry_run=True)
    second = take(clean_graph, tmp_path, small(*after, published=SECOND))
    found = {each["number"]: (each["what"], each["old"], each["new"]) for each in told(asking, run=second.run)}
    assert found == {
        "27.12.01": ("RENAMED", "Om 27.12.01", "Et andet navn"),
        "27.12.02": ("ENDED", None, "2026-08-01"),
        "27.12.03": ("MOVED", None, "2026-08-01"),
        "27.12.04": ("END_ANNOUNCED", None, "2027"),
        "27.12.05": ("UUID_CORRECTED", uuid("27.12.05"), corrected),
        "27.12.07": ("MISSING", None, "2026-08-01"),
        "27.12.08": ("ADDED", None, "Om 27.12.08"),
    }
    assert Counter(each.upper() for each in foreseen(dry.differences.each(), today())) == Counter(
        what for what, _, _ in found.values()
    )
    (moved,) = (each for each in told(asking, run=second.run) if each["what"] == "MOVED")
    assert (moved["thing"], moved["successors"]) == ({"number": "27.12.03"}, [{"number": "27.12.01"}])

    last = max(each["change"] for each in told(asking))
    third = take(clean_graph, tmp_path, small(*after, BEFORE[6], published=THIRD))
    (back,) = told(asking, run=third.run)
    assert (back["number"], back["what"], back["new"]) == ("27.12.07", "BACK_IN_FORCE", "2026-11-01")
    assert told(asking, after=last) == [back]


def test_an_end_to_come_is_announced_now_and_told_on_its_day(
    clean_graph: neo4j.Driver, asking: Asking, tmp_path: Path
) -> None:
    """Once each: what is planned has not ended, and a release that tells it again is no news."""
    soon, later = today() + timedelta(days=2), today() + timedelta(days=3)
    take(clean_graph, tmp_path, small(*BEFORE[:3], published=FIRST))
    planned = [
        replace(BEFORE[0], ended=str(soon)),
        replace(BEFORE[1], moved=str(soon), to=["27.12.03"]),
        replace(BEFORE[2], title=f"Om 27.12.03 [udgår {later.year}]"),
    ]
    second = take(clean_graph, tmp_path, small(*planned, published=SECOND))
    found = told(asking, run=second.run)
    assert sorted((each["number"], each["what"], each["old"], each["new"]) for each in found) == [
        ("27.12.01", "END_ANNOUNCED", None, str(soon)),
        ("27.12.02", "END_ANNOUNCED", None, str(soon)),
        ("27.12.03", "END_ANNOUNCED", None, str(later.year)),
    ]
    put_off = [replace(planned[0], ended=str(later)), *planned[1:]]
    third = take(clean_graph, tmp_path, small(*put_off, published=THIRD))
    (news,) = told(asking, run=third.run)
    assert (news["what"], news["old"], news["new"]) == ("END_ANNOUNCED", str(soon), str(later))

    for ahead in range(1, (later - today()).days + 1):
        turn(clean_graph, today() + timedelta(days=ahead))
    on_the_day = told(asking, after=news["change"])
    assert [(each["number"], each["what"], each["new"]) for each in on_the_day] == [
        ("27.12.02", "MOVED", str(soon)),
        ("27.12.01", "ENDED", str(later)),
    ]
    assert on_the_day[0]["successors"] == [{"number": "27.12.03"}]
