"""How SD's answers are read (sd.md §6, pitfalls 1 to 12), against the stand-in over HTTP."""

import io
from dataclasses import replace
from datetime import date

import httpx
import pytest
from lxml import etree

from graph.time import Period
from importers.sd import answers
from importers.sd.answers import Parts
from importers.sd.client import Client, sd_day
from importers.sd.employment_mapping import employment as mapped
from importers.sd.errors import AccessRejected, ServiceFault, Unavailable, Unreadable
from importers.sd.operations import Operations
from importers.source import SourceError
from sample.sd_service.state import Contact, Status
from tests.importers.known import told_values
from tests.importers.sd.klit import (
    B110,
    B190,
    BO,
    BU00,
    DORTE,
    LOWEST,
    OPEN,
    TODAY,
    Payroll,
    department,
    employment,
    person,
    unit,
)
from tests.importers.sd.klit import day as a_day
from tests.importers.sd.pure import HOLDER, SETTINGS, told

EMPLOYED = "GetEmploymentChanged20111201"


def operations(payroll: Payroll, client: Client) -> Operations:
    return Operations(client, payroll.settings(), TODAY)


def test_pitfall_1_a_fault_is_raised_with_its_text_and_is_not_no_data(payroll: Payroll) -> None:
    payroll.read()
    with Client(payroll.settings(), payroll.now) as client, pytest.raises(ServiceFault) as fault:
        list(operations(payroll, client).employments("XA", number="00999"))
    assert "The stated EmploymentIdentifier '00999' does not exist" in str(fault.value)
    with pytest.raises(SourceError, match="XZ"):
        payroll.read(whole=True, institutions=("XZ",))
    assert payroll.known.exists("Employment", employment(BO, "00417"), TODAY)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("ask", "kind"),
    [({"number": "00999"}, "unknown_employment"), ({"cpr": "3004622205"}, "unknown_person")],
)
def test_pitfall_2_a_fault_is_recognised_in_whatever_wrapping(
    payroll: Payroll, wrapped: bool, ask: dict[str, str], kind: str
) -> None:
    payroll.wrong.wrapped_faults = wrapped
    with Client(payroll.settings(), payroll.now) as client, pytest.raises(ServiceFault) as fault:
        list(operations(payroll, client).employments("XA", **ask))
    assert fault.value.kind == kind
    assert "3004622205" not in str(fault.value)


def test_pitfall_2_with_and_without_full_stop_it_is_the_same_kind() -> None:
    kinds = {ServiceFault("X", f"\n  DepartmentUUIDIdentifier was not found{stop}\n ").kind for stop in ("", ".")}
    assert kinds == {"unknown_department"}


def test_pitfall_3_a_closed_service_is_waited_for_and_changes_nothing(payroll: Payroll) -> None:
    payroll.read()
    payroll.wrong.closed = 2
    assert payroll.read(whole=True).changed == []
    assert payroll.pauses == [2.0, 4.0]
    payroll.wrong.closed = 100
    with pytest.raises(Unavailable, match="internal error"):
        payroll.read(whole=True)
    assert payroll.known.exists("Employment", employment(BO, "00417"), TODAY)


@pytest.mark.parametrize("trouble", ["broken", "cut", "hangs"])
def test_pitfall_3_other_temporary_trouble_is_tried_again_too(payroll: Payroll, trouble: str) -> None:
    setattr(payroll.wrong, trouble, 1)
    payroll.wrong.only = "GetPerson"
    payroll.wrong.hang_seconds = 6.0
    payroll.read(timeout_seconds=3 if trouble == "hangs" else 20)
    assert payroll.pauses == [2.0]
    assert payroll.known.exists("Employment", employment(BO, "00417"), TODAY)


@pytest.mark.parametrize(
    ("operation", "status", "told"),
    [
        ("GetPerson", 200, "a web page came instead of SD's answer (HTTP 200, text/html)"),
        ("department-parent-history", 200, "a web page came instead of SD's answer (HTTP 200, text/html)"),
        ("GetPerson", 502, "HTTP 502, text/html"),
    ],
)
def test_a_proxys_page_is_named_as_one_and_not_quoted(payroll: Payroll, operation: str, status: int, told: str) -> None:
    payroll.wrong.only, payroll.wrong.page_status, payroll.wrong.pages = operation, status, 1
    payroll.read()
    assert payroll.pauses == [2.0]
    payroll.wrong.pages = 100
    with pytest.raises(Unavailable) as unavailable:
        payroll.read(whole=True)
    assert told in str(unavailable.value)
    assert "Velkommen" not in str(unavailable.value)


def test_a_refused_user_is_reported_at_once_and_not_tried_again(payroll: Payroll) -> None:
    with pytest.raises(AccessRejected, match="password"):
        payroll.read(password="wrong")
    assert len(payroll.service.calls) == 1
    payroll.wrong.forbidden = True
    with pytest.raises(AccessRejected):
        payroll.read()


