"""The organisation over time (sd.md §6, pitfalls 13 to 29)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import neo4j

from graph.model import KINDS
from graph.time import Period
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from sample.sd_service.state import (
    LEVELS,
    UNKNOWN_START,
    Address,
    Department,
    DepartmentPeriod,
    Institution,
    ParentPeriod,
)
from tests.importers.known import KEYRING, told_values
from tests.importers.sd.klit import (
    B110,
    B190,
    BO,
    BU00,
    BUAB,
    DORTE,
    LOWEST,
    NY1,
    OPEN,
    TODAY,
    TOP,
    Payroll,
    day,
    department,
    employment,
    place,
    unit,
    working,
)

NEW = "c1b0a7de-0777-4a00-9200-0000012c0001"
ROOT = f"institution:{TOP}"


def test_pitfall_13_the_inner_reference_is_the_parent(payroll: Payroll) -> None:
    """Without the parent histories, the tree alone tells the parents."""
    payroll.read(json_url=None)
    known = payroll.known
    assert known.link("Unit", unit(B110), "parent", TODAY) == unit(BUAB)
    assert known.link("Unit", unit(BUAB), "parent", TODAY) == unit(BU00)
    assert known.link("Unit", unit(BU00), "parent", TODAY) == ROOT
    assert "department-parent-history" not in payroll.service.operations_asked()


def test_pitfall_14_what_is_in_no_path_is_placed_by_its_history_with_those_above_it(payroll: Payroll) -> None:
    above = NEW.replace("0777", "0778")
    payroll.home.put_department(department(above, "B778", LEVELS[3], "Udgåede afdelinger"))
    payroll.home.put_department(department(NEW, "B777", NY1, "Lukket", above))
    payroll.read()
    assert payroll.known.link("Unit", unit(NEW), "parent", TODAY) == unit(above)
    assert payroll.known.link("Unit", unit(above), "parent", TODAY) == ROOT


def test_pitfall_14_a_new_department_in_a_delta_comes_with_those_above_it(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-02 10:00")
    above = NEW.replace("0777", "0778")
    payroll.home.put_department(department(above, "B778", NY1, "Ny", BU00))
    payroll.home.put_department(department(NEW, "B777", LOWEST, "Nyt hold", above))
    payroll.change(BO, "81200", lambda each: replace(each, departments=(place(NEW, day("2024-02-15")),)))
    applied = payroll.read()
    assert "registered from" in applied.readings[0]
    assert payroll.known.link("Employment", employment(BO, "81200"), "unit", TODAY) == unit(NEW)
    assert payroll.known.link("Unit", unit(NEW), "parent", TODAY) == unit(above)
    assert payroll.known.link("Unit", unit(above), "parent", TODAY) == unit(BU00)


def test_pitfall_15_levels_are_kept_and_units_hang_where_sd_says(payroll: Payroll) -> None:
    payroll.home.put_department(department(NEW, "B777", LOWEST, "Direkte under toppen"))
    payroll.read()
    assert payroll.known.value("Unit", unit(B190), "level", TODAY) == LOWEST
    assert payroll.known.link("Unit", unit(B190), "parent", TODAY) == unit(BU00)
    assert payroll.known.value("Unit", unit(NEW), "level", TODAY) == LOWEST
    assert payroll.known.link("Unit", unit(NEW), "parent", TODAY) == ROOT


def test_pitfall_16_a_unit_that_is_its_own_parent_is_listed_as_unplaced(payroll: Payroll) -> None:
    payroll.home.put_department(department(NEW, "B777", LOWEST, "Egen", NEW))
    applied = payroll.read()
    assert payroll.known.exists("Unit", unit(NEW), TODAY)
    assert payroll.known.link("Unit", unit(NEW), "parent", TODAY) is None
    assert applied.rules() == ["no_parent", "own_parent"]


def test_pitfall_16_nor_do_two_units_below_each_other_make_a_loop(payroll: Payroll) -> None:
    other = NEW.replace("0777", "0778")
    payroll.home.put_department(department(NEW, "B777", NY1, "Ene", other))
    payroll.home.put_department(department(other, "B778", NY1, "Anden", NEW))
    payroll.read(excluded_levels={NY1})
    assert payroll.known.link("Unit", unit(NEW), "counts_as", TODAY) is None


def test_pitfall_17_below_the_institution_is_the_top(payroll: Payroll) -> None:
    payroll.read()
    assert payroll.known.link("Unit", unit(BU00), "parent", TODAY) == ROOT
    assert payroll.known.value("Unit", ROOT, "type", TODAY) == "institution"
    assert payroll.known.link("Unit", ROOT, "parent", TODAY) is None


def test_pitfall_18_without_a_parent_a_unit_exists_and_is_listed(payroll: Payroll) -> None:
    payroll.home.put_department(Department(NEW, (DepartmentPeriod(UNKNOWN_START, OPEN, "B777", NY1, "Uden"),)))
    payroll.home.put_department(department(NEW.replace("0777", "0778"), "B778", NY1, "Tom"))
    payroll.wrong.histories[NEW.replace("0777", "0778")] = []
    applied = payroll.read()
    assert payroll.known.exists("Unit", unit(NEW), TODAY)
    assert payroll.known.link("Unit", unit(NEW), "parent", TODAY) is None
    assert applied.rules() == ["no_parent", "no_parent"]


def test_pitfall_18_a_history_that_goes_missing_leaves_the_unit_in_its_place(payroll: Payroll) -> None:
    payroll.home.put_department(department(NEW, "B777", NY1, "Med", BU00))
    payroll.read()
    payroll.wrong.no_history.add(NEW)
    applied = payroll.read(whole=True)
    assert payroll.known.link("Unit", unit(NEW), "parent", TODAY) == unit(BU00)
    assert applied.rules() == ["no_parent"]
    payroll.wrong.no_history.add(B110)
    payroll.read(whole=True)
    assert payroll.known.link("Unit", unit(B110), "parent", TODAY) == unit(BUAB)


def test_pitfall_18_without_a_history_todays_tree_says_nothing_of_the_past(payroll: Payroll) -> None:
    """B110 was BU00's until July 2025 and is BUAB's since; its history is not answered while it moves to BU00."""
    payroll.read()
    payroll.wrong.no_history.add(B110)
    payroll.home.put_department(moved_below(BU00, "2026-03-02")(payroll.home.departments[B110]))
    for moment in ("2026-03-02 09:00", "2026-03-05 09:00"):
        payroll.at(moment)
        payroll.read(whole=True)
        days = ("2025-06-30", "2025-07-01", "2026-03-01", "2026-03-02", "2027-01-01")
        found = [payroll.known.link("Unit", unit(B110), "parent", day(each)) for each in days]
        assert found == [unit(BU00), unit(BUAB), unit(BUAB), unit(BU00), unit(BU00)]


def test_pitfall_19_of_two_parents_at_once_neither_is_guessed(payroll: Payroll) -> None:
    payroll.wrong.histories[B190] = [
        {"startDate": "1900-01-01", "endDate": "2025-12-31", "parentUuid": BU00},
        {"startDate": "2025-07-01", "endDate": "9999-12-31", "parentUuid": BUAB},
    ]
    applied = payroll.read()
    parent = [payroll.known.link("Unit", unit(B190), "parent", day(each)) for each in ("2025-06-30", "2025-07-01")]
    assert parent == [unit(BU00), None]
    assert payroll.known.link("Unit", unit(B190), "parent", day("2025-12-31")) is None
    assert payroll.known.link("Unit", unit(B190), "parent", day("2026-01-01")) == unit(BUAB)
    assert applied.rules() == ["two_parents"]
    assert "from 2025-07-01 to 2026-01-01" in applied.problems[0].text


def test_pitfall_20_only_the_hole_in_a_history_is_unplaced(payroll: Payroll) -> None:
    payroll.wrong.histories[B190] = [
        {"startDate": "1900-01-01", "endDate": "2024-12-31", "parentUuid": BU00},
        {"startDate": "2025-02-01", "endDate": "9999-12-31", "parentUuid": BU00},
    ]
    applied = payroll.read()
    days = ("2024-12-31", "2025-01-01", "2025-01-31", "2025-02-01")
    found = [payroll.known.link("Unit", unit(B190), "parent", day(each)) for each in days]
    assert found == [unit(BU00), None, None, unit(BU00)]
    assert applied.rules() == ["no_parent"]
    assert payroll.known.exists("Unit", unit(B190), day("2025-01-15"))


def test_pitfall_21_a_rename_is_two_names_of_one_unit(payroll: Payroll) -> None:
    payroll.read()
    names = told_values(payroll.known.of("Unit", unit(B110)), "name")
    assert names == [
        (Period(UNKNOWN_START, day("2025-07-01")), "Børnehaven Sandkrukken"),
        (Period(day("2025-07-01")), "Børnehuset Klitten"),
    ]
    payroll.at("2026-03-03 08:00")
    old = payroll.home.departments[B190]
    first = old.periods[0]._replace(last=day("2026-06-30"))
    second = old.periods[0]._replace(first=day("2026-07-01"), name="Puljen")
    payroll.home.put_department(replace(old, periods=(first, second)))
    applied = payroll.read()
    assert [each.kind for each in applied.changed] == ["Unit"]


def test_pitfall_22_a_period_without_name_is_named_by_its_code(payroll: Payroll) -> None:
    old = payroll.home.departments[B110]
    payroll.home.put_department(replace(old, periods=(old.periods[0]._replace(name=""), old.periods[1])))
    payroll.read()
    assert payroll.known.value("Unit", unit(B110), "name", day("2025-06-30")) == "B110"
    assert payroll.known.value("Unit", unit(B110), "name", TODAY) == "Børnehuset Klitten"


def test_pitfall_23_one_code_on_two_levels_or_in_two_institutions_is_two_units(payroll: Payroll) -> None:
    payroll.home.put_department(department(NEW, "B190", NY1, "Samme kode", BU00))
    other = payroll.state.add(Institution("XB", TOP.replace("0001", "0002"), "Anden"))
    elsewhere = NEW.replace("0777", "0778")
    other.put_department(department(elsewhere, "B190", LOWEST, "Tredje", other.uuid))
    payroll.read(institutions=("XA", "XB"))
    numbers = [payroll.known.value("Unit", unit(each), "number", TODAY) for each in (B190, NEW, elsewhere)]
    assert numbers == ["XA-B190", "XA-B190", "XB-B190"]


def test_pitfall_24_the_cut_end_of_a_tree_ends_nothing(payroll: Payroll) -> None:
    payroll.read(json_url=None)
    for each in (B110, B190, BUAB, BU00):
        assert payroll.known.of("Unit", unit(each)).exists == (Period(UNKNOWN_START),)
        assert payroll.known.link("Unit", unit(each), "parent", date(2040, 1, 1)) is not None


def test_pitfall_25_local_and_payroll_phone_stay_apart(payroll: Payroll) -> None:
    payroll.read()
    stated = payroll.known.of("Unit", unit(B110)).values
    assert "phone" not in stated
    assert payroll.known.value("Unit", unit(B110), "payroll_phone", TODAY) == "99887711"
    assert payroll.known.value("Unit", unit(B110), "email", TODAY) == "klitten@klitkoebing.example"
    assert "personnel_email" not in stated


def test_pitfall_26_an_address_without_street_is_none_and_zeros_are_no_p_number(payroll: Payroll) -> None:
    period = payroll.home.departments[B190].periods[0]
    period = period._replace(address=Address(municipality="0999"), p_number="0000000000")
    payroll.home.put_department(replace(payroll.home.departments[B190], periods=(period,)))
    payroll.read()
    stated = payroll.known.of("Unit", unit(B190)).values
    assert not {"street", "postal_code", "city", "p_number"} & stated.keys()
    assert payroll.known.value("Unit", unit(B110), "city", TODAY) == "Klitkøbing"
    assert payroll.known.value("Unit", unit(B110), "p_number", TODAY) == "1099990017"


def test_pitfall_27_a_department_no_longer_answered_ends_through_the_brake(
    payroll: Payroll, clean_graph: neo4j.Driver
) -> None:
    run_import(clean_graph, payroll.source(), KEYRING)
    payroll.home.remove_department(BUAB)
    payroll.at("2026-03-04 08:00")
    strict = BrakeSettings(at_least=0, count=0)
    report = run_import(clean_graph, payroll.source(whole=True), KEYRING, brake=strict)
    assert report.brake is not None
    dry = run_import(clean_graph, payroll.source(whole=True), KEYRING, dry_run=True)
    said = next(each for each in dry.problems if each.rule == "no_longer_sent")
    assert said.key == unit(BUAB)
    assert "Units below it: 1; employments in it: 0" in said.text
    done = run_import(clean_graph, payroll.source(whole=True), KEYRING, brake=strict, approve=report.brake)
    assert done.counts["Unit", "ended"] == 1


def test_pitfall_28_people_of_a_unit_left_out_by_name_go_above_and_the_rule_is_shown(payroll: Payroll) -> None:
    applied = payroll.read(excluded_names=("^Børnehuset",))
    key = employment(BO, "00417")
    assert payroll.known.link("Employment", key, "unit", TODAY) == unit(BUAB)
    assert payroll.known.link("Employment", key, "paid_in", TODAY) is None
    assert payroll.known.link("Employment", key, "unit", day("2026-06-01")) == unit(B190)
    said = next(each for each in applied.problems if each.kind == "Employment")
    assert (said.key, said.rule) == (key, "excluded")
    assert "'^Børnehuset'" in said.text
    assert unit(BUAB) in said.text


def test_pitfall_29_a_unit_that_a_filter_now_catches_ends_with_its_history(
    payroll: Payroll, clean_graph: neo4j.Driver
) -> None:
    filtered = {"excluded_names": ("^%",)}
    run_import(clean_graph, payroll.source(**filtered), KEYRING)
    old = payroll.home.departments[B190]
    closed = old.periods[0]._replace(first=TODAY, name="%Pædagogisk pulje")
    open_until = old.periods[0]._replace(last=date(2026, 3, 1))
    payroll.home.put_department(replace(old, periods=(open_until, closed)))
    stopped = run_import(
        clean_graph, payroll.source(whole=True, **filtered), KEYRING, brake=BrakeSettings(at_least=0, count=0)
    )
    assert stopped.brake is not None
    run_import(clean_graph, payroll.source(whole=True, **filtered), KEYRING)
    rows, _, _ = clean_graph.execute_query(
        """
        MATCH (:SourceRecord {key: $key})-[:TELLS]->(u:Unit)-[s:STATE]->(x)
        RETURN u.active AS active, x.name AS name, s.to AS to
        """,
        key=unit(B190),
    )
    assert [(row["active"], row["name"], row["to"].to_native()) for row in rows] == [(False, "Pædagogisk pulje", TODAY)]


def test_pitfall_56_who_is_lifted_moves_when_the_department_does(payroll: Payroll) -> None:
    """A department under another unit from 1 July: SD tells no change of the employment."""
    lifted = {"excluded_levels": {LOWEST}}
    payroll.read(**lifted)
    key = employment(BO, "00417")
    before = [payroll.known.link("Employment", key, "unit", day(each)) for each in ("2025-06-30", "2025-07-01")]
    assert before == [unit(BU00), unit(BUAB)]
    assert payroll.known.link("Employment", key, "paid_in", TODAY) == unit(B110)
    assert payroll.known.link("Unit", unit(B110), "parent", TODAY) is None
    assert payroll.known.link("Unit", unit(B110), "counts_as", TODAY) == unit(BUAB)
    payroll.at("2026-03-03 08:00")
    old = payroll.home.departments[B190]
    moved = (ParentPeriod(UNKNOWN_START, day("2026-06-30"), BU00), ParentPeriod(day("2026-07-01"), OPEN, BUAB))
    payroll.home.put_department(replace(old, parents=moved))
    payroll.read(whole=True, **lifted)
    other = employment(DORTE, "E0042")
    assert payroll.known.link("Employment", other, "unit", day("2026-06-30")) == unit(BU00)
    assert payroll.known.link("Employment", other, "unit", day("2026-07-01")) == unit(BUAB)


def test_pitfall_56_a_move_that_takes_effect_is_seen_by_the_daily_look_at_the_tree(payroll: Payroll) -> None:
    lifted = {"excluded_levels": {LOWEST}}
    payroll.read(**lifted)
    payroll.at("2026-03-03 08:00")
    old = payroll.home.departments[B190]
    moved = (ParentPeriod(UNKNOWN_START, day("2026-03-02"), BU00), ParentPeriod(day("2026-03-03"), OPEN, BUAB))
    payroll.home.put_department(replace(old, parents=moved))
    applied = payroll.read(**lifted)
    assert "the organisation has changed" in applied.readings[0]
    other = employment(DORTE, "E0042")
    assert payroll.known.link("Employment", other, "unit", day("2026-03-03")) == unit(BUAB)


def test_the_organisation_is_looked_at_once_a_day_and_read_whole_where_it_differs(payroll: Payroll) -> None:
    payroll.read()
    asked = payroll.service.operations_asked
    payroll.service.calls.clear()
    payroll.read()
    assert "GetOrganization20111201" not in asked()
    payroll.at("2026-03-03 08:00")
    payroll.read()
    assert "GetOrganization20111201" in asked()
    assert "department-parent-history" not in asked()
    payroll.at("2026-03-09 08:00")
    payroll.read()
    assert asked().count("department-parent-history") == 4
    payroll.at("2026-03-10 08:00")
    payroll.home.remove_department(B110)
    applied = payroll.read()
    assert [(each.key, each.exists) for each in applied.changed] == [
        (unit(B110), (Period(UNKNOWN_START, date(2026, 3, 10)),))
    ]


def test_every_property_of_a_unit_is_one_of_the_model(payroll: Payroll) -> None:
    payroll.hire("1407831234", working("00533", "1407831234"))
    payroll.read(private_contact=True, full_time_hours=37.0)
    for kind in ("Unit", "Person", "Employment", "Position"):
        known = {each.name for each in KINDS[kind].properties}
        for key in payroll.known.keys(kind):
            assert payroll.known.of(kind, key).values.keys() <= known


def moved_below(parent: str, since: str) -> Callable[[Department], Department]:
    def edit(old: Department) -> Department:
        before = (old.parents[-1]._replace(last=day(since) - timedelta(days=1)),)
        return replace(old, parents=(*old.parents[:-1], *before, ParentPeriod(day(since), OPEN, parent)))

    return edit


def test_a_change_of_the_organisation_asks_for_what_has_changed_only(payroll: Payroll) -> None:
    """And what is then known is what a whole reading tells."""
    for number in range(30):
        payroll.home.put_department(department(f"d{number:031d}", f"D{number}", LOWEST, f"Afdeling {number}", BUAB))
    payroll.read()
    payroll.at("2026-03-03 08:10")
    home = payroll.home
    old = home.departments[B190]
    periods = renamed(old, "2026-03-03", "Ny pulje")
    home.put_department(replace(moved_below(BUAB, "2026-03-03")(old), periods=periods))
    new = "e" * 32
    home.put_department(department(new, "E1", LOWEST, "Ny afdeling", BU00, first=day("2026-03-03")))
    payroll.service.calls.clear()
    applied = payroll.read()
    assert sorted((each.kind, each.key) for each in applied.changed) == [("Unit", unit(B190)), ("Unit", unit(new))]
    assert payroll.known.link("Unit", unit(B190), "parent", day("2026-03-03")) == unit(BUAB)
    assert payroll.known.value("Unit", unit(B190), "name", day("2026-03-03")) == "Ny pulje"
    assert len(payroll.service.operations_asked()) < 25, "not a history of each of 34 departments"
    assert payroll.read(whole=True).mapped == 1, "the record that carries what is wrong with the settings"
    payroll.at("2026-03-04 08:10")
    payroll.service.calls.clear()
    assert payroll.read().changed == []
    assert "department-parent-history" not in " ".join(payroll.service.operations_asked())


def test_the_end_of_a_department_reaches_the_places_below_it(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-03 08:10")
    old = payroll.home.departments[BUAB]
    payroll.home.put_department(replace(old, periods=(old.periods[0]._replace(last=day("2026-12-31")),)))
    payroll.read()
    assert payroll.known.link("Unit", unit(B110), "parent", day("2026-12-31")) == unit(BUAB)
    assert payroll.known.link("Unit", unit(B110), "parent", day("2027-01-01")) is None
    assert payroll.read(whole=True).mapped == 1, "the record that carries what is wrong with the settings"


def test_a_department_that_is_gone_is_looked_for_among_all(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-03 08:10")
    del payroll.home.departments[B110]
    applied = payroll.read()
    assert "no_longer_sent" in applied.rules()
    assert not payroll.known.exists("Unit", unit(B110), day("2026-03-03"))


def renamed(old: Department, since: str, name: str) -> tuple[DepartmentPeriod, ...]:
    last = old.periods[-1]
    before = last._replace(last=day(since) - timedelta(days=1))
    return (*old.periods[:-1], before, last._replace(first=day(since), name=name))
