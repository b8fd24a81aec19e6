"""SD's own schemas and examples: what the stand-in answers is valid, and the examples mean what sd.md says."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import httpx
import pytest
from lxml import etree

from graph.time import Period
from importers.sd import answers
from importers.sd.answers import Parts
from importers.sd.errors import ServiceFault
from importers.sd.organisation import parents_of
from importers.sd.source import Hint, hint_of
from sample import sd_state
from sample.sd_service.app import Running
from sample.sd_service.state import NO_CONTACT
from tests.conftest import OFFICIAL_DATA
from tests.importers.sd.conftest import payroll, stand_in
from tests.importers.sd.klit import BO, DORTE, EVA, Payroll, day, working
from tests.official.sd.schemas import Bundle

SD = OFFICIAL_DATA / "sd"
OPERATIONS = sorted(each.name for each in (SD / "wsdl").iterdir() if each.is_dir())
__all__ = ["payroll", "stand_in"]

Validate = Callable[[str, bytes], list[str]]


@pytest.fixture(scope="module")
def validate(tmp_path_factory: pytest.TempPathFactory) -> Validate:
    @cache
    def bundle(operation: str) -> Bundle:
        return Bundle(SD / "wsdl" / operation, tmp_path_factory.mktemp(operation))

    def errors(operation: str, answer: bytes) -> list[str]:
        return bundle(operation).validate(answer, profession=operation == "GetProfession")

    return errors


def example(name: str) -> Path:
    return SD / "examples" / name


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_examples_are_valid(operation: str, validate: Validate) -> None:
    path = next(each for each in (SD / "examples").glob("*.xml") if each.stem.rstrip("0123456789") == operation)
    assert validate(operation, path.read_bytes()) == []


def asked_again(running: Running, validate: Validate) -> dict[str, list[str]]:
    """Every question that was asked, asked once more; what is wrong with the answers, by operation."""
    service = running.service
    auth = (service.state.user, service.state.password)
    found: dict[str, list[str]] = {}
    for operation, parameters in list(service.calls):
        if operation.startswith("Get"):
            answer = httpx.get(f"{running.url}/sdws/{operation}", params=dict(parameters), auth=auth)
            assert answer.headers["content-type"] == "text/xml;charset=UTF-8"
            found.setdefault(operation, []).extend(validate(operation.rstrip("0123456789"), answer.content))
    return found


def test_what_the_stand_in_answers_is_valid(payroll: Payroll, validate: Validate) -> None:
    payroll.change(DORTE, "E0042", lambda each: replace(each, contact=NO_CONTACT))
    payroll.read(private_contact=True)
    payroll.at("2026-03-02 10:00")
    payroll.hire(EVA, working("00533", EVA, position="9022", title=""))
    payroll.read(private_contact=True)
    payroll.read(json_url=None, whole=True, history="from_today")
    found = asked_again(payroll.running, validate)
    assert {operation.rstrip("0123456789") for operation in found} >= set(OPERATIONS) - {"GetDepartmentParent"}
    assert {operation: errors for operation, errors in found.items() if errors} == {}


def test_a_parent_on_a_day_is_valid(payroll: Payroll, validate: Validate) -> None:
    state = payroll.state
    for uuid in (*payroll.home.departments, "unknown"):
        answer = httpx.get(
            f"{payroll.running.url}/sdws/GetDepartmentParent20190701",
            params={"EffectiveDate": "02.03.2026", "DepartmentUUIDIdentifier": uuid},
            auth=(state.user, state.password),
        )
        assert validate("GetDepartmentParent", answer.content) == []


def test_the_sample_municipality_is_told_in_valid_answers(stand_in: Running, validate: Validate) -> None:
    stand_in.service.use(sd_state("XS"))
    reader = Payroll(stand_in)
    reader.read(opening_hours=False)
    wrong = [each for errors in asked_again(stand_in, validate).values() for each in errors]
    # The sample has replacement numbers (day of birth + 60) on purpose; the schema's pattern does not know them.
    assert [each for each in wrong if "PersonCivilRegistrationIdentifier" not in each] == []


def test_the_example_of_an_employment_means_what_the_page_expects() -> None:
    with example("GetEmploymentChanged20111201.xml").open("rb") as body:
        answer = answers.read(body, "GetEmploymentChanged20111201", "Person")
        parts = Parts.of(answer)
        told = [answers.employment(each, parts) for person in answer.elements for each in person.iterfind("Employment")]
    assert told[0].number == "00417"
    assert told[0].statuses is not None
    assert [(each.code, each.period) for each in told[0].statuses][3] == (
        "3",
        Period(day("2025-11-01"), day("2026-04-01")),
    )
    assert told[0].working_times is not None
    assert told[0].working_times[1].rate == 0.8649


def test_the_example_of_a_department_means_what_the_page_expects() -> None:
    with example("GetDepartment20111201.xml").open("rb") as body:
        answer = answers.read(body, "GetDepartment20111201", "Department")
        first, second = (answers.department_period(each) for each in answer.elements)
    assert (first.name, first.period.end) == ("Børnehaven Sandkrukken", day("2025-07-01"))
    assert (second.name, second.contact.phones) == ("Børnehuset Klitten", ("00000000", "99887711"))
    told = parents_of(example("department-parent-history.json").read_bytes())
    assert [each.period for each in told][1] == Period(day("2025-07-01"))


def test_the_examples_of_persons_and_positions_are_read() -> None:
    with example("GetPerson20111201.xml").open("rb") as body:
        people = [answers.person(each) for each in answers.read(body, "GetPerson20111201", "Person").elements]
    assert [each.cpr for each, _ in people] == [BO, DORTE]
    assert [number for number, _ in people[0][1]] == ["00417", "81200"]
    root = etree.parse(example("GetProfession20080201.xml")).getroot()
    found = [each for top in root.iterfind("Profession") for each in answers.positions(top)]
    assert [(each.code, each.groups) for each in found] == [
        ("0730", ("Pædagogisk personale", "Dagtilbud")),
        ("0731", ("Pædagogisk personale", "Dagtilbud")),
        ("9022", ()),
    ]


def test_the_example_of_a_fault_is_raised() -> None:
    with example("Fault.xml").open("rb") as body, pytest.raises(ServiceFault) as fault:
        answers.read(body, "GetEmploymentChanged20111201", "Person")
    assert fault.value.kind == "unknown_employment"


def test_the_examples_of_events_become_hints() -> None:
    events = json.loads(example("amqp-events.json").read_text())
    assert [hint_of(each["body"]) for each in events] == [
        Hint("XA", BO, "00417"),
        Hint("XA", unit="c1b0a7de-0110-4a00-9200-0000012c0001"),
        Hint("XA", BO),
    ]
