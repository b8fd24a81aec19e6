"""Lists within things: narrowed, ordered and in pages, as at the root; edges and cursors as Relay asks for them."""

from typing import Any

import pytest

from graph.collation import sort_key
from tests.api.reads.asking import Asking

INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
WHEN = pytest.mark.parametrize("at", [None, "2026-06-30"])
ROOT = """
query($first: Int, $after: String, $order: Order, $at: Date) {
  units(first: $first, after: $after, order: $order, at: $at) {
    edges { cursor node { uuid name } } nodes { uuid } INFO
  }
}
""".replace("INFO", INFO)
BELOW = """
query($uuid: ID!, $first: Int, $after: String, $order: Order, $at: Date, $filter: UnitFilter) {
  unit(uuid: $uuid, at: $at) {
    list: descendants(order: $order, filter: $filter) { uuid name }
    descendantsConnection(first: $first, after: $after, order: $order, filter: $filter) {
      totalCount edges { cursor node { uuid name } } nodes { name: uuid } __typename INFO
    }
  }
}
""".replace("INFO", INFO)


def largest(asking: Asking, at: str | None) -> str:
    units = asking.data("query($at: Date) { units(at: $at) { nodes { uuid descendants { uuid } } } }", {"at": at})
    uuid: str = max(units["units"]["nodes"], key=lambda each: len(each["descendants"]))["uuid"]
    return uuid


@WHEN
@pytest.mark.parametrize("order", [None, "NAME"])
def test_edges_of_a_root_list(asking: Asking, order: str | None, at: str | None) -> None:
    every = asking.data(ROOT, {"order": order, "at": at})["units"]
    assert [each["node"]["uuid"] for each in every["edges"]] == [each["uuid"] for each in every["nodes"]]
    assert every["pageInfo"]["hasPreviousPage"] is False
    assert every["pageInfo"]["startCursor"] == every["edges"][0]["cursor"]
    assert every["pageInfo"]["endCursor"] == every["edges"][-1]["cursor"]
    for place, edge in enumerate(every["edges"][:-1]):
        page = asking.data(ROOT, {"first": 1, "after": edge["cursor"], "order": order, "at": at})["units"]
        assert page["edges"] == [every["edges"][place + 1]]
        assert page["pageInfo"]["hasPreviousPage"] is True
        assert page["pageInfo"]["hasNextPage"] is (place + 2 < len(every["edges"]))


def test_before_the_first_there_is_no_previous_page(asking: Asking) -> None:
    lowest = asking.reader._seal.sealed("00000000-0000-0000-0000-000000000000")
    assert asking.data(ROOT, {"after": lowest})["units"]["pageInfo"]["hasPreviousPage"] is False


@pytest.mark.parametrize("list_", ["changes", "runs"])
def test_edges_of_records(asking: Asking, list_: str) -> None:
    key = "number" if list_ == "changes" else "id"
    question = f"query($after: String) {{ {list_}(first: 2, after: $after) {{ edges {{ cursor node {{ {key} }} }} }} }}"
    (first, second) = asking.data(question)[list_]["edges"]
    assert asking.data(question, {"after": first["cursor"]})[list_]["edges"][0] == second


@pytest.mark.parametrize(
    ("order", "at", "filter_"),
    [
        (None, None, None),
        (None, "2026-06-30", {"nameContains": "e"}),
        ("UUID", None, {"below": "root"}),
        ("NAME", None, {"nameContains": "e"}),
        ("NAME", "2026-06-30", None),
    ],
)
def test_pages_within_a_thing_are_its_list(
    asking: Asking, order: str | None, at: str | None, filter_: dict[str, str] | None
) -> None:
    if filter_ == {"below": "root"}:
        filter_ = {"below": largest(asking, at)}
    asked: dict[str, Any] = {"uuid": largest(asking, at), "first": 3, "order": order, "at": at, "filter": filter_}
    found: list[Any] = []
    while True:
        unit = asking.data(BELOW, asked)["unit"]
        page = unit["descendantsConnection"]
        assert page["__typename"] == "UnitConnection"
        assert page["totalCount"] == len(unit["list"])
        assert page["pageInfo"]["hasPreviousPage"] is bool(found)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        assert [each["name"] for each in page["nodes"]] == [each["node"]["uuid"] for each in page["edges"]]
        found += [each["node"] for each in page["edges"]]
        asked["after"] = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == unit["list"]
    assert len(found) > 3
    if order == "NAME":
        assert [each["name"] for each in found] == sorted((each["name"] for each in found), key=sort_key)


