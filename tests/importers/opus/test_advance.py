"""The step from one file to the next, as a rule: whatever files come, what holds on a day is what the last file said
that was made by then (opus.md §4.3)."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from graph.statements.merge import check
from graph.statements.statement import DatedValue, Ref, Statement
from graph.time import ALWAYS, Period
from importers.opus import advance

DAY = date(2024, 3, 4)
days = st.integers(0, 30).map(lambda number: DAY + timedelta(days=number))
files = st.lists(st.tuples(days, st.sampled_from(["a", "b", None])), min_size=1, max_size=8).map(
    lambda each: sorted(each, key=lambda file: file[0])
)


def value_on(told: tuple[DatedValue, ...], day: date) -> object:
    (found,) = [each.value for each in told if each.period.holds(day)] or [None]
    return found


@given(files)
def test_each_day_has_the_value_of_the_last_file_made_by_then(files: list[tuple[date, str | None]]) -> None:
    told: tuple[DatedValue, ...] = ()
    for day, value in files:
        told = advance.held(told, value, day)
    for number in range(40):
        day = DAY + timedelta(days=number)
        said = [value for made, value in files if made <= day]
        assert value_on(told, day) == (said[-1] if said else None)
    assert all(one.period.last < two.period.start or one.value != two.value for one, two in pairwise(told))


@given(files)
def test_links_follow_the_same_rule(files: list[tuple[date, str | None]]) -> None:
    told: tuple[DatedValue, ...] = ()
    pointed = ()
    for day, value in files:
        told = advance.held(told, value, day)
        pointed = advance.linked(pointed, Ref("Unit", value) if value else None, day)
    assert [(each.period, each.to.key) for each in pointed] == [(each.period, each.value) for each in told]


@given(files, days)
def test_a_file_that_is_applied_again_changes_nothing(files: list[tuple[date, str | None]], again: date) -> None:
    told: tuple[DatedValue, ...] = ()
    for day, value in files:
        told = advance.held(told, value, day)
    day, value = files[-1]
    assert advance.held(told, value, day) == told


lives = st.lists(
    st.tuples(
        days,
        st.sampled_from(["live", "stub", "absent", "filtered"]),
        st.integers(-400, 60).map(lambda number: DAY + timedelta(days=number)),
        st.none() | st.integers(-30, 60).map(lambda number: DAY + timedelta(days=number)),
    ),
    min_size=1,
    max_size=10,
).map(lambda each: sorted(each, key=lambda file: file[0]))


def step(previous: Statement | None, day: date, form: str, start: date, end: date | None) -> Statement | None:
    """What the source does with one employment of one file."""
    if form == "live":
        now = Period(start, end)
        if previous is None and now.is_empty():
            return None
        exists, since = advance.living(previous, now, day)
        return advance.advanced(
            previous, "Employment", "e", exists=exists, values={"title": form}, links={}, since=since
        )
    if previous is None or (form != "filtered" and advance.was(previous) != "live"):
        return previous
    exists = previous.exists or ()
    if form == "stub":
        return advance.leaving(previous, "left", advance.left(exists, day, last_is_a_day=True), day)
    if form == "filtered":
        return advance.leaving(previous, "filtered", advance.closed(exists, day), day)
    return advance.leaving(previous, "cancelled", advance.cancelled(exists), day)


@given(lives)
def test_existence_stays_sound_whatever_payroll_does(files: list[tuple[date, str, date, date | None]]) -> None:
    told: Statement | None = None
    for day, form, start, end in files:
        before = told
        told = step(told, day, form, start, end)
        if told is None:
            continue
        check(told)
        exists = told.exists or ()
        assert list(exists) == sorted(exists)
        assert all(one.last <= two.start for one, two in pairwise(exists)), "no overlap"
        if form == "live" and end is None and advance.was(before) in ("live", "left", "cancelled"):
            assert exists[-1].end is None
            assert advance.was(told) == "live"
        if form in ("stub", "filtered") and before is not None and advance.was(before) == "live":
            assert all(each.last <= day + timedelta(days=1) for each in exists)
        status_ends = [each for each in told.values.get("status", ()) if each.period.end is None]
        assert (advance.was(told) == "live") == (not status_ends)


@given(lives)
def test_how_it_was_left_never_shows_while_it_exists(files: list[tuple[date, str, date, date | None]]) -> None:
    told: Statement | None = None
    for day, form, start, end in files:
        told = step(told, day, form, start, end)
    for status in told.values.get("status", ()) if told else ():
        assert told is not None
        assert all(each.overlap(status.period) is None for each in told.exists or ())


@given(lives)
def test_what_has_been_stays_unless_payroll_corrects_it(files: list[tuple[date, str, date, date | None]]) -> None:
    """Periods before the newest are never touched again."""
    told: Statement | None = None
    for day, form, start, end in files:
        before = told
        told = step(told, day, form, start, end)
        if before is not None and told is not None and before.exists:
            assert (told.exists or ())[: len(before.exists) - 1] == before.exists[:-1]


def test_a_first_value_has_no_beginning() -> None:
    exists, since = advance.living(None, Period(DAY), DAY)
    made = advance.advanced(None, "Unit", "u", exists=exists, values={"name": "A"}, links={}, since=since)
    assert made.values["name"] == (DatedValue(Period(ALWAYS), "A"),)


def test_a_value_that_disappears_ends() -> None:
    assert advance.held((DatedValue(Period(), "A"),), None, DAY) == (DatedValue(Period(end=DAY), "A"),)
    assert advance.held((DatedValue(Period(DAY), "A"),), None, DAY) == ()
