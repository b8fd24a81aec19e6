"""Units: tree, periods, faults, filters (opus.md §2, §4.6–§4.8; pitfalls 8, 9, 23–28, 34, 37, 38)."""

from datetime import date

import pytest

from graph.time import ALWAYS, Period
from tests.importers.opus.files import (
    MANAGER,
    MONDAY,
    SMALL,
    TUESDAY,
    UNITS,
    WEDNESDAY,
    WORKER,
    Series,
    employee,
    function,
    unit,
)

ROOT = UNITS[0]


def parent(series: Series, number: int, day: date) -> str | None:
    key = series.known.link("Unit", f"899:unit:{number}", "parent", day)
    return key and key.removeprefix("899:unit:")


def test_pitfall_07_one_unit_and_one_employee_with_one_function_are_lists_of_one(series: Series) -> None:
    series.next(MONDAY, unit(1), employee(100, function(), orgUnit="1"))
    assert [len(list(series.known.keys(kind))) for kind in ("Unit", "Employment", "Assignment")] == [1, 1, 1]


def test_pitfall_08_a_unit_moves_though_last_changed_stays(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.next(TUESDAY, unit(1), unit(2, 1), unit(3, 1), *SMALL[3:])
    assert (parent(series, 3, MONDAY), parent(series, 3, TUESDAY)) == ("2", "1")


def test_pitfall_09_only_last_changed_differs(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    dated = [each.replace('lastChanged="2024-01-02"', 'lastChanged="2024-03-05"') for each in SMALL]
    applied = series.next(TUESDAY, *dated)
    assert (applied.mapped, applied.changed) == (0, [])


def test_pitfall_23_ends_are_last_days(series: Series) -> None:
    series.next(MONDAY, unit(1, startDate="1900-01-01"), unit(2, 1, endDate="2023-12-31"), unit(3, 1))
    assert series.unit(1) == (Period(ALWAYS),)
    assert series.unit(2) == (Period(date(2007, 1, 1), date(2024, 1, 1)),)
    assert series.unit(3) == (Period(date(2007, 1, 1)),)


def test_pitfall_23_a_year_that_can_not_be_is_listed_and_the_known_unit_kept(series: Series) -> None:
    series.next(MONDAY, *UNITS)
    applied = series.next(TUESDAY, unit(1), unit(2, 1, startDate="2707-01-01"), unit(3, 2))
    assert [(each.key, each.field, each.rule) for each in applied.problems] == [
        ("899:unit:2", "startDate", "wrong_date")
    ]
    assert series.unit(2) == (Period(date(2007, 1, 1)),)


def test_pitfall_24_placeholders_are_no_facts(series: Series) -> None:
    series.next(MONDAY, unit(1, eanNr="9999999999999", pNr="0000000000", cvrNr="99000001"))
    values = series.known.of("Unit", "899:unit:1").values
    assert "ean" not in values
    assert "p_number" not in values
    assert values["cvr"][0].value == "99000001"


def test_pitfall_25_the_grandchild_of_a_filtered_unit_is_filtered_when_only_it_changed(series: Series) -> None:
    series.set(filters={"units": [2]})
    series.next(MONDAY, *UNITS)
    series.next(TUESDAY, ROOT, UNITS[1], unit(3, 2, longName="Nyt navn"), WORKER)
    assert list(series.known.keys("Unit")) == ["899:unit:1"]
    assert list(series.known.keys("Employment")) == []
    assert list(series.known.keys("Person")) == []


@pytest.mark.parametrize(
    "wrong", [(unit(2, 1), unit(3)), (unit(3, 2),), (unit(2, 1), unit(3, 77)), (unit(2, 1), unit(3, 4), unit(4, 3))]
)
def test_pitfall_25_a_filtered_unit_stays_filtered_while_its_parent_is_wrong(
    series: Series, wrong: tuple[str, ...]
) -> None:
    """§4.6: it is held at its last known parent, which the filter leaves out."""
    series.set(filters={"units": [2]})
    series.next(MONDAY, *UNITS, WORKER)
    for day in (TUESDAY, WEDNESDAY):
        series.next(day, ROOT, *wrong, unit(5, 3), WORKER, employee(102, orgUnit="5"))
        assert list(series.known.keys("Unit")) == ["899:unit:1"]
        assert list(series.known.keys("Employment")) == []
    # With other filters nothing is known of it.
    series.set(filters={"units": [6]})
    series.next(date(2024, 3, 7), ROOT, *wrong, WORKER)
    assert "899:unit:3" in series.known.keys("Unit")


def test_pitfall_26_moving_into_a_filtered_unit_ends_and_moving_out_goes_on(series: Series) -> None:
    series.set(filters={"units": [3]})
    series.next(MONDAY, *UNITS, MANAGER, employee(101, orgUnit="2"))
    moved = series.next(TUESDAY, *UNITS, MANAGER, WORKER)
    start = date(2019, 8, 1)
    assert series.employment(101) == (Period(start, TUESDAY),)
    assert moved.problems == []
    assert series.next(WEDNESDAY, *UNITS, MANAGER, WORKER).mapped == 0
    series.next(date(2024, 3, 7), *UNITS, MANAGER, employee(101, orgUnit="2"))
    assert series.employment(101) == (Period(start, TUESDAY), Period(date(2024, 3, 7)))
    series.next(date(2024, 3, 8), *UNITS, MANAGER, employee(101, orgUnit="2", numerator="20", leaveDate="2024-06-30"))
    assert series.employment(101) == (Period(start, TUESDAY), Period(date(2024, 3, 7), date(2024, 7, 1)))


def test_pitfall_26_the_same_for_a_unit_when_the_filter_is_extended(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.set(filters={"unit_names": ["enhed 3"]})
    series.next(TUESDAY, *SMALL)
    assert series.unit(3) == (Period(date(2007, 1, 1), TUESDAY),)
    series.set()
    series.next(WEDNESDAY, *SMALL)
    assert series.unit(3) == (Period(date(2007, 1, 1), TUESDAY), Period(WEDNESDAY))


def test_pitfall_26_into_and_out_of_the_filter_on_one_day_leaves_no_trace(series: Series) -> None:
    series.set(filters={"units": [3]})
    series.next(MONDAY, *UNITS, MANAGER, employee(101, orgUnit="2"))
    series.next(TUESDAY, *UNITS, MANAGER, WORKER, time="120000")
    series.next(TUESDAY, *UNITS, MANAGER, employee(101, orgUnit="2"))
    assert series.employment(101) == (Period(date(2019, 8, 1)),)


def test_filters_by_position(series: Series) -> None:
    series.set(filters={"positions": [100], "position_names": ["efterindtægt"]})
    series.next(MONDAY, *SMALL, employee(102, position="Efterindtægt, skole"))
    assert list(series.known.keys("Employment")) == ["899:employment:101"]


def test_pitfall_27_faults_of_the_tree_are_listed_and_the_rest_is_imported(series: Series) -> None:
    applied = series.next(MONDAY, *SMALL, unit(4, 77), unit(5, 6), unit(6, 5), unit(7), employee(102, orgUnit="88"))
    assert [(each.key, each.rule) for each in applied.problems] == [
        ("899:unit:4", "unknown_parent"),
        ("899:unit:5", "cycle"),
        ("899:unit:6", "cycle"),
        ("899:unit:7", "second_root"),
        ("899:employment:102", "unknown_unit"),
    ]
    assert [parent(series, number, MONDAY) for number in (1, 2, 3, 4, 5, 6, 7)] == [None, *"121111"]
    assert series.known.value("Unit", "899:unit:4", "tags", MONDAY) == ("misplaced",)
    assert sorted(series.known.keys("Employment")) == ["899:employment:100", "899:employment:101"]


def test_pitfall_27_a_known_unit_with_a_fault_stays_where_it_was_until_it_is_mended(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    for day, faulty in ((TUESDAY, unit(3, 77)), (WEDNESDAY, unit(3))):
        assert len(series.next(day, *UNITS[:2], faulty, *SMALL[3:]).problems) == 1
        assert parent(series, 3, day) == "2"
    assert series.known.value("Unit", "899:unit:3", "tags", WEDNESDAY) is None
    assert series.next(date(2024, 3, 7), unit(1), unit(2, 1), unit(3, 1), *SMALL[3:]).problems == []
    assert parent(series, 3, date(2024, 3, 7)) == "1"


def test_pitfall_27_an_employee_in_an_unknown_unit_keeps_the_last_known(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    applied = series.next(TUESDAY, *SMALL[:-1], employee(101, orgUnit="88", numerator="20.000"))
    assert applied.rules() == ["unknown_unit"]
    assert series.place(101, TUESDAY) == "3"
    assert series.value(101, "weekly_hours", TUESDAY) == 20.0
    came = series.next(WEDNESDAY, *SMALL[:-1], unit(88, 1), employee(101, orgUnit="88", numerator="20.000"))
    assert (came.problems, series.place(101, WEDNESDAY)) == ([], "88")


def test_pitfall_28_a_closed_mark_closes_at_the_file_date_and_stays_closed(series: Series) -> None:
    series.set(closed_name_patterns=["^#"])
    series.next(MONDAY, *SMALL[:-1])
    series.next(TUESDAY, *UNITS[:2], unit(3, 2, longName="# Enhed 3"), MANAGER)
    start = date(2007, 1, 1)
    assert series.unit(3) == (Period(start, TUESDAY),)
    series.next(WEDNESDAY, *UNITS[:2], unit(3, 2, longName="# Enhed 3", city="Strandby"), MANAGER)
    assert series.unit(3) == (Period(start, TUESDAY),)
    series.next(date(2024, 3, 7), *SMALL[:-1])
    assert series.unit(3) == (Period(start, TUESDAY), Period(date(2024, 3, 7)))


def test_pitfall_28_a_stated_end_before_the_mark_counts(series: Series) -> None:
    series.set(closed_name_patterns=["^#"])
    series.next(MONDAY, unit(1), unit(2, 1, longName="# To", endDate="2023-12-31"))
    assert series.unit(2) == (Period(date(2007, 1, 1), date(2024, 1, 1)),)


def test_a_unit_that_is_gone_closes_and_who_is_still_in_it_is_listed(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    applied = series.next(TUESDAY, *UNITS[:2], MANAGER, WORKER)
    assert series.unit(3) == (Period(date(2007, 1, 1), TUESDAY),)
    assert [(each.key, each.rule) for each in applied.problems] == [("899:employment:101", "unknown_unit")]
    assert series.place(101, TUESDAY) == "3"


def test_who_is_in_a_closed_unit_is_listed(series: Series) -> None:
    applied = series.next(MONDAY, *UNITS[:2], unit(3, 2, endDate="2024-02-29"), WORKER, employee(102, orgUnit="2"))
    assert [(each.key, each.rule) for each in applied.problems] == [("899:employment:101", "closed_unit")]


def test_pitfall_34_padded_ids_are_the_same_unit(series: Series) -> None:
    series.next(MONDAY, unit("00000001"), unit("0002", "01"), employee("0100", orgUnit="00000002"))
    series.next(TUESDAY, unit(1), unit(2, 1), employee(100, orgUnit="2"))
    assert list(series.known.keys("Unit")) == ["899:unit:1", "899:unit:2"]
    assert series.employment(100) == (Period(date(2019, 8, 1)),)
    assert series.place(100, MONDAY) == "2"


def test_pitfall_37_a_fresh_unit_without_address_elements(series: Series) -> None:
    assert series.next(MONDAY, *SMALL).problems == []
    assert "street" not in series.known.of("Unit", "899:unit:3").values


def test_pitfall_38_the_root_is_the_unit_without_parent_wherever_it_stands(series: Series) -> None:
    assert series.next(MONDAY, *SMALL[3:], unit(3, 2), unit(2, 1), unit(1)).problems == []
    assert [parent(series, number, MONDAY) for number in (1, 2, 3)] == [None, "1", "2"]
    assert series.place(101, MONDAY) == "3"


def test_the_root_stays_the_root_when_another_unit_loses_its_parent(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    applied = series.next(TUESDAY, unit(1), unit(2), unit(3, 2), *SMALL[3:])
    assert [(each.key, each.rule) for each in applied.problems] == [("899:unit:2", "second_root")]
    assert parent(series, 2, TUESDAY) == "1"


def test_settings_that_match_nothing_are_listed_until_they_do(series: Series) -> None:
    series.set(
        filters={
            "units": [3, 77],
            "unit_names": ["enhed 2", "ehed"],
            "positions": [500, 501],
            "position_names": ["chef"],
        },
        closed_name_patterns=["^Enhed", "^#"],
        function_roles={3: "union_rep", 4: "other"},
    )
    told = {each.field: each.text for each in series.next(MONDAY, *SMALL).problems if each.rule == "matches_nothing"}
    named = {name: text.rpartition(": ")[2] for name, text in told.items()}
    assert named == {
        "filters.units": "77 matches nothing in the file",
        "filters.unit_names": "'ehed' matches nothing in the file",
        "filters.positions": "501 matches nothing in the file",
        "closed_name_patterns": "'^#' matches nothing in the file",
        "function_roles": "3, 4 matches nothing in the file",
    }
