"""Half-open periods (architecture.md §2)."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.time import ALWAYS, EmptyPeriod, Period, midnight, period, stretches, union, unless_ahead, within, without

DAYS = st.dates(date(2020, 1, 1), date(2020, 3, 1))
PERIODS = st.tuples(DAYS, st.none() | DAYS).filter(lambda p: p[1] is None or p[0] < p[1]).map(lambda p: Period(*p))
LISTS = st.lists(PERIODS, max_size=6)
ALL = [date(2020, 1, 1).replace(day=d) for d in range(1, 32)]


def days(periods: object) -> set[date]:
    return {day for day in ALL for each in periods if each.holds(day)}  # type: ignore[attr-defined]


def test_the_end_is_not_included() -> None:
    assert Period(date(2026, 1, 1), date(2026, 2, 1)).holds(date(2026, 1, 31))
    assert not Period(date(2026, 1, 1), date(2026, 2, 1)).holds(date(2026, 2, 1))


def test_a_mark_from_a_clock_that_was_ahead_is_no_mark() -> None:
    day, next_day = date(2026, 1, 1), date(2026, 1, 2)
    assert [unless_ahead(each, day) for each in (None, day, next_day)] == [None, day, None]


def test_a_period_without_days_is_refused() -> None:
    with pytest.raises(EmptyPeriod):
        period(date(2026, 5, 1), date(2026, 5, 1))
    assert period(None, None) == Period(ALWAYS, None)


def test_an_end_at_the_end_of_the_calendar_is_none() -> None:
    assert period(date(2026, 1, 1), date(9999, 12, 31)) == Period(date(2026, 1, 1))


@given(LISTS)
def test_union_covers_the_same_days_without_overlap(periods: list[Period]) -> None:
    joined = union(periods)
    assert days(joined) == days(periods)
    assert all(one.last < other.start for one, other in pairwise(joined))


@given(LISTS, LISTS)
def test_without_and_within_part_the_days(periods: list[Period], others: list[Period]) -> None:
    assert days(without(periods, others)) == days(periods) - days(others)
    assert days(within(periods, others)) == days(periods) & days(others)


@given(LISTS)
def test_stretches_have_no_border_inside(periods: list[Period]) -> None:
    for stretch in stretches(periods):
        for each in periods:
            both = stretch.overlap(each)
            assert both is None or both == stretch


def test_a_day_begins_at_midnight_in_copenhagen() -> None:
    """In UTC: the driver takes no other zone without risk of a crash."""
    for day, begins in (
        (date(2026, 7, 1), datetime(2026, 6, 30, 22, tzinfo=UTC)),
        (date(2026, 12, 1), datetime(2026, 11, 30, 23, tzinfo=UTC)),
        (ALWAYS, datetime(1, 1, 1, tzinfo=UTC)),
    ):
        assert midnight(day) == begins and midnight(day).tzinfo is UTC
