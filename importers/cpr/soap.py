"""Calls to Serviceplatformen: SOAP over TLS with the system's certificate (cpr.md §2, §3 "Errors").

zeep makes the message from our own description of the interface (``interface/``). It is checked against that
description before it is sent, since zeep checks neither patterns nor lengths (§4). The answer is taken as bytes and
read with a parser that knows no entities, so that nothing of a broken answer is half taken.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import requests
from lxml import etree
from zeep import Client, Settings
from zeep.plugins import Plugin
from zeep.transports import Transport

from importers.cpr.errors import Misconfigured, NoAnswer, ServiceFault, UnknownNumber
from importers.cpr.settings import CprSettings
from protocols import xml

INTERFACE = Path(__file__).parent / "interface"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_REFUSED = (requests.codes.unauthorized, requests.codes.forbidden)
_ABOUT_ACCESS = (
    "certificate", "certifikat", "agreement", "aftale", "context", "not authorized", "unauthorized", "usersystem",
    "useruuid", "serviceuuid", "cvr", "xsd", "schema",
)  # fmt: skip
LARGEST = 16 * 1024 * 1024  # bytes of an answer; a person's is some ten thousand, all filters' some hundred a person
_CHUNK = 64 * 1024
# At level debug zeep tells whole messages: numbers, names and addresses. The program is not the only one that logs.
logging.getLogger("zeep.transports").setLevel(logging.INFO)


class _Session(requests.Session):
    """requests lets REQUESTS_CA_BUNDLE overrule a session's own CA; here the configured one counts.

    An answer is read as it comes, and no further than is allowed. Raises NoAnswer where it is larger.
    """

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        response = super().send(request, **{**options, "stream": True})
        content = bytearray()
        for chunk in response.iter_content(_CHUNK):
            content += chunk
            if len(content) > LARGEST:
                response.close()
                raise NoAnswer("too_large", f"the answer has more than {LARGEST} bytes")
        response._content = bytes(content)
        return response

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        merged = super().merge_environment_settings(url, proxies, stream, verify, cert)
        return merged if self.verify is True else {**merged, "verify": self.verify}


class Connection:
    """One connection for a run, at most so many calls a second. Use as a context manager.

    ``clock`` (seconds) and ``sleep`` are given by tests.
    """

    def __init__(
        self,
        settings: CprSettings,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self.session = _Session()
        self.session.cert = (str(settings.certificate), str(settings.private_key))
        self.session.verify = True if settings.authority is None else str(settings.authority)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def service(self, name: str, url: str) -> "Service":
        """The service that ``interface/<name>.wsdl`` describes, at a configured address."""
        return Service(name, url, self)

    def wait_for_turn(self) -> None:
        """Until the next call may be made (``calls_per_second``)."""
        early = self._next - self._clock()
        if early > 0:
            self._sleep(early)
        self._next = max(self._clock(), self._next) + 1 / self._settings.calls_per_second

    @property
    def timeout(self) -> float:
        return self._settings.timeout_seconds


class Service:
    """One SOAP service."""

    def __init__(self, name: str, url: str, connection: Connection) -> None:
        wsdl = INTERFACE / f"{name}.wsdl"
        self._connection = connection
        self._url = url
        client = Client(
            str(wsdl),
            transport=Transport(session=connection.session, operation_timeout=connection.timeout),
            settings=Settings(raw_response=True),
            plugins=[_Checked(INTERFACE / f"{name}.xsd")],
        )
        (binding,) = client.wsdl.bindings
        self._port = client.create_service(binding, url)

    def call(self, operation: str, **message: Any) -> etree._Element:
        """The element in the answer's body.

        Raises UnknownNumber, ServiceFault, NoAnswer (of this call), Misconfigured (of every call).
        """
        self._connection.wait_for_turn()
        try:
            response: requests.Response = self._port[operation](**message)
        except requests.exceptions.SSLError as wrong:
            raise Misconfigured(
                f"CPR: no TLS connection to {self._url}: {wrong}. Is the certificate registered with KOMBIT, and is "
                "authority the right CA?"
            ) from wrong
        except requests.Timeout as late:
            raise NoAnswer("timeout", f"no answer within {self._connection.timeout:g} seconds") from late
        except requests.RequestException as broken:
            raise NoAnswer("unreachable", f"{type(broken).__name__}: no connection, or it broke off") from broken
        return answered(response, self._url)


class _Checked(Plugin):
    """Refuses to send what the description does not allow."""

    def __init__(self, schema: Path) -> None:
        self._schema = etree.XMLSchema(etree.parse(schema))

    def egress(
        self, envelope: etree._Element, http_headers: dict[str, str], operation: Any, binding_options: Any
    ) -> tuple[etree._Element, dict[str, str]]:
        (message,) = envelope.find(f"{{{_SOAP}}}Body")  # type: ignore[misc]
        check(self._schema, message)
        return envelope, http_headers


def check(schema: etree.XMLSchema, message: etree._Element) -> None:
    """Raises Misconfigured, naming the element, where a message is not valid. Values are not repeated."""
    # A tree of its own: libxml2 validates documents.
    if not schema.validate(etree.fromstring(etree.tostring(message))):
        wrong = schema.error_log[0]  # type: ignore[index]  # lxml-stubs leaves its methods out
        element = (wrong.path or "").rpartition("/")[2] or "message"
        raise Misconfigured(
            f"CPR: the request would not be valid, so it was not sent; look at {element} ({wrong.type_name})."
        )


def parsed(content: bytes) -> etree._Element:
    """XML in the encoding that it declares. Raises NoAnswer for anything else, or with a document type."""
    try:
        return xml.tree(content, LARGEST)
    except xml.BadXml as wrong:
        raise NoAnswer(wrong.rule, f"the answer is refused: {wrong}") from wrong


def answered(response: requests.Response, url: str) -> etree._Element:
    """The element in an answer's body. Raises UnknownNumber, ServiceFault, NoAnswer, Misconfigured."""
    status = response.status_code
    if status in _REFUSED:
        raise Misconfigured(
            f"CPR: {url} refuses the call (HTTP {status}). Is the certificate registered for this system, and does the "
            "agreement (serviceaftale) hold?"
        )
    if not response.content.strip():
        raise NoAnswer("empty", f"HTTP {status} without content")
    try:
        body = _body(parsed(response.content))
    except NoAnswer as unreadable:
        raise NoAnswer(f"{unreadable.code} {status}", f"HTTP {status}: {unreadable}") from unreadable
    if body.tag == f"{{{_SOAP}}}Fault":
        raise_fault(body)
    if status != requests.codes.ok:
        raise NoAnswer(f"http {status}", f"HTTP {status} with an answer that is no fault")
    return body


