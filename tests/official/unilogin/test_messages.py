"""Both sides' messages against the schemas that REConnect has reconstructed from STIL's names (never copied in)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography import x509
from lxml import etree

from importers.unilogin.messages import AGREEMENTS, EXPORT, HELLO, envelope, request, sign
from protocols.xml_signature.signing import Signer
from sample.unilogin_service.app import Service
from sample.unilogin_service.keys import identity
from sample.unilogin_service.requests import schema
from sample.unilogin_service.state import Group, Institution, Member, Person, State
from tests.conftest import OFFICIAL_DATA

FOLDER = OFFICIAL_DATA / "stil_wsieksport" / "reconstructed"
EXAMPLES = OFFICIAL_DATA.parent / "formats" / "examples" / "unilogin"
NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
PROVIDER = identity("a provider system", NOW.replace(year=2025))


@pytest.fixture(scope="module")
def official() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(FOLDER / "wsieksport-7.xsd"))


def service() -> Service:
    person = Person(
        "livo417k",
        "Liva",
        "Østergaard",
        "1203575001",
        birthday=date(1957, 3, 12),
        email="l@x.example",
        mobile="12345678",
    )
    members = [
        Member(person, "1", roles=("Lærer", "Leder"), initials="LØ", occupation="Lærer", groups=("T7",)),
        Member(replace(person, user="2", protected=True, alias=("L", "Ø")), "2", "Extern", ("Praktikant",)),
        Member(replace(person, user="3", cpr_type="CPR_REPLACEMENT_ID"), "3", "Student"),
        Member(None, "4", "Extern", ("Ekstern",)),
        Member(replace(person, user="5"), "5", ""),
    ]
    school = Institution(
        "A01234", "Bakkeskolen", members, [Group("T7", "Team", "Team"), Group("H", "1A", "Hovedgruppe")]
    )
    certificates: dict[str, x509.Certificate] = {"p": PROVIDER.certificate}
    return Service(State({"A01234": school}, certificates, now=lambda: NOW))


def asked(operation: str, *, pupils: bool = False) -> bytes:
    message = envelope(request(operation, "A01234"), "p", "1.1", NOW)
    if pupils:
        for name in ("inkluderElever", "inkluderKontaktpersoner"):
            next(message.iter(f"{{*}}{name}")).text = "true"
    sign(message, Signer(PROVIDER.key, PROVIDER.certificate), ("body", "timestamp"))
    return etree.tostring(message)


def content(message: bytes) -> etree._Element:
    found = etree.fromstring(message).find("{*}Body/*")
    assert found is not None
    return etree.fromstring(etree.tostring(found))


@pytest.mark.parametrize("operation", [HELLO, AGREEMENTS, EXPORT])
def test_requests(official: etree.XMLSchema, operation: str) -> None:
    official.assertValid(content(asked(operation)))


@pytest.mark.parametrize("operation", [HELLO, AGREEMENTS, EXPORT])
@pytest.mark.parametrize("pupils", [False, True])
def test_answers_of_the_stand_in(official: etree.XMLSchema, operation: str, pupils: bool) -> None:
    answer = service().answer(asked(operation, pupils=pupils and operation == EXPORT))
    assert answer.status_code == 200
    official.assertValid(content(bytes(answer.body)))


def test_the_faults_detail(official: etree.XMLSchema) -> None:
    made = service()
    made.misbehaviour.refused = {"A01234": "Rettigheder"}
    detail = content(bytes(made.answer(asked(EXPORT)).body)).find("detail/*")
    assert detail is not None
    official.assertValid(etree.fromstring(etree.tostring(detail)))


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.xml")), ids=lambda file: file.name)
def test_our_own_description_takes_the_examples(official: etree.XMLSchema, file: Path) -> None:
    message = etree.parse(file)
    official.assertValid(message)
    schema().assertValid(message)


def test_the_request_is_that_of_the_example() -> None:
    wanted = etree.parse(EXAMPLES / "export-request.xml").getroot()
    made = content(asked(EXPORT))
    assert [(each.tag, (each.text or "").strip()) for each in made.iter()] == [
        (each.tag, (each.text or "").strip()) for each in wanted.iter()
    ]
