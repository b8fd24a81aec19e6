"""Persons, positions, logins and trust functions (opus.md §4.2, §4.9–§4.14; pitfalls 7, 11–13, 29–32, 36)."""

from datetime import date
from itertools import permutations

import pytest

from graph.time import Period
from tests.importers.known import KEYRING, told_values
from tests.importers.opus.files import (
    BIRK,
    MANAGER,
    MONDAY,
    SMALL,
    TUESDAY,
    UNITS,
    WEDNESDAY,
    Series,
    employee,
    function,
    stub,
)

PERSON = KEYRING.hash(BIRK)
START = date(2019, 8, 1)
REST = SMALL[:-1]


def test_pitfall_11_the_leading_zero_and_the_extra_digit(series: Series) -> None:
    series.next(MONDAY, *UNITS, employee(101, supp="0"), employee(102, supp="1"), employee(103, supp=None))
    assert list(series.known.keys("Person")) == [PERSON]
    assert series.known.kept["Person", PERSON][0].cpr == BIRK
    assert [series.value(number, "extra_digit", MONDAY) for number in (101, 102, 103)] == ["0", "1", None]


def test_a_number_that_is_invalid_is_opus_own_identifier_of_the_person(series: Series) -> None:
    """cpr.md §6: the person is made, with the employments, and shown; a placeholder stands for nobody."""
    wrong = "3113994321"
    applied = series.next(
        MONDAY, *UNITS, employee(101, cpr=wrong), employee(102, cpr=wrong), employee(103, cpr="0000000000")
    )
    assert [(each.kind, each.rule) for each in applied.problems] == [("Person", "wrong_cpr"), ("Employment", "no_cpr")]
    ((key, kept),) = [(key, each) for (kind, key), (each, _) in series.known.kept.items() if kind == "Person"]
    assert (key, kept.cpr) == (KEYRING.hash(wrong), None)
    for number in (101, 102):
        assert series.known.link("Employment", f"899:employment:{number}", "person", MONDAY) == key


def test_a_number_is_the_same_written_with_a_hyphen(series: Series) -> None:
    series.next(MONDAY, *UNITS, employee(101))
    assert series.next(TUESDAY, *UNITS, employee(101, cpr=f"{BIRK[:6]}-{BIRK[6:]}")).problems == []
    assert list(series.known.keys("Person")) == [PERSON]


def test_pitfall_12_one_position_is_named_by_the_text_of_most(series: Series) -> None:
    others = [employee(102), employee(103, position="Annulleret", changed="2024-03-01")]
    series.next(MONDAY, *SMALL, *others)
    assert series.known.value("Position", "899:position:500", "title", MONDAY) == "Pædagog"
    assert [series.value(number, "title", MONDAY) for number in (101, 103)] == ["Pædagog", "Annulleret"]
    assert series.next(TUESDAY, *reversed(others), *SMALL).changed == [], "no endless rewriting"


def test_pitfall_12_of_equals_the_latest(series: Series) -> None:
    series.next(MONDAY, *SMALL, employee(103, position="Annulleret", changed="2024-03-01"))
    assert series.known.value("Position", "899:position:500", "title", MONDAY) == "Annulleret"


def test_pitfall_13_one_person_with_one_name_in_any_order(series: Series) -> None:
    three = (
        employee(101, changed="2024-01-01", lastName="Gammel"),
        employee(102, changed="2024-02-01", lastName="Ny"),
        employee(103, changed="2024-02-01", lastName="Højere"),
    )
    for day, order in enumerate(permutations(three), start=1):
        applied = series.next(date(2024, 4, day), *UNITS, *order)
        assert told_values(series.known.of("Person", PERSON), "surname") == [(Period(), "Ny")]
        assert applied.rules() == (["different_names"] if day == 1 else [])


def test_pitfall_13_live_comes_before_future_and_future_before_ended(series: Series) -> None:
    ended = employee(101, changed="2024-03-03", lastName="Ended", leaveDate="2024-02-29")
    future = employee(102, changed="2024-03-02", lastName="Future", entryDate="2024-03-06")
    live = employee(103, changed="2024-03-01", lastName="Live")
    series.next(MONDAY, *UNITS, ended, future, live)
    assert series.known.value("Person", PERSON, "surname", MONDAY) == "Live"
    series.next(TUESDAY, *UNITS, ended, future, stub(103))
    assert series.known.value("Person", PERSON, "surname", TUESDAY) == "Future"


