"""One thing of an answer that can't be read is a bad record; it stays as it was known, and the rest is taken."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from importers.sd import source
from importers.sd.client import Body, Client
from importers.source import SourceError
from sample.sd_service.state import Job, Position
from tests.importers.sd.klit import (
    B110,
    B190,
    BO,
    BU00,
    BUAB,
    DORTE,
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
    unit,
    working,
)

NEW = "c1b0a7de-0777-4a00-9200-0000012c0001"
DEPARTMENTS, TREE = "GetDepartment20111201", "GetOrganization20111201"
EMPLOYMENTS, CHANGED = "GetEmploymentChanged20111201", "GetEmploymentChangedAtDate20111201"
POSITIONS = "GetProfession20080201"
UUID = "<DepartmentUUIDIdentifier>{}</DepartmentUUIDIdentifier>"
Spoil = Callable[..., None]


class Spoiled(Client):
    """The stand-in's answers, with a text in those of an operation replaced (once in each)."""

    texts: dict[str, tuple[str, str]] = {}  # noqa: RUF012 - of the class, which the source makes objects of

    def ask(self, operation: str, parameters) -> Body:
        body = super().ask(operation, parameters)
        if operation in self.texts:
            before, after = self.texts[operation]
            content = body.read().decode()
            body.seek(0)
            body.truncate()
            body.write(content.replace(before, after, 1).encode())
            body.seek(0)
        return body


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Iterator[Spoil]:
    monkeypatch.setattr(source, "Client", Spoiled)
    Spoiled.texts = {}
    yield lambda operation, before, after="": Spoiled.texts.update({operation: (before, after)})
    Spoiled.texts = {}


def everything(payroll: Payroll):
    return {key: statement for key, (statement, _) in payroll.known.kept.items()}


def unreadable(applied):
    return [(each.key, each.field) for each in applied.problems if each.rule == "unreadable"]


@pytest.mark.parametrize("levels", [set(), {LOWEST}])
def test_a_department_with_a_date_that_is_invalid_stays_with_all_that_hangs_on_it(
    payroll: Payroll, spoil: Spoil, levels: set[str]
) -> None:
    payroll.read(excluded_levels=levels)
    before = everything(payroll)
    spoil(DEPARTMENTS, "<ActivationDate>2025-07-01<", "<ActivationDate>2025-13-01<")
    payroll.home.put_department(department(NEW, "B777", NY1, "Ny", BU00))
    applied = payroll.read(whole=True, excluded_levels=levels)
    assert unreadable(applied) == [(unit(B110), "ActivationDate")]
    assert "2025-13-01" not in str(applied.problems)
    assert payroll.known.exists("Unit", unit(NEW), TODAY)
    assert {key: each for key, each in everything(payroll).items() if key in before} == before
    Spoiled.texts = {}
    assert unreadable(payroll.read(whole=True, excluded_levels=levels)) == []
    assert {key: each for key, each in everything(payroll).items() if key in before} == before


def test_a_new_department_that_cannot_be_read_is_shown_and_taken_once_mended(payroll: Payroll, spoil: Spoil) -> None:
    spoil(DEPARTMENTS, "<ActivationDate>2025-07-01<", "<ActivationDate><")
    applied = payroll.read()
    assert unreadable(applied) == [(unit(B110), "ActivationDate")]
    assert payroll.known.statement("Unit", unit(B110)) is None
    assert payroll.known.exists("Unit", unit(B190), TODAY)
    assert payroll.known.value("Employment", employment(BO, "00417"), "position_code", TODAY) == "0731"
    Spoiled.texts = {}
    payroll.read(whole=True)
    assert payroll.known.link("Employment", employment(BO, "00417"), "unit", TODAY) == unit(B110)


