"""The sample is what the issue asks for: sizes, a sound tree, people who can't exist, and nothing left to chance."""

import subprocess
import sys
from collections import Counter
from datetime import date

import pytest

from sample.cpr_numbers import cpr_number, passes_check
from sample.dice import Dice
from sample.municipality import SIZES, Municipality, Unit, employment_code
from sample.people import Employment, at
from sample.positions import MANAGERS, POSITIONS
from sample.structure import FRAME, plan

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def small() -> Municipality:
    return Municipality("S", 42, TODAY)


@pytest.fixture(scope="module")
def employments(small: Municipality) -> list[Employment]:
    return list(small.employments())


def open_units(municipality: Municipality) -> list[Unit]:
    return [unit for unit in municipality.units.values() if unit.life.holds(municipality.today)]


def test_size_is_met_exactly(small: Municipality, employments: list[Employment]) -> None:
    assert len(open_units(small)) == SIZES["S"].units
    assert sum(each.active(TODAY) for each in employments) == SIZES["S"].employments


@pytest.mark.parametrize("units", [100, 500, 4_000, 60_000])
def test_any_number_of_units_can_be_planned(units: int) -> None:
    drafts = plan(FRAME, units, Dice(1))
    assert len(drafts) == units
    assert all(draft.parent is not None and draft.parent < index for index, draft in enumerate(drafts) if index)


def test_same_seed_same_municipality_whatever_the_hash_seed() -> None:
    program = (
        "import hashlib; from datetime import date; from sample.municipality import Municipality\n"
        "from sample.changes import days\n"
        "m = Municipality('XS', 7, date(2026, 11, 24))\n"
        "told = repr((list(m.units.values()), list(m.employments()), list(days(m, 8))))\n"
        "print(hashlib.sha256(told.encode()).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(told) == 1


def test_another_seed_gives_another_municipality() -> None:
    assert list(Municipality("XS", 1, TODAY).employments()) != list(Municipality("XS", 2, TODAY).employments())


def test_no_cpr_number_can_belong_to_anybody(employments: list[Employment]) -> None:
    for each in employments:
        number = each.person.cpr
        assert len(number) == 10 and number.isdigit()
        assert not passes_check(number)
        assert number[:4] not in {"0101", "6101"}
        assert not number.endswith("0000")
        assert (61 <= int(number[:2]) <= 91) == each.person.replacement


def test_no_two_people_have_the_same_cpr_number(employments: list[Employment]) -> None:
    people = {each.person.index: each.person for each in employments}
    assert len({who.cpr for who in people.values()}) == len(people)
    far = range(0, 4_000_000, 9_973)
    assert len({cpr_number(index, 42, TODAY, index % 2 == 0) for index in far}) == len(far)


def test_payroll_has_a_few_replacement_numbers(employments: list[Employment]) -> None:
    assert 1 <= sum(each.person.replacement for each in employments) <= 30


def test_no_child_is_employed(employments: list[Employment]) -> None:
    for each in employments:
        if not each.person.replacement:
            digits = each.person.cpr
            century = 2000 if digits[6] in "4" else 1900
            born = date(century + int(digits[4:6]), int(digits[2:4]), int(digits[:2]))
            assert each.spells[0].start.year - born.year >= 17


def test_the_tree_has_one_root_and_no_cycle_on_any_day(small: Municipality) -> None:
    assert [unit.number for unit in small.units.values() if not unit.parents] == [small.root.number]
    days = {start for unit in small.units.values() for start, _ in unit.parents} | {TODAY}
    for day in days:
        for unit in small.units.values():
            steps, here = 0, unit
            while here.parents:
                here, steps = small.units[at(here.parents, day)], steps + 1
                assert steps < 12
                assert here.life.start <= max(day, unit.life.start)


def test_a_parent_is_a_level_above_and_open_as_long_as_its_units(small: Municipality) -> None:
    for unit in small.units.values():
        for _, parent in unit.parents:
            above = small.units[parent]
            assert above.depth == unit.depth - 1
            assert not above.leaf
            assert above.life.start <= unit.life.start and above.life.end is None


def test_people_work_in_units_that_exist(small: Municipality, employments: list[Employment]) -> None:
    for each in employments:
        for spell in each.spells:
            for start, number in each.units:
                assert number != small.root.number
                day = max(start, spell.start)
                if spell.holds(day):
                    assert small.units[number].life.holds(day), (each, number)


def test_everything_that_payroll_knows_occurs(small: Municipality, employments: list[Employment]) -> None:
    on_leave = [each for each in employments if any(leave.holds(TODAY) for leave in each.leave)]
    assert 50 < len(on_leave) < 300
    assert any(each.spells[0].start > TODAY for each in employments)  # hired, not begun
    assert any(not each.active(TODAY) and each.spell(TODAY) is None for each in employments)  # left
    assert any(len(each.spells) == 2 for each in employments)  # a gap
    assert any(len(each.units) > 1 and each.units[-1][0] > TODAY for each in employments)  # moves later
    assert any(len(each.positions) > 1 for each in employments)
    assert any(len(each.work) > 1 for each in employments)
    people = Counter(each.person.index for each in employments if each.active(TODAY))
    assert 50 < sum(count > 1 for count in people.values()) < 400  # double employments
    assert any(unit.life.end for unit in small.units.values())
    assert any(len(unit.names) > 1 for unit in small.units.values())
    assert any(len(unit.parents) > 1 for unit in small.units.values())


def test_some_departments_have_no_manager(small: Municipality, employments: list[Employment]) -> None:
    led = {
        at(each.units, TODAY) for each in employments if each.active(TODAY) and at(each.positions, TODAY) in MANAGERS
    }
    expected = {unit.number for unit in open_units(small) if unit.kind.manager is not None}
    assert led <= expected
    assert 10 < len(expected - led) < 100


def test_position_codes_have_no_leading_zero() -> None:
    assert all(1000 <= code <= 9999 for code in POSITIONS)


def test_codes_fit_payroll_and_stay_distinct(small: Municipality) -> None:
    codes = {unit.code for unit in small.units.values()}
    assert len(codes) == len(small.units)
    large = {employment_code(number) for number in range(10_000, 1_200_000, 977)}
    assert all(len(code) == 5 and code[0] in "0123456789E" for code in large)
    assert len(large) == len(range(10_000, 1_200_000, 977))
