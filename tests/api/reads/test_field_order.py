"""Rows get the names of their fields, however deep they are nested."""

import pytest

from api.model.cursor_seal import CursorSeal
from api.reads.field_order import naming
from api.reads.selection import Selected


@pytest.mark.parametrize("many", [False, True])
def test_as_deep_as_a_document_may_be(many: bool) -> None:
    fields = {"uuid": Selected("uuid", "uuid", {})}
    row: list[object] = ["lowest"]
    expected: dict[str, object] = {"uuid": "lowest"}
    for level in range(99):
        key = f"a{level}"
        below = Selected(key, "children", {"n": level}, {"Unit": fields}, many)
        fields = {"uuid": Selected("uuid", "uuid", {}), key: below}
        row = ["one", [row, None] if many else row]
        expected = {"uuid": "one", key: [expected, None] if many else expected}
    assert naming({"Unit": fields}, CursorSeal.generate())([row, None]) == [expected, None]


def test_names_are_only_names() -> None:
    key = "__import__"
    fields = {key: Selected(key, "name", {})}
    assert naming({"Unit": fields}, CursorSeal.generate())([["x"]]) == [{"__import__": "x"}]
