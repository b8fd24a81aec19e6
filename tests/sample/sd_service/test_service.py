"""The stand-in checks and answers as sd.md §7 says; else the importer's tests would prove nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import httpx
import pytest
from lxml import etree

from sample.sd_service.app import Running, Service, serve
from sample.sd_service.state import LEVELS, OPEN, Contact, ParentPeriod, Status
from tests.importers.sd.klit import B110, B190, BO, BU00, BUAB, DORTE, NOW, UNKNOWN_START, day, klit

SURE = {"InstitutionIdentifier": "XA"}
TODAY = {"EffectiveDate": "02.03.2026", "StatusActiveIndicator": "true"}
EVER = {"ActivationDate": "01.01.0001", "DeactivationDate": "31.12.9999"}
PARTS = {
    "DepartmentIndicator": "true",
    "EmploymentStatusIndicator": "true",
    "ProfessionIndicator": "true",
    "WorkingTimeIndicator": "true",
    "UUIDIndicator": "true",
}


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    with serve(Service(klit())) as running:
        yield running


@pytest.fixture
def sd(served: Running) -> Running:
    served.service.use(klit())
    return served


def get(sd: Running, operation: str, **asked: Any) -> httpx.Response:
    auth = (sd.service.state.user, sd.service.state.password)
    return httpx.get(f"{sd.url}/sdws/{operation}", params=asked, auth=auth)


def answer(sd: Running, operation: str, **asked: Any) -> etree._Element:
    told = get(sd, operation, **asked)
    assert told.status_code == 200
    return etree.fromstring(told.content)


def fault(sd: Running, operation: str, **asked: Any) -> str:
    root = answer(sd, operation, **asked)
    assert root.tag == "Envelope"
    text = root.findtext("Body/Fault/faultstring") or ""
    assert root.findtext("Body/Fault/detail/string") == f'Missing or invalid parameter from client: "{text}"'
    return text


def numbers(root: etree._Element) -> list[str]:
    return [each.text or "" for each in root.iterfind("Person/Employment/EmploymentIdentifier")]


@pytest.mark.parametrize(
    ("user", "password", "status"),
    [("SYKLIT", "stand-in", 200), ("syklit", "stand-in", 200), ("SYKLIT", "wrong", 401), ("klit", "stand-in", 401)],
)
def test_basic_authentication_with_a_user_that_begins_with_sy(
    sd: Running, user: str, password: str, status: int
) -> None:
    told = httpx.get(f"{sd.url}/sdws/GetProfession20080201", params=SURE, auth=(user, password))
    assert told.status_code == status
    assert ("www-authenticate" in told.headers) == (status == 401)


def test_an_unknown_operation_is_not_found(sd: Running) -> None:
    assert get(sd, "GetNothing").status_code == 404


def test_post_works_as_get(sd: Running) -> None:
    auth = (sd.service.state.user, sd.service.state.password)
    told = httpx.post(f"{sd.url}/sdws/GetProfession20080201", data=SURE, auth=auth)
    assert etree.fromstring(told.content).tag == "GetProfession20080201"


def test_the_echo_has_iso_dates_and_every_indicator(sd: Running) -> None:
    echo = answer(sd, "GetEmployment20111201", **SURE, **TODAY, ProfessionIndicator="True").find("RequestStructure")
    assert echo is not None
    told = {str(each.tag): each.text for each in echo}
    assert (told["EffectiveDate"], told["ProfessionIndicator"]) == ("2026-03-02", "true")
    assert told["DepartmentIndicator"] == told["StatusPassiveIndicator"] == "false"


def test_names_are_case_sensitive_and_unknown_ones_ignored(sd: Running) -> None:
    assert "InstitutionIdentifier is missing" in fault(sd, "GetProfession20080201", institutionidentifier="XA")
    answer(sd, "GetProfession20080201", **SURE, StatusPassiveIndicator="true")


@pytest.mark.parametrize("written", ["02.03.2026", "2026-03-02"])
def test_dates_in_both_forms(sd: Running, written: str) -> None:
    asked = {**TODAY, "EffectiveDate": written}
    assert numbers(answer(sd, "GetEmployment20111201", **SURE, **asked, **PARTS)) == ["00417", "81200", "E0042"]


@pytest.mark.parametrize(
    ("operation", "asked", "text"),
    [
        ("GetEmployment20111201", {**SURE, "EffectiveDate": "02.03.2026"}, "must be true"),
        ("GetEmployment20111201", {**SURE, **TODAY, "EffectiveDate": "1.1.1"}, "not a date"),
        ("GetEmployment20111201", {**SURE, **TODAY, "EffectiveDate": "01.01.2020"}, "5 years"),
        ("GetEmployment20111201", {**SURE, "StatusActiveIndicator": "true"}, "EffectiveDate is missing"),
        ("GetEmployment20111201", {"InstitutionIdentifier": "XZ", **TODAY}, "'XZ' does not exist"),
        (
            "GetEmploymentChanged20111201",
            {**SURE, "ActivationDate": "02.03.2026", "DeactivationDate": "01.03.2026"},
            "after DeactivationDate",
        ),
        (
            "GetEmploymentChanged20111201",
            {**SURE, **EVER, "EmploymentIdentifier": "00999"},
            "The stated EmploymentIdentifier '00999' does not exist",
        ),
        (
            "GetPerson20111201",
            {**SURE, **TODAY, "PersonCivilRegistrationIdentifier": "3004622205"},
            "The stated PersonCivilRegistrationIdentifier '3004622205' does not exist.",
        ),
        (
            "GetDepartment20111201",
            {**SURE, **EVER, "DepartmentUUIDIdentifier": "x"},
            "DepartmentUUIDIdentifier was not found.",
        ),
        ("GetDepartment20111201", {**SURE, **EVER, "ProductionUnitIndicator": "true"}, "needs PostalAddress"),
        ("GetDepartment20111201", {**SURE, **EVER, "InstitutionUUIDIdentifier": "x"}, "both given"),
        (
            "GetEmploymentChangedAtDate20111201",
            {**SURE, "ActivationDate": "01.01.2026", "DeactivationDate": "02.03.2026"},
            "30 days",
        ),
        (
            "GetEmploymentChangedAtDate20111201",
            {
                **SURE,
                "ActivationDate": "01.03.2026",
                "DeactivationDate": "02.03.2026",
                "DepartmentIdentifier": "B110",
                "FutureInformationIndicator": "true",
            },
            "must not be given",
        ),
        ("GetInstitution20111201", {"RegionIdentifier": "XK", **SURE}, "Exactly one"),
    ],
)
def test_a_wrong_question_is_a_fault_with_http_200(
    sd: Running, operation: str, asked: dict[str, str], text: str
) -> None:
    assert text in fault(sd, operation, **asked)


def test_thirteen_months_are_a_switch(sd: Running) -> None:
    assert len(numbers(answer(sd, "GetEmploymentChanged20111201", **SURE, **EVER, **PARTS))) == 3
    sd.service.state.thirteen_months = True
    assert "13 months" in fault(sd, "GetEmploymentChanged20111201", **SURE, **EVER, **PARTS)


def test_what_is_not_asked_for_is_absent(sd: Running) -> None:
    root = answer(sd, "GetEmploymentChanged20111201", **SURE, **EVER, EmploymentStatusIndicator="true")
    assert {each.tag for each in root.iterfind("Person/Employment/*")} == {
        "EmploymentIdentifier",
        "EmploymentDate",
        "AnniversaryDate",
        "EmploymentStatus",
    }
    bare = answer(sd, "GetDepartment20111201", **SURE, **EVER).find("Department")
    assert bare is not None
    assert bare.find("DepartmentUUIDIdentifier") is None
    assert bare.find("DepartmentName") is None


def test_get_employment_tells_the_periods_of_one_day_with_their_true_dates(sd: Running) -> None:
    asked = {**TODAY, "EmploymentIdentifier": "00417"}
    root = answer(sd, "GetEmployment20111201", **SURE, **asked, **PARTS)
    status = root.findall("Person/Employment/EmploymentStatus")
    assert [(each.findtext("EmploymentStatusCode"), each.findtext("ActivationDate")) for each in status] == [
        ("3", "2025-11-01")
    ]


def test_get_employment_changed_tells_what_begins_in_the_window(sd: Running) -> None:
    window = {"ActivationDate": "03.03.2026", "DeactivationDate": "31.12.9999"}
    root = answer(sd, "GetEmploymentChanged20111201", **SURE, **window, **PARTS)
    begins = [each.findtext("ActivationDate") for each in root.iterfind("Person/Employment/*") if len(each)]
    assert begins == ["2026-06-01", "2026-04-01", "2027-07-01"]


def registered(sd: Running, start: str, end: str, **more: str) -> etree._Element:
    window = {
        "ActivationDate": "02.03.2026",
        "ActivationTime": start,
        "DeactivationDate": "02.03.2026",
        "DeactivationTime": end,
    }
    return answer(sd, "GetEmploymentChangedAtDate20111201", **SURE, **window, **PARTS, **more)


def test_a_window_of_registration_includes_its_last_minute(sd: Running) -> None:
    home = sd.service.state.institutions["XA"]
    old = home.employments[DORTE, "E0042"]
    moment = datetime(2026, 3, 2, 7, 59, 40)
    home.put_employment(replace(old, statuses=(Status(day("2019-08-01"), OPEN, "3", moment),)))
    assert numbers(registered(sd, "07:00", "07:58")) == []
    assert numbers(registered(sd, "07:00", "07:59")) == ["E0042"]
    assert numbers(registered(sd, "08:00", "08:10")) == []
    part = registered(sd, "07:00:00", "07:59:00").find("Person/Employment/EmploymentStatus")
    assert part is not None
    assert part.get("changedAtDate") == "2026-03-02"


def test_later_periods_of_a_changed_group_come_along_when_asked_for(sd: Running) -> None:
    home = sd.service.state.institutions["XA"]
    old = home.employments[BO, "00417"]
    news = tuple(each._replace(registered=NOW) if each.code == "3" else each for each in old.statuses)
    home.put_employment(replace(old, statuses=news))

    def codes(root: etree._Element) -> list[str | None]:
        return [each.findtext("EmploymentStatusCode") for each in root.iterfind("Person/Employment/EmploymentStatus")]

    assert codes(registered(sd, "08:00", "08:10")) == ["3"]
    assert codes(registered(sd, "08:00", "08:10", FutureInformationIndicator="true")) == ["3", "1", "9"]


def test_paths_go_from_the_leaf_up_and_one_stretch_is_one_structure(sd: Running) -> None:
    asked = {"ActivationDate": "01.06.2025", "DeactivationDate": "02.03.2026", "UUIDIndicator": "true"}
    root = answer(sd, "GetOrganization20111201", **SURE, **asked)
    stretches = root.findall("Organization")
    dates = [(each.findtext("ActivationDate"), each.findtext("DeactivationDate")) for each in stretches]
    assert dates == [("1900-01-01", "2025-06-30"), ("2025-07-01", "2026-03-02")]
    paths = [
        [each.text for each in leaf.iter("DepartmentIdentifier")]
        for leaf in stretches[1].iterfind("DepartmentReference")
    ]
    assert paths == [["B110", "BUAB", "BU00"], ["B190", "BU00"]]
    level = "OrganizationStructure" + "/DepartmentLevelReference" * 3 + "/DepartmentLevelIdentifier"
    assert root.findtext(level) == LEVELS[3]


def test_a_department_that_is_no_parent_of_a_leaf_is_in_no_path(sd: Running) -> None:
    home = sd.service.state.institutions["XA"]
    old = home.departments[B110]
    home.put_department(replace(old, parents=(ParentPeriod(UNKNOWN_START, OPEN, BU00),)))
    asked = {"ActivationDate": "02.03.2026", "DeactivationDate": "02.03.2026", "UUIDIndicator": "true"}
    root = answer(sd, "GetOrganization20111201", **SURE, **asked)
    assert BUAB not in {each.text for each in root.iter("DepartmentUUIDIdentifier")}


def test_contact_is_filled_where_one_of_two_is_set(sd: Running) -> None:
    asked = {**EVER, "DepartmentUUIDIdentifier": B110.upper(), "ContactInformationIndicator": "true"}
    root = answer(sd, "GetDepartment20111201", **SURE, **asked)
    told = root.findall("Department")[1].find("ContactInformation")
    assert told is not None
    assert [each.text for each in told] == ["00000000", "99887711", "klitten@klitkoebing.example", "Empty@Empty"]


def test_only_the_lowest_level_on_demand(sd: Running) -> None:
    root = answer(sd, "GetDepartment20111201", **SURE, **EVER, EmploymentDepartmentIndicator="true")
    assert [each.text for each in root.iterfind("Department/DepartmentIdentifier")] == ["B110", "B110", "B190"]


def test_parents_on_a_day_and_over_time(sd: Running) -> None:
    parent = "DepartmentParent/DepartmentUUIDIdentifier"
    found = [
        answer(sd, "GetDepartmentParent20190701", EffectiveDate=each, DepartmentUUIDIdentifier=B110).findtext(parent)
        for each in ("30.06.2025", "01.07.2025")
    ]
    assert found == [BU00, BUAB]
    base = f"{sd.url}/api-gateway/organization/public/api/v1/organizations/uuids"
    auth = (sd.service.state.user, sd.service.state.password)
    told = httpx.get(f"{base}/{B190}/department-parent-history", auth=auth).json()
    assert told == [{"startDate": "1900-01-01", "endDate": "9999-12-31", "parentUuid": BU00}]
    assert httpx.get(f"{base}/unknown/department-parent-history", auth=auth).status_code == 404


def test_passive_persons_on_demand(sd: Running) -> None:
    home = sd.service.state.institutions["XA"]
    old = home.employments[DORTE, "E0042"]
    home.put_employment(replace(old, statuses=(Status(day("2019-08-01"), OPEN, "8"),), contact=Contact("1234")))
    assert "E0042" not in numbers(answer(sd, "GetPerson20111201", **SURE, **TODAY))
    assert "E0042" in numbers(answer(sd, "GetPerson20111201", **SURE, **TODAY, StatusPassiveIndicator="true"))


@pytest.mark.parametrize(("hour", "is_open"), [(5, False), (6, True), (21, True), (22, False)])
def test_opening_hours_are_kept_on_demand(sd: Running, hour: int, is_open: bool) -> None:
    state = sd.service.state
    state.keeps_hours = True
    state.clock.set(datetime.combine(date(2026, 3, 2), datetime.min.time()).replace(hour=hour, minute=30))
    told = get(sd, "GetProfession20080201", **SURE)
    assert told.status_code == 200
    assert ("The webservice has failed" in told.text) != is_open


def test_misbehaviour_is_counted_down(sd: Running) -> None:
    sd.service.misbehaviour.closed = 1
    sd.service.misbehaviour.broken = 1
    told = [get(sd, "GetProfession20080201", **SURE) for _ in range(3)]
    assert "has failed" in told[0].text
    assert [each.status_code for each in told] == [200, 503, 200]
    assert B190 in answer(sd, "GetDepartment20111201", **SURE, **EVER, UUIDIndicator="true").xpath("string()")
