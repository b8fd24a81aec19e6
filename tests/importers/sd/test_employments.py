"""Employments (sd.md §6, pitfalls 30 to 58, 68 and 69; 53 to 55 are in test_persons)."""

from dataclasses import replace
from datetime import date, datetime

import neo4j
import pytest

from graph.statements.statement import BadRecord, DatedLink, Ref
from graph.time import Period
from importers.gaps import filled
from importers.pipeline.import_run import run_import
from importers.sd.employment_mapping import employment as mapped
from importers.sd.organisation import ParentAnswer
from importers.sd.settings import SdSettings, UnpaidRule
from sample.sd_service.state import (
    Contact,
    Job,
    Person,
    Position,
    Status,
    WorkingTime,
)
from tests.importers.known import KEYRING, told_values
from tests.importers.sd.klit import (
    B110,
    B190,
    BO,
    BU00,
    DORTE,
    EVA,
    FIRST,
    LOWEST,
    NY1,
    OPEN,
    TODAY,
    TOP,
    Payroll,
    day,
    department,
    employment,
    person,
    place,
    second_institution,
    unit,
    working,
)
from tests.importers.sd.pure import HERE, HOLDER, SETTINGS, THERE, organisation, since, told

KEY = employment(BO, "00417")
ALWAYS_JOB = [("0731", "1900-01-01", "")]


def test_pitfall_30_an_employment_that_does_not_exist_any_more_is_withdrawn(payroll: Payroll) -> None:
    payroll.read()
    payroll.home.remove_employment(BO, "81200")
    applied = payroll.read(whole=True)
    assert payroll.known.of("Employment", employment(BO, "81200")).exists == ()
    assert [each.key for each in applied.changed] == [employment(BO, "81200")]


def test_pitfall_30_also_when_an_event_leads_to_it(payroll: Payroll) -> None:
    payroll.read()
    payroll.home.remove_employment(BO, "81200")
    payroll.known.take(payroll.source().refetch("XA", BO, "81200"))
    assert payroll.known.of("Employment", employment(BO, "81200")).exists == ()


@pytest.mark.parametrize("whole", [True, False])
def test_pitfall_31_an_empty_answer_changes_nothing_and_is_listed(payroll: Payroll, whole: bool) -> None:
    payroll.read()
    payroll.wrong.empty = {f"{BO}/81200", "/81200", BO + "/"}
    payroll.wrong.missing = {"GetEmploymentChanged20111201": 1.0} if whole else {}
    applied = payroll.read(whole=True) if whole else payroll.known.take(payroll.source().refetch("XA", BO, "81200"))
    assert "empty_answer" in applied.rules()
    assert payroll.known.exists("Employment", employment(BO, "81200"), TODAY)


def test_pitfall_31_a_passive_status_alone_changes_nothing_and_is_listed() -> None:
    before = mapped(
        told(statuses=[("1", "2020-01-01", "")], jobs=[("0731", "2020-01-01", "")]), HOLDER, SETTINGS, TODAY, None
    )
    alone = mapped(told(statuses=[("8", "2020-01-01", "")]), HOLDER, SETTINGS, TODAY, before.statement)
    assert alone.statement is None
    assert [each.rule for each in alone.problems] == ["only_passive"]
    with_parts = told(statuses=[("8", "2020-01-01", "")], jobs=[("0731", "2020-01-01", "")])
    ended = mapped(with_parts, HOLDER, SETTINGS, TODAY, before.statement).statement
    assert ended is not None
    assert ended.exists == ()


def test_pitfall_32_a_person_whom_sd_does_not_answer_is_not_ended(payroll: Payroll) -> None:
    payroll.read()
    payroll.wrong.missing = {"GetPerson20111201": 1.0}
    assert payroll.read(whole=True).changed == []
    assert payroll.known.exists("Person", person(BO), TODAY)
    assert payroll.known.value("Employment", KEY, "phone", TODAY) == "99887733"


