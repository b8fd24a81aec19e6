"""The sample as the stand-in's payroll knows it (sd.md §3 and §7)."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

import pytest

from sample import sd_state
from sample.changes import advance, days
from sample.municipality import INSTITUTION, Municipality, Unit, employment_code
from sample.people import Employment
from sample.positions import POSITIONS
from sample.sd_service.state import BEGINNING, OPEN, Institution, Position, State
from sample.sd_state import register, state_of

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def state() -> State:
    return sd_state("S", 42, TODAY, days_passed=30)


@pytest.fixture(scope="module")
def payroll(state: State) -> Institution:
    return state.institutions[INSTITUTION]


def entries(positions: Iterable[Position]) -> Iterator[Position]:
    """All of them, whatever they are below."""
    for each in positions:
        yield each
        yield from entries(each.below)


def test_positions_are_on_four_levels_one_has_no_name_and_codes_come_again_on_another(payroll: Institution) -> None:
    """positions.md §8; only level 0 is what employments point to."""
    found = list(entries(payroll.positions))
    assert {each.level for each in found} == {"0", "1", "2", "3"}
    assert [each.level for each in found if not each.name] == ["3"]
    keys = [(each.level, each.code) for each in found]
    assert len(set(keys)) == len(keys)
    assert {code for level, code in keys if level == "1"} & {code for level, code in keys if level == "2"}
    assert {each.code for each in found if each.level == "0"} == {str(code) for code in POSITIONS}


def test_everything_told_has_its_person_department_and_position(payroll: Institution) -> None:
    codes = {each.code for each in entries(payroll.positions) if each.level == "0"}
    for (cpr, _), employment in payroll.employments.items():
        assert cpr in payroll.persons
        assert all(each.uuid in payroll.departments for each in employment.departments)
        assert all(each.position in codes for each in employment.jobs)


def test_departments_hang_below_each_other_up_to_the_institution(payroll: Institution) -> None:
    order = {level: number for number, level in enumerate(payroll.levels)}
    for department in payroll.departments.values():
        assert department.periods[0].first == department.parents[0].first
        for period in department.parents:
            if period.parent != payroll.uuid:
                above = payroll.departments[period.parent].periods[0]
                assert order[above.level] > order[department.periods[0].level]


def test_codes_are_as_payroll_writes_them(payroll: Institution) -> None:
    for (_, number), employment in payroll.employments.items():
        assert number == employment.number and len(number) == 5
    assert all(2 <= len(period.code) <= 4 for each in payroll.departments.values() for period in each.periods)


def test_only_what_is_new_is_registered_on_its_day() -> None:
    municipality = Municipality("S", 42, TODAY)
    state = state_of(municipality)
    day = advance(municipality, count=40)
    register(state, municipality, day)
    payroll = state.institutions[INSTITUTION]
    moment = datetime(2026, 11, 25, 10, 0)
    for change in day.changes:
        if change.what == "moved":
            assert isinstance(change.after, Employment)
            told = payroll.employments[change.after.person.cpr, employment_code(change.after.number)]
            assert told.departments[-1].registered == moment
            assert all(each.registered == BEGINNING for each in (*told.statuses, *told.jobs, *told.working_times))
    touched = {key for key, each in payroll.employments.items() if moment in each.registrations()}
    assert touched == payroll.changed_employments[moment.date()]
    assert 0 < len(touched) <= 40


def test_cancelled_employments_are_deleted_by_status(payroll: Institution) -> None:
    deleted = [each for each in payroll.employments.values() if each.statuses[0].code == "S"]
    assert deleted
    assert all(len(each.statuses) == 1 and each.statuses[0].last == OPEN and not each.jobs for each in deleted)


def test_the_clock_stands_at_noon_of_the_last_day(state: State) -> None:
    assert state.clock.now() == datetime(2027, 1, 5, 12, 0)


def test_a_series_is_the_same_as_the_municipality_that_lived_it(payroll: Institution) -> None:
    """Registering day by day leaves the same periods as telling the last day's municipality at once."""
    municipality = Municipality("S", 42, TODAY)
    cancelled = {
        change.before.number
        for day in days(municipality, 30)
        for change in day.changes
        if change.after is None and isinstance(change.before, Employment)
    }
    at_once = state_of(municipality).institutions[INSTITUTION]
    assert set(at_once.departments) == set(payroll.departments)
    assert all(each == payroll.departments[uuid] for uuid, each in at_once.departments.items())
    told = {key for key in payroll.employments if key[1] not in {employment_code(number) for number in cancelled}}
    assert told == set(at_once.employments)
    for key in told:
        one, other = payroll.employments[key], at_once.employments[key]
        assert [each[:-1] for each in one.statuses] == [each[:-1] for each in other.statuses]
        assert [each[:4] for each in one.departments] == [each[:4] for each in other.departments]
        assert [each[:4] for each in one.jobs] == [each[:4] for each in other.jobs]
        assert [each[:5] for each in one.working_times] == [each[:5] for each in other.working_times]
        assert one.contact == other.contact
        assert payroll.persons[key[0]].surname == at_once.persons[key[0]].surname


def test_units_are_told_as_of_all_time() -> None:
    municipality = Municipality("S", 42, TODAY)
    payroll = state_of(municipality).institutions[INSTITUTION]
    renamed = [unit for unit in municipality.units.values() if len(unit.names) > 1]
    closed = [unit for unit in municipality.units.values() if unit.life.end is not None]
    assert renamed and closed

    def periods(unit: Unit) -> list[tuple[date, date, str]]:
        return [(each.first, each.last, each.name) for each in payroll.departments[str(unit.uuid)].periods]

    assert all(len(periods(unit)) == 2 for unit in renamed if unit.life.end is None)
    assert all(periods(unit)[-1][1] < TODAY for unit in closed)
