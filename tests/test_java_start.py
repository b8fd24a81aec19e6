"""What Java keeps of a start: read where it is there, and the tests run without it."""

from pathlib import Path

import pytest

from tests import java_start


def test_it_is_asked_for_only_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONNECT_CACHE", str(tmp_path / "a folder"))
    assert "AOT" not in java_start.options()
    java_start.kept().parent.mkdir()
    java_start.kept().touch()
    assert f'"-XX:AOTCache={java_start.kept()}"' in java_start.options()


def test_it_is_not_written_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONNECT_CACHE", str(tmp_path))
    java_start.kept().write_text("kept")
    java_start.write()
    assert java_start.kept().read_text() == "kept"