@pytest.mark.parametrize("uuid", [B190, B110, BUAB])
def test_a_department_that_has_lost_its_uuid_is_not_ended(payroll: Payroll, spoil: Spoil, uuid: str) -> None:
    """B110 has two periods, of which only one has lost it: the other alone would end the unit."""
    payroll.read()
    before = everything(payroll)
    spoil(DEPARTMENTS, UUID.format(uuid))
    applied = payroll.read(whole=True)
    assert unreadable(applied) == [(unit(uuid), "DepartmentUUIDIdentifier")]
    assert everything(payroll) == before


def test_an_unknown_department_without_uuid_is_shown_with_its_code(payroll: Payroll, spoil: Spoil) -> None:
    payroll.home.put_department(department(NEW, "B777", NY1, "Ny", BU00))
    spoil(DEPARTMENTS, UUID.format(NEW))
    applied = payroll.read()
    (problem,) = (each for each in applied.problems if each.rule == "unreadable")
    assert (problem.kind, problem.key, problem.severity) == ("Unit", "", "bad")
    assert "B777" in problem.text
    assert payroll.known.exists("Unit", unit(B190), TODAY)


def test_a_department_with_neither_uuid_nor_code_may_be_any_so_nothing_is_changed(
    payroll: Payroll, spoil: Spoil
) -> None:
    payroll.read()
    before = everything(payroll)
    spoil(DEPARTMENTS, f"<DepartmentIdentifier>B190</DepartmentIdentifier>{UUID.format(B190)}")
    with pytest.raises(SourceError, match="neither UUID nor code"):
        payroll.read(whole=True)
    assert everything(payroll) == before


@pytest.mark.parametrize("history", [[{"startDate": "soon", "endDate": "9999-12-31", "parentUuid": BU00}], [{}]])
def test_a_parent_history_that_cannot_be_read_leaves_its_unit_where_it_is(
    payroll: Payroll, history: list[dict[str, str]]
) -> None:
    payroll.read()
    before = everything(payroll)
    payroll.wrong.histories[B190] = history
    applied = payroll.read(whole=True)
    assert unreadable(applied) == [(unit(B190), "parent")]
    assert everything(payroll) == before


def test_in_a_delta_people_stay_in_a_department_that_cannot_be_read(payroll: Payroll, spoil: Spoil) -> None:
    payroll.read()
    payroll.at("2026-03-02 10:00")
    payroll.change(BO, "81200", lambda each: replace(each, jobs=(Job(FIRST, OPEN, "0731", "Vikar"),)))
    spoil(DEPARTMENTS, "<ActivationDate>1900-01-01<", "<ActivationDate>0000-00-00<")
    applied = payroll.read()
    assert "registered from" in applied.readings[0]
    assert (unit(B190), "ActivationDate") in unreadable(applied)
    here = employment(BO, "81200")
    assert payroll.known.value("Employment", here, "title", TODAY) == "Vikar"
    assert payroll.known.link("Employment", here, "unit", TODAY) == unit(B190)


def test_a_reference_of_the_tree_without_uuid_is_no_place(payroll: Payroll, spoil: Spoil) -> None:
    """Whose parent the tree does not tell keeps the known one; nobody's parent is the department without name."""
    payroll.read(json_url=None)
    spoil(TREE, UUID.format(BUAB))
    applied = payroll.read(whole=True, json_url=None)
    assert payroll.known.link("Unit", unit(B110), "parent", TODAY) == unit(BUAB)
    assert payroll.known.link("Unit", unit(BU00), "parent", TODAY) == f"institution:{TOP}"
    assert unreadable(applied) == []


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("ActivationDate", "<ActivationDate>2023-01-01<", "<ActivationDate>1. januar<"),
        ("DeactivationDate", "<DeactivationDate>2021-01-31<", "<DeactivationDate>2018-01-31<"),
        ("OccupationRate", "<OccupationRate>0.8649<", "<OccupationRate>nan<"),
        ("OccupationRate", "<OccupationRate>0.8649<", "<OccupationRate>0512904417x<"),
        ("AnniversaryDate", "<AnniversaryDate>2019-08-01<", "<AnniversaryDate>2019<"),
    ],
)
def test_an_employment_that_cannot_be_read_stays_and_the_others_are_taken(
    payroll: Payroll, spoil: Spoil, field: str, before: str, after: str
) -> None:
    payroll.read()
    kept = payroll.known.of("Employment", employment(BO, "00417"))
    payroll.change(DORTE, "E0042", lambda each: replace(each, jobs=(Job(FIRST, OPEN, "0731", "Leder"),)))
    spoil(EMPLOYMENTS, before, after)
    applied = payroll.read(whole=True)
    assert unreadable(applied) == [(employment(BO, "00417"), field)]
    assert BO not in str(applied.problems)
    assert payroll.known.of("Employment", employment(BO, "00417")) == kept
    assert payroll.known.value("Employment", employment(DORTE, "E0042"), "title", TODAY) == "Leder"


