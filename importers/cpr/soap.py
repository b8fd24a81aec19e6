"""Calls to Serviceplatformen: SOAP over TLS with the system's certificate (cpr.md §2, §3 "Errors").

The message is made from our own description of the interface (``interface/``) and checked against it before it is sent
(§4). The complete answer is read before it is parsed safely, so that no part of a broken answer is used.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import httpx
from lxml import etree

from importers.cpr.errors import AccessFault, Misconfigured, NoAnswer, ServiceFault, UnknownNumber
from importers.cpr.settings import CprSettings
from protocols import certificates, xml
from protocols.soap import message
from protocols.soap.described import DescribedService
from protocols.soap.errors import InvalidMessage, NotSoap, NotTrusted, SoapError, TimedOut, TooLarge
from protocols.soap.transport import Limits, Transport

INTERFACE = Path(__file__).parent / "interface"
_REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
_ABOUT_ACCESS = re.compile(
    r"\b(certificate|certifikat(et)?|\w*agreement\w*|\w*aftale\w*|(call|authority|invocation)context|contextmissing|"
    r"not authorized|unauthorized|usersystem(uuid)?|useruuid|serviceuuid|(municipality)?cvr|authorityunknown|xsd)\b"
)
"""Whole words: a fault of the service's own may speak of a ServletContext or of a database's schema."""
LARGEST = (
    16 * 1024 * 1024
)  # bytes of an answer; a person's is some ten thousand, that of all filters some hundred per person
_IN_MEMORY = LARGEST  # no answer is ever written to a disk


class Connection:
    """One connection for a run, with a limited number of calls per second. Use as a context manager.

    Raises Misconfigured if certificate, key or authority can't be used. ``clock`` (seconds) and ``sleep`` are for
    tests.
    """

    def __init__(
        self,
        settings: CprSettings,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        limits = Limits(settings.timeout_seconds, LARGEST, _IN_MEMORY, settings.calls_per_second)
        try:
            context = certificates.tls_context((settings.certificate, settings.private_key), settings.authority)
        except certificates.UnusableFile as wrong:
            raise Misconfigured(f"CPR: {wrong}. Check certificate, private_key and authority.") from wrong
        self._transport = Transport(limits, context, clock, sleep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._transport.__exit__(kind, error, trace)

    def service(self, name: str, url: str) -> "Service":
        """The service that ``interface/<name>.wsdl`` describes, at a configured address."""
        return Service(name, url, self._transport)


class Service:
    """One SOAP service."""

    def __init__(self, name: str, url: str, transport: Transport) -> None:
        self._url = url
        self._transport = transport
        self._described = DescribedService(INTERFACE / f"{name}.wsdl", INTERFACE / f"{name}.xsd")

    def call(self, operation: str, **values: Any) -> etree._Element:
        """The element in the answer's body.

        Raises UnknownNumber, ServiceFault, NoAnswer (for this call), Misconfigured (for every call).
        """
        try:
            request = self._described.request(operation, **values)
            answer = self._transport.post(self._url, request.content, request.headers)
        except InvalidMessage as wrong:
            raise Misconfigured(
                f"CPR: the request would not be valid, so it was not sent; check {wrong.element} ({wrong.rule})."
            ) from wrong
        except NotTrusted as wrong:
            raise Misconfigured(
                f"CPR: no TLS connection to {self._url}: {wrong}. Is the certificate registered with KOMBIT, and is "
                "authority the right CA?"
            ) from wrong
        except TimedOut as late:
            raise NoAnswer("timeout", str(late)) from late
        except TooLarge as large:
            raise NoAnswer("too_large", str(large)) from large
        except SoapError as broken:
            raise NoAnswer("unreachable", f"no connection, or it broke off: {broken}") from broken
        with answer.body as body:
            return answered(answer.status, body.read(), self._url)


def parsed(content: bytes) -> etree._Element:
    """XML in the encoding that it declares. Raises NoAnswer for anything else, or with a document type."""
    try:
        return xml.tree(content, LARGEST)
    except xml.BadXml as wrong:
        raise NoAnswer(wrong.rule, f"the answer is refused: {wrong}") from wrong


def answered(status: int, content: bytes, url: str) -> etree._Element:
    """The element in an answer's body. Raises UnknownNumber, ServiceFault, NoAnswer, Misconfigured."""
    if status in _REFUSED:
        raise Misconfigured(
            f"CPR: {url} refuses the call (HTTP {status}). Is the certificate registered for this system, and is the "
            "agreement (serviceaftale) in force?"
        )
    if not content.strip():
        raise NoAnswer("empty", f"HTTP {status} without content")
    try:
        element = message.body(parsed(content), "1.1")
    except NotSoap as wrong:
        raise NoAnswer(f"no_soap {status}", f"HTTP {status}: {wrong}") from wrong
    except NoAnswer as unreadable:
        raise NoAnswer(f"{unreadable.code} {status}", f"HTTP {status}: {unreadable}") from unreadable
    if message.is_fault(element):
        raise_fault(element)
    if status != httpx.codes.OK:
        raise NoAnswer(f"http {status}", f"HTTP {status} with an answer that is not a fault")
    return element


def raise_fault(element: etree._Element) -> NoReturn:
    """Always raises: UnknownNumber, AccessFault, ServiceFault. Faults come with HTTP 500 and 200 (pitfall 14)."""
    fault = message.Fault.of(element)
    codes = [_text(each, "ErrorCode") for each in element.iter("{*}Error")]
    texts = [_text(each, "ErrorText") for each in element.iter("{*}Error")]
    code = next(filter(None, (*codes, fault.code)), "fault")
    text = "; ".join(dict.fromkeys(filter(None, (fault.text, *texts))))
    if "PNRNotFound" in codes or "pnr not found" in text.lower():
        raise UnknownNumber("CPR has no such number")
    if _ABOUT_ACCESS.search(f"{code} {text}".lower()):
        wrong = ServiceFault(code, text)
        raise AccessFault(f"CPR: the service refuses REConnect's calls ({wrong}). Check certificate and agreement.")
    raise ServiceFault(code, text)


def _text(element: etree._Element, name: str) -> str:
    found = element.find(f"{{*}}{name}")
    return "" if found is None else "".join(str(each) for each in found.itertext()).strip()
