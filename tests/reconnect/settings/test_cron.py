"""Cron expressions of the schedule."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from reconnect.settings.cron import Times, longest_gap, next_after, parse


def test_every_field_is_read() -> None:
    assert parse("*/15 5-7 1,15 */6 *") == Times(
        minutes=frozenset({0, 15, 30, 45}),
        hours=frozenset({5, 6, 7}),
        days=frozenset({1, 15}),
        months=frozenset({1, 7}),
        weekdays=None,
    )


def test_weekdays_count_from_monday_inside() -> None:
    assert parse("0 5 * * 1-5").weekdays == frozenset({0, 1, 2, 3, 4})
    assert parse("0 5 * * 0").weekdays == parse("0 5 * * 7").weekdays == frozenset({6})


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 5 * *", "has 4 fields"),
        ("60 5 * * *", "'60' is not a valid minute; allowed are 0-59"),
        ("0 x * * *", "'x' is not a valid hour"),
        ("0 7-5 * * *", "'7-5' is not a valid hour"),
        ("*/0 * * * *", "is not a valid minute"),
        ("0 5 1 * 1", "restricts both day and weekday"),
    ],
)
def test_a_wrong_expression_names_the_field(expression: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".*") as refused:
        parse(expression)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        # The hour from 2 to 3 comes twice: until 01:00Z it is summer time.
        ("*/10 * * * *", "2027-10-31T00:50", "2027-10-31T01:00"),
        ("*/10 * * * *", "2027-10-31T01:40", "2027-10-31T01:50"),
        ("30 0-23 * * *", "2027-10-31T00:45", "2027-10-31T01:30"),
        # What runs at an hour of the day runs once in the night (files_and_rest.md §6, pitfall 25).
        ("30 2 * * *", "2027-10-30T12:00", "2027-10-31T00:30"),
        ("30 2 * * *", "2027-10-31T00:30", "2027-11-01T01:30"),
        ("30 2 * * *", "2027-10-31T00:45", "2027-11-01T01:30"),
        ("0,30 1-3 * * *", "2027-10-31T00:30", "2027-10-31T02:00"),
        ("0 5 * * *", "2027-10-30T03:00", "2027-10-31T04:00"),
        # The hour from 2 to 3 does not come.
        ("30 2 * * *", "2027-03-28T00:00", "2027-03-28T01:30"),
        ("*/30 * * * *", "2027-03-28T00:30", "2027-03-28T01:00"),
    ],
)
def test_when_the_clocks_change_the_next_run_is_still_to_come(expression: str, after: str, expected: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert next_after(parse(expression), moment) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("expression", ["*/7 * * * *", "15 * * * *", "0 0-5 * * *", "59 1-3 * * *"])
@pytest.mark.parametrize("day", ["2027-03-27", "2027-10-30"])
def test_runs_follow_one_another_over_a_change_of_the_clocks(expression: str, day: str) -> None:
    moments = [datetime.fromisoformat(f"{day}T12:00+00:00")]
    while moments[-1] < moments[0] + timedelta(days=1):
        following = next_after(parse(expression), moments[-1])
        assert following is not None
        moments.append(following)
    assert all(one < other for one, other in pairwise(moments))


@pytest.mark.parametrize(
    ("expression", "day", "hours"),
    [
        ("0 5 * * *", "2027-10-25", 25),
        ("0 5 * * *", "2027-03-22", 24),
        ("0 5 * * *", "2027-06-01", 24),
        ("0 6-18/4 * * *", "2027-10-25", 13),
        ("*/15 * * * *", "2027-10-25", 0.25),
    ],
)
def test_the_longest_gap_is_of_time_that_passes(expression: str, day: str, hours: float) -> None:
    assert longest_gap(parse(expression), date.fromisoformat(day)) == timedelta(hours=hours)
