"""SOAP messages both ways: what is sent, what is not, what counts as an answer, and what each error says of retries."""

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lxml import etree

from graph.retry import NEVER, NEXT, SOON
from importers.cpr.soap import INTERFACE
from protocols import certificates
from protocols.soap import errors
from protocols.soap.described import DescribedService
from protocols.soap.message import NAMESPACES, Envelope, Fault, Version, body, http_headers, is_fault, serialized
from protocols.soap.transport import Limits, Transport

CALL = {"MunicipalityCVR": "29189999"}
URL = "http://127.0.0.1:9/service"


def described() -> DescribedService:
    return DescribedService(INTERFACE / "person_lookup.wsdl", INTERFACE / "person_lookup.xsd")


# -- messages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_an_envelope_is_read_back(version: Version) -> None:
    made = Envelope.around(etree.Element("asked"), version)
    read = etree.fromstring(serialized(made.root))
    assert body(read, version).tag == "asked"
    assert [etree.QName(each).localname for each in read] == ["Header", "Body"]


@pytest.mark.parametrize(
    ("inside", "version"), [("", "1.1"), ("<a/><b/>", "1.1"), ("<!-- a -->", "1.1"), ("<a/>", "1.2")]
)
def test_a_body_has_one_element_and_the_version_that_was_asked_for(inside: str, version: Version) -> None:
    soap = NAMESPACES["1.1"]
    message = etree.fromstring(f'<e:Envelope xmlns:e="{soap}"><e:Body>{inside}</e:Body></e:Envelope>')
    with pytest.raises(errors.NotSoap):
        body(message, version)


def test_a_web_page_is_not_soap() -> None:
    with pytest.raises(errors.NotSoap, match="not a SOAP envelope"):
        body(etree.fromstring("<html/>"), "1.1")


def test_the_action_is_in_the_header_that_the_version_has() -> None:
    assert http_headers("urn:a", "1.1")["SOAPAction"] == '"urn:a"'
    assert http_headers("", "1.1")["SOAPAction"] == '""'
    assert http_headers("urn:a", "1.2") == {"Content-Type": 'application/soap+xml; charset=utf-8; action="urn:a"'}


FAULTS = {
    "1.1": "<faultcode>s:Client</faultcode><faultstring> PNR  not found </faultstring><detail><Text>x</Text></detail>",
    "1.2": "<s:Code><s:Value>s:Client</s:Value></s:Code><s:Reason><s:Text>PNR not found</s:Text></s:Reason>",
}


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_fault_of_either_version(version: Version) -> None:
    element = etree.fromstring(f'<s:Fault xmlns:s="{NAMESPACES[version]}">{FAULTS[version]}</s:Fault>')
    found = Fault.of(element)
    assert (found.code, found.text) == ("s:Client", "PNR not found")
    assert is_fault(element)
    assert not is_fault(etree.Element("Fault"))


def test_a_fault_without_words() -> None:
    assert (Fault.of(etree.Element("Fault")).code, Fault.of(etree.Element("Fault")).text) == ("", "")


# -- described services -----------------------------------------------------------------------------------------------


def test_zeep_makes_the_request_and_the_wsdl_its_action() -> None:
    request = described().request("PersonLookup", AuthorityContext=CALL, PNR="1203575001")
    sent = body(etree.fromstring(request.content), "1.1")
    assert etree.QName(sent).localname == "PersonLookupRequest"
    assert sent.findtext("{*}PNR") == "1203575001"
    assert "PersonLookup" in request.headers["SOAPAction"]


def test_a_request_that_the_schema_does_not_allow_is_not_sent_and_not_quoted() -> None:
    with pytest.raises(errors.InvalidMessage) as refused:
        described().request("PersonLookup", AuthorityContext=CALL, PNR="12035750011")
    assert refused.value.element.endswith("PNR")
    assert "1203575001" not in str(refused.value)
    assert refused.value.retry == NEVER


# -- transport --------------------------------------------------------------------------------------------------------


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        length = int(self.path.strip("/"))
        self.send_response(500)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(b"x" * min(length, 5_000))

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def served() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


LIMITS = Limits(seconds=0.2, largest=4_000, in_memory=1_000)


def test_an_answer_is_whole_whatever_its_status_and_a_larger_or_broken_one_is_not_used() -> None:
    with served() as url, Transport(Limits(5, 4_000, 1_000)) as transport:
        answer = transport.post(f"{url}/3000", b"", {})
        with answer.body as content:
            assert (answer.status, len(content.read())) == (500, 3_000)
        with pytest.raises(errors.TooLarge) as large:
            transport.post(f"{url}/4001", b"", {})
        assert large.value.retry == NEXT
    with served() as url, Transport(Limits(5, 10_000, 1_000)) as transport, pytest.raises(errors.NoAnswer) as broken:
        transport.post(f"{url}/6000", b"", {})
    assert "5000 of 6000 bytes" in str(broken.value)
    assert broken.value.retry == SOON


def test_a_service_that_is_silent_or_not_there() -> None:
    with socket.socket() as silent, Transport(LIMITS) as transport:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(errors.TimedOut, match=r"within 0\.2 seconds"):
            transport.post(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"", {})
        with pytest.raises(errors.NoAnswer):
            transport.post(URL, b"", {})


def test_calls_wait_for_their_turn() -> None:
    pauses: list[float] = []
    clock = iter([0.0, 0.0, 0.0, 0.1, 0.5])
    with served() as url, Transport(Limits(5, 99, 99, 2), clock=lambda: next(clock), sleep=pauses.append) as transport:
        for _ in range(2):
            transport.post(f"{url}/1", b"", {}).body.close()
    assert pauses == [0.4]


def test_a_certificate_file_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    file = tmp_path / "own.pem"
    file.write_text("not a certificate")
    for own, authority in (((file, file), None), (None, file), (None, tmp_path / "none.pem")):
        with pytest.raises(certificates.UnusableFile) as unusable:
            certificates.tls_context(own, authority)
        assert str(authority or file) in str(unusable.value)
        assert unusable.value.retry == NEXT
