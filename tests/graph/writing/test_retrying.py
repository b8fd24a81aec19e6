"""Optimistic writing: one loop compares again, a limited number of times, and never hides why it gave up."""

import pytest

from graph.writing.retrying import ATTEMPTS, MatchAgain, Stale, write_until_current


class Contested:
    """A write that comes too late ``times`` times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.events: list[str] = []

    def write(self) -> str:
        self.events.append("write")
        if self.events.count("write") <= self.times:
            raise Stale
        return "written"

    def compare(self, stale: Stale) -> None:
        self.events.append("compare")


def test_a_write_that_came_too_late_is_compared_before_it_is_tried_again() -> None:
    contested = Contested(2)
    assert write_until_current(contested.write, contested.compare) == "written"
    assert contested.events == ["write", "compare", "write", "compare", "write"]


def test_the_last_attempt_raises_stale() -> None:
    contested = Contested(ATTEMPTS)
    with pytest.raises(Stale):
        write_until_current(contested.write, contested.compare)
    assert contested.events.count("write") == ATTEMPTS


def test_the_comparison_may_end_the_attempts() -> None:
    def matched_anew(stale: Stale) -> None:
        raise stale

    def write() -> None:
        raise MatchAgain

    with pytest.raises(MatchAgain):
        write_until_current(write, matched_anew)