def test_over_a_period_each_is_on_the_pages_once(asking: Asking) -> None:
    question = """query($after: String, $order: Order) { units(period: {}) { nodes {
        list: children { uuid } childrenConnection(first: 100, after: $after, order: $order) {
            totalCount nodes { uuid } } } } }"""
    for order in (None, "NAME", "UUID"):
        for each in asking.data(question, {"order": order})["units"]["nodes"]:
            page = each["childrenConnection"]
            uuids = [child["uuid"] for child in page["nodes"]]
            assert len(set(uuids)) == len(uuids) == page["totalCount"]
            assert set(uuids) == {child["uuid"] for child in each["list"]}


def test_pages_of_what_may_be_of_several_kinds(asking: Asking) -> None:
    question = """{ assignments { nodes {
        responsibilities { uuid label }
        responsibilitiesConnection { totalCount nodes { uuid label } edges { node { ... on KleNode { number } } } }
    } } }"""
    some = 0
    for each in asking.data(question)["assignments"]["nodes"]:
        assert each["responsibilitiesConnection"]["nodes"] == each["responsibilities"]
        some += each["responsibilitiesConnection"]["totalCount"]
    assert some


def test_the_log_of_a_thing_in_pages(asking: Asking) -> None:
    question = """query($after: String) { units(first: 1) { nodes {
        changesConnection(first: 1, after: $after) { nodes { number } pageInfo { endCursor } }
        sourcesConnection { edges { cursor node { id } } } } } }"""
    (unit,) = asking.data(question)["units"]["nodes"]
    (change,) = unit["changesConnection"]["nodes"]
    (later,) = asking.data(question, {"after": unit["changesConnection"]["pageInfo"]["endCursor"]})["units"]["nodes"]
    assert all(each["number"] > change["number"] for each in later["changesConnection"]["nodes"])
    edges = unit["sourcesConnection"]["edges"]
    assert len({each["cursor"] for each in edges}) == len(edges) > 0


def test_from_the_last_name_on(asking: Asking) -> None:
    """Whole, and in pages."""
    question = """query($uuid: ID!, $after: String, $order: Order!) { unit(uuid: $uuid) {
        descendants(order: $order) { uuid }
        page: descendantsConnection(first: 4, after: $after, order: $order) {
          totalCount nodes { uuid } pageInfo { endCursor hasNextPage } } } }"""
    uuid = largest(asking, None)
    for order in ("NAME", "UUID"):
        up = asking.data(question, {"uuid": uuid, "order": order})["unit"]["descendants"]
        down = asking.data(question, {"uuid": uuid, "order": f"{order}_DESCENDING"})["unit"]["descendants"]
        assert down == up[::-1] and len(up) > 4
        found: list[dict[str, str]] = []
        after, more = None, True
        while more:
            given = {"uuid": uuid, "order": f"{order}_DESCENDING", "after": after}
            page = asking.data(question, given)["unit"]["page"]
            assert page["totalCount"] == len(down)
            found += page["nodes"]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert found == down


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"after": "nonsense"}, "bad_cursor"),
        ({"after": "x|3f2504e0-4f89-11d3-9a0c-0305e82c3301"}, "bad_cursor"),
        ({"after": "x", "order": "NAME"}, "bad_cursor"),
        ({"first": 0}, "over_limit"),
        ({"filter": {"below": "no such unit"}}, "unknown_unit"),
    ],
)
def test_what_can_not_be_asked(asking: Asking, arguments: dict[str, Any], code: str) -> None:
    assert asking.code(BELOW, {"uuid": largest(asking, None), **arguments}) == code


@WHEN
def test_children_come_by_name_and_are_counted(asking: Asking, at: str | None) -> None:
    question = "query($at: Date) { units(at: $at) { nodes { childCount children { name } } } }"
    for each in asking.data(question, {"at": at})["units"]["nodes"]:
        names = [child["name"] for child in each["children"]]
        assert names == sorted(names, key=sort_key)
        assert each["childCount"] == len(names)


@WHEN
def test_employments_are_counted_by_type(asking: Asking, at: str | None) -> None:
    question = """query($at: Date) { units(at: $at) { nodes {
        here: employmentCounts { type count } all: employmentCounts(below: true) { type count }
        employments { uuid type } descendants { employments { uuid type } }
    } } }"""
    some = 0
    for each in asking.data(question, {"at": at})["units"]["nodes"]:
        here = {one["uuid"]: one["type"] for one in each["employments"]}
        below = here | {one["uuid"]: one["type"] for unit in each["descendants"] for one in unit["employments"]}
        for counts, expected in ((each["here"], here), (each["all"], below)):
            types = list(expected.values())
            assert {one["type"]: one["count"] for one in counts} == {type_: types.count(type_) for type_ in types}
            some += len(counts)
    assert some
