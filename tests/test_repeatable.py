"""Uuids that a run of the tests repeats."""

from uuid import uuid4

import pytest

from tests.repeatable import repeatable_uuids


def _three(of: str) -> list[str]:
    with repeatable_uuids(of):
        return [str(uuid4()) for _ in range(3)]


def test_they_are_the_same_for_the_same_file_and_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONNECT_TEST_SEED", "1")
    first = _three("a")
    assert len(set(first)) == 3
    assert _three("a") == first
    assert not set(_three("b")) & set(first)
    monkeypatch.setenv("RECONNECT_TEST_SEED", "2")
    assert not set(_three("a")) & set(first)


def test_servers_that_know_the_run_before_get_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECONNECT_TEST_SEED", raising=False)
    monkeypatch.setenv("RECONNECT_TEST_HOME", "/somewhere")
    assert not set(_three("a")) & set(_three("a"))
