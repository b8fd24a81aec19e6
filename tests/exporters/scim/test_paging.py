"""Lists of servers that count wrongly, shift under way, or never advance (scim.md §4)."""

from collections.abc import Iterator, Mapping
from typing import Any

import neo4j
import pytest

from exporters.errors import DeliveryError
from exporters.objects.errors import Refused
from exporters.scim.paging import is_list, paged
from tests.answering import Reply
from tests.exporters.scim.peer import Peer
from tests.exporters.scim.town import Town, export, settings


def everybody(count: int) -> list[dict[str, Any]]:
    return [{"id": f"i{number}"} for number in range(count)]


def test_9_all_are_read_where_a_page_holds_fewer_than_asked() -> None:
    asked: list[int] = []

    def page(query: Mapping[str, str]) -> Mapping[str, Any]:
        start = int(query["startIndex"])
        asked.append(start)
        # What it says of its page is wrong, as scimmy's is.
        return {"totalResults": 250, "itemsPerPage": 50, "Resources": everybody(250)[start - 1 : start + 99][:99]}

    assert [each["id"] for each in paged(page, 100)] == [each["id"] for each in everybody(250)]
    assert asked == [1, 100, 199]


def test_7_a_list_that_does_not_advance_is_given_up() -> None:
    with pytest.raises(DeliveryError, match="paging does not advance"):
        list(paged(lambda _: {"totalResults": 50, "resources": everybody(20)}, 100))


def test_a_list_that_ends_early_ends() -> None:
    pages = iter([everybody(2), []])
    assert len(list(paged(lambda _: {"totalResults": 9, "Resources": next(pages)}, 2))) == 2


def test_8_what_shifts_is_given_once() -> None:
    shifting = iter([(4, ["a", "b"]), (5, ["b", "c"]), (5, ["d", "e"])])

    def page(_: Mapping[str, str]) -> Mapping[str, Any]:
        total, ids = next(shifting)
        return {"totalResults": total, "Resources": [{"id": each} for each in ids]}

    assert [each["id"] for each in paged(page, 2)] == ["a", "b", "c", "d", "e"]


def test_a_cursor_is_followed_to_its_end() -> None:
    asked: list[str] = []

    def page(query: Mapping[str, str]) -> Mapping[str, Any]:
        asked.append(query["cursor"])
        after: Iterator[dict[str, Any]] = iter([{"nextCursor": "x"}, {}])
        number = len(asked) - 1
        return {"Resources": [{"id": str(number)}], "totalResults": 2, **list(after)[number]}

    assert [each["id"] for each in paged(page, 1, cursor=True)] == ["0", "1"]
    assert asked == ["", "x"]


def test_7_a_full_comparison_at_such_a_server_closes_nobody(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a").person("b").person("c")
    chosen = settings(peer.url, page_size=2, drift="correct")
    export(clean_graph, town, chosen)
    whole = peer.all()

    def first_page_only(request: object, on: object) -> Reply | None:
        if "/Users?" in getattr(request, "path", ""):
            return Reply.json({"Resources": whole[:2], "totalResults": 3, "startIndex": 1, "itemsPerPage": 2})
        return None

    peer.disturb = first_page_only
    peer.forget()
    report = export(clean_graph, town.leave("c"), chosen, full=True)
    assert "paging does not advance" in report.error and peer.writes == []
    peer.disturb = None
    assert all(each["active"] for each in peer.all())


def test_8_a_listing_that_lacks_somebody_makes_nobody_twice(clean_graph: neo4j.Driver, peer: Peer) -> None:
    town = Town().person("a").person("b")
    export(clean_graph, town, settings(peer.url))
    whole = peer.all()

    def lacking(request: object, on: object) -> Reply | None:
        if "/Users?" in getattr(request, "path", ""):
            return Reply.json({"Resources": whole[:1], "totalResults": 1})
        return None

    peer.disturb = lacking
    report = export(clean_graph, town, settings(peer.url, drift="correct"), full=True)
    peer.disturb = None
    assert report.error == "" and len(peer.all()) == 2
    assert sum(each.drift for each in report.objects) == 0


@pytest.mark.parametrize(
    "sent",
    [
        {"totalResults": 2, "Resources": []},
        {"totalResults": 1},
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "500"},
        {"message": "maintenance"},
    ],
)
def test_a_list_of_nobody_that_counts_somebody_makes_nobody_twice(
    clean_graph: neo4j.Driver, peer: Peer, sent: dict[str, Any]
) -> None:
    """Whoever is looked up and not found is created."""
    peer.make(userName="a@klit.example", externalId="a")

    def lacking(request: object, on: object) -> Reply | None:
        return Reply.json(sent) if "/Users?" in getattr(request, "path", "") else None

    peer.disturb = lacking
    report = export(clean_graph, Town().person("a"), settings(peer.url))
    assert peer.writes == [] and (report.error or [each.problem for each in report.parked] == ["not_whole"])
    peer.disturb = None
    report = export(clean_graph, Town().person("a"), settings(peer.url), full=True)
    assert (report.error, report.parked, len(peer.all())) == ("", [], 1)


@pytest.mark.parametrize(
    ("sent", "is_one"),
    [
        ({"Resources": [], "totalResults": 0}, True),
        ({"totalresults": 0}, True),
        ({"Resources": None, "totalResults": 0}, True),
        ({"Resources": []}, True),
        ({}, False),
        ({"message": "maintenance"}, False),
        ({"Resources": None}, False),
        ({"totalResults": 1}, False),
        ({"totalResults": None}, False),
    ],
)
def test_nobody_is_there_only_where_the_server_says_so(sent: dict[str, Any], is_one: bool) -> None:
    assert is_list(sent) is is_one


def test_a_list_that_is_to_be_whole_is_not_cut() -> None:
    pages = iter([everybody(2), []])
    with pytest.raises(Refused, match="counts 9 resources, and its list ends after 2"):
        list(paged(lambda _: {"totalResults": 9, "Resources": next(pages)}, 2, whole=True))
    cursors = iter([{"nextCursor": "x"}, {}])
    with pytest.raises(Refused, match="counts 9 resources"):
        list(
            paged(lambda _: {"totalResults": 9, "Resources": everybody(1), **next(cursors)}, 1, cursor=True, whole=True)
        )
