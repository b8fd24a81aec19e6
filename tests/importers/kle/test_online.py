"""Reading KLE Online over HTTP, from the stand-in (kle.md §2 A, §9)."""

from collections.abc import Iterator
from datetime import date

import httpx
import pytest

from importers.kle.errors import Unavailable, Unreadable
from importers.kle.settings import KleSettings
from importers.kle.source import Kle
from sample.kle_service.app import Misbehaviour, Running, Service, serve
from sample.kle_service.release import Release, Row
from tests.importers.kle.release import FIRST, SECOND, uuid
from tests.importers.known import Applied, InMemory

NUMBERS = ("27", "27.12", "27.12.04", "27.12.06", "G", "G01", "Ø", "Ø00")
FULL = Release(FIRST, tuple(Row(each, f"Om {each}", uuid(each)) for each in NUMBERS))


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with serve(Service(FULL)) as made:
        yield made


@pytest.fixture
def online(running: Running) -> Running:
    service = running.service
    service.release, service.misbehaviour, service.tags = FULL, Misbehaviour(), False
    service.calls = []
    return running


def take(
    online: Running, known: InMemory | None = None, waits: list[float] | None = None, **settings: object
) -> Applied:
    source = Kle(
        KleSettings(url=online.url, **settings),  # type: ignore[arg-type]
        day=lambda: date(2026, 11, 24),
        sleep=(waits if waits is not None else []).append,
    )
    return (known or InMemory()).take(source)


def test_plan_and_facets(online: Running) -> None:
    known = InMemory()
    assert take(online, known).problems == []
    assert [len(known.existing(kind, FIRST)) for kind in ("KleNode", "KleFacetCategory", "KleFacet")] == [4, 2, 2]
    assert online.service.calls == [("/kle/emneplan", 200), ("/kle/handlefacetter", 200)]


def test_without_facets_at_their_path_the_plan_is_taken_and_known_facets_stay(online: Running) -> None:
    known = InMemory()
    take(online, known)
    online.service.misbehaviour.missing = frozenset({"/kle/handlefacetter"})
    online.service.release = Release(SECOND, tuple(Row(each, f"Nu {each}", uuid(each)) for each in NUMBERS))
    (notice,) = take(online, known).problems
    assert (notice.kind, notice.rule, notice.severity) == ("KleFacet", "no_facets", "notice")
    assert len(known.existing("KleFacet", SECOND)) == 2
    told = known.statement("KleNode", uuid("27.12.04"))
    assert told is not None and told.values["title"][-1].value == "Nu 27.12.04"


@pytest.mark.parametrize("no_uuids", [False, True])
def test_lists(online: Running, no_uuids: bool) -> None:
    known = InMemory()
    online.service.misbehaviour.no_uuids = no_uuids
    assert take(online, known, form="lists", facets=False).problems == []
    assert len(known.existing("KleNode", FIRST)) == 4
    again = take(online, known, form="lists", facets=False)
    assert (again.mapped, again.problems) == (0, [])


@pytest.mark.parametrize("name", ["mark", "namespace", "reversed_order", "twice"])
def test_the_same_in_other_clothes(online: Running, name: str) -> None:
    """Pitfalls 1, 3, 12; entries that are told twice in the same words are one."""
    known = InMemory()
    take(online, known)
    setattr(online.service.misbehaviour, name, True)
    applied = take(online, known)
    assert (applied.mapped, applied.problems) == (0, [])


def test_15_a_web_page_with_status_200(online: Running) -> None:
    """Pitfall 15: the error names the address and the content type."""
    online.service.misbehaviour.html = True
    with pytest.raises(Unreadable, match=r"127\.0\.0\.1.*/kle/emneplan.*text/html"):
        take(online)


def test_13_a_cut_body(online: Running) -> None:
    online.service.misbehaviour.cut = True
    with pytest.raises(Unreadable, match="cut off"):
        take(online)


def test_a_connection_that_breaks_in_the_middle_reports_how_much_came(online: Running) -> None:
    online.service.misbehaviour.broken = True
    length = len(online.service.content("/kle/emneplan"))
    with pytest.raises(Unavailable, match=rf"breaks off: 10 of {length} bytes came, then \w+, after 3 attempts"):
        take(online)
    assert len(online.service.calls) == 3


def test_503_is_waited_for_but_not_for_ever(online: Running) -> None:
    waits: list[float] = []
    online.service.misbehaviour = Misbehaviour(statuses=[503, 503], retry_after="3600")
    assert take(online, waits=waits, facets=False, longest_wait_seconds=9).problems == []
    assert waits == [9, 9]
    online.service.misbehaviour = Misbehaviour(statuses=[503, 503, 503])
    with pytest.raises(Unavailable, match="503"):
        take(online, facets=False)


def test_other_failures_are_not_asked_again(online: Running) -> None:
    online.service.misbehaviour = Misbehaviour(statuses=[500])
    with pytest.raises(Unavailable, match="500"):
        take(online)
    assert len(online.service.calls) == 1


def test_too_slow(online: Running) -> None:
    online.service.misbehaviour.slow = 0.6
    with pytest.raises(Unavailable, match="Timeout, after 1 attempts"):
        take(online, attempts=1, timeout_seconds=0.2)


def test_what_has_not_changed_is_not_sent_again(online: Running) -> None:
    online.service.tags = True
    known = InMemory()
    take(online, known)
    assert take(online, known).readings == []
    assert online.service.calls[-2:] == [("/kle/emneplan", 304), ("/kle/handlefacetter", 304)]
    online.service.release = Release(SECOND, FULL.rows)
    assert len(take(online, known).readings) == 2


@pytest.mark.parametrize("setting", [{}, {"last_day_in_force": True}])
def test_facets_that_were_not_applied_with_their_plan_are_read_in_the_next_run(
    online: Running, setting: dict[str, object]
) -> None:
    """The brake stops them, or the run dies between the two: a tag counts with the content that was applied."""
    online.service.tags = True
    known = InMemory()
    take(online, known)
    online.service.release = Release(SECOND, tuple(Row(each, f"Nu {each}", uuid(each)) for each in NUMBERS))
    source = Kle(KleSettings(url=online.url, **setting), day=lambda: date(2026, 11, 24))  # type: ignore[arg-type]
    plan = next(iter(source.readings(known)))
    known.cursor = dict(plan.cursor)
    assert plan.label.startswith("KLE plan") and f"etag {online.url}/kle/emneplan" in known.cursor
    assert [each.split()[1] for each in take(online, known, **setting).readings] == ["facets"]
    assert known.value("KleFacet", uuid("G01"), "title", SECOND) == "Nu G01"


def test_too_large(online: Running) -> None:
    online.service.release = Release(FIRST, tuple(Row("27", "x" * 1000, uuid("27")) for _ in range(1500)))
    with pytest.raises(Unreadable, match="1 megabytes"):
        take(online, largest_megabytes=1)


def test_the_stand_in_knows_five_paths_and_one_method(online: Running) -> None:
    assert httpx.get(f"{online.url}/kle/other").status_code == 404
    assert httpx.post(f"{online.url}/kle/emneplan").status_code == 405