@pytest.mark.parametrize("number", ["", "00:41"])
def test_an_employment_without_a_number_of_its_own_is_shown_and_the_next_reading_goes_on(
    payroll: Payroll, spoil: Spoil, number: str
) -> None:
    spoil(EMPLOYMENTS, "<EmploymentIdentifier>81200<", f"<EmploymentIdentifier>{number}<")
    for _ in range(2):
        applied = payroll.read(whole=True)
        assert applied.rules() == ["wrong_number"]
        assert payroll.known.exists("Employment", employment(BO, "00417"), TODAY)


def test_an_absent_employment_that_cannot_be_read_when_asked_for_stays(payroll: Payroll, spoil: Spoil) -> None:
    payroll.read()
    kept = payroll.known.of("Employment", employment(DORTE, "E0042"))
    payroll.wrong.missing[EMPLOYMENTS] = 0.5
    spoil(EMPLOYMENTS, "<EmploymentStatusCode>1<", "<EmploymentStatusCode>Q<")
    applied = payroll.read(whole=True)
    assert "unknown_status" in applied.rules()
    assert payroll.known.of("Employment", employment(DORTE, "E0042")) == kept


@pytest.mark.parametrize("cpr", ["", "0512", "０５１２９０４４１７"])
def test_a_change_without_a_person_is_listed_and_its_employment_looked_up_by_number(
    payroll: Payroll, spoil: Spoil, cpr: str
) -> None:
    payroll.read()
    payroll.at("2026-03-02 10:00")
    payroll.change(BO, "81200", lambda each: replace(each, jobs=(Job(FIRST, OPEN, "0731", "Vikar"),)))
    payroll.service.calls.clear()
    spoil(CHANGED, f">{BO}<", f">{cpr}<")
    applied = payroll.read()
    assert applied.rules() == ["wrong_cpr"]
    asked = [asked for operation, asked in payroll.service.calls if operation == "GetPerson20111201"]
    assert [each.get("PersonCivilRegistrationIdentifier") for each in asked] == [BO], (
        "to none SD answers with everybody"
    )
    assert payroll.known.value("Employment", employment(BO, "81200"), "title", TODAY) == "Vikar"
    spoil(CHANGED, "<never", "")
    payroll.at("2026-03-02 14:00")  # the window of the next run no longer has the change
    assert payroll.read().problems == []


def test_a_delta_reads_a_person_whose_number_is_not_ten_digits_by_the_employments_numbers(payroll: Payroll) -> None:
    """cpr.md §6: kept under SD's own identifier, so what payroll changes counts for this person too."""
    wrong = "123456789"
    payroll.hire(wrong, working("00533", wrong, at=B190), "Else Ukendt")
    payroll.read()
    key = employment(wrong, "00533")
    assert payroll.known.link("Employment", key, "unit", TODAY) == unit(B190)
    payroll.at("2026-03-02 10:00")
    payroll.change(wrong, "00533", lambda each: replace(each, departments=(place(B110, date(2024, 1, 1)),)))
    payroll.hire("987654321", working("00534", "987654321", registered=payroll.state.clock.now()), "Ny Ukendt")
    applied = payroll.read()
    assert applied.rules() == ["wrong_cpr"], "the new person is shown, and known from now on"
    assert payroll.known.link("Employment", key, "unit", TODAY) == unit(B110)
    assert payroll.known.exists("Employment", employment("987654321", "00534"), TODAY)
    assert payroll.known.value("Person", person("987654321"), "surname", TODAY) == "Ukendt"
    payroll.at("2026-03-02 14:00")
    assert "again" not in payroll.known.cursor and payroll.read().changed == []


