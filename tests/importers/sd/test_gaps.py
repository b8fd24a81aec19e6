"""A look-up without an answer, and an answer without a part, take nothing away; SD is asked again."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import pytest

from graph.statements.statement import Statement
from importers.pipeline.brake import BrakeSettings
from importers.pipeline.import_run import run_import
from importers.sd.client import Body, Client
from importers.sd.errors import NoAnswer, ServiceFault, Unreadable
from sample.sd_service.state import Address, ParentPeriod, Person, Position
from tests.graph.snapshot import snapshot
from tests.importers.known import KEYRING, Applied
from tests.importers.sd.answering import Parameters, answers, emptied, fault
from tests.importers.sd.klit import (
    B110,
    B190,
    BO,
    BU00,
    DORTE,
    EVA,
    LOWEST,
    NY1,
    OPEN,
    TODAY,
    UNKNOWN_START,
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

KEY = employment(BO, "81200")
ORGANISATION, DEPARTMENT, PERSON = "GetOrganization20111201", "GetDepartment20111201", "GetPerson20111201"
TIMELINE, POSITIONS = "GetEmploymentChanged20111201", "GetProfession20080201"
NOBODY = "DepartmentUUIDIdentifier was not found."


def everything(payroll: Payroll) -> dict[tuple[str, str], Statement]:
    return {key: statement for key, (statement, _) in payroll.known.kept.items()}


def rules(applied: Applied, *leave_out: str) -> set[str]:
    return {each.rule for each in applied.problems} - {*leave_out}


def touched(payroll: Payroll, cpr: str = BO, number: str = "81200", at: str = "2026-03-02 09:00") -> None:
    """Something of the employment is registered that changes nothing but its title, so that a delta asks for it."""
    payroll.at(at)
    payroll.change(cpr, number, lambda each: replace(each, jobs=(each.jobs[0]._replace(title=f"Titel {at[-5:]}"),)))


@contextmanager
def without_department(uuid: str, answer: str) -> Iterator[None]:
    def replaced(operation: str, asked: Parameters, told: str) -> str:
        if operation == DEPARTMENT and asked.get("DepartmentUUIDIdentifier") == uuid:
            return emptied(operation, told) if answer == "empty" else fault(answer)
        return told

    with answers(replaced):
        yield


@pytest.mark.parametrize("levels", [frozenset(), frozenset({LOWEST})])
@pytest.mark.parametrize("answer", ["empty", NOBODY, "something else went wrong"])
def test_a_department_without_an_answer_keeps_its_people(payroll: Payroll, answer: str, levels: frozenset[str]) -> None:
    payroll.read(excluded_levels=levels)
    before = everything(payroll)["Employment", KEY]
    touched(payroll)
    with without_department(B190, answer):
        applied = payroll.read(excluded_levels=levels)
    assert everything(payroll)["Employment", KEY].links == before.links
    assert [(each.kind, each.key, each.rule) for each in applied.problems] == [("Unit", unit(B190), "no_answer")]
    # Nothing new is registered: it is asked for again all the same, and let go.
    payroll.at("2026-03-02 10:00")
    payroll.service.calls.clear()
    assert payroll.read(excluded_levels=levels).problems == []
    asked = [each for operation, each in payroll.service.calls if operation == DEPARTMENT]
    assert B190 in {each.get("DepartmentUUIDIdentifier") for each in asked}
    payroll.at("2026-03-02 11:00")
    payroll.service.calls.clear()
    payroll.read(excluded_levels=levels)
    assert TIMELINE not in payroll.service.operations_asked()


def test_an_unknown_department_without_an_answer_leaves_the_known_place(payroll: Payroll) -> None:
    payroll.read()
    new = "c1b0a7de-0999-4a00-9200-0000012c0001"
    payroll.home.put_department(department(new, "B999", LOWEST, "Ny afdeling", BU00))
    payroll.at("2026-03-02 09:00")
    moved = (place(B190, day("2024-02-15"), day("2026-03-31")), place(new, day("2026-04-01")))
    payroll.change(BO, "81200", lambda each: replace(each, departments=moved))
    with without_department(new, "empty"):
        applied = payroll.read()
    assert rules(applied) == {"unknown_department"}
    for name in ("unit", "paid_in"):
        assert payroll.known.link("Employment", KEY, name, day("2026-05-01")) == unit(B190)
    payroll.at("2026-03-02 10:00")
    assert payroll.read().problems == []
    days = ("2026-03-31", "2026-04-01")
    assert [payroll.known.link("Employment", KEY, "unit", day(each)) for each in days] == [unit(B190), unit(new)]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("part", ["EmploymentDepartment", "Profession", "WorkingTime", "all"])
def test_a_refetch_that_lacks_a_part_blanks_nothing(payroll: Payroll, part: str, whole: bool) -> None:
    payroll.read()
    before = everything(payroll)["Employment", KEY]
    touched(payroll)
    payroll.change(BO, "81200", lambda each: replace(each, jobs=(each.jobs[0]._replace(title=""),)))
    parts = ["EmploymentDepartment", "Profession", "WorkingTime"] if part == "all" else [part]

    def replaced(operation: str, asked: Parameters, told: str) -> str:
        if operation != TIMELINE:
            return told
        for each in parts:
            told = re.sub(
                rf"(<EmploymentIdentifier>81200<.*?)<{each}[ >].*?</{each}>(.*?</Employment>)",
                r"\1\2",
                told,
                flags=re.S,
            )
        return told

    with answers(replaced):
        applied = payroll.read(whole=whole)
        assert everything(payroll)["Employment", KEY] == before
        assert rules(applied) == {"missing_part"}
        payroll.at("2026-03-02 10:00")
        assert rules(payroll.read()) == {"missing_part"}  # as long as it lasts
    payroll.at("2026-03-02 11:00")
    assert payroll.read().problems == []
    assert everything(payroll)["Employment", KEY] == before


def test_names_and_protection_that_are_not_sent_stay(payroll: Payroll) -> None:
    payroll.read()
    before = everything(payroll)["Person", person(DORTE)]
    payroll.at("2026-03-02 09:00")
    payroll.home.put_person(Person(DORTE, "", "", Address(), registered=datetime(2026, 3, 2, 8, 30)))
    applied = payroll.read()
    assert everything(payroll)["Person", person(DORTE)].values == before.values
    assert rules(applied) == {"missing_part"}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("levels", [frozenset(), frozenset({LOWEST})])
def test_a_unit_without_any_parent_keeps_its_place_and_its_people(
    payroll: Payroll, levels: frozenset[str], whole: bool
) -> None:
    payroll.read(excluded_levels=levels)
    before = everything(payroll)
    touched(payroll)
    payroll.wrong.histories = {B190: []}

    def replaced(operation: str, asked: Parameters, told: str) -> str:
        return told.replace(B190, "") if operation == ORGANISATION else told

    with answers(replaced):
        applied = payroll.read(whole=whole, excluded_levels=levels)
    after = everything(payroll)
    for key in (("Unit", unit(B190)), ("Employment", KEY), ("Employment", employment(DORTE, "E0042"))):
        assert after[key].links == before[key].links, key
    assert rules(applied) <= {"no_parent"}
    assert whole <= ("no_parent" in rules(applied))


@pytest.mark.parametrize("whole", [False, True])
def test_an_empty_position_list_blanks_no_position(payroll: Payroll, whole: bool) -> None:
    payroll.read()
    before = everything(payroll)
    touched(payroll)

    def replaced(operation: str, asked: Parameters, told: str) -> str:
        return emptied(operation, told) if operation == POSITIONS else told

    with answers(replaced):
        applied = payroll.read(whole=whole)
    assert {key: each for key, each in everything(payroll).items() if key[0] == "Position"} == {
        key: each for key, each in before.items() if key[0] == "Position"
    }
    assert [(each.kind, each.rule) for each in applied.problems] == [("Position", "no_answer")]


def test_a_position_that_has_left_the_list_keeps_its_name(payroll: Payroll) -> None:
    payroll.read()
    payroll.home.put_positions((Position("9022", ""),))
    applied = payroll.read(whole=True)
    assert payroll.known.value("Position", "position:XA:0731", "title", TODAY) == "Pædagog"
    assert rules(applied) == {"unknown_position"}
    assert payroll.known.value("Position", "position:XA:9022", "title", TODAY) == "9022"


def test_an_institution_that_is_not_answered_ends_nothing(payroll: Payroll) -> None:
    second_institution(payroll)
    payroll.read(institutions=("XA", "XB"))

    def replaced(operation: str, asked: Parameters, told: str) -> str:
        is_xb = asked.get("InstitutionIdentifier") == "XB"
        return emptied(operation, told) if operation == "GetInstitution20111201" and is_xb else told

    with answers(replaced), pytest.raises(Unreadable, match="XB"):
        payroll.read(institutions=("XA", "XB"), whole=True)


def test_an_organisation_without_departments_waits_at_the_brake_however_small(payroll: Payroll, clean_graph) -> None:
    run_import(clean_graph, payroll.source(), KEYRING)
    before = snapshot(clean_graph)

    def replaced(operation: str, asked: Parameters, told: str) -> str:
        return emptied(operation, told) if operation == DEPARTMENT else told

    with answers(replaced):
        report = run_import(clean_graph, payroll.source(whole=True), KEYRING, brake=BrakeSettings())
    assert report.brake is not None
    assert "SD sends no department of XA" in report.reasons
    assert snapshot(clean_graph) == before


# -- one thing's fault ----------------------------------------------------------------------------------------------


@contextmanager
def fault_of(*cprs: str, operation: str = TIMELINE) -> Iterator[None]:
    def replaced(asked_for: str, asked: Parameters, told: str) -> str:
        about = {asked.get("PersonCivilRegistrationIdentifier"), _holder(asked.get("EmploymentIdentifier"))}
        return fault(f"Error {hash(told) % 97} in module 4711") if asked_for == operation and about & {*cprs} else told

    with answers(replaced):
        yield


def _holder(number: object) -> str | None:
    return {"81200": BO, "00417": BO, "E0042": DORTE, "00533": EVA}.get(str(number))


@pytest.mark.parametrize("operation", [TIMELINE, PERSON])
def test_one_persons_unknown_fault_is_listed_and_the_others_go_on(payroll: Payroll, operation: str) -> None:
    payroll.read()
    touched(payroll)
    touched(payroll, BO, "00417")  # two employments of one person are no two people
    touched(payroll, DORTE, "E0042")
    payroll.hire(EVA, working("00533", EVA, registered=datetime(2026, 3, 2, 8, 30)))
    with fault_of(BO, operation=operation):
        applied = payroll.read()
        assert payroll.known.exists("Employment", employment(EVA, "00533"), TODAY)
        assert payroll.known.exists("Employment", KEY, TODAY)
        problem = next(each for each in applied.problems if each.rule == "no_answer")
        assert (problem.kind, problem.key, problem.severity) == ("Person", person(BO), "bad")
        assert "Error" in problem.text and BO not in str(applied.problems)
        for hour in (10, 11):  # for as long as it lasts, and with nothing else registered
            payroll.at(f"2026-03-02 {hour}:00")
            assert "no_answer" in rules(payroll.read())
    payroll.at("2026-03-02 12:00")
    assert rules(payroll.read(), "no_position") == set()
    assert payroll.known.value("Employment", KEY, "title", TODAY) == "Titel 09:00"
    payroll.at("2026-03-02 13:00")
    payroll.service.calls.clear()
    payroll.read()
    assert TIMELINE not in payroll.service.operations_asked()


def test_the_same_fault_for_everybody_stops_the_run(payroll: Payroll) -> None:
    payroll.read()
    before = everything(payroll)
    touched(payroll)
    touched(payroll, DORTE, "E0042")
    with fault_of(BO, DORTE), pytest.raises(ServiceFault):
        payroll.read()
    assert everything(payroll) == before
    assert payroll.read().problems == []
    assert payroll.known.value("Employment", KEY, "title", TODAY) == "Titel 09:00"


def test_a_person_with_a_fault_and_no_number_is_asked_for_with_the_window(payroll: Payroll) -> None:
    payroll.read()
    payroll.at("2026-03-02 09:00")
    old = payroll.home.persons[DORTE]
    payroll.home.put_person(replace(old, surname="Nytnavn", registered=datetime(2026, 3, 2, 8, 30)))

    def replaced(operation: str, asked: Parameters, told: str) -> str:
        if operation == "GetPersonChangedAtDate20111201":
            return re.sub("<Employment>.*?</Employment>", "", told, flags=re.S)
        is_dorte = asked.get("PersonCivilRegistrationIdentifier") == DORTE
        return fault("Error 17") if operation == PERSON and is_dorte else told

    with answers(replaced):
        payroll.read()
    payroll.at("2026-03-02 10:00")
    payroll.read()
    assert payroll.known.value("Person", person(DORTE), "surname", TODAY) == "Nytnavn"


def test_one_departments_history_that_fails_stops_no_organisation(payroll: Payroll) -> None:
    payroll.read()
    before = everything(payroll)["Unit", unit(B110)]
    payroll.wrong.histories = {B110: [{"startDate": "gone", "endDate": "9999-12-31", "parentUuid": BU00}]}
    parents = (ParentPeriod(UNKNOWN_START, OPEN, BU00),)
    payroll.home.put_department(replace(department("f" * 8, "BF", NY1, "Ny", BU00), parents=parents))
    payroll.read(whole=True)
    assert everything(payroll)["Unit", unit(B110)] == before
    assert payroll.known.exists("Unit", unit("f" * 8), TODAY)


@pytest.mark.parametrize("parallel", [1, 4])
def test_a_history_that_is_not_answered_leaves_its_department_as_known(
    payroll: Payroll, monkeypatch: pytest.MonkeyPatch, parallel: int
) -> None:
    payroll.read()
    before = everything(payroll)["Unit", unit(B110)]
    asked = Client._history

    def history(client: Client, uuid: str) -> bytes:
        if uuid == B110:
            raise NoAnswer("HTTP 500")
        return asked(client, uuid)

    monkeypatch.setattr(Client, "_history", history)
    payroll.home.put_department(department("f" * 8, "BF", NY1, "Ny", BU00))
    applied = payroll.read(whole=True, parallel_calls=parallel)
    assert everything(payroll)["Unit", unit(B110)] == before
    assert [(each.key, each.rule) for each in applied.problems] == [(unit(B110), "no_answer")]
    assert payroll.known.exists("Unit", unit("f" * 8), TODAY)
    assert ("parents of departments in XA", 5, 5) in payroll.known.stages
    monkeypatch.undo()
    payroll.at("2026-03-03 09:00")  # asked for again with the next look at the organisation
    assert payroll.read(parallel_calls=parallel).problems == []


# -- the order of institutions, and who counts as told --------------------------------------------------------------


@pytest.mark.parametrize("institutions", [("XA", "XB"), ("XB", "XA")])
@pytest.mark.parametrize("delta", [False, True])
def test_the_order_of_institutions_decides_no_employment(
    payroll: Payroll, institutions: tuple[str, ...], delta: bool
) -> None:
    other = second_institution(payroll)
    if delta:
        payroll.read(institutions=institutions)
    payroll.at("2026-03-02 09:00")
    registered = datetime(2026, 3, 2, 8, 30)
    payroll.home.put_person(Person(EVA, "Eva", "Prøve", registered=registered))
    payroll.home.put_employment(working("00533", EVA, registered=registered))
    other.put_person(Person(EVA, "Eva", "Prøve", registered=registered))
    other.put_employment(working("00533", EVA, at="b" * 8, registered=registered))
    payroll.wrong.lacking = {f"XB/{EVA}"}
    applied = payroll.read(institutions=institutions)
    assert applied.problems == []
    for code in ("XA", "XB"):
        assert payroll.known.exists("Employment", employment(EVA, "00533", code), TODAY)


@pytest.mark.parametrize("whole", [False, True])
def test_a_person_that_is_refused_is_not_imported_and_has_no_employment(payroll: Payroll, whole: bool) -> None:
    payroll.read()
    payroll.at("2026-03-02 09:00")
    payroll.hire(EVA, working("00533", EVA, registered=datetime(2026, 3, 2, 8, 30)))

    def replaced(operation: str, asked: Parameters, told: str) -> str:
        return told.replace(f">{EVA}</PersonCivil", f">{EVA[:9]}</PersonCivil") if operation == PERSON else told

    with answers(replaced):
        applied = payroll.read(whole=whole)
    assert employment(EVA, "00533") not in payroll.known.keys("Employment")
    assert not [each for each in payroll.known.keys("Employment") if "00533" in each]
    assert "unknown_person" in rules(applied)


def test_a_parent_that_is_not_answered_for_stops_no_organisation(payroll: Payroll) -> None:
    """Without the JSON service, and for a department that is in no path of the tree."""
    payroll.read(json_url=None)
    before = everything(payroll)["Unit", unit(B190)]
    new = "f" * 8
    payroll.home.put_department(department(new, "BF", NY1, "Ny", BU00))

    def replaced(operation: str, asked: Parameters, told: str) -> str:
        if operation == ORGANISATION:
            return told.replace(B190, "")
        is_b190 = asked.get("DepartmentUUIDIdentifier") == B190
        return fault("Error 17") if operation == "GetDepartmentParent20190701" and is_b190 else told

    with answers(replaced):
        applied = payroll.read(whole=True, json_url=None)
    assert everything(payroll)["Unit", unit(B190)] == before
    assert (unit(B190), "no_answer") in [(each.key, each.rule) for each in applied.problems]
    assert payroll.known.exists("Unit", unit(new), TODAY)


@pytest.mark.parametrize("wrong", [NoAnswer("HTTP 500"), Unreadable("cut off")])
def test_a_look_up_by_code_without_an_answer_stops_no_delta(
    payroll: Payroll, monkeypatch: pytest.MonkeyPatch, wrong: Exception
) -> None:
    payroll.read()
    before = everything(payroll)["Employment", KEY]
    payroll.wrong.no_department_uuid = True
    touched(payroll)
    payroll.hire(EVA, working("00533", EVA, registered=datetime(2026, 3, 2, 8, 30)))
    asked = Client.ask

    def ask(client: Client, operation: str, parameters: Parameters) -> Body:
        if operation == DEPARTMENT and "DepartmentIdentifier" in parameters:
            raise wrong
        return asked(client, operation, parameters)

    monkeypatch.setattr(Client, "ask", ask)
    applied = payroll.read()
    assert everything(payroll)["Employment", KEY].links == before.links
    assert payroll.known.exists("Employment", employment(EVA, "00533"), TODAY)
    assert rules(applied, "no_department") == {"no_answer", "unknown_department"}
    monkeypatch.undo()
    payroll.wrong.no_department_uuid = False
    payroll.at("2026-03-02 14:00")
    payroll.read()
    assert payroll.known.link("Employment", employment(EVA, "00533"), "unit", TODAY) == unit(B190)