@pytest.mark.parametrize("whole", [True, False])
def test_pitfall_32_an_unknown_person_whom_sd_does_not_answer_is_not_made(payroll: Payroll, whole: bool) -> None:
    payroll.read()
    payroll.at("2026-03-02 09:00")
    payroll.hire(EVA, working("00533", EVA, registered=datetime(2026, 3, 2, 8, 30)))
    payroll.wrong.missing = {"GetPerson20111201": 1.0}
    applied = payroll.read(whole=whole)
    assert applied.changed == []
    assert [(each.key, each.rule) for each in applied.problems] == [(employment(EVA, "00533"), "unknown_person")]
    payroll.wrong.missing = {}
    payroll.read(whole=True)
    assert payroll.known.exists("Employment", employment(EVA, "00533"), TODAY)


def test_pitfall_33_a_person_known_elsewhere_gets_the_employment_though_this_institution_lacks_her(
    payroll: Payroll,
) -> None:
    other = second_institution(payroll)
    other.put_person(Person(BO, "Bo", "Andetnavn"))
    other.put_employment(working("00417", BO, at="b" * 8))
    payroll.wrong.lacking = {f"XB/{BO}"}
    payroll.read(institutions=("XA", "XB"))
    assert payroll.known.exists("Employment", employment(BO, "00417", "XB"), TODAY)
    payroll.at("2026-03-02 09:00")
    other.put_employment(working("00418", BO, at="b" * 8, registered=datetime(2026, 3, 2, 8, 30)))
    assert payroll.read(institutions=("XA", "XB")).problems == []
    assert payroll.known.exists("Employment", employment(BO, "00418", "XB"), TODAY)


def test_pitfall_34_rehired_is_one_employment_with_a_gap(payroll: Payroll) -> None:
    payroll.read()
    assert payroll.known.of("Employment", KEY).exists == (
        Period(FIRST, day("2021-02-01")),
        Period(day("2021-08-01"), day("2027-07-01")),
    )
    assert not payroll.known.exists("Employment", KEY, day("2021-03-01"))


def test_pitfall_35_only_left_is_no_employment_and_no_error(payroll: Payroll) -> None:
    payroll.hire(EVA, replace(working("00533", EVA), statuses=(Status(day("2024-01-01"), OPEN, "8"),)))
    applied = payroll.read()
    assert applied.problems == []
    assert employment(EVA, "00533") not in payroll.known.keys("Employment")


def test_pitfall_36_nothing_revives_in_a_hole_between_passive_statuses() -> None:
    statuses = [("1", "2020-01-01", "2025-01-01"), ("9", "2025-01-01", "2025-02-01"), ("8", "2025-02-10", "")]
    stated = mapped(told(statuses=statuses), HOLDER, SETTINGS, TODAY, None).statement
    assert stated is not None
    assert stated.exists == (since("2020-01-01", "2025-01-01"),)


def test_pitfall_37_three_is_leave_and_four_is_not() -> None:
    statuses = [("1", "2020-01-01", "2025-01-01"), ("3", "2025-01-01", "2025-02-01"), ("4", "2025-02-01", "")]
    stated = mapped(told(statuses=statuses), HOLDER, SETTINGS, TODAY, None).statement
    assert stated is not None
    assert stated.exists == (since("2020-01-01"),)
    assert told_values(stated, "on_leave") == [(since("2025-01-01", "2025-02-01"), True)]


def test_pitfall_38_who_is_to_come_exists_from_the_status_not_from_the_employment_date(payroll: Payroll) -> None:
    coming = working("00533", EVA, day("2026-04-01"))
    coming.statuses = (Status(day("2026-04-01"), OPEN, "0"),)
    coming.employed_on = day("2026-02-01")
    payroll.hire(EVA, coming)
    payroll.read()
    assert payroll.known.of("Employment", employment(EVA, "00533")).exists == (Period(day("2026-04-01")),)
    assert payroll.known.of("Person", person(EVA)).exists == (Period(),)


