"""The stand-in as a web service: tests control ``Service``, and ``serve`` runs it beside the test.

Example::

    with serve(Service(state)) as running:
        httpx.get(f"{running.url}/sdws/GetProfession20080201", params=..., auth=(state.user, state.password))
"""

import asyncio
import base64
import binascii
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from sample.sd_service.misbehaviour import CLOSED, LOGIN_PAGE, Misbehaviour
from sample.sd_service.operations import answer
from sample.sd_service.organisation_xml import parent_history
from sample.sd_service.requests import OPERATIONS, Fault, Question, checked, escaped
from sample.sd_service.state import State
from sample.web_server import serving

XML = "text/xml;charset=UTF-8"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
KEPT_ANSWERS = 24
KEPT_FROM = 10_000  # characters; shorter answers are not kept
STREAMED_FROM = (
    200_000  # employments of an institution; up to this many an answer is kept, so that a repeated request is fast
)
CHUNK = 500  # elements per chunk of a streamed answer


@dataclass
class Service:
    """The state, the misbehaviour, and the requests so far (operation and parameters, the latest last)."""

    state: State
    misbehaviour: Misbehaviour = field(default_factory=Misbehaviour)
    calls: deque[tuple[str, Mapping[str, str]]] = field(default_factory=lambda: deque(maxlen=20_000))
    _kept: OrderedDict[tuple[object, ...], str] = field(default_factory=OrderedDict)

    def use(self, state: State) -> None:
        """Start again with another payroll: no misbehaviour, no requests."""
        self.state, self.misbehaviour = state, Misbehaviour()
        self.calls.clear()
        self._kept.clear()

    def app(self) -> Starlette:
        """The ASGI application."""
        history = "/api-gateway/organization/public/api/v1/organizations/uuids/{uuid}/department-parent-history"
        return Starlette(
            routes=[
                Route("/sdws/{operation}", self._xml, methods=["GET", "POST"]),
                Route(history, self._parents, methods=["GET"]),
            ]
        )

    def operations_asked(self) -> list[str]:
        """Names of the operations requested so far."""
        return [operation for operation, _ in self.calls]

    # -- all requests -----------------------------------------------------------------------------------------------

    def _refused(self, request: Request) -> Response | None:
        """Basic authentication with a user that begins with sy. The form of the refusal is unverified."""
        if self.misbehaviour.forbidden:
            return PlainTextResponse("Forbidden", 403)
        kind, _, sent = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(sent).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user, password = "", ""
        known = user.lower().startswith("sy") and user.lower() == self.state.user.lower()
        if kind.lower() == "basic" and known and password == self.state.password:
            return None
        return PlainTextResponse("Unauthorized", 401, {"WWW-Authenticate": 'Basic realm="sdws"'})

    async def _spoiled(self, operation: str) -> Response | None:
        wrong, state = self.misbehaviour, self.state
        if state.keeps_hours and not 6 <= state.clock.now().hour < 22:
            return Response(CLOSED, media_type=XML)
        if not wrong.concerns(operation):
            return None
        if wrong.closed:
            wrong.closed -= 1
            return Response(CLOSED, media_type=XML)
        if wrong.broken:
            wrong.broken -= 1
            return PlainTextResponse("Service Unavailable", 503)
        if wrong.pages:
            wrong.pages -= 1
            return HTMLResponse(LOGIN_PAGE, wrong.page_status)
        if wrong.hangs:
            wrong.hangs -= 1
            await asyncio.sleep(wrong.hang_seconds)
        return None

    # -- XML ----------------------------------------------------------------------------------------------------

    async def _xml(self, request: Request) -> Response:
        operation = request.path_params["operation"]
        sent = dict(request.query_params)
        if request.method == "POST":
            sent.update(parse_qsl((await request.body()).decode()))
        self.calls.append((operation, sent))
        early = self._refused(request) or await self._spoiled(operation)
        if early is not None:
            return early
        if operation not in OPERATIONS:
            return PlainTextResponse("Not Found", 404)  # unverified
        try:
            asked = checked(operation, sent, self.state)
            return await run_in_threadpool(self._answered, asked)
        except Fault as fault:
            return Response(self._fault(operation, str(fault)), media_type=XML)

    def _answered(self, asked: Question) -> Response:
        cpr, number = asked.text("PersonCivilRegistrationIdentifier"), asked.text("EmploymentIdentifier")
        parts = answer(asked, self.state)
        if self.misbehaviour.empty & {f"{cpr}/{number}", cpr, f"/{number}"}:
            parts = iter(())
        if self.misbehaviour.lacking and asked.operation.startswith("GetPerson"):
            parts = self._without_lacking(asked, parts)
        large = any(len(each.employments) >= STREAMED_FROM for each in self.state.institutions.values())
        if large and not cpr and not number:
            return StreamingResponse(iterate_in_threadpool(self._chunks(asked, parts)), media_type=XML)
        text = self._opening(asked) + self._body(asked, parts)
        if self.misbehaviour.cut and self.misbehaviour.concerns(asked.operation):
            self.misbehaviour.cut -= 1
            text = text[: len(text) // 2]
        return Response(text.encode(), media_type=XML)

    def _without_lacking(self, asked: Question, parts: Iterator[str]) -> Iterator[str]:
        here = f"{asked.text('InstitutionIdentifier')}/"
        gone = {each.removeprefix(here) for each in self.misbehaviour.lacking if each.startswith(here)}
        cpr = asked.text("PersonCivilRegistrationIdentifier")
        if cpr in gone:
            raise Fault(f"The stated PersonCivilRegistrationIdentifier '{cpr}' does not exist.")
        return (part for part in parts if not any(f">{each}<" in part for each in gone))

    def _body(self, asked: Question, parts: Iterator[str]) -> str:
        people = "Person" in asked.operation or "Employment" in asked.operation
        versions = tuple((each.structure_version, people and each.version) for each in self.state.institutions.values())
        key = (asked.operation, frozenset(asked.texts.items()), versions, repr(self.misbehaviour))
        body = self._kept.get(key)
        if body is None:
            body = self.misbehaviour.spoiled(asked.operation, self._echo(asked) + "".join(parts) + self._end(asked))
            if len(body) >= KEPT_FROM:
                self._kept[key] = body
            while len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
        return body

    def _chunks(self, asked: Question, parts: Iterator[str]) -> Iterator[bytes]:
        yield (self._opening(asked) + self._echo(asked)).encode()
        while chunk := "".join(islice(parts, CHUNK)):
            yield chunk.encode()
        yield self._end(asked).encode()

    def _opening(self, asked: Question) -> str:
        name = "creationTime" if asked.operation.startswith("GetProfession") else "creationDateTime"
        moment = asked.now.isoformat(timespec="seconds")
        return f'{DECLARATION}{self.misbehaviour.extra}<{asked.operation} {name}="{moment}">'

    @staticmethod
    def _echo(asked: Question) -> str:
        name = "RequestKey" if asked.operation.startswith("GetProfession") else "RequestStructure"
        return f"<{name}>{asked.echo()}</{name}>"

    @staticmethod
    def _end(asked: Question) -> str:
        return f"</{asked.operation}>"

    def _fault(self, operation: str, text: str) -> str:
        text = escaped(text)
        prefix, space = ("soap:", "\n    ") if self.misbehaviour.wrapped_faults else ("", "")
        names = ' xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"' if prefix else ""
        actor = f"dk.eg.sd.loen.webservices.web.sdws.BusinessHandler.qm.{operation}BO"
        quoted = f'Missing or invalid parameter from client: "{text}"'
        return (
            f"{DECLARATION}<{prefix}Envelope{names}><{prefix}Body><{prefix}Fault>"
            "<faultcode>soapenv:soapenvClient.ParameterError</faultcode>"
            f"<faultstring>{space}{text}{space}</faultstring><faultactor>{actor}</faultactor>"
            f"<detail><string>{space}{quoted}{space}</string></detail>"
            f"</{prefix}Fault></{prefix}Body></{prefix}Envelope>"
        )

    # -- JSON ---------------------------------------------------------------------------------------------------

    async def _parents(self, request: Request) -> Response:
        uuid = request.path_params["uuid"].lower()
        self.calls.append(("department-parent-history", {"uuid": uuid}))
        early = self._refused(request) or await self._spoiled("department-parent-history")
        if early is not None:
            return early
        if uuid in self.misbehaviour.histories:
            return JSONResponse(self.misbehaviour.histories[uuid])
        for institution in self.state.institutions.values():
            department = institution.departments.get(uuid)
            if department is not None and department.parents and uuid not in self.misbehaviour.no_history:
                return JSONResponse(parent_history(department))
        return JSONResponse({"message": "Not Found"}, 404)


@dataclass(frozen=True)
class Running:
    """A running service at ``url``."""

    url: str
    service: Service


@contextmanager
def serve(service: Service, port: int = 0) -> Iterator[Running]:
    """Run it on loopback in a thread; port 0 = any free one. Raises RuntimeError if it doesn't start."""
    with serving(service.app(), "SD", port) as bound:
        yield Running(f"http://127.0.0.1:{bound}", service)
