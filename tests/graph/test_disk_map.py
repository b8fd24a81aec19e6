"""A mapping whose entries are put aside is the mapping that it would be in memory; its file has no name."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.disk_map import DiskMap

KEYS = st.sampled_from(["", "a", "b", "ø", "æ|1", "c" * 300])
VALUES = st.none() | st.integers() | st.text() | st.tuples(st.text(), st.integers())


@given(st.lists(st.tuples(KEYS, VALUES)), st.integers(0, 4))
def test_it_holds_what_a_dict_holds(entries: list[tuple[str, object]], in_memory: int) -> None:
    made: DiskMap[object] = DiskMap(in_memory=in_memory)
    expected: dict[str, object] = {}
    for key, value in entries:
        made[key] = expected[key] = value
        assert made.get(key) == value
    assert list(made.items()) == list(expected.items())
    assert list(made) == list(expected)
    assert len(made) == len(expected)
    assert [made.get(key) for key in expected] == list(expected.values())
    assert "not there" not in made
    assert made.get("not there") is None
    made.clear()
    assert len(made) == 0
    assert list(made.items()) == []


@given(st.lists(st.tuples(KEYS, VALUES)), st.lists(st.tuples(KEYS, VALUES)), st.integers(0, 4))
def test_many_entries_at_once_are_as_one_by_one(
    before: list[tuple[str, object]], entries: list[tuple[str, object]], in_memory: int
) -> None:
    made: DiskMap[object] = DiskMap(in_memory=in_memory)
    made.update(before)
    made.update(iter(entries))
    assert list(made.items()) == list(dict([*before, *entries]).items())


def test_a_key_that_is_not_there_is_an_error_a_value_of_none_is_not() -> None:
    made: DiskMap[None] = DiskMap(in_memory=0)
    made["a"] = None
    assert made["a"] is None
    with pytest.raises(KeyError):
        made["b"]


def test_nothing_of_it_can_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made: DiskMap[str] = DiskMap(in_memory=0)
    for number in range(5000):
        made[str(number)] = "Hemmeligvej 13" * 10
    assert list(tmp_path.iterdir()) == []
    assert made["4999"] == "Hemmeligvej 13" * 10
