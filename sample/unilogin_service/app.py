"""The stand-in as a web service: tests control ``Service``, and ``serve`` runs it beside the test.

Example::

    with serve(Service(state)) as running:
        settings = UniLoginSettings(url=running.url, ...)
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from lxml import etree
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from protocols.xml_signature.signing import BODY, Signer
from sample.unilogin_service import export_xml
from sample.unilogin_service.export_xml import TYPES, child
from sample.unilogin_service.keys import Identity
from sample.unilogin_service.misbehaviour import Misbehaviour
from sample.unilogin_service.requests import SOAP, WSSE, Fault, Question, checked, read, schema
from sample.unilogin_service.state import State
from sample.web_server import serving

PATH = "/bpi/wsieksport/7"


@dataclass
class Service:
    """The state, the misbehaviour, the requests so far, and exports by institution and day.

    ``requests`` and ``answers``: the bodies, the latest last. ``identity``: answers are signed with it.
    """

    state: State
    misbehaviour: Misbehaviour = field(default_factory=Misbehaviour)
    calls: list[tuple[str, str]] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    answers: list[bytes] = field(default_factory=list)
    exports: Counter[tuple[str, date]] = field(default_factory=Counter)
    identity: Identity | None = None

    def use(self, state: State) -> None:
        """Start again with another state: no misbehaviour, no requests."""
        self.state, self.misbehaviour, self.identity = state, Misbehaviour(), None
        self.exports = Counter()
        for each in (self.calls, self.requests, self.answers):
            each.clear()

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(routes=[Route(PATH, self._post, methods=["POST"])])

    async def _post(self, request: Request) -> Response:
        body = await request.body()
        if self.misbehaviour.slow:
            await asyncio.sleep(self.misbehaviour.slow)
        return await run_in_threadpool(self.answer, body)

    def answer(self, body: bytes) -> Response:
        """The answer to a request's body."""
        self.requests.append(body)
        version = "http://schemas.xmlsoap.org/soap/envelope/"
        try:
            message = read(body)
            version = etree.QName(message).namespace or version
            asked = checked(message, self.state)
            self.calls.append((asked.operation, asked.institution))
            if asked.institution in self.misbehaviour.down:
                return Response("Service Unavailable", 503)
            content = self._content(asked)
        except Fault as fault:
            return self._sent(_fault(fault, version), version, self.misbehaviour.status)
        if self.misbehaviour.is_checked:
            schema().assertValid(content)
        sent = self._sent(content, version, 200)
        if asked.institution in self.misbehaviour.cut:
            return Response(bytes(sent.body)[: len(sent.body) // 2], media_type=sent.media_type)
        return sent

    def _content(self, asked: Question) -> etree._Element:
        state = self.state
        if asked.operation == "helloWorldWithCertificate":
            return export_xml.greeting(asked.provider)
        if asked.operation == "hentDataAftalerFuldMyndighed":
            return export_xml.agreements(number for number, each in state.institutions.items() if each.agreed)
        institution = state.institutions.get(asked.institution)
        if asked.institution in self.misbehaviour.refused:
            raise Fault(self.misbehaviour.refused[asked.institution], "refused")
        if institution is None or not institution.agreed:
            raise Fault("Rettigheder", "no approved data agreement")
        now = state.now()
        called = (asked.institution, now.date())
        if self.exports[called] >= state.limit:
            raise Fault("", "too many exports today")  # unverified: STIL's real answer is unknown
        self.exports[called] += 1
        return export_xml.export(institution, asked.filters or {}, self.misbehaviour, now)

    def _sent(self, content: etree._Element, version: str, status: int) -> Response:
        message = etree.Element(etree.QName(version, "Envelope"), nsmap={"soap": version})
        header = child(message, version, "Header")
        child(message, version, "Body").append(content)
        if self.identity is not None and status == 200:
            child(header, WSSE, "Security")
            Signer(self.identity.key, self.identity.certificate).sign(message, BODY)
        text = etree.tostring(message, xml_declaration=True, encoding="UTF-8").decode()
        for before, after in self.misbehaviour.spoiled.items():
            text = text.replace(before, after)
        self.answers.append(text.encode())
        media = "text/xml" if SOAP[version] == "1.1" else "application/soap+xml"
        return Response(text.encode(), status, media_type=media)


def _fault(fault: Fault, version: str) -> etree._Element:
    made = etree.Element(etree.QName(version, "Fault"), nsmap={"soap": version})
    if SOAP[version] == "1.1":
        etree.SubElement(made, "faultcode").text = "soap:Client"
        etree.SubElement(made, "faultstring").text = str(fault)
        detail = etree.SubElement(made, "detail")
    else:
        child(child(made, version, "Code"), version, "Value", "soap:Sender")
        child(child(made, version, "Reason"), version, "Text", str(fault))
        detail = child(made, version, "Detail")
    if fault.kind:
        child(child(detail, TYPES, "authentificationError"), TYPES, "type", fault.kind)
    else:
        made.remove(detail)
    return made


@dataclass(frozen=True)
class Running:
    """A running service at ``url``."""

    url: str
    service: Service


@contextmanager
def serve(service: Service, port: int = 0) -> Iterator[Running]:
    """Run it on loopback in a thread; port 0 = any free one. Raises RuntimeError if it doesn't start."""
    with serving(service.app(), "UNI-Login", port) as bound:
        yield Running(f"http://127.0.0.1:{bound}{PATH}", service)