def _body(root: etree._Element) -> etree._Element:
    if root.tag != f"{{{_SOAP}}}Envelope":
        raise NoAnswer("no_soap", "the answer is no SOAP envelope")
    body = root.find(f"{{{_SOAP}}}Body")
    found = [] if body is None else [each for each in body if isinstance(each.tag, str)]
    if len(found) != 1:
        raise NoAnswer("no_soap", "the SOAP body does not hold one element")
    return found[0]


def raise_fault(fault: etree._Element) -> NoReturn:
    """Always raises: UnknownNumber, Misconfigured, Faulted. Faults come with HTTP 500 and with 200 (pitfall 14)."""
    codes = [_text(each, "ErrorCode") for each in fault.iter("{*}Error")]
    texts = [_text(each, "ErrorText") for each in fault.iter("{*}Error")]
    said = _text(fault, "faultstring")
    code = next(filter(None, (*codes, _text(fault, "faultcode"))), "fault")
    text = "; ".join(dict.fromkeys(filter(None, (said, *texts))))
    if "PNRNotFound" in codes or "pnr not found" in text.lower():
        raise UnknownNumber
    if any(word in f"{code} {text}".lower() for word in _ABOUT_ACCESS):
        wrong = ServiceFault(code, text)
        raise Misconfigured(f"CPR: the service refuses REConnect's calls ({wrong}). Look at certificate and agreement.")
    raise ServiceFault(code, text)


def _text(element: etree._Element, name: str) -> str:
    found = element.find(f"{{*}}{name}")
    return "" if found is None else "".join(str(each) for each in found.itertext()).strip()
