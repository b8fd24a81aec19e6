"""Employments over time (opus.md §3, §4.1–§4.5, §4.11, §4.15; pitfalls 10, 14–21, 33, 35, 39, 40)."""

from datetime import date

import pytest

from graph.time import Period
from importers.opus import absence
from tests.importers.opus.files import (
    ALMA,
    BIRK,
    CILLE,
    MANAGER,
    MONDAY,
    SMALL,
    TUESDAY,
    UNITS,
    WEDNESDAY,
    WORKER,
    Series,
    employee,
    stub,
    unit,
)

START = date(2019, 8, 1)
REST = SMALL[:-1]  # everything but Birk's employment 101


def test_pitfall_10_only_the_hours_differ(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    applied = series.next(TUESDAY, *REST, employee(101, numerator="32.000 "))
    assert [each.key for each in applied.changed] == ["899:employment:101"]
    assert [series.value(101, "weekly_hours", day) for day in (START, MONDAY, TUESDAY)] == [37.0, 37.0, 32.0]
    assert series.value(101, "type", TUESDAY) == "monthly_part"


def test_pitfall_14_a_stub_for_an_unknown_number_is_nothing(series: Series) -> None:
    applied = series.next(MONDAY, *SMALL, stub(999))
    assert list(series.known.keys("Employment")) == ["899:employment:100", "899:employment:101"]
    assert applied.problems == []


@pytest.mark.parametrize(
    ("leave_date", "file", "end"),
    [
        ("2024-06-30", date(2024, 7, 1), date(2024, 7, 1)),  # the last day was stated: not the file's day
        ("2024-06-15", date(2024, 7, 3), date(2024, 6, 16)),
        ("2024-07-01", date(2024, 7, 1), date(2024, 7, 2)),  # leaves on the file's day
        ("2024-09-30", date(2024, 7, 1), date(2024, 7, 1)),  # left before the day that was stated
        ("", date(2024, 7, 1), date(2024, 7, 1)),
    ],
)
def test_pitfall_14_a_stub_ends_by_the_stated_leave_date_or_the_file(
    series: Series, leave_date: str, file: date, end: date
) -> None:
    series.next(MONDAY, *REST, employee(101, leaveDate=leave_date))
    series.next(file, *REST, stub(101))
    assert series.employment(101) == (Period(START, end),)
    assert series.next(date(2024, 8, 1), *REST, stub(101)).changed == []
    assert series.next(date(2024, 8, 2), *REST).changed == [], "a stub may disappear"
    assert series.employment(101) == (Period(START, end),)


def test_pitfall_14_where_the_leave_date_is_the_first_free_day(series: Series) -> None:
    series.set(leave_date_inclusive=False)
    series.next(MONDAY, *REST, employee(101, leaveDate="2024-07-01"))
    assert series.employment(101) == (Period(START, date(2024, 7, 1)),)
    series.next(date(2024, 7, 1), *REST, stub(101))
    assert series.employment(101) == (Period(START, date(2024, 7, 1)),)


def test_pitfall_15_a_live_record_that_vanishes_is_withdrawn(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.next(TUESDAY, *REST)
    assert series.employment(101) == ()
    assert series.next(WEDNESDAY, *REST).changed == []
    series.next(date(2024, 3, 7), *SMALL)
    assert series.employment(101) == (Period(START),), "payroll took it back"


def test_pitfall_15_only_the_cancelled_period_is_withdrawn(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.next(TUESDAY, *REST, stub(101))
    series.next(WEDNESDAY, *REST, employee(101, entryDate="2024-05-01"))
    series.next(date(2024, 3, 7), *REST)
    assert series.employment(101) == (Period(START, TUESDAY),)


@pytest.mark.parametrize(
    ("crowd", "vanished", "suspect"), [(600, 31, True), (600, 30, False), (30, 20, False), (30, 21, True)]
)
def test_pitfall_15_more_than_5_percent_and_more_than_20_ask_for_the_brake(
    series: Series, crowd: int, vanished: int, suspect: bool
) -> None:
    everybody = [employee(number) for number in range(1000, 1000 + crowd)]
    series.next(MONDAY, *UNITS, *everybody)
    series.put(TUESDAY, *UNITS, *everybody[vanished:])
    (reading,) = series.source().readings(series.known)
    assert bool(reading.incomplete_because) is suspect
    series.put(TUESDAY, *UNITS, *everybody[vanished:], *(stub(number) for number in range(1000, 1000 + vanished)))
    (reading,) = series.source().readings(series.known)
    assert reading.incomplete_because == (), "who has left has not vanished"


def test_known_employments_are_looked_through_once_a_file(series: Series, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that got a new number meanwhile have not vanished, which needs no second look at all of them."""
    everybody = [employee(number, cpr=f"0101{number}") for number in range(101000, 101040)]
    series.next(MONDAY, *UNITS, *everybody)
    looked: list[int] = []
    vanished = absence.vanished
    monkeypatch.setattr(absence, "vanished", lambda file: looked.append(len(found := vanished(file))) or found)
    renumbered = [employee(number + 1000, cpr=f"0101{number}") for number in range(101000, 101030)]
    series.put(TUESDAY, *UNITS, *renumbered, *everybody[30:])
    (reading,) = series.source().readings(series.known)
    assert (looked, reading.incomplete_because) == ([30], ())


def test_a_unit_that_vanishes_with_employments_in_it_asks_for_the_brake(series: Series) -> None:
    series.next(MONDAY, *SMALL, unit(4, 1))
    series.put(TUESDAY, *UNITS, MANAGER, WORKER)
    (reading,) = series.source().readings(series.known)
    assert reading.incomplete_because == ()
    series.put(TUESDAY, *UNITS[:2], MANAGER, WORKER)
    (reading,) = series.source().readings(series.known)
    assert len(reading.incomplete_because) == 1


def test_markedly_fewer_stubs_are_a_warning(series: Series) -> None:
    series.next(MONDAY, *SMALL, *(stub(number) for number in range(1000, 1020)))
    assert series.next(TUESDAY, *SMALL, *(stub(number) for number in range(1000, 1018))).rules() == []
    assert series.next(WEDNESDAY, *SMALL, stub(1000)).rules() == ["fewer_stubs"]


def test_pitfall_16_a_stub_and_then_a_later_entry_are_two_periods(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, leaveDate="2024-03-04"))
    series.next(TUESDAY, *REST, stub(101))
    series.next(date(2024, 5, 6), *REST, employee(101, entryDate="2024-05-01", orgUnit="2", numerator="20.000"))
    assert series.employment(101) == (Period(START, TUESDAY), Period(date(2024, 5, 1)))
    assert [series.place(101, day) for day in (MONDAY, date(2024, 5, 1))] == ["3", "2"]
    assert [series.value(101, "weekly_hours", day) for day in (MONDAY, date(2024, 5, 1))] == [37.0, 20.0]


def test_pitfall_16_a_re_entry_on_the_next_day_keeps_the_first_period(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, leaveDate="2024-03-04"))
    series.next(TUESDAY, *REST, stub(101))
    for day, hours in ((WEDNESDAY, "20"), (date(2024, 3, 7), "21")):
        series.next(day, *REST, employee(101, entryDate="2024-03-05", numerator=hours))
        assert series.employment(101) == (Period(START, TUESDAY), Period(TUESDAY))


def test_pitfall_16_a_later_entry_while_live_moves_the_start(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    for day, entry in ((TUESDAY, "2019-09-01"), (WEDNESDAY, "2019-07-01")):
        series.next(day, *REST, employee(101, entryDate=entry))
        assert series.employment(101) == (Period(date.fromisoformat(entry)),)
    assert series.place(101, date(2019, 7, 1)) == "3", "values are told from the first day of the employment"


def test_pitfall_16_a_stub_that_was_a_mistake_is_undone(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.next(TUESDAY, *REST, stub(101))
    series.next(WEDNESDAY, *SMALL)
    assert series.employment(101) == (Period(START),)


def test_pitfall_17_a_future_leave_date_and_its_removal(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, leaveDate="2024-06-30"))
    assert series.known.exists("Employment", "899:employment:101", date(2024, 6, 30))
    assert not series.known.exists("Employment", "899:employment:101", date(2024, 7, 1))
    series.next(TUESDAY, *SMALL)
    assert series.employment(101) == (Period(START),)


def test_pitfall_18_a_future_entry_is_there_and_not_active_today(series: Series) -> None:
    series.next(MONDAY, *SMALL, employee(102, entryDate="2024-08-01", cpr=CILLE))
    assert series.employment(102) == (Period(date(2024, 8, 1)),)
    assert series.known.existing("Employment", MONDAY) == ["899:employment:100", "899:employment:101"]


def test_pitfall_19_first_entry_stands_in_for_a_missing_start(series: Series) -> None:
    series.next(
        MONDAY,
        *SMALL,
        employee(102, entryDate="", initialEntry="1999-04-01"),
        employee(103, entryDate="", entryIntoGroup="2001-04-01"),
    )
    assert series.employment(102) == (Period(date(1999, 4, 1)),)
    assert series.employment(103) == (Period(date(2001, 4, 1)),)
    assert [series.value(number, "start_assumed", MONDAY) for number in (101, 102)] == [None, True]


def test_pitfall_19_without_any_start_it_is_listed(series: Series) -> None:
    applied = series.next(MONDAY, *SMALL, employee(102, entryDate="", cpr=CILLE))
    assert [(each.key, each.rule) for each in applied.problems] == [("899:employment:102", "no_start")]
    assert "899:employment:102" not in series.known.keys("Employment")
    assert len(list(series.known.keys("Person"))) == 2


def test_pitfall_19_or_it_starts_with_the_first_file_that_has_it(series: Series) -> None:
    series.set(missing_start="file_date")
    series.next(MONDAY, *SMALL, employee(102, entryDate=""))
    series.next(TUESDAY, *SMALL, employee(102, entryDate="", numerator="20"))
    assert series.employment(102) == (Period(MONDAY),)


def test_pitfall_20_an_empty_position_is_listed_and_a_known_one_kept(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    applied = series.next(TUESDAY, *REST, employee(101, position=""), employee(102, position=""))
    assert [(each.key, each.rule) for each in applied.problems] == [
        ("899:employment:101", "no_position"),
        ("899:employment:102", "no_position"),
    ]
    assert series.known.link("Employment", "899:employment:101", "position", TUESDAY) == "899:position:500"
    assert series.employment(101) == (Period(START),)
    assert "899:employment:102" not in series.known.keys("Employment")


@pytest.mark.parametrize("gap", [{"cpr": ""}, {"orgUnit": ""}, {"positionId": None}, {"cpr": "010157500"}])
def test_a_known_record_without_a_key_field_stays_as_it_was(series: Series, gap: dict[str, str | None]) -> None:
    series.next(MONDAY, *REST, employee(101, userId="BIRK"))
    applied = series.next(TUESDAY, *REST, employee(101, userId="BIRK", **gap))
    assert (len(applied.problems), applied.changed) == (1, [])
    assert BIRK not in repr(applied.problems)


def test_pitfall_21_the_manager_flag_ends_with_the_file_that_lacks_it(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    assert series.value(100, "manager_flag", MONDAY) is True
    assert series.value(100, "manager_level", MONDAY) == "3.01"
    series.next(TUESDAY, *UNITS, MANAGER.replace(">true<", ">false<"), WORKER)
    assert (series.value(100, "manager_flag", MONDAY), series.value(100, "manager_flag", TUESDAY)) == (True, None)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        ("1 ", "1 ", (1.0, 1.0, 1.0)),
        ("32.000", "37.000", (32.0, 37.0, 0.8649)),
        ("037000", "037000", (37.0, 37.0, 1.0)),
        ("18,5", "37", (18.5, 37.0, 0.5)),
        ("20.000", "0", (20.0, 0.0, None)),
        ("20.000", "", (20.0, None, None)),
        ("", "37.000", (None, 37.0, None)),
    ],
)
def test_pitfall_33_hours(series: Series, numerator: str, denominator: str, expected: tuple[float | None, ...]) -> None:
    assert series.next(MONDAY, *REST, employee(101, numerator=numerator, denominator=denominator)).problems == []
    names = ("weekly_hours", "full_time_hours", "fraction")
    assert tuple(series.value(101, name, MONDAY) for name in names) == expected


def test_pitfall_33_hours_that_are_none_are_listed(series: Series) -> None:
    assert series.next(MONDAY, *REST, employee(101, numerator="fuld tid")).rules() == ["no_hours"]


def test_pitfall_35_an_unknown_action_is_listed_and_the_rest_imported(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    applied = series.next(TUESDAY, *UNITS, MANAGER, stub(101, "xyz"), employee(102))
    assert [(each.key, each.rule) for each in applied.problems] == [("899:employment:101", "unknown_action")]
    assert series.employment(101) == (Period(START),)
    assert series.employment(102) == (Period(START),)


def test_pitfall_39_a_new_number_continues_the_employment(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.next(TUESDAY, *REST, employee(202, numerator="30.000"))
    assert list(series.known.keys("Employment")) == ["899:employment:100", "899:employment:101"]
    assert series.employment(101) == (Period(START),)
    assert [series.value(101, "number", day) for day in (MONDAY, TUESDAY)] == ["101", "202"]
    assert series.next(WEDNESDAY, *REST, employee(202, numerator="30.000")).changed == []
    assert series.next(WEDNESDAY, *REST, employee(202, numerator="30.000"), stub(101), time="230000").changed == []
    series.next(date(2024, 3, 7), *REST, employee(303))
    assert series.value(101, "number", date(2024, 3, 7)) == "303"
    series.next(date(2024, 3, 8), *REST, stub(303))
    assert series.employment(101) == (Period(START, date(2024, 3, 8)),)


@pytest.mark.parametrize("other", [{"cpr": CILLE}, {"entryDate": "2020-01-01"}, {"positionId": "501"}])
def test_pitfall_39_not_with_another_person_start_or_position(series: Series, other: dict[str, str | None]) -> None:
    series.next(MONDAY, *SMALL)
    series.next(TUESDAY, *REST, employee(202, **other))
    assert series.employment(101) == ()
    assert len(series.employment(202)) == 1


def test_pitfall_39_two_that_fit_are_not_guessed(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.next(TUESDAY, *REST, employee(202), employee(203))
    assert series.employment(101) == ()
    assert len(series.employment(202)) == len(series.employment(203)) == 1


def test_pitfall_40_two_clients_with_the_same_number_are_two_employments(series: Series) -> None:
    series.next(MONDAY, *SMALL, unit(1, client="898"), employee(101, client="898", cpr=ALMA, orgUnit="1"))
    assert series.known.link("Employment", "898:employment:101", "unit", MONDAY) == "898:unit:1"
    assert series.known.link("Employment", "899:employment:101", "unit", MONDAY) == "899:unit:3"
    series.next(TUESDAY, *SMALL)
    assert series.employment(101, "898") == (Period(START),), "a file without a client says nothing about it"


def test_another_cpr_number_does_not_move_the_employment(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    before = series.known.link("Employment", "899:employment:101", "person", MONDAY)
    applied = series.next(TUESDAY, *REST, employee(101, cpr=CILLE))
    assert applied.rules() == ["cpr_changed"]
    assert series.known.link("Employment", "899:employment:101", "person", TUESDAY) == before


def test_an_employment_that_would_end_before_it_begins_is_void(series: Series) -> None:
    applied = series.next(MONDAY, *REST, employee(101, leaveDate="2019-07-31"))
    assert applied.rules() == ["empty_period"]
    assert "899:employment:101" not in series.known.keys("Employment")
    series.next(TUESDAY, *SMALL)
    again = series.next(WEDNESDAY, *REST, employee(101, leaveDate="2019-07-31"))
    assert again.rules() == ["empty_period"]
    assert series.employment(101) == (Period(START),), "which of the dates is wrong, nobody knows: nothing is taken"


def test_a_same_day_correction_leaves_one_value(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    for hours, time in (("30.000", "100000"), ("31.000", "110000"), ("37.000", "120000")):
        series.next(TUESDAY, *REST, employee(101, numerator=hours), time=time)
    assert len(series.known.of("Employment", "899:employment:101").values["weekly_hours"]) == 1


def test_all_fields_of_an_employment(series: Series) -> None:
    series.next(
        MONDAY,
        *REST,
        employee(
            101, supp="2", invoiceRecipient="true", invoiceLevel1="10", invoiceLevel1Text="Godkender",
            productionNumber="1099000003", email="birk@strandby.example", initialEntry="2012-02-01",
            entryIntoGroup="2012-03-01", workContract="04", workContractText="14-dag timeløn",
        ),
    )  # fmt: skip
    told = {name: each[0].value for name, each in series.known.of("Employment", "899:employment:101").values.items()}
    assert told == {
        "number": "101",
        "institution": "899",
        "title": "Pædagog",
        "type": "hourly",
        "type_name": "14-dag timeløn",
        "fraction": 1.0,
        "weekly_hours": 37.0,
        "full_time_hours": 37.0,
        "position_code": "500",
        "pay_grade": "Pædagoger, basis",
        "extra_digit": "2",
        "workplace_p_number": "1099000003",
        "email": "birk@strandby.example",
        "first_entry": "2012-02-01",
        "entry_into_group": "2012-03-01",
        "invoice_recipient": True,
        "invoice_levels": ("10 Godkender",),
    }


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ({"numerator": "fuld tid"}, ("weekly_hours", "fraction", "type")),
        ({"denominator": "?"}, ("full_time_hours", "fraction", "type")),
        ({"initialEntry": "2012-02-30"}, ("first_entry",)),
        ({"isManager": ""}, ("manager_flag",)),
        ({"isManager": "ja"}, ("manager_flag",)),
    ],
)
def test_what_can_not_be_read_takes_nothing_away(series: Series, field: dict[str, str], names: tuple[str, ...]) -> None:
    told = {"isManager": "true", "superiorLevel": "3", "workPhone": "55550102", "initialEntry": "2012-02-01"}
    series.next(MONDAY, *REST, employee(101, **told))
    before = {name: series.value(101, name, MONDAY) for name in names}
    assert None not in before.values()
    applied = series.next(TUESDAY, *REST, employee(101, **told | field))
    assert {name: series.value(101, name, TUESDAY) for name in names} == before
    assert [(each.key, each.field) for each in applied.problems] == [("899:employment:101", *field)]
    assert series.next(WEDNESDAY, *REST, employee(101, **told)).problems == []


def test_a_manager_that_is_told_as_none_is_none(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, isManager="true"))
    series.next(TUESDAY, *REST, employee(101, isManager="false"))
    assert series.value(101, "manager_flag", TUESDAY) is None


def test_a_file_without_any_employment_is_suspect_however_few_there_were(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.put(TUESDAY, *UNITS)
    (reading,) = series.source().readings(series.known)
    assert [each for each in reading.incomplete_because if "no employments at all" in each]
