"""The organisation tree in one question."""

from typing import Any

from tests.api.reads.asking import Asking

TREE = """
query($root: String, $depth: Int, $at: Date) {
  tree(root: $root, depth: $depth, at: $at) { depth parent unit { uuid name keys children { uuid } } }
}
"""


def tree(asking: Asking, root: str | None, depth: int | None = None, at: str = "2026-01-15") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asking.data(TREE, {"root": root, "depth": depth, "at": at})["tree"]
    return found


def test_each_unit_comes_before_those_below_it_by_name(asking: Asking) -> None:
    assert [(each["depth"], each["unit"]["keys"][0]) for each in tree(asking, "social")] == [
        (0, "social"),
        (1, "jobcentre"),
        (2, "business"),
        (2, "benefits"),
        (1, "elderly"),
        (2, "homecare_n"),
        (2, "homecare_s"),
        (2, "nursing"),
    ]


def test_it_is_the_tree_of_the_day(asking: Asking) -> None:
    def below(root: str, at: str) -> set[str]:
        return {each["unit"]["keys"][0] for each in tree(asking, root, at=at)}

    assert "business" in below("jobcentre", "2026-06-30")
    assert "business" not in below("jobcentre", "2026-07-01")
    assert "business" in below("citizen", "2026-07-01")
    assert below("merger", "2026-01-15") == set()


def test_parents_are_shown(asking: Asking) -> None:
    entries = tree(asking, None)
    children = {each["unit"]["uuid"]: {child["uuid"] for child in each["unit"]["children"]} for each in entries}
    for each in entries:
        if each["depth"]:
            assert each["unit"]["uuid"] in children.get(each["parent"], {each["unit"]["uuid"]})
        else:
            assert each["parent"] is None
    assert len({each["unit"]["uuid"] for each in entries}) == len(entries)


def test_so_many_levels(asking: Asking) -> None:
    assert max(each["depth"] for each in tree(asking, "social", 1)) == 1
    assert asking.code(TREE, {"depth": 0}) == "over_limit"


def test_a_list_inside_may_be_of_another_day_or_of_a_period(asking: Asking) -> None:
    data = asking.data(
        """{ unit(key: "jobcentre", at: "2026-01-15") {
            children { keys }
            later: children(at: "2026-07-01") { keys parent { keys } }
            ever: children(period: {from: "2015-01-01"}) { keys }
            again: children { keys }
        } }"""
    )["unit"]

    def keys(name: str) -> set[str]:
        return {each["keys"][0] for each in data[name]}

    assert keys("children") == keys("again") == keys("ever") == {"business", "benefits"}
    assert data["later"] == [{"keys": ["benefits"], "parent": {"keys": ["jobcentre"]}}]