def test_pitfall_39_deleted_ends_it_on_that_day_and_withdraws_what_had_not_begun() -> None:
    plain = told(statuses=[("1", "2020-01-01", "")], jobs=[("0731", "2020-01-01", "")])
    before = mapped(plain, HOLDER, SETTINGS, TODAY, None).statement
    ended = mapped(told(statuses=[("S", "2026-02-01", "")]), HOLDER, SETTINGS, TODAY, before).statement
    assert ended is not None
    assert ended.exists == (since("2020-01-01", "2026-02-01"),)
    assert told_values(ended, "position_code") == [(since("2020-01-01"), "0731")]
    for start in ("2020-01-01", "2019-01-01"):
        withdrawn = mapped(told(statuses=[("S", start, "")]), HOLDER, SETTINGS, TODAY, before).statement
        assert withdrawn is not None
        assert withdrawn.exists == ()
    assert mapped(told(statuses=[("S", "2026-02-01", "")]), HOLDER, SETTINGS, TODAY, None).statement is None


def test_pitfall_40_after_deletion_the_number_may_be_another_persons(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-02 09:00")
    payroll.change(BO, "81200", lambda each: replace(each, statuses=(Status(day("2026-03-01"), OPEN, "S"),)))
    payroll.change(BO, "81200", lambda each: replace(each, departments=(), jobs=(), working_times=()))
    payroll.hire(EVA, working("81200", EVA, day("2026-03-02"), registered=datetime(2026, 3, 2, 8, 30)))
    applied = payroll.read()
    assert applied.problems == []
    assert payroll.known.of("Employment", employment(BO, "81200")).exists == (
        Period(day("2024-02-15"), day("2026-03-01")),
    )
    assert payroll.known.of("Employment", employment(EVA, "81200")).exists == (Period(day("2026-03-02")),)
    assert payroll.read(whole=True).problems == []


@pytest.mark.parametrize("whole", [True, False])
def test_pitfall_41_the_number_of_somebody_who_is_not_deleted_is_listed_and_not_moved(
    payroll: Payroll, whole: bool
) -> None:
    payroll.read()
    payroll.at("2026-03-02 09:00")
    payroll.home.remove_employment(BO, "81200")
    payroll.hire(EVA, working("81200", EVA, registered=datetime(2026, 3, 2, 8, 30)))
    applied = payroll.read(whole=whole)
    assert set(applied.rules()) == {"number_has_other_holder"}
    assert employment(EVA, "81200") in {each.key for each in applied.problems}
    assert payroll.known.exists("Employment", employment(BO, "81200"), TODAY)
    assert employment(EVA, "81200") not in payroll.known.keys("Employment")


def test_pitfall_42_a_move_to_come_is_stored_today_and_happens_by_date(payroll: Payroll) -> None:
    payroll.read()
    days = ("2026-05-31", "2026-06-01")
    assert [payroll.known.link("Employment", KEY, "unit", day(each)) for each in days] == [unit(B110), unit(B190)]


def test_pitfall_43_a_leave_taken_back_no_longer_holds_and_the_log_knows_it(
    payroll: Payroll, clean_graph: neo4j.Driver
) -> None:
    payroll.change(BO, "81200", lambda each: replace(each, statuses=leave_in_may()))
    run_import(clean_graph, payroll.source(), KEYRING)
    payroll.at("2026-03-02 10:00")
    payroll.change(BO, "81200", lambda each: replace(each, statuses=(Status(day("2024-02-15"), OPEN, "1"),)))
    report = run_import(clean_graph, payroll.source(), KEYRING)
    assert "registered from" in report.readings[0]
    rows, _, _ = clean_graph.execute_query(
        """
        MATCH (:SourceRecord {key: $key})-[:TELLS]->(e:Employment)<-[:CONCERNS]-(c:Change {operation: 'changed'})
        RETURN COUNT { (e)-[:STATE]->(x WHERE x.on_leave) } AS leaves, c.before AS before, c.after AS after
        """,
        key=employment(BO, "81200"),
    )
    assert rows[0]["leaves"] == 0
    assert "on_leave" in rows[0]["before"]
    assert "on_leave" not in rows[0]["after"]


def leave_in_may() -> tuple[Status, ...]:
    return (
        Status(day("2024-02-15"), day("2026-04-30"), "1"),
        Status(day("2026-05-01"), day("2026-05-31"), "3"),
        Status(day("2026-06-01"), OPEN, "1"),
    )


def test_pitfall_44_a_rewritten_past_holds_and_what_was_believed_is_in_the_log(
    payroll: Payroll, clean_graph: neo4j.Driver
) -> None:
    run_import(clean_graph, payroll.source(), KEYRING)
    payroll.at("2026-03-03 10:00")
    payroll.change(BO, "81200", lambda each: replace(each, departments=(place(B110, day("2024-02-15")),)))
    run_import(clean_graph, payroll.source(), KEYRING)
    rows, _, _ = clean_graph.execute_query(
        """
        MATCH (:SourceRecord {key: $key})-[:TELLS]->(e:Employment)-[r:IN]->(:Unit)<-[:TELLS]-(u:SourceRecord)
        MATCH (e)<-[:CONCERNS]-(c:Change {operation: 'moved'})
        MATCH (old:Unit)<-[:TELLS]-(:SourceRecord {key: $old})
        RETURN u.key AS unit, r.from AS since, c.before CONTAINS old.uuid AS before, c.after CONTAINS old.uuid AS after
        """,
        key=employment(BO, "81200"),
        old=unit(B190),
    )
    found = [(each["unit"], each["since"].to_native(), each["before"], each["after"]) for each in rows]
    assert found == [(unit(B110), day("2024-02-15"), True, False)]


def test_pitfall_45_a_department_that_goes_on_after_the_end_is_cut(payroll: Payroll, clean_graph: neo4j.Driver) -> None:
    payroll.hire(EVA, working("00533", EVA, last=day("2026-01-31")))
    run_import(clean_graph, payroll.source(), KEYRING)
    rows, _, _ = clean_graph.execute_query(
        "MATCH (:SourceRecord {key: $key})-[:TELLS]->(:Employment)-[r:IN]->() RETURN r.to AS to",
        key=employment(EVA, "00533"),
    )
    assert [row["to"].to_native() for row in rows] == [day("2026-02-01")]


def test_pitfall_46_a_hole_in_the_departments_is_listed_and_the_employment_holds(payroll: Payroll) -> None:
    parts = (place(B190, day("2024-02-15"), day("2024-12-31")), place(B190, day("2025-02-01")))
    payroll.change(BO, "81200", lambda each: replace(each, departments=parts))
    applied = payroll.read()
    key = employment(BO, "81200")
    assert payroll.known.exists("Employment", key, day("2025-01-15"))
    assert payroll.known.link("Employment", key, "unit", day("2025-01-15")) is None
    assert [(each.rule, each.severity) for each in applied.problems] == [("no_department", "notice")]
    assert "from 2025-01-01 to 2025-02-01" in applied.problems[0].text


def test_pitfall_47_days_outside_the_departments_life_are_listed(payroll: Payroll) -> None:
    old = payroll.home.departments[B190]
    payroll.home.put_department(replace(old, periods=(old.periods[0]._replace(last=day("2025-12-31")),)))
    applied = payroll.read()
    key = employment(DORTE, "E0042")
    assert payroll.known.exists("Employment", key, TODAY)
    assert payroll.known.link("Employment", key, "unit", day("2025-12-31")) == unit(B190)
    assert payroll.known.link("Employment", key, "unit", TODAY) is None
    said = [each for each in applied.problems if each.key == key]
    assert [each.rule for each in said] == ["outside_department"]
    assert "from 2026-01-01 on" in said[0].text


@pytest.mark.parametrize("whole", [True, False])
def test_pitfall_48_without_uuid_the_department_is_found_by_its_code(payroll: Payroll, whole: bool) -> None:
    payroll.read()
    payroll.wrong.no_department_uuid = True
    if whole:
        payroll.read(whole=True)
    else:
        payroll.known.take(payroll.source().refetch("XA", DORTE))
    assert payroll.known.link("Employment", employment(DORTE, "E0042"), "unit", TODAY) == unit(B190)


def test_pitfall_48_two_departments_with_the_code_are_listed(payroll: Payroll) -> None:
    payroll.wrong.no_department_uuid = True
    payroll.home.put_department(department("c" * 8, "B190", LOWEST, "Også B190", BU00))
    payroll.home.put_department(department("d" * 8, "B110", NY1, "Højere niveau", BU00))
    applied = payroll.read()
    said = {each.key: each.rule for each in applied.problems if each.rule != "no_department"}
    assert said[employment(DORTE, "E0042")] == "ambiguous_department"
    assert payroll.known.link("Employment", KEY, "unit", TODAY) == unit(B110)


def test_pitfall_49_an_unknown_position_is_imported_by_its_code_and_listed(payroll: Payroll) -> None:
    odd = (Job(FIRST, OPEN, "0999"),)
    payroll.change(DORTE, "E0042", lambda each: replace(each, jobs=odd))
    applied = payroll.read()
    key = employment(DORTE, "E0042")
    assert payroll.known.value("Employment", key, "position_code", TODAY) == "0999"
    assert payroll.known.link("Employment", key, "position", TODAY) == "position:XA:0999"
    assert payroll.known.value("Position", "position:XA:0999", "title", TODAY) == "0999"
    assert [(each.kind, each.rule) for each in applied.problems] == [("Position", "unknown_position")]
    assert payroll.read(whole=True).changed == []


@pytest.mark.parametrize("first", [True, False])
def test_pitfall_50_an_employment_points_to_level_0(payroll: Payroll, first: bool) -> None:
    zero, group = Position("9001", "Pædagog"), Position("9001", "Gruppe", "3")
    payroll.home.put_positions((zero, group) if first else (group, zero))
    payroll.read()
    assert payroll.known.value("Position", "position:XA:9001", "title", TODAY) == "Pædagog"


@pytest.mark.parametrize("title", ["Empty", "", "Pædagog"])
def test_pitfall_51_the_name_of_the_position_is_nobodys_own_title(payroll: Payroll, title: str) -> None:
    """positions.md §6: it stays the position's, so that the position list's title outranks it."""
    payroll.change(DORTE, "E0042", lambda each: replace(each, jobs=(Job(FIRST, OPEN, "0731", title),)))
    payroll.change(BO, "81200", lambda each: replace(each, jobs=(Job(FIRST, OPEN, "0731", "Vikar"),)))
    payroll.read()
    key = employment(DORTE, "E0042")
    assert payroll.known.value("Employment", key, "title", TODAY) is None
    assert payroll.known.link("Employment", key, "position", TODAY) == "position:XA:0731"
    assert payroll.known.value("Employment", employment(BO, "81200"), "title", TODAY) == "Vikar"
    # The position gets another name: what was the position's is the person's own now.
    payroll.home.put_positions((Position("0731", "Pædagogisk medarbejder"), Position("9022", "Leder")))
    payroll.read(whole=True)
    own = title if title == "Pædagog" else None
    assert payroll.known.value("Employment", key, "title", TODAY) == own


def test_pitfall_52_the_same_number_in_two_institutions_is_two_employments_of_one_person(payroll: Payroll) -> None:
    other = second_institution(payroll)
    other.put_person(Person(BO, "Bo", "Klitmose"))
    other.put_employment(replace(working("00417", BO, at="b" * 8), contact=Contact("11111111")))
    payroll.read(institutions=("XA", "XB"))
    keys = (KEY, employment(BO, "00417", "XB"))
    assert [payroll.known.link("Employment", each, "person", TODAY) for each in keys] == [person(BO)] * 2
    assert [payroll.known.value("Employment", each, "phone", TODAY) for each in keys] == ["99887733", "11111111"]
    assert payroll.known.value("Employment", keys[1], "email", TODAY) is None


def test_pitfall_57_without_a_rate_the_hours_are_unknown_and_zero_is_zero(payroll: Payroll) -> None:
    payroll.change(DORTE, "E0042", lambda each: replace(each, working_times=(WorkingTime(FIRST, OPEN, ""),)))
    payroll.read(full_time_hours=37.0)
    stated = payroll.known.of("Employment", employment(DORTE, "E0042"))
    assert not {"fraction", "weekly_hours"} & stated.values.keys()
    assert payroll.known.value("Employment", employment(BO, "81200"), "fraction", TODAY) == 0.0
    assert payroll.known.value("Employment", employment(BO, "81200"), "type", TODAY) == "hourly"
    assert payroll.known.value("Employment", KEY, "weekly_hours", TODAY) == 32.0


def test_pitfall_58_a_number_that_begins_with_e_is_like_others(payroll: Payroll) -> None:
    payroll.read()
    assert payroll.known.value("Employment", employment(DORTE, "E0042"), "number", TODAY) == "E0042"


def test_pitfall_68_a_department_for_errors_is_a_unit_and_its_employments_are_listed(payroll: Payroll) -> None:
    payroll.home.put_department(department("e" * 8, "B999", LOWEST, "Fejlafdeling"))
    payroll.change(BO, "81200", lambda each: replace(each, departments=(place("e" * 8, day("2024-02-15")),)))
    applied = payroll.read()
    assert payroll.known.link("Employment", employment(BO, "81200"), "unit", TODAY) == unit("e" * 8)
    assert [(each.key, each.rule) for each in applied.problems] == [(employment(BO, "81200"), "department_at_the_top")]
    payroll.read(excluded_units={"E" * 8})
    assert unit("e" * 8) not in payroll.known.existing("Unit", TODAY)
    assert payroll.known.link("Employment", employment(BO, "81200"), "unit", TODAY) == f"institution:{TOP}"


def test_pitfall_69_unpaid_staff_are_left_out_until_number_and_position_meet() -> None:
    settings = SdSettings(**SETTINGS.model_dump() | {"unpaid": UnpaidRule(positions_from=9000)})
    wrong = told("E0042", statuses=[("1", "2020-01-01", "")], jobs=[("0731", "2020-01-01", "")])
    left_out = mapped(wrong, HOLDER, settings, TODAY, None)
    assert (left_out.statement, [each.rule for each in left_out.problems]) == (None, ["unpaid_rule"])
    later = [("0731", "2020-01-01", "2026-01-01"), ("9022", "2026-01-01", "")]
    met = mapped(told("E0042", statuses=[("1", "2020-01-01", "")], jobs=later), HOLDER, settings, TODAY, None)
    assert met.statement is not None
    assert met.statement.exists == (since("2020-01-01"),)
    paid = told("00417", statuses=[("1", "2020-01-01", "")], jobs=[("9022", "2020-01-01", "")])
    assert mapped(paid, HOLDER, settings, TODAY, None).statement is None


def test_equal_periods_are_one(payroll: Payroll) -> None:
    payroll.read()
    payroll.wrong.doubled = True
    assert payroll.read(whole=True).changed == []


def test_a_record_without_place_in_the_line_is_listed() -> None:
    settings = SdSettings(**SETTINGS.model_dump() | {"excluded_levels": {"low", "high"}})
    made = organisation(settings)
    made.departments["mid"] = replace(made.departments["mid"], parents=())
    holder = replace(HOLDER, organisation=made)
    whole = told(
        statuses=[("1", "2020-01-01", "")],
        departments=[(HERE, "2020-01-01", "")],
        jobs=[("0731", "2020-01-01", "2026-01-01")],
    )
    found = mapped(whole, holder, settings, TODAY, None)
    assert [each.rule for each in found.problems] == ["no_place", "no_position"]
    assert "from 2026-01-01 on" in found.problems[1].text
    # Its own department, which no level of the line can stand for: better than nowhere.
    assert found.statement is not None
    assert found.statement.links["unit"] == (DatedLink(since("2020-01-01"), Ref("Unit", unit(HERE))),)


def test_a_lift_that_is_possible_on_some_days_leaves_the_others_in_the_own_department() -> None:
    settings = SdSettings(**SETTINGS.model_dump() | {"excluded_levels": {"low"}})
    made = organisation(settings)
    parents = (ParentAnswer(since("1900-01-01", "2025-01-01"), "mid"),)
    made.departments[HERE] = replace(made.departments[HERE], parents=parents)
    holder = replace(HOLDER, organisation=made)
    whole = told(statuses=[("1", "2020-01-01", "")], departments=[(HERE, "2020-01-01", "")], jobs=ALWAYS_JOB)
    found = mapped(whole, holder, settings, TODAY, None)
    assert found.statement is not None
    assert found.statement.links["unit"] == (
        DatedLink(since("2020-01-01", "2025-01-01"), Ref("Unit", unit("mid"))),
        DatedLink(since("2025-01-01"), Ref("Unit", unit(HERE))),
    )
    assert [(each.rule, "from 2025-01-01 on" in each.text) for each in found.problems] == [("no_place", True)]


def test_an_excluded_name_on_the_way_up_is_listed_even_if_a_level_is_lifted_too() -> None:
    settings = SdSettings(**SETTINGS.model_dump() | {"excluded_levels": {"low"}, "excluded_names": ("^mid$",)})
    holder = replace(HOLDER, organisation=organisation(settings))
    whole = told(statuses=[("1", "2020-01-01", "")], departments=[(HERE, "2020-01-01", "")], jobs=ALWAYS_JOB)
    found = mapped(whole, holder, settings, TODAY, None)
    assert [(each.rule, "name '^mid$'" in each.text) for each in found.problems] == [("excluded", True)]


def test_with_from_today_nothing_is_missed_on_days_before_today() -> None:
    parts = {"statuses": [("1", "2020-01-01", "")], "departments": [(HERE, "2024-01-01", "2027-01-01")]}
    holder = replace(HOLDER, complete=False)
    found = mapped(told(**parts, jobs=[("0731", "2025-01-01", "")]), holder, SETTINGS, TODAY, None)
    assert [(each.rule, each.text) for each in found.problems] == [
        ("no_department", "SD sends no department from 2027-01-01 on")
    ]


def test_what_begins_at_its_end_keeps_its_past_and_ends_there() -> None:
    """Also where S, or another passive status, is the first that is told."""
    parts = {"departments": [(HERE, "2000-01-01", "")], "jobs": [("0731", "2000-01-01", "")]}
    before = mapped(told(statuses=[("1", "2000-01-01", "")], **parts), HOLDER, SETTINGS, TODAY, None).statement
    assert before is not None
    for code in "789S":
        shorter = {name: [(value, "2002-01-01", end) for value, _, end in each] for name, each in parts.items()}
        ended = mapped(told(statuses=[(code, "2002-01-01", "")], **shorter), HOLDER, SETTINGS, TODAY, before)
        assert ended.statement is not None
        assert ended.statement.exists == (since("2000-01-01", "2002-01-01"),)
        assert ended.statement.links["unit"] == before.links["unit"]
        assert told_values(ended.statement, "position_code") == [(since("2000-01-01"), "0731")]
        rehired = told(statuses=[(code, "2002-01-01", "2003-01-01"), ("1", "2003-01-01", "")], **shorter)
        again = mapped(rehired, HOLDER, SETTINGS, TODAY, before).statement
        if code != "S":
            assert again is not None
            assert again.exists == (since("2000-01-01", "2002-01-01"), since("2003-01-01"))
    corrected = mapped(told(statuses=[("1", "2005-01-01", "")], **parts), HOLDER, SETTINGS, TODAY, before).statement
    assert corrected is not None
    assert corrected.exists == (since("2005-01-01"),)


def test_a_department_that_is_not_found_takes_no_earlier_placement_away() -> None:
    """Also where only the present and future were requested: D1 is known since 2000, and D2 comes in May."""
    jobs = [("0731", "2000-01-01", "")]
    first = told(statuses=[("1", "2000-01-01", "")], departments=[(HERE, "2000-01-01", "")], jobs=jobs)
    before = mapped(first, HOLDER, SETTINGS, TODAY, None).statement
    assert before is not None
    today = TODAY.isoformat()
    moved = told(statuses=[("1", today, "")], departments=[("unknown", "2026-05-01", "")], jobs=[("0731", today, "")])
    found = mapped(moved, replace(HOLDER, complete=False), SETTINGS, TODAY, before)
    assert "unknown_department" in {each.rule for each in found.problems}
    after = filled(found, before).statement
    assert after is not None
    assert (after.links, after.values) == (before.links, before.values)
    known = told(statuses=[("1", today, "")], departments=[(THERE, "2026-05-01", "")], jobs=[("0731", today, "")])
    placed = mapped(known, replace(HOLDER, complete=False), SETTINGS, TODAY, before).statement
    assert placed is not None
    assert placed.links["unit"] == (
        DatedLink(since("2000-01-01", "2026-05-01"), Ref("Unit", unit(HERE))),
        DatedLink(since("2026-05-01"), Ref("Unit", unit(THERE))),
    )


@pytest.mark.parametrize(
    ("number", "position", "is_taken"),
    [
        ("12345", "95", True),
        ("12345", "0731", True),
        ("12345", "10000", False),
        ("12345", "09000", False),
        ("E0042", "95", False),
        ("E0042", "10000", True),
        ("12345", "A9", True),  # no number is neither below nor above
    ],
)
def test_the_limit_of_unpaid_positions_is_compared_as_a_number(number: str, position: str, is_taken: bool) -> None:
    settings = SdSettings(**SETTINGS.model_dump() | {"unpaid": {"positions_from": "9000"}})
    each = told(number, statuses=[("1", "2020-01-01", "")], jobs=[(position, "2020-01-01", "")])
    assert (mapped(each, HOLDER, settings, TODAY, None).statement is not None) == is_taken


def test_an_unknown_status_is_no_guess() -> None:
    with pytest.raises(BadRecord, match="unknown_status"):
        mapped(told(statuses=[("5", "2020-01-01", "")]), HOLDER, SETTINGS, date(2026, 3, 2), None)


@pytest.mark.parametrize("history", ["all", "from_today"])
def test_a_position_code_with_letters_beyond_ascii_is_found_in_the_list(payroll: Payroll, history: str) -> None:
    payroll.home.put_positions((Position("Ø12", "Pædagog & leder"), Position("A&B", "Ældre <50")))
    payroll.change(BO, "00417", lambda each: replace(each, jobs=(Job(FIRST, OPEN, "Ø12", "Æ & Ø"),)))
    payroll.change(BO, "81200", lambda each: replace(each, jobs=(Job(FIRST, OPEN, "A&B"),)))
    payroll.change(DORTE, "E0042", lambda each: replace(each, jobs=(Job(FIRST, OPEN, "Å<9"),)))
    applied = payroll.read(history=history)
    assert [each.key for each in applied.problems if each.rule == "unknown_position"] == ["position:XA:Å<9"]
    assert {"position:XA:A&B", "position:XA:Å<9", "position:XA:Ø12"} == {*payroll.known.existing("Position", TODAY)}
    here = employment(BO, "00417")
    assert payroll.known.value("Employment", here, "position_code", TODAY) == "Ø12"
    assert payroll.known.value("Employment", here, "title", TODAY) == "Æ & Ø"
    assert payroll.known.link("Employment", here, "position", TODAY) == "position:XA:Ø12"
    assert payroll.known.value("Employment", employment(BO, "81200"), "title", TODAY) is None
    assert payroll.known.value("Position", "position:XA:Ø12", "title", TODAY) == "Pædagog & leder"
