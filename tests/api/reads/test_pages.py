"""Connections: first, after, order, totals."""

import base64
from typing import Any

import pytest

from graph.collation import sort_key
from tests.api.reads.asking import Asking

PAGE = """
query($first: Int, $after: String, $order: Order, $filter: UnitFilter) {
  units(first: $first, after: $after, order: $order, filter: $filter) {
    totalCount pageInfo { hasNextPage endCursor } nodes { uuid name }
  }
}
"""


def pages(asking: Asking, first: int, order: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = asking.data(PAGE, {"first": first, "after": after, "order": order})["units"]
        assert len(page["nodes"]) <= first
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(found) == page["totalCount"]
            return found


@pytest.mark.parametrize("first", [1, 4, 7, 1000])
@pytest.mark.parametrize(
    ("order", "by"),
    [(None, "uuid"), ("UUID", "uuid"), ("NAME", "name"), ("UUID_DESCENDING", "uuid"), ("NAME_DESCENDING", "name")],
)
def test_all_pages_are_the_whole_in_order(asking: Asking, first: int, order: str | None, by: str) -> None:
    found = pages(asking, first, order)
    is_down = order is not None and order.endswith("DESCENDING")
    assert [each[by] for each in found] == sorted((each[by] for each in found), reverse=is_down)
    assert len({each["uuid"] for each in found}) == len(found) > 15


@pytest.mark.parametrize("order", ["NAME", "UUID"])
def test_a_cursor_shows_nothing_of_the_list(asking: Asking, order: str) -> None:
    """Not a name, not a UUID, encoded or not; and the same place has the same cursor."""
    question = f"""{{ persons(first: 20, order: {order}) {{ edges {{ cursor node {{ name uuid }} }}
        pageInfo {{ startCursor endCursor }} }} }}"""
    page = asking.data(question)["persons"]
    for each in page["edges"]:
        raw = base64.urlsafe_b64decode(each["cursor"] + "===")
        for text in (each["node"]["name"].lower(), each["node"]["name"].split()[0], each["node"]["uuid"]):
            assert text not in each["cursor"].lower() and text.encode() not in raw.lower()
    cursors = [each["cursor"] for each in page["edges"]]
    assert len(set(cursors)) == len(cursors)
    assert (page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]) == (cursors[0], cursors[-1])
    assert asking.data(question)["persons"] == page