def test_a_future_employment_that_begins_decides_though_the_file_did_not_change(series: Series) -> None:
    both = (
        employee(101, changed="2024-01-01", lastName="Ansat"),
        employee(102, changed="2024-02-01", lastName="Kommende", entryDate="2024-03-06"),
    )
    for day, surname in ((MONDAY, "Ansat"), (TUESDAY, "Ansat"), (WEDNESDAY, "Kommende")):
        series.next(day, *UNITS, *both)
        assert series.known.value("Person", PERSON, "surname", day) == surname


def test_a_person_who_left_stays_a_person(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    assert [each.kind for each in series.next(TUESDAY, *REST, stub(101)).changed] == ["Employment"]
    assert series.known.exists("Person", PERSON, TUESDAY)


def test_a_new_name_holds_from_the_files_day(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.next(TUESDAY, *REST, employee(101, lastName="Nygift"))
    names = [series.known.value("Person", PERSON, "name", day) for day in (MONDAY, TUESDAY)]
    assert names == ["Birk Prøvesen", "Birk Nygift"]


def test_pitfall_29_a_protected_address_is_nowhere(series: Series) -> None:
    applied = series.next(
        MONDAY, *UNITS, employee(101, protected="true", address="Hemmelig 7"), employee(102, address="Hemmelig 7")
    )
    told = repr([each for each, _ in series.known.kept.values()]) + repr(applied.problems)
    assert "Hemmelig" not in told
    assert series.known.value("Person", PERSON, "address_protected", MONDAY) is True
    assert series.known.value("Person", PERSON, "postal_code", MONDAY) is None


def test_pitfall_29_protected_false_is_unprotected(series: Series) -> None:
    series.next(MONDAY, *UNITS, employee(101, protected="false"))
    assert series.known.value("Person", PERSON, "street", MONDAY) == "Prøvevej 3"
    assert series.known.value("Person", PERSON, "address_protected", MONDAY) is None


def test_pitfall_29_an_address_ends_when_it_becomes_protected(series: Series) -> None:
    series.next(MONDAY, *SMALL)
    series.next(TUESDAY, *REST, employee(101, protected="true"))
    assert [series.known.value("Person", PERSON, "street", day) for day in (MONDAY, TUESDAY)] == ["Prøvevej 3", None]


def test_pitfall_30_without_names_there_is_no_person(series: Series) -> None:
    applied = series.next(MONDAY, *REST, employee(101, firstName="", lastName=""))
    assert [(each.key, each.rule) for each in applied.problems] == [("899:employment:101", "no_name")]
    assert len(list(series.known.keys("Person"))) == 1


def test_pitfall_31_a_login_that_disappears_ends(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, userId="BIRK"))
    key = "899:account:101:BIRK"
    assert series.known.of("Account", key).exists == (Period(START),), "as old as the employment at the first import"
    series.next(TUESDAY, *SMALL)
    assert series.known.of("Account", key).exists == (Period(START, TUESDAY),)
    series.next(WEDNESDAY, *REST, employee(101, userId="BIRK2"))
    assert series.known.of("Account", "899:account:101:BIRK2").exists == (Period(WEDNESDAY),)
    series.next(date(2024, 3, 7), *REST, employee(101, userId="BIRK"))
    assert series.known.of("Account", key).exists == (Period(START, TUESDAY), Period(date(2024, 3, 7)))
    assert series.known.of("Account", "899:account:101:BIRK2").exists == (Period(WEDNESDAY, date(2024, 3, 7)),)


def test_pitfall_31_two_employments_with_two_logins_are_two_accounts(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, userId="BIRK1"), employee(102, userId="BIRK2"))
    accounts = series.known.existing("Account", MONDAY)
    assert accounts == ["899:account:101:BIRK1", "899:account:102:BIRK2"]
    assert {series.known.link("Account", each, "owner", MONDAY) for each in accounts} == {PERSON}
    assert {series.known.link("Account", each, "system", MONDAY) for each in accounts} == {"opus"}
    assert series.known.value("Account", accounts[0], "employment_number", MONDAY) == "101"


def test_pitfall_31_the_login_of_who_left_ends(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, userId="BIRK"))
    series.next(TUESDAY, *REST, stub(101))
    assert series.known.existing("Account", TUESDAY) == []


@pytest.mark.parametrize("text", ["55 55 01 30", "55550130", "+45 55550130", "0045 5555-0130"])
def test_pitfall_32_one_phone_number_in_any_form(series: Series, text: str) -> None:
    series.next(MONDAY, *REST, employee(101, workPhone=text))
    assert series.value(101, "phone", MONDAY) == "55550130"


