"""The SOAP side of the stand-in: over TLS, for registered client certificates only.

Example::

    authority = Authority(folder)
    client = authority.issue("client")
    service = Service(register, {client.fingerprint: Registered(...)})
    with serve(service, authority.issue("server"), authority) as running:
        settings = CprSettings(url=running.lookup_url, ...)
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from sample.certificates import Authority, Pair
from sample.cpr_service.misbehaviour import Misbehaviour
from sample.cpr_service.person_xml import person_xml
from sample.cpr_service.register import Register
from sample.cpr_service.requests import LOOKUP, PATHS, SUBSCRIPTION, Call, Fault, Registered, checked, read
from sample.tls_server import CertifiedHandler, serving

_LARGEST = 1024 * 1024  # bytes of a request
_FAULT = "http://serviceplatformen.dk/xml/schemas/ServiceplatformFault/1/"
_PNR = "http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>%s</soap:Body></soap:Envelope>'
)


@dataclass
class Service:
    """The service as tests control it. ``clients``: SHA-256 of a certificate → its registration.

    ``calls``: the accepted ones; ``requests`` and ``answers``: all bodies, the latest last. ``filters``: the subscribed
    numbers; ``other_filters``: XML of filters of other kinds.
    """

    register: Register
    clients: dict[str, Registered] = field(default_factory=dict)
    misbehaviour: Misbehaviour = field(default_factory=Misbehaviour)
    calls: list[Call] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    filters: set[str] = field(default_factory=set)
    other_filters: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, operation: str = "PersonLookup") -> list[str]:
        """The requested numbers, in order."""
        return [each.number for each in self.calls if each.operation == operation]

    def use(self, register: Register) -> None:
        """Start again with another register: no misbehaviour, calls or subscriptions."""
        self.register, self.misbehaviour, self.other_filters = register, Misbehaviour(), ""
        for each in (self.calls, self.requests, self.answers, self.filters):
            each.clear()

    def answer(self, path: str, body: bytes, action: str | None, fingerprint: str) -> tuple[int, str, bytes]:
        """HTTP status, media type and content."""
        self.requests.append(body)
        known, namespace = self.clients.get(fingerprint), PATHS.get(path)
        if known is None:
            return 403, "text/html", b"<html><body>Forbidden</body></html>"
        if namespace is None:
            return 404, "text/html", b"<html><body>Not found</body></html>"
        status, number = 200, ""
        try:
            call = checked(read(body), namespace, action, known)
            number = call.number
            self.calls.append(call)
            if namespace == LOOKUP:
                content = self._person(number)
            else:
                with self._lock:
                    content = self._filter(call.operation, number)
        except Fault as fault:
            status, content = 500, _fault(fault)
        return self._sent(status, content, number)

    def _person(self, number: str) -> str:
        if self.misbehaviour.at(number) == "other_person":
            number = next(each for each in self.register.persons if each != number)
        found = self.register.find(number)
        if found is None:
            raise Fault("PNRNotFound", "PNR not found")
        return person_xml(found, self.misbehaviour.left_out, everything=self.misbehaviour.everything)

    def _filter(self, operation: str, number: str) -> str:
        if operation == "GetAllFilters":
            numbers = "".join(f'<PNR xmlns="{_PNR}">{each}</PNR>' for each in sorted(self.filters))
            none = "<noFilter>false</noFilter>" if self.misbehaviour.no_filter else ""
            content = f"{self.other_filters}{numbers}{none}"
        else:
            content = f"<Result>{self._changed(operation, number)}</Result>"
        return f'<{operation}Response xmlns="{SUBSCRIPTION}">{content}</{operation}Response>'

    def _changed(self, operation: str, number: str) -> str:
        if operation == "RemovePNRSubscription":
            if number not in self.filters:
                return "NON_EXISTING_PNR"
            self.filters.discard(number)
            return "REMOVED"
        if self.register.find(number) is None:
            return "NON_EXISTING_PNR"
        if number in self.filters:
            return "ALREADY_EXISTED"
        self.filters.add(number)
        return "ADDED"

    def _sent(self, status: int, content: str, number: str) -> tuple[int, str, bytes]:
        wrong = self.misbehaviour.at(number)
        if wrong == "silent":
            time.sleep(self.misbehaviour.seconds)
        if wrong in ("fault_500", "fault_200"):
            status = 500 if wrong == "fault_500" else 200
            content = _fault(Fault("InternalError", "Something went wrong"))
        text = _ENVELOPE % content
        for before, after in self.misbehaviour.spoiled.items():
            text = text.replace(before, after)
        if wrong == "entity":
            text = text.replace("?>\n", '?>\n<!DOCTYPE x [<!ENTITY e "x">]>')
        body = text.encode()
        self.answers.append(body)
        if wrong == "unavailable":
            return 503, "text/plain", b"Service Unavailable"
        if wrong == "gateway":
            return 502, "text/html", b"<html><head><title>Bad Gateway</title></head><body><p>Sorry</body></html>"
        if wrong == "empty":
            return 200, "text/xml", b""
        if wrong == "hang_up":
            raise ConnectionAbortedError
        return status, "text/xml; charset=utf-8", body[: len(body) // 2] if wrong == "cut" else body


def _fault(fault: Fault) -> str:
    code, text = escape(fault.code), escape(str(fault))
    return (
        f"<soap:Fault><faultcode>soap:Server</faultcode><faultstring>{text}</faultstring><detail>"
        f'<ServiceplatformFault xmlns="{_FAULT}"><ErrorList><Error><ErrorCode>{code}</ErrorCode>'
        f"<ErrorText>{text}</ErrorText></Error></ErrorList></ServiceplatformFault></detail></soap:Fault>"
    )


@dataclass(frozen=True)
class Running:
    """A running service."""

    port: int
    service: Service

    @property
    def lookup_url(self) -> str:
        return self._url(LOOKUP)

    @property
    def subscription_url(self) -> str:
        return self._url(SUBSCRIPTION)

    def _url(self, namespace: str) -> str:
        path = next(path for path, each in PATHS.items() if each == namespace)
        return f"https://127.0.0.1:{self.port}{path}"


class _Handler(CertifiedHandler):
    def do_POST(self) -> None:
        body = self.body(_LARGEST)
        if body is not None:
            service: Service = self.server.service
            self.answer(*service.answer(self.path, body, self.headers.get("SOAPAction"), self.fingerprint))


@contextmanager
def serve(service: Service, identity: Pair, authority: Authority, port: int = 0) -> Iterator[Running]:
    """Run it on loopback in threads; port 0 = any free one. Clients need a certificate of ``authority``."""
    with serving(_Handler, service, identity, authority, port) as used:
        yield Running(used, service)