@pytest.mark.parametrize("when", ["", 'period: {from: "2026-01-01"}, '])
@pytest.mark.parametrize(("order", "down"), [("EXISTS_TO", False), ("EXISTS_FROM_DESCENDING", True), ("PERSON", False)])
def test_employments_by_their_days_and_their_persons(asking: Asking, when: str, order: str, down: bool) -> None:
    """At the root, and within a unit; in pages, no one twice."""
    ask = "existsFrom existsTo uuid person { name }"
    question = f"""query($after: String) {{ employments({when}first: 4, order: {order}, after: $after) {{
        nodes {{ {ask} }} edges {{ cursor }} pageInfo {{ endCursor hasNextPage }} }} }}"""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = asking.data(question, {"after": after})["employments"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        assert page["edges"][-1]["cursor"] == after
        if not page["pageInfo"]["hasNextPage"]:
            break

    def key(each: dict[str, Any]) -> str:
        if order == "PERSON":
            return "" if each["person"] is None else sort_key(each["person"]["name"])
        return str(each["existsTo"] or "9999" if order == "EXISTS_TO" else each["existsFrom"] or "")

    keys = [key(each) for each in found]
    assert keys == sorted(keys, reverse=down) and len({each["uuid"] for each in found}) == len(found) > 4
    inside = f"{{ units({when}first: 100) {{ nodes {{ employments(order: {order}) {{ {ask} }} }} }} }}"
    for unit in asking.data(inside)["units"]["nodes"]:
        keys = [key(each) for each in unit["employments"]]
        assert keys == sorted(keys, reverse=down)
    other = "query($after: String) { employments(order: NAME, first: 1, after: $after) { totalCount } }"
    uuids = other.replace("NAME", "UUID")
    assert asking.code(uuids, {"after": after}) == "bad_cursor"


def test_employments_that_end_or_begin_around_a_day(asking: Asking) -> None:
    ask = """query($day: Date) {
        employments(period: {}, first: 1000, filter: {%s: $day}) { nodes { existsFrom existsTo } } }"""
    day = "2026-07-01"
    ended = asking.data(ask % "endsBefore", {"day": day})["employments"]["nodes"]
    assert all(each["existsTo"] is not None and each["existsTo"] <= day for each in ended)
    begun = asking.data(ask % "beginsAfter", {"day": day})["employments"]["nodes"]
    assert all(each["existsFrom"] is not None and each["existsFrom"] > day for each in begun)
    of_all = asking.data("{ employments(period: {}, first: 1000) { nodes { existsFrom existsTo } } }")
    every = of_all["employments"]["nodes"]
    assert len(ended) == sum(each["existsTo"] is not None and each["existsTo"] <= day for each in every)
    assert len(begun) == sum(each["existsFrom"] is not None and each["existsFrom"] > day for each in every)


def test_employments_on_leave_and_the_others(asking: Asking) -> None:
    count = """{
        on: employments(filter: {onLeave: true}) { totalCount }
        off: employments(filter: {onLeave: false}) { totalCount }
        all: employments { totalCount }
    }"""
    found = asking.data(count)
    assert found["on"]["totalCount"] + found["off"]["totalCount"] == found["all"]["totalCount"] > 0


def test_a_cursor_of_another_order_or_of_no_one_is_refused(asking: Asking) -> None:
    page = "{ units(first: 1, order: NAME) { pageInfo { endCursor } } }"
    cursor = asking.data(page)["units"]["pageInfo"]["endCursor"]
    for order, after in (("UUID", cursor), ("NAME", cursor[:-2] + "AA"), ("NAME", "Nord|1"), ("UUID", "é")):
        assert asking.code(PAGE, {"first": 1, "after": after, "order": order}) == "bad_cursor", (order, after)


def test_an_empty_page(asking: Asking) -> None:
    page = asking.data(PAGE, {"filter": {"name": "no such"}})["units"]
    assert page == {"totalCount": 0, "pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}


def test_a_page_without_nodes(asking: Asking) -> None:
    assert asking.data("{ units { pageInfo { hasNextPage } __typename } }") == {
        "units": {"pageInfo": {"hasNextPage": False}, "__typename": "UnitConnection"}
    }


def test_nodes_under_two_names(asking: Asking) -> None:
    page = asking.data("{ units(first: 3) { a: nodes { x: name } b: nodes { x: uuid } } }")["units"]
    assert [len(page["a"]), len(page["b"])] == [3, 3]
    assert all(len(each["x"]) == 36 for each in page["b"])
    assert not any(len(each["x"]) == 36 for each in page["a"])


def test_the_change_log_goes_on_after_a_number(asking: Asking) -> None:
    question = "query($after: String) { changes(first: 5, after: $after) { nodes { number } pageInfo { endCursor } } }"
    first = asking.data(question)["changes"]
    second = asking.data(question, {"after": first["pageInfo"]["endCursor"]})["changes"]
    assert [each["number"] for each in first["nodes"] + second["nodes"]] == list(range(1, 11))
    assert asking.code(question, {"after": "x"}) == "bad_cursor"


@pytest.mark.parametrize(
    ("order", "cursor"),
    [("UUID", "xyz"), ("UUID", "Business|3f2504e0-4f89-11d3-9a0c-0305e82c3301"), ("NAME", "Business")],
)
def test_what_is_no_cursor_of_the_page_before_is_refused(asking: Asking, order: str, cursor: str) -> None:
    """It would be compared as a text, and give a page that begins anywhere."""
    assert asking.code(PAGE, {"order": order, "after": cursor}) == "bad_cursor"


@pytest.mark.parametrize("first", [0, -1, 100_001])
def test_first_has_bounds(asking: Asking, first: int) -> None:
    assert asking.code(PAGE, {"first": first}) == "over_limit"