def test_an_entry_of_the_position_list_without_level_or_code_is_shown_and_the_known_one_stays(
    payroll: Payroll, spoil: Spoil
) -> None:
    payroll.home.put_positions((Position("9022", ""), Position("0731", "Pædagog"), Position("0730", "Medhjælper")))
    payroll.read()
    before = everything(payroll)
    spoil(POSITIONS, "<JobPositionLevelCode>0</JobPositionLevelCode>")
    assert unreadable(payroll.read(whole=True)) == [("position:XA:9022", "JobPositionLevelCode")]
    assert everything(payroll) == before
    spoil(POSITIONS, "<JobPositionIdentifier>0730</JobPositionIdentifier>")
    applied = payroll.read(whole=True)
    assert unreadable(applied) == [("", "JobPositionIdentifier")]
    assert payroll.known.exists("Position", "position:XA:0731", day("2026-03-02"))


@pytest.mark.parametrize("turned", [False, True])
def test_a_position_that_the_list_has_twice_is_the_same_in_every_run(payroll: Payroll, turned: bool) -> None:
    """Pitfall 53: repeated runs do not flip."""
    rest = (Position("0730", "Pædagogmedhjælper"), Position("9022", "Timeløn"))
    both = [Position("0700", "Dagtilbud", "2", (Position("0731", "Pædagog"), *rest)), Position("0731", "Lærer")]
    payroll.home.put_positions(tuple(both[::-1] if turned else both))
    assert payroll.read().rules() == ["told_twice"]
    assert payroll.known.value("Position", "position:XA:0731", "title", TODAY) == "Lærer"
    assert payroll.read(whole=True).changed == []
    payroll.home.put_positions(tuple(both if turned else both[::-1]))
    assert payroll.read(whole=True).changed == []


def test_an_employment_that_is_sent_twice_is_taken_once_and_shown(payroll: Payroll, spoil: Spoil) -> None:
    second = (
        f"<Person><PersonCivilRegistrationIdentifier>{BO}</PersonCivilRegistrationIdentifier><Employment>"
        "<EmploymentIdentifier>81200</EmploymentIdentifier><EmploymentStatus><ActivationDate>2024-02-15"
        "</ActivationDate><DeactivationDate>9999-12-31</DeactivationDate><EmploymentStatusCode>3"
        "</EmploymentStatusCode></EmploymentStatus></Employment></Person>"
    )
    spoil(EMPLOYMENTS, f"</{EMPLOYMENTS}>", f"{second}</{EMPLOYMENTS}>")
    assert payroll.read().rules() == ["told_twice"]
    assert payroll.known.value("Employment", employment(BO, "81200"), "status", TODAY) == "1"
    assert payroll.read(whole=True).changed == []


def test_an_employment_without_any_status_is_shown_and_a_known_one_stays(payroll: Payroll, spoil: Spoil) -> None:
    """Whether it exists is told by the status alone."""
    status = "<EmploymentStatus><ActivationDate>2024-02-15</ActivationDate><DeactivationDate>9999-12-31"
    spoil(EMPLOYMENTS, f"{status}</DeactivationDate><EmploymentStatusCode>1</EmploymentStatusCode></EmploymentStatus>")
    assert payroll.read().rules() == ["no_status"]
    Spoiled.texts, removed = {}, dict(Spoiled.texts)
    payroll.read(whole=True)
    kept = payroll.known.of("Employment", employment(BO, "81200"))
    Spoiled.texts = removed
    assert payroll.read(whole=True).rules() == ["no_status"]
    assert payroll.known.of("Employment", employment(BO, "81200")) == kept
