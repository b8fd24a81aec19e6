"""What a timer says, and when it is due."""

from datetime import UTC, datetime
from typing import Any

import pytest

from graph.expressions import NO_MEMBERS, ExpressionRejected
from graph.time import COPENHAGEN
from processes.engine.timers import Place, TimerFailed, TimerRejected, read_timer

NAMES = {"first_day": NO_MEMBERS, "person": {"birthday": NO_MEMBERS}}


def due(text: str, place: Place, now: str, **values: Any) -> str:
    moment = datetime.fromisoformat(now).replace(tzinfo=COPENHAGEN)
    return read_timer(text, place, NAMES).due(moment, values).isoformat()


@pytest.mark.parametrize(
    ("text", "now", "found"),
    [
        ("P3D", "2027-01-11T09:00", "2027-01-14T09:00:00+01:00"),
        ("14 days", "2027-01-11T09:00", "2027-01-25T09:00:00+01:00"),
        ("1 day", "2027-03-27T09:00", "2027-03-28T09:00:00+02:00"),  # the clock changes; the time of day stays
        ("PT24H", "2027-03-27T09:00", "2027-03-28T10:00:00+02:00"),  # hours are exact
        ("1 day", "2027-03-27T02:30", "2027-03-28T03:30:00+02:00"),  # there is no half past two
        ("90 minutes", "2027-10-31T01:45", "2027-10-31T02:15:00+01:00"),
        ("3 working days", "2027-03-24T09:00", "2027-04-01T09:00:00+02:00"),
        ("1 month", "2027-01-31T09:00", "2027-02-28T09:00:00+01:00"),
        ("P1Y2M3DT4H5M", "2027-01-01T00:00", "2028-03-04T04:05:00+01:00"),
        ("2 weeks", "2027-01-11T09:00", "2027-01-25T09:00:00+01:00"),
    ],
)
def test_a_duration_counts_from_its_start(text: str, now: str, found: str) -> None:
    assert due(text, "timeDuration", now) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("first_day", "2027-05-03T00:00:00+02:00"),
        ("14 days before first_day", "2027-04-19T00:00:00+02:00"),
        ("3 working days after first_day at 09:00", "2027-05-07T09:00:00+02:00"),  # over Ascension Day
        ("P1M before first_day at 23:59", "2027-04-03T23:59:00+02:00"),
        ('first_day + "T12:00"', "2027-05-03T12:00:00+02:00"),
        ('first_day + "T12:00Z"', "2027-05-03T14:00:00+02:00"),
        ("2027-03-01", "2027-03-01T00:00:00+01:00"),
        ("2027-10-11", "2027-10-11T00:00:00+02:00"),  # as an expression a subtraction
        ("2027-03-01T09:00:00Z", "2027-03-01T10:00:00+01:00"),
        ("2 days before 2027-03-01 at 09:00", "2027-02-27T09:00:00+01:00"),
    ],
)
def test_a_date_comes_from_the_case(text: str, found: str) -> None:
    assert due(text, "timeDate", "2020-01-01T00:00", first_day="2027-05-03") == found


def test_a_moment_of_another_zone_is_shown_in_copenhagen() -> None:
    timer = read_timer("1 day", "timeDuration", NAMES)
    found = timer.due(datetime(2027, 6, 1, 22, 30, tzinfo=UTC), {})
    assert found.isoformat() == "2027-06-03T00:30:00+02:00"


def test_a_timer_that_repeats_says_how_many_times() -> None:
    timer = read_timer("R3/2 working days", "timeCycle", NAMES)
    start = datetime(2027, 3, 23, 9, tzinfo=COPENHAGEN)
    found = [timer.nth(start, n).isoformat() for n in (1, 2)]
    assert (timer.times, found) == (3, ["2027-03-30T09:00:00+02:00", "2027-04-01T09:00:00+02:00"])
    assert timer.due(start, {}) == timer.nth(start, 1)


@pytest.mark.parametrize(
    ("text", "start", "found"),
    [
        ("R4/1 month", (2027, 1, 31, 9, 0), ["02-28T09:00", "03-31T09:00", "04-30T09:00", "05-31T09:00"]),
        ("R4/P1M1D", (2027, 1, 30, 9, 0), ["03-01T09:00", "04-01T09:00", "05-03T09:00", "06-03T09:00"]),
        ("R3/1 day", (2027, 3, 27, 2, 30), ["03-28T03:30", "03-29T02:30", "03-30T02:30"]),  # summer time begins
    ],
)
def test_a_timer_that_repeats_counts_from_its_start(text: str, start: tuple[int, ...], found: list[str]) -> None:
    timer = read_timer(text, "timeCycle", NAMES)
    begun = datetime(*start, tzinfo=COPENHAGEN)
    assert [f"{timer.nth(begun, n):%m-%dT%H:%M}" for n in range(1, timer.times + 1)] == found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "timeDuration"), ("soon", "timeDuration"), ("P", "timeDuration"), ("PT", "timeDuration"),
        ("P1DT", "timeDuration"), ("-P1D", "timeDuration"), ("0 days", "timeDuration"), ("P10001D", "timeDuration"),
        ("3 moons before first_day", "timeDate"), ("", "timeDate"), ("x" * 1_201, "timeDate"),
        ("2027-02-30", "timeDate"), ("2027-03-01Tea", "timeDate"),
        ("P1D", "timeCycle"), ("R/P1D", "timeCycle"), ("R0/P1D", "timeCycle"), ("R101/P1D", "timeCycle"),
        ("__import__('os').system('true')", "timeDuration"),
    ],
)  # fmt: skip
def test_a_timer_that_cannot_be_read_is_refused(text: str, place: Place) -> None:
    with pytest.raises(TimerRejected):
        read_timer(text, place, NAMES)


@pytest.mark.parametrize("text", ["__import__('os').system('true')", "last_day", "3 days before (first_day"])
def test_an_expression_that_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(ExpressionRejected):
        read_timer(text, "timeDate", NAMES)


@pytest.mark.parametrize("value", [None, "", "soon", 7, "2027-02-30", "9999-12-31"])
def test_a_value_that_is_no_date_fails_with_what_it_is(value: Any) -> None:
    with pytest.raises(TimerFailed, match=r"first_day|calendar"):
        due("9 days after first_day", "timeDate", "2027-01-01T00:00", first_day=value)


def test_working_days_that_nobody_knows_fail() -> None:
    with pytest.raises(TimerFailed, match="2100"):
        due("3 working days after first_day", "timeDate", "2027-01-01T00:00", first_day="2099-12-31")