def test_pitfall_4_one_of_a_kind_is_a_list_of_one(payroll: Payroll) -> None:
    home = payroll.home
    home.remove_employment(BO, "00417")
    home.remove_employment(BO, "81200")
    for uuid in (B110, BU00):
        home.remove_department(uuid)
    home.remove_department("c1b0a7de-0100-4a00-9200-0000012c0001")
    home.put_department(department(B190, "B190", LOWEST, "Pulje"))
    home.put_positions(home.positions[:1][0].below[0].below[1:])
    payroll.read()
    assert payroll.known.existing("Employment", TODAY) == [employment(DORTE, "E0042")]
    assert payroll.known.link("Employment", employment(DORTE, "E0042"), "unit", TODAY) == unit(B190)
    assert payroll.known.value("Employment", employment(DORTE, "E0042"), "phone", TODAY) == "14"


@pytest.mark.parametrize("order", range(5))
def test_pitfall_5_the_order_of_parts_does_not_matter(payroll: Payroll, order: int) -> None:
    payroll.read()
    before = dict(payroll.known.kept)
    payroll.wrong.shuffled = order
    assert payroll.read(whole=True).changed == []
    assert {key: each[0] for key, each in before.items()} == {key: e[0] for key, e in payroll.known.kept.items()}


def test_pitfall_6_the_last_day_is_included_and_9999_is_no_end(payroll: Payroll) -> None:
    payroll.read()
    leave = told_values(payroll.known.of("Employment", employment(BO, "00417")), "on_leave")
    assert leave == [(Period(a_day("2025-11-01"), a_day("2026-04-01")), True)]
    assert payroll.known.of("Employment", employment(BO, "81200")).exists == (Period(a_day("2024-02-15"), None),)
    text = "<X><ActivationDate>2025-01-01</ActivationDate><DeactivationDate>9999-12-31</DeactivationDate></X>"
    assert answers.period(etree.fromstring(text)) == Period(a_day("2025-01-01"), None)


def test_pitfall_7_early_starts_are_accepted_and_cut_to_the_earliest_date(payroll: Payroll) -> None:
    payroll.read(earliest=date(2020, 1, 1))
    assert payroll.known.of("Unit", unit(B110)).exists == (Period(date(2020, 1, 1)),)
    assert payroll.known.of("Unit", unit(B110)).values["name"][0].period.start == date(2020, 1, 1)
    payroll.read()
    assert payroll.known.of("Unit", unit(B110)).exists == (Period(date(1900, 1, 1)),)


def test_pitfall_7_an_employment_that_began_before_the_earliest_date_holds_from_that_day(payroll: Payroll) -> None:
    """SD sends only the periods that begin in the window that is asked for (sd.md §2.8)."""
    earliest = date(2020, 1, 1)
    applied = payroll.read(earliest=earliest)
    assert (applied.problems, len(list(payroll.known.keys("Employment")))) == ([], 3)
    kept = payroll.known.of("Employment", employment(BO, "00417"))
    assert kept.exists == (
        Period(earliest, date(2021, 2, 1)), Period(date(2021, 8, 1), date(2027, 7, 1)),
    )  # fmt: skip
    assert payroll.known.value("Employment", employment(BO, "00417"), "position_code", earliest) == "0730"
    assert payroll.known.link("Employment", employment(BO, "00417"), "unit", TODAY) == unit(B110)
    assert payroll.known.exists("Employment", employment(DORTE, "E0042"), earliest)
    payroll.at("2026-03-02 10:00")
    payroll.change(BO, "00417", lambda each: each)
    assert payroll.read(earliest=earliest, whole=True).changed == []


def test_pitfall_8_leading_zeros_survive(payroll: Payroll) -> None:
    payroll.read()
    kept = payroll.known.kept["Person", person(BO)][0]
    assert kept.cpr == "0512904417"
    assert payroll.known.value("Employment", employment(BO, "00417"), "number", TODAY) == "00417"
    assert payroll.known.value("Employment", employment(BO, "00417"), "position_code", TODAY) == "0731"


def test_pitfall_9_a_uuid_is_any_text_and_compared_without_regard_to_case(payroll: Payroll) -> None:
    odd = "B1B0A7DE-0001-4A00-9A00-0000012C0001"
    payroll.home.put_department(department(odd, "B777", LOWEST, "Udekørende", BU00.upper()))
    payroll.change(
        DORTE, "E0042", lambda each: replace(each, departments=(each.departments[0]._replace(code="B777", uuid=odd),))
    )
    payroll.read()
    assert payroll.known.link("Employment", employment(DORTE, "E0042"), "unit", TODAY) == unit(odd.lower())
    assert payroll.known.link("Unit", unit(odd.lower()), "parent", TODAY) == unit(BU00)


def test_pitfall_10_year_one_is_written_with_four_digits(payroll: Payroll) -> None:
    assert sd_day(date(1, 1, 1)) == "01.01.0001"
    payroll.read()
    asked = next(parameters for operation, parameters in payroll.service.calls if operation == EMPLOYED)
    assert (asked["ActivationDate"], asked["DeactivationDate"]) == ("01.01.0001", "31.12.9999")


