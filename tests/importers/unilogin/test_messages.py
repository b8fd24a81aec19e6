"""What goes over the wire: requests by the interface's description, signatures, faults, trust in answers."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from lxml import etree

from importers.unilogin.client import Client
from importers.unilogin.errors import RequestRejected, Unavailable, Unreadable, Untrusted, WrongKey
from importers.unilogin.messages import AGREEMENTS, EXPORT, HELLO, envelope, request, sign
from importers.unilogin.settings import UniLoginSettings
from protocols.soap.message import NAMESPACES
from protocols.xml_signature import checking
from protocols.xml_signature.errors import NotSigned
from protocols.xml_signature.header import WSSE, WSU
from protocols.xml_signature.signing import DS, Signer
from sample.unilogin_service.keys import Identity, identity
from sample.unilogin_service.requests import Fault, checked, read, schema
from sample.unilogin_service.state import Member, Person, State
from tests.importers.unilogin.school import BAKKE, PASSWORD, PROVIDER, START_OF_TEST, Schools, alma

NOW = START_OF_TEST


def signed(provider: Identity, operation: str = EXPORT, version: str = "1.1", **more: object) -> etree._Element:
    message = envelope(request(operation, BAKKE), PROVIDER, version, NOW)  # type: ignore[arg-type]
    parts = more.get("parts", ("body", "timestamp"))
    sign(message, Signer(provider.key, provider.certificate), parts)  # type: ignore[arg-type]
    return read(etree.tostring(message))


def state(provider: Identity, minutes: float = 0) -> State:
    return State(certificates={PROVIDER: provider.certificate}, now=lambda: NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("operation", [HELLO, AGREEMENTS, EXPORT])
@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("parts", [("body", "timestamp"), ("body", "timestamp", "provider", "token")])
def test_the_stand_in_takes_what_the_client_signs(
    provider: Identity, operation: str, version: str, parts: tuple[str, ...]
) -> None:
    message = signed(provider, operation, version, parts=parts)
    assert etree.QName(message).namespace == NAMESPACES[version]  # type: ignore[index]
    assert checked(message, state(provider)).operation == operation


def test_requests_are_valid_by_the_description() -> None:
    for operation in (AGREEMENTS, EXPORT):
        schema().assertValid(request(operation, BAKKE))


def tampered(message: etree._Element, how: str) -> None:
    security = message.find(f"*/{{{WSSE}}}Security")
    assert security is not None
    signature = security.find(f"{{{DS}}}Signature")
    assert signature is not None
    if how == "unsigned":
        security.remove(signature)
    elif how == "body":
        next(message.iter("{*}instnr")).text = "B99999"
    elif how == "timestamp":
        next(message.iter(f"{{{WSU}}}Created")).text = "2026-11-24T06:01:00.000Z"
    elif how == "value":
        value = signature.find(f"{{{DS}}}SignatureValue")
        assert value is not None and value.text
        value.text = ("B" if value.text[0] == "A" else "A") + value.text[1:]
    elif how == "algorithm":
        next(signature.iter(f"{{{DS}}}SignatureMethod")).set("Algorithm", f"{DS}rsa-sha1")
    elif how == "no provider":
        for each in message.iter("{*}UdbydersystemId"):
            each.text = " "
    elif how == "body not signed":
        for each in signature.iter(f"{{{DS}}}Reference"):
            if (each.get("URI") or "").startswith("#body"):
                each.getparent().remove(each)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("unsigned", "SignaturMangler"), ("body", "Signatur"), ("timestamp", "Signatur"), ("value", "Signatur"),
        ("algorithm", "Signatur"), ("body not signed", "Signatur"), ("no provider", "UdbydersytemIdMangler"),
    ],
)  # fmt: skip
def test_the_stand_in_refuses_what_is_wrong(provider: Identity, how: str, kind: str) -> None:
    message = signed(provider)
    tampered(message, how)
    with pytest.raises(Fault) as refused:
        checked(read(etree.tostring(message)), state(provider))
    assert refused.value.kind == kind


@pytest.mark.parametrize("parts", [("timestamp",), ("body",), ("body", "provider")])
def test_body_and_timestamp_must_be_signed(provider: Identity, parts: tuple[str, ...]) -> None:
    with pytest.raises(Fault) as refused:
        checked(signed(provider, parts=parts), state(provider))
    assert refused.value.kind == "Signatur"


@pytest.mark.parametrize(("minutes", "taken"), [(4.9, True), (5.1, False), (-5.1, False)])
def test_an_old_timestamp_is_refused(provider: Identity, minutes: float, taken: bool) -> None:
    if taken:
        assert checked(signed(provider), state(provider, minutes)).institution == BAKKE
        return
    with pytest.raises(Fault):
        checked(signed(provider), state(provider, minutes))


def test_another_certificate_than_the_registered_one_is_refused(provider: Identity) -> None:
    other = identity("somebody else", NOW - timedelta(days=1))
    with pytest.raises(Fault) as refused:
        checked(signed(other), state(provider))
    assert refused.value.kind == "Signatur"


def test_the_stand_in_delivers_pupils_to_whoever_asks_for_them(schools: Schools, provider: Identity) -> None:
    schools.bakke.members = [alma(), Member(Person("elev0001", "Ida", "Barn", cpr_type=None), "L7", "Student")]
    message = envelope(request(EXPORT, BAKKE), PROVIDER, "1.1", NOW)
    next(message.iter("{*}inkluderElever")).text = "true"
    sign(message, Signer(provider.key, provider.certificate), ("body", "timestamp"))
    assert b"elev0001" in bytes(schools.service.answer(etree.tostring(message)).body)


# -- the client -------------------------------------------------------------------------------------------------------


def test_hello(schools: Schools) -> None:
    with Client(schools.settings(), lambda: schools.clock) as client:
        assert client.hello() == f"Hello {PROVIDER}!"


@pytest.mark.parametrize(
    "kind", ["Signatur", "SignaturMangler", "UdbydersytemIdMangler", "BrugeridEllerPassword", "Rettigheder", ""]
)
@pytest.mark.parametrize("soap", ["1.1", "1.2"])
def test_faults_by_type(schools: Schools, kind: str, soap: str) -> None:
    schools.wrong.refused = {BAKKE: kind}
    with (
        Client(schools.settings(soap=soap), lambda: schools.clock) as client,
        pytest.raises(RequestRejected) as refused,
    ):
        client.export(BAKKE)
    assert refused.value.kind == kind
    assert (kind in str(refused.value)) and ("refused" in str(refused.value))


def test_a_fault_with_status_200_is_one(schools: Schools) -> None:
    schools.wrong.status = 200
    schools.wrong.refused = {BAKKE: "Rettigheder"}
    with Client(schools.settings(), lambda: schools.clock) as client, pytest.raises(RequestRejected):
        client.export(BAKKE)


def test_a_faults_text_shows_no_cpr_number() -> None:
    assert "0101" not in str(RequestRejected("export of A01234", "", "person 010157-5001 is wrong"))


def test_a_service_that_does_not_answer(schools: Schools) -> None:
    settings = schools.settings(url="http://127.0.0.1:9/bpi")
    with Client(settings, lambda: schools.clock) as client, pytest.raises(Unavailable):
        client.agreements()


def test_it_waits_no_longer_than_set(schools: Schools) -> None:
    schools.wrong.slow = 1.0
    settings = schools.settings(timeout_seconds=0.2)
    with Client(settings, lambda: schools.clock) as client, pytest.raises(Unavailable):
        client.agreements()


def test_an_answer_that_is_too_large_is_not_kept(schools: Schools) -> None:
    schools.bakke.members = [alma(occupation="x" * 1_200_000)]
    settings = schools.settings(largest_answer_megabytes=1)
    with Client(settings, lambda: schools.clock) as client, pytest.raises(Unreadable, match="larger than 1"):
        client.export(BAKKE)


@pytest.mark.parametrize("password", [PASSWORD, "another"])
def test_an_invalid_key_file(schools: Schools, folder: Path, password: str) -> None:
    broken = folder / "broken.p12"
    broken.write_bytes((folder / "key.p12").read_bytes() if password != PASSWORD else b"no key")
    with pytest.raises(WrongKey):
        Client(schools.settings(key_file=broken, key_password=password), lambda: schools.clock)


# -- trust in answers -------------------------------------------------------------------------------------------------


@pytest.fixture
def stil() -> Identity:
    return identity("STIL", NOW - timedelta(days=1), 30)


@pytest.fixture
def trusting(schools: Schools, stil: Identity, tmp_path: Path) -> UniLoginSettings:
    file = tmp_path / "trusted.pem"
    file.write_bytes(identity("another one", NOW - timedelta(days=1)).pem + stil.pem)
    schools.bakke.members = [alma()]
    return schools.settings(trusted=file)


def test_an_answer_that_is_signed_by_a_trusted_one(
    schools: Schools, stil: Identity, trusting: UniLoginSettings
) -> None:
    schools.service.identity = stil
    with Client(trusting, lambda: schools.clock) as client:
        assert [each.user for each in client.export(BAKKE).persons] == ["alma417k"]


@pytest.mark.parametrize("how", ["unsigned", "another", "changed", "expired"])
def test_an_answer_that_is_not(
    schools: Schools, stil: Identity, trusting: UniLoginSettings, how: str, provider: Identity
) -> None:
    schools.service.identity = {"unsigned": None, "another": provider}.get(how, stil)
    if how == "changed":
        schools.wrong.spoiled = {"Testrup": "Testrop"}
    later = timedelta(days=60 if how == "expired" else 0)
    schools.clock += later
    with Client(trusting, lambda: schools.clock) as client, pytest.raises(Untrusted):
        client.export(BAKKE)


def test_a_signed_body_that_was_moved_away_is_not_the_one_that_is_read(stil: Identity) -> None:
    """Signature wrapping: the signed body lies in the header, another one stands in its place."""
    message = envelope(request(EXPORT, BAKKE), PROVIDER, "1.1", NOW)
    sign(message, Signer(stil.key, stil.certificate), ("body",))
    body = message[-1]
    forged = etree.fromstring(etree.tostring(body))
    for name in forged.attrib:
        del forged.attrib[name]
    etree.SubElement(message[0], "Wrapper").append(body)
    message.append(forged)
    trusted: list[x509.Certificate] = [stil.certificate]
    with pytest.raises(NotSigned):
        checking.check(read(etree.tostring(message)), trusted, NOW)
    forged.set(etree.QName(WSU, "Id"), body.get(etree.QName(WSU, "Id")) or "")
    with pytest.raises(NotSigned):
        checking.check(read(etree.tostring(message)), trusted, NOW)