def test_pitfall_32_extensions_and_words(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, workPhone="0130"))
    assert (series.value(101, "extension", MONDAY), series.value(101, "phone", MONDAY)) == ("0130", None)
    applied = series.next(TUESDAY, *REST, employee(101, workPhone="via omstillingen"))
    assert [(each.key, each.rule) for each in applied.problems] == [("899:employment:101", "no_phone_number")]
    assert series.value(101, "extension", TUESDAY) is None


def test_pitfall_36_an_unknown_element_is_reported_once_a_file(series: Series) -> None:
    applied = series.next(MONDAY, *REST, employee(101, mobile="1"), employee(102, mobile="2"))
    assert [(each.field, each.rule) for each in applied.problems] == [("employee/mobile", "unknown_element")]
    assert "2 times" in applied.problems[0].text


def test_zero_dates_are_no_dates_and_are_counted(series: Series) -> None:
    applied = series.next(MONDAY, *REST, employee(101, leaveDate="0000-00-00"))
    assert applied.rules() == ["zero_date"]
    assert series.employment(101) == (Period(START),)


# -- trust functions (§4.12) ----------------------------------------------------------------------------------------

KEY = "899:function:101:3::2022-05-01:"


def test_a_trust_function_is_an_assignment_about_the_function_for_the_unit(series: Series) -> None:
    series.set(function_roles={12: "committee_member"})
    series.next(
        MONDAY,
        *REST,
        employee(
            101,
            function(members="14"),
            function("12", "2020-01-01", orgDaekning="Skoler", artText="MED-udvalg", roleId="1", roleText="Formand"),
        ),
    )
    other = "899:function:101:12:1:2020-01-01:Skoler"
    assert series.known.existing("Assignment", MONDAY) == [other, KEY]
    links = {name: series.known.link("Assignment", KEY, name, MONDAY) for name in ("holder", "role", "unit")}
    assert links == {"holder": "899:employment:101", "role": "trust_function", "unit": "899:unit:3"}
    assert series.known.value("Assignment", KEY, "members", MONDAY) == 14
    assert series.known.link("Assignment", other, "role", MONDAY) == "committee_member"
    assert series.known.link("Assignment", other, "responsibilities", MONDAY) == "opus_899_12_1"
    assert series.known.value("Function", "opus_899_12_1", "title", MONDAY) == "MED-udvalg - Formand"
    assert series.known.value("Assignment", other, "coverage", MONDAY) == "Skoler"


def test_a_trust_function_ends_on_its_last_day_or_when_it_is_not_listed(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, function(end="2024-04-30"), function("7")))
    assert series.known.of("Assignment", KEY).exists == (Period(date(2022, 5, 1), date(2024, 5, 1)),)
    series.next(TUESDAY, *REST, employee(101, function(end="2024-04-30")))
    assert series.known.of("Assignment", KEY.replace(":3:", ":7:")).exists == (Period(date(2022, 5, 1), TUESDAY),)
    series.next(date(2024, 5, 6), *SMALL)
    assert series.known.of("Assignment", KEY).exists == (Period(date(2022, 5, 1), date(2024, 5, 1)),)


def test_a_trust_function_follows_the_employment_to_its_unit(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, function()))
    series.next(TUESDAY, *REST, employee(101, function(), orgUnit="2"))
    places = [series.known.link("Assignment", KEY, "unit", day) for day in (MONDAY, TUESDAY)]
    assert places == ["899:unit:3", "899:unit:2"]


def test_a_trust_function_of_a_cancelled_employment_never_was(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, function()))
    series.next(TUESDAY, *REST)
    assert series.known.of("Assignment", KEY).exists == ()


def test_a_faulty_record_keeps_its_login_and_functions(series: Series) -> None:
    series.next(MONDAY, *REST, employee(101, function(), userId="BIRK"))
    applied = series.next(TUESDAY, *REST, employee(101, position=""))
    assert (applied.changed, applied.rules()) == ([], ["no_position"])


def test_a_trust_function_that_occurs_twice_is_one(series: Series) -> None:
    twice = (*REST, employee(101, function(), function(members="3")))
    series.next(MONDAY, *twice)
    assert list(series.known.keys("Assignment")) == [KEY]
    assert series.next(TUESDAY, *twice).changed == []


def test_a_trust_function_that_is_told_twice_and_differs_is_the_first_and_listed(series: Series) -> None:
    ends = function(end="2024-12-31")
    applied = series.next(MONDAY, *REST, employee(101, function(), ends))
    (problem,) = applied.problems
    assert (problem.key, problem.rule, problem.severity) == (KEY, "twice", "notice")
    assert series.known.of("Assignment", KEY).exists == (Period(date(2022, 5, 1)),)
    assert series.next(TUESDAY, *REST, employee(101, function(), function())).problems == []