def test_pitfall_11_what_breaks_the_schemas_patterns_is_read(payroll: Payroll) -> None:
    payroll.change(DORTE, "E0042", lambda each: replace(each, contact=Contact("14", "", "Empty@Empty")))
    payroll.read(placeholder_phones={"00000000", "14"})
    key = employment(DORTE, "E0042")
    assert payroll.known.exists("Employment", key, TODAY)
    assert payroll.known.value("Employment", key, "email", TODAY) is None
    assert payroll.known.value("Employment", key, "phone", TODAY) is None


def test_pitfall_12_a_part_that_was_not_asked_for_ends_nothing(payroll: Payroll) -> None:
    """The echo tells what was understood; what it says no to is left as it was."""
    whole = told(statuses=[("1", "2020-01-01", "")], jobs=[("0731", "2020-01-01", "")], working=[("1.0", "2020-01-01")])
    first = mapped(whole, HOLDER, SETTINGS, TODAY, None).statement
    second = mapped(replace(whole, jobs=None, working_times=None), HOLDER, SETTINGS, TODAY, first).statement
    assert second == first
    body = (
        b"<GetEmployment20111201><RequestStructure><ProfessionIndicator>false</ProfessionIndicator>"
        b"<EmploymentStatusIndicator>true</EmploymentStatusIndicator></RequestStructure></GetEmployment20111201>"
    )
    asked = answers.read(io.BytesIO(body), "GetEmployment20111201", "Person")
    assert Parts.of(asked) == Parts(statuses=True, departments=False, jobs=False, working_times=False)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'<!DOCTYPE X [<!ENTITY e "x">]><X><RequestStructure/></X>', "document type"),
        (b"<X>" + b"<Y>" * 300 + b"</Y>" * 300 + b"</X>", "well-formed"),
        (b"<Y><RequestStructure/></Y>", "answered X with Y"),
        (b"<X><Person/></X>", "no echo"),
        (b"<X></X>", "no echo"),
        (b"<X><RequestStructure/><Person>", "well-formed"),
    ],
)
def test_what_is_no_answer_of_sd_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        list(answers.read(io.BytesIO(body), "X", "Person").elements)


def test_an_answer_that_never_ends_is_refused(payroll: Payroll) -> None:
    payroll.change(DORTE, "E0042", lambda each: replace(each, anniversary=None, number="E" * (2 << 20)))
    with pytest.raises(Unreadable, match="larger than 1 megabytes"):
        payroll.read(largest_answer_megabytes=1)


@pytest.mark.parametrize("body", [b"[" * 100_000, b'"' + b"x" * (5 << 20) + b'"', b"[" + b"1," * 300_000 + b"1]"])
def test_a_history_without_bounds_is_one_departments_fault(body: bytes) -> None:
    with Client(SETTINGS.model_copy(update={"opening_hours": False, "retries": 0})) as client:
        client._http = httpx.Client(
            transport=httpx.MockTransport(lambda asked: httpx.Response(200, stream=httpx.ByteStream(body)))
        )
        with pytest.raises(Unreadable, match="parent history"):
            client.parent_histories(["here"])


def test_a_cpr_number_stands_in_no_address() -> None:
    """Proxies and servers keep the addresses that are asked for (cpr.md §8.3)."""
    asked: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b"<GetPerson></GetPerson>")

    with Client(SETTINGS.model_copy(update={"opening_hours": False, "retries": 0})) as client:
        client._http = httpx.Client(transport=httpx.MockTransport(answered))
        client.ask("GetPerson", {"PersonCivilRegistrationIdentifier": "0101901234", "EffectiveDate": date(2026, 3, 2)})
        client.ask("GetPerson", {"EffectiveDate": date(2026, 3, 2)})
    number, plain = asked
    assert (number.method, number.url.query, plain.method) == ("POST", b"", "GET")
    told = b"PersonCivilRegistrationIdentifier=0101901234&EffectiveDate=02.03.2026"
    assert (number.content, number.headers["content-type"]) == (told, "application/x-www-form-urlencoded")
    assert plain.url.query == b"EffectiveDate=02.03.2026"


def test_an_unknown_status_is_reported_and_not_guessed(payroll: Payroll) -> None:
    payroll.change(
        DORTE, "E0042", lambda each: replace(each, statuses=(*each.statuses, Status(a_day("2031-01-01"), OPEN, "Q")))
    )
    problems = payroll.read().problems
    assert [(each.rule, each.severity) for each in problems] == [("unknown_status", "bad")]
    assert employment(DORTE, "E0042") not in payroll.known.keys("Employment")


def test_a_period_that_ends_before_it_begins_is_a_bad_record(payroll: Payroll) -> None:
    backwards = Status(a_day("2025-01-01"), a_day("2024-01-01"), "1")
    payroll.change(DORTE, "E0042", lambda each: replace(each, statuses=(backwards,)))
    assert payroll.read().rules() == ["unreadable"]
