"""The addresses of login through another identity provider: metadata, begin, its answer, and where the browser goes on.

The answer comes by POST from another site, without this browser's cookies; so it is followed by a page of ours, which
the browser opens with them.
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
import neo4j
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.access.caller_names import PERSON
from api.availability import Availability
from api.login import pacing, pages
from api.login.browser import Cookies, FormTokens, form_of, return_path
from api.login.desk import carried_by
from api.login.language import Endpoint
from api.login.saml_peer import SamlRefused
from api.login.saml_service import SamlService
from api.login.web_login import WebLogin
from api.login.web_routes import BROWSER_SECONDS, caught
from idp import audit, person_sessions
from idp.person_sessions import Subject
from idp.saml.errors import BadMessage

_AT_ONCE = 2  # checking an answer takes some tens of milliseconds of a processor
P = ParamSpec("P")
T = TypeVar("T")


def saml_routes(login: WebLogin, service: SamlService, availability: Availability) -> list[BaseRoute]:
    """The routes, for the service that serves them."""
    made = _Pages(login, service, availability)
    return [
        Route("/login/saml", made.caught(made.begin), methods=["GET"]),
        Route("/login/saml/metadata", made.caught(made.metadata), methods=["GET"]),
        Route("/login/saml/acs", made.caught(made.take), methods=["POST"]),
        Route("/login/saml/logout", made.caught(made.logout), methods=["GET", "POST"]),
        Route("/login/saml/done", made.caught(made.done), methods=["GET"]),
    ]


class _Pages:
    def __init__(self, login: WebLogin, service: SamlService, availability: Availability) -> None:
        self._login = login
        self._service = service
        self._availability = availability
        self._cookies = Cookies.of(login.seal, secure=login.secure)
        self._tokens = FormTokens(login.seal, self._cookies)
        self._checking = anyio.CapacityLimiter(_AT_ONCE)
        self._begun_from = pacing.logins()
        self._refusals = pacing.refusals()

    def caught(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint; what is wrong is a page."""

        async def answered(request: Request) -> Response:
            if request.method == "HEAD":
                return Response()
            try:
                return await endpoint(request)
            except SamlRefused as refused:
                return pages.failed(self._login.name, refused.rule, status=refused.status)
            except BadMessage as wrong:
                return pages.failed(self._login.name, wrong.rule)

        return caught(self._login.name, self._availability, answered)

    async def metadata(self, request: Request) -> Response:
        document = await self._in_thread(self._service.metadata, _now())
        return Response(document, media_type="application/samlmetadata+xml")

    async def begin(self, request: Request) -> Response:
        wait = self._begun_from.take(request.client.host if request.client else None)
        if wait:
            return pages.later(self._login.name, "too_many", 429, wait)
        browser = self._tokens.browser_of(request)
        to = return_path(request.query_params.get("to") or "/")
        url = await self._in_thread(self._service.begin, browser, to, _now())
        response = RedirectResponse(url, 303)
        self._cookies.keep(response, self._cookies.browser, browser, BROWSER_SECONDS)
        return response

    async def take(self, request: Request) -> Response:
        form = {name: values[0] for name, values in (await form_of(request)).items() if len(values) == 1}
        address = request.client.host if request.client else None
        response = form.get("SAMLResponse", "")
        _require_base64(response)
        try:
            ticket = await self._in_thread(self._service.take, response, form.get("RelayState", ""), _now())
        except SamlRefused as refused:
            await self._note("login_refused", refused.rule, address)
            raise
        return RedirectResponse(f"/login/saml/done?ticket={ticket}", 303)

    async def logout(self, request: Request) -> Response:
        """The identity provider asks to end sessions, or answers that it has ended its own."""
        carried = await carried_by(request)
        address = request.client.host if request.client else None
        try:
            back = await self._in_thread(self._service.hear, carried, _now(), address)
        except BadMessage as wrong:
            await self._note("logout_refused", wrong.rule, address)
            raise
        return pages.left(self._login.name, ()) if back is None else RedirectResponse(back, 303)

    async def _note(self, event: audit.Event, rule: str, address: str | None) -> None:
        """Of the messages that are refused, the first ones from an address are in the log: strangers do not fill it."""
        if not self._refusals.take(address):
            await self._in_thread(self._service.note_refusal, event, rule, _now(), address)

    async def done(self, request: Request) -> Response:
        browser = request.cookies.get(self._cookies.browser)
        ticket = request.query_params.get("ticket")
        found = await self._in_thread(self._service.use, ticket, browser, _now()) if browser and ticket else None
        if found is None:
            raise SamlRefused("over")
        address = request.client.host if request.client else None
        replaces = request.cookies.get(self._cookies.session)
        work = partial(self._begun, found.person, found.subject, replaces, address)
        response = RedirectResponse(found.return_to, 303)
        self._cookies.keep(response, self._cookies.session, await self._in_thread(work))
        return response

    def _begun(self, person: str, subject: Subject, replaces: str | None, address: str | None) -> str:
        now = _now()

        def written(tx: neo4j.ManagedTransaction) -> str:
            audit.note(tx, "login", now, by=f"{PERSON}{person}", address=address)
            return person_sessions.begin(tx, "saml", now, person=person, subject=subject, replaces=replaces)

        with self._login.driver.session() as session:
            return session.execute_write(written)

    async def _in_thread(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        return await anyio.to_thread.run_sync(
            partial(work, *given, **named), limiter=self._checking, abandon_on_cancel=True
        )


def _require_base64(text: str) -> None:
    try:
        base64.b64decode(text, validate=False)
    except ValueError:
        raise SamlRefused("unreadable") from None
    if not text:
        raise SamlRefused("unreadable")


def _now() -> datetime:
    return datetime.now(UTC)