@pytest.mark.parametrize("is_first", [True, False])
def test_pitfall_29_of_an_employee_who_is_told_twice_either_one_protects(series: Series, is_first: bool) -> None:
    protected, plain = employee(101, protected="true", address="Hemmelig 7"), employee(101, address="Hemmelig 7")
    told = (protected, plain) if is_first else (plain, protected)
    for day in (MONDAY, TUESDAY):
        applied = series.next(day, *UNITS, MANAGER, *told)
        assert applied.rules() == ["twice"]
        assert series.known.value("Person", PERSON, "address_protected", day) is True
        assert "Hemmelig" not in repr([each for each, _ in series.known.kept.values()])


def test_pitfall_07_one_function_is_a_list_of_one(series: Series) -> None:
    series.next(MONDAY, *UNITS, MANAGER.replace("</employee>", function() + "</employee>"))
    assert len(list(series.known.keys("Assignment"))) == 1


@pytest.mark.parametrize("why", ["filtered", "faulty"])
@pytest.mark.parametrize("is_first", [True, False])
def test_pitfall_29_an_employment_that_is_not_taken_protects_too(series: Series, why: str, is_first: bool) -> None:
    series.set(filters={"positions": [900]})
    other = {"positionId": "900"} if why == "filtered" else {"position": None}
    protected = employee(102, protected="true", address="Hemmelig 7", **other)
    plain = employee(101, address="Hemmelig 7")
    told = (protected, plain) if is_first else (plain, protected)
    for day in (MONDAY, TUESDAY):
        applied = series.next(day, *UNITS, MANAGER, *told)
        assert series.known.value("Person", PERSON, "address_protected", day) is True
        assert "Hemmelig" not in repr([each for each, _ in series.known.kept.values()]) + repr(applied.problems)


@pytest.mark.parametrize("why", ["filtered", "faulty"])
def test_pitfall_29_an_employment_that_is_no_longer_taken_protects_its_person(series: Series, why: str) -> None:
    """It is the person's only one, so the file has no other record of the person."""
    series.set(filters={"positions": [900]})
    series.next(MONDAY, *UNITS, MANAGER, employee(101, address="Hemmelig 7"))
    assert series.known.value("Person", PERSON, "street", MONDAY) == "Hemmelig 7"
    other = {"positionId": "900"} if why == "filtered" else {"position": None}
    for day in (TUESDAY, WEDNESDAY):
        applied = series.next(day, *UNITS, MANAGER, employee(101, protected="true", address="Hemmelig 7", **other))
        assert series.known.value("Person", PERSON, "address_protected", day) is True
        assert series.known.value("Person", PERSON, "name", day) == "Birk Prøvesen"
        kept = repr([each for each, _ in series.known.kept.values() if each.kind == "Person" and each.key == PERSON])
        assert "Hemmelig" not in kept + repr(applied.problems)
        assert not {"street", "postal_code", "city"} & series.known.of("Person", PERSON).values.keys()
    back = series.next(date(2024, 3, 7), *UNITS, MANAGER, employee(101, address="Testvej 10"))
    assert series.known.value("Person", PERSON, "street", date(2024, 3, 7)) == "Testvej 10", back.problems


def test_pitfall_29_nobody_is_made_of_an_employment_that_is_not_taken(series: Series) -> None:
    series.set(filters={"positions": [900]})
    series.next(MONDAY, *UNITS, MANAGER, employee(101, protected="true", positionId="900"))
    assert PERSON not in series.known.keys("Person")


def test_digits_of_another_script_are_one_employees_fault_and_not_the_files(series: Series) -> None:
    wrong = [employee(102, positionId="５００１"), employee(103, orgUnit="３"), employee(104, function("²"))]
    applied = series.next(MONDAY, *SMALL, *wrong)
    assert {each.rule for each in applied.problems} >= {"no_position", "no_unit"}
    assert series.employment(101) and series.employment(104)


@pytest.mark.parametrize("written", ["Å", "A\u030a"])
def test_names_of_the_filters_are_compared_composed(series: Series, written: str) -> None:
    series.set(filters={"position_names": [f"{written}ben"]})
    series.next(MONDAY, *UNITS, employee(101, position="Åben anstalt"), employee(102, position="A\u030aben"), MANAGER)
    assert [f"899:employment:{number}" in series.known.keys("Employment") for number in (100, 101, 102)] == [
        True, False, False,
    ]  # fmt: skip
