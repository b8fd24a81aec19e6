"""Employments as SD's timelines (sd.md §3.2 and §3.3)."""

from datetime import date
from itertools import pairwise

from graph.time import Period
from sample.municipality import Municipality
from sample.people import Employment, Work, person
from sample.sd_service.state import OPEN
from sample.sd_timelines import SdPeriod, statuses, stretches

TODAY = date(2026, 11, 24)
START = date(2020, 1, 1)


def employment(spells: tuple[Period, ...], leave: tuple[Period, ...] = ()) -> Employment:
    return Employment(
        10_000, person(3, 42, TODAY), spells, ((START, 1001),), ((START, 4010),), ((START, Work(1.0)),), leave
    )


def told(each: Employment) -> list[tuple[str, date, date]]:
    return [(period.value, period.activation, period.deactivation) for period in statuses(each)]


def test_employed_until_further_notice() -> None:
    assert told(employment((Period(START, None),))) == [("1", START, OPEN)]


def test_left_from_the_day_after_the_last() -> None:
    assert told(employment((Period(START, date(2021, 2, 1)),))) == [
        ("1", START, date(2021, 1, 31)),
        ("8", date(2021, 2, 1), OPEN),
    ]


def test_a_gap_and_a_leave() -> None:
    spells = (Period(START, date(2021, 2, 1)), Period(date(2021, 8, 1), None))
    leave = (Period(date(2021, 9, 1), date(2021, 10, 1)),)
    assert told(employment(spells, leave)) == [
        ("1", START, date(2021, 1, 31)),
        ("8", date(2021, 2, 1), date(2021, 7, 31)),
        ("1", date(2021, 8, 1), date(2021, 8, 31)),
        ("3", date(2021, 9, 1), date(2021, 9, 30)),
        ("1", date(2021, 10, 1), OPEN),
    ]


def test_values_follow_each_other_and_end_with_the_thing() -> None:
    steps = ((START, "a"), (date(2021, 1, 1), "b"), (date(2022, 1, 1), "c"))
    assert stretches(steps, Period(START, date(2021, 7, 1))) == (
        SdPeriod(START, date(2020, 12, 31), "a"),
        SdPeriod(date(2021, 1, 1), date(2021, 6, 30), "b"),
    )


def test_every_status_timeline_of_the_sample_is_without_holes() -> None:
    for each in Municipality("S", 42, TODAY).employments():
        periods = statuses(each)
        assert periods[0].activation == each.spells[0].start and periods[-1].deactivation == OPEN
        for one, other in pairwise(periods):
            assert (other.activation - one.deactivation).days == 1 and one.value != other.value
