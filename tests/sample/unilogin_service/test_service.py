"""The stand-in's own rules (unilogin.md §9). What it makes of signatures: tests/importers/unilogin."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree
from starlette.responses import Response

from importers.unilogin.messages import AGREEMENTS, EXPORT, envelope, request, sign
from protocols.soap.message import Version
from protocols.xml_signature.signing import Signer
from sample.unilogin_service.app import Service
from sample.unilogin_service.keys import Identity, identity
from sample.unilogin_service.state import Institution, Member, Person, State

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SCHOOL = "A01234"


@pytest.fixture(scope="module")
def provider() -> Identity:
    return identity("provider", NOW - timedelta(days=1))


@pytest.fixture
def service(provider: Identity) -> Iterator[Service]:
    clock = [NOW]
    members = [
        Member(Person("lira0001", "Liva", "Ravn", "1203575001"), "1"),
        Member(Person("ekst0002", "Eva", "Tern", "1203575002"), "2", "Extern", ("Ekstern",)),
        Member(Person("elev0003", "Ida", "Vang", cpr_type=None), "3", "Student", ("Elev",)),
    ]
    institutions = {
        SCHOOL: Institution(SCHOOL, "Skolen", members),
        "B00001": Institution("B00001", "Anden", agreed=False),
    }
    yield Service(State(institutions, {"p": provider.certificate}, now=lambda: clock[0]))


def ask(
    service: Service, provider: Identity, operation: str = EXPORT, institution: str = SCHOOL, **filters: bool | None
) -> Response:
    """``filters``: other values than REConnect's; None = not sent."""
    content = request(operation, institution)
    for name, value in filters.items():
        element = next(content.iter(f"{{*}}{name}"))
        if value is None:
            element.getparent().remove(element)  # type: ignore[union-attr]
        else:
            element.text = "true" if value else "false"
    version: Version = "1.2"
    message = envelope(content, "p", version, service.state.now())
    sign(message, Signer(provider.key, provider.certificate), ("body", "timestamp"))
    return service.answer(etree.tostring(message))


def users(answer: Response) -> list[str]:
    assert answer.status_code == 200
    return [each.text or "" for each in etree.fromstring(bytes(answer.body)).iter("{*}UserId")]


def test_filters(service: Service, provider: Identity) -> None:
    assert users(ask(service, provider)) == ["lira0001", "ekst0002"]
    assert users(ask(service, provider, inkluderEksterne=False)) == ["lira0001"]
    assert users(ask(service, provider, inkluderElever=True)) == ["lira0001", "ekst0002", "elev0003"]
    everybody = ask(service, provider, aktoertypeFilter=None)
    assert users(everybody) == ["lira0001", "ekst0002", "elev0003", "k3"], "no filter lets all through"


def test_cpr_numbers_only_on_request(service: Service, provider: Identity) -> None:
    assert b"1203575001" in bytes(ask(service, provider).body)
    assert b"1203575001" not in bytes(ask(service, provider, inkluderCpr=False).body)


def test_agreements_and_rights(service: Service, provider: Identity) -> None:
    told = etree.fromstring(bytes(ask(service, provider, AGREEMENTS).body))
    assert [each.text for each in told.iter("{*}regnr")] == [SCHOOL]
    for institution in ("B00001", "C00001"):
        refused = ask(service, provider, institution=institution)
        assert refused.status_code == 400 and b">Rettigheder<" in bytes(refused.body)


def test_the_fifth_export_of_a_day(service: Service, provider: Identity) -> None:
    for _ in range(4):
        assert ask(service, provider).status_code == 200
    fifth = ask(service, provider)
    assert fifth.status_code == 400 and b"authentificationError" not in bytes(fifth.body)
    service.state.now = lambda: NOW + timedelta(days=1)
    assert ask(service, provider).status_code == 200


def test_the_status_of_faults(service: Service, provider: Identity) -> None:
    service.misbehaviour.status = 500
    assert ask(service, provider, institution="C00001").status_code == 500


def test_it_checks_its_own_answers(service: Service, provider: Identity) -> None:
    service.state.institutions[SCHOOL].members.append(Member(None, "9", roles=("Skovvogter",)))
    with pytest.raises(etree.DocumentInvalid):
        ask(service, provider)


def test_scripts(service: Service, provider: Identity) -> None:
    school = service.state.institutions[SCHOOL]
    school.new_year(2027)
    school.new_system("NyAdm")
    school.leave("ekst0002")
    school.change("lira0001", protected=True)
    text = bytes(ask(service, provider).body)
    assert b'schoolYear="2027-2028"' in text and b'source="NyAdm"' in text and b'source="SkoleAdm"' not in text
    assert b'protected="true"' in text and b"ekst0002" not in text
