"""The addresses of login, and what each does: /saml for service providers, /login and /logout for people."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ParamSpec, TypeVar

import anyio
import anyio.to_thread
import neo4j
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.access.failed_logins import FailedLogins
from api.http.availability import RETRY_AFTER
from api.http.failures import unavailable, unforeseen
from api.login import pages
from api.login.browser import BadForm, Cookies, FormTokens, form_of, return_path
from graph.time import COPENHAGEN
from idp import flows, sessions
from idp.flows import Flow
from idp.local_accounts.authenticating import LocalLogins, Proven
from idp.local_accounts.credentials import DEVICE_LIFE, credential_of
from idp.local_accounts.passwords import PasswordRejected
from idp.saml.bindings import Carried, from_form, from_query
from idp.saml.errors import BadMessage, Declined
from idp.saml.names import AUTHN_FAILED, NO_AUTHN_CONTEXT, RESPONDER
from idp.sealing import Seal
from idp.sessions import Session
from idp.single_sign_on import Posted, SingleSignOn

_PASSWORDS_AT_ONCE = 2  # each takes 64 MB and a tenth of a second of a processor
_BROWSER_LIFE = timedelta(days=1)
_log = structlog.get_logger("api.login")
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Login:
    """What the pages of login need. ``name``: shown on them. ``system``: the IT system of local accounts."""

    driver: neo4j.Driver
    logins: LocalLogins
    single_sign_on: SingleSignOn
    seal: Seal
    system: str
    name: str
    secure: bool


def routes(login: Login) -> list[BaseRoute]:
    """The routes, for the service that serves them."""
    made = _Pages(login)
    return [
        Route("/saml/metadata", made.caught(made.metadata)),
        Route("/saml/sso", made.caught(made.single_sign_on), methods=["GET", "POST"]),
        Route("/saml/logout", made.caught(made.single_logout), methods=["GET", "POST"]),
        Route("/login", made.caught(made.login_page), methods=["GET"]),
        Route("/login", made.caught(made.log_in), methods=["POST"]),
        Route("/login/code", made.caught(made.code), methods=["POST"]),
        # Who loads the page after a form again, or comes back to it, is led to a page.
        *(
            Route(path, _to_account, methods=["GET"])
            for path in ("/login/code", "/login/second-factor", "/login/second-factor/confirm", "/logout")
        ),
        Route("/login/invitation", made.caught(made.invitation), methods=["GET", "POST"]),
        Route("/login/account", made.caught(made.account), methods=["GET"]),
        Route("/login/second-factor", made.caught(made.second_factor), methods=["POST"]),
        Route("/login/second-factor/confirm", made.caught(made.confirm_second_factor), methods=["POST"]),
        Route("/login/assets/{name}", asset),
        Route("/logout", made.caught(made.log_out), methods=["POST"]),
    ]


class _Pages:
    def __init__(self, login: Login) -> None:
        self._login = login
        self._cookies = Cookies(login.secure)
        self._tokens = FormTokens(login.seal, self._cookies)
        self._passwords = anyio.CapacityLimiter(_PASSWORDS_AT_ONCE)
        self._failed = FailedLogins()

    def caught(self, endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint; what is wrong is a page with a reference, never an answer to the sender of a message."""

        async def answered(request: Request) -> Response:
            if request.method == "HEAD":
                return Response()  # links are looked at by programs; that begins no login, and uses no request up
            try:
                return await endpoint(request)
            except BadMessage as wrong:
                reference = secrets.token_hex(6)
                _log.warning("saml_message_refused", reference=reference, rule=wrong.rule, problem=str(wrong))
                return pages.failed(self._login.name, wrong.rule, reference)
            except BadForm:
                return pages.failed(self._login.name, "form")
            except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError) as error:
                unavailable(error)
                away = pages.failed(self._login.name, "unavailable", status=503)
                away.headers["retry-after"] = str(RETRY_AFTER)
                return away
            except Exception as error:
                id_ = str((unforeseen(error).extensions or {})["id"])
                return pages.failed(self._login.name, "internal", id_, 500)

        return answered

    async def metadata(self, request: Request) -> Response:
        document = await _in_thread(self._login.single_sign_on.metadata, _now())
        return Response(document, media_type="application/samlmetadata+xml")

    async def single_sign_on(self, request: Request) -> Response:
        begun = await _in_thread(self._login.single_sign_on.begin, await _carried(request), _now(), _address(request))
        if isinstance(begun, Posted):
            return _posted(begun)
        # A browser that comes by POST from another site brings its cookies to this address only.
        return RedirectResponse(f"/login?flow={begun}", 303)

    async def login_page(self, request: Request) -> Response:
        browser = self._tokens.browser_of(request)
        session = await self._session(request)
        name = request.query_params.get("flow")
        if name is None:
            to = return_path(request.query_params.get("to"))
            if session is not None:
                return RedirectResponse(to, 303)
            name = await _in_thread(self._written, flows.begin, None, _now(), to)
        flow = await self._flow(name, browser)
        if flow.request is not None:
            found = await _in_thread(
                partial(
                    self._login.single_sign_on.proceed,
                    name,
                    flow.request,
                    session,
                    _now(),
                    fresh=False,
                    address=_address(request),
                )
            )
            if found is not None:
                return _posted(found)
        return self._with_browser(pages.login_form(self._login.name, name, self._tokens.token(browser)), browser)

    async def log_in(self, request: Request) -> Response:
        form = _single(await form_of(request))
        name, login = form.get("flow", ""), form.get("login", "")
        browser = self._tokens.browser_of(request)
        if not self._tokens.is_valid(request, form):
            return pages.failed(self._login.name, "over")
        flow = await self._flow(name, browser)
        address, device = _address(request), request.cookies.get(self._cookies.device)
        async with self._failed.looking_up(address):
            proven = await self._with_password(
                partial(self._login.logins.prove_password, device=device, address=address),
                login,
                form.get("password", ""),
                _now(),
            )
        token = self._tokens.token(browser)
        if proven is None:
            self._failed.failed(address)
            return pages.login_form(self._login.name, name, token, pages.WRONG_LOGIN, login)
        if proven.needs_code:
            await _in_thread(self._written, flows.note_password, name, proven.account.uuid, proven.at)
            return pages.code_form(self._login.name, name, token)
        return await self._finish(request, name, flow, proven, two_factors=False)

    async def code(self, request: Request) -> Response:
        form = _single(await form_of(request))
        name = form.get("flow", "")
        browser = self._tokens.browser_of(request)
        if not self._tokens.is_valid(request, form):
            return pages.failed(self._login.name, "over")
        flow = await self._flow(name, browser)
        if flow.account is None or flow.proven is None:
            return pages.failed(self._login.name, "over")
        address, device = _address(request), request.cookies.get(self._cookies.device)
        account = await self._with_password(
            partial(self._login.logins.prove_code, device=device, address=address),
            flow.account,
            form.get("code", ""),
            _now(),
        )
        if account is None:
            self._failed.failed(address)
            return pages.code_form(self._login.name, name, self._tokens.token(browser), pages.WRONG_CODE)
        proven = Proven(account, needs_code=False, at=flow.proven)
        return await self._finish(request, name, flow, proven, two_factors=True)

    async def _finish(self, request: Request, name: str, flow: Flow, proven: Proven, *, two_factors: bool) -> Response:
        """Begin the session, and answer the application or go back to the page."""
        now, address = _now(), _address(request)
        begun = await _in_thread(
            partial(
                self._login.logins.log_in,
                replaces=request.cookies.get(self._cookies.session),
                device=request.cookies.get(self._cookies.device),
                address=address,
            ),
            proven,
            two_factors,
            now,
        )
        if begun is None:
            return pages.failed(self._login.name, "over")
        secret, device = begun
        if flow.request is None:
            await _in_thread(self._written, flows.use, name)
            response: Response = RedirectResponse(flow.return_to or "/login/account", 303)
        else:
            session = await self._session_of(secret)
            sso = self._login.single_sign_on
            found = await _in_thread(
                partial(sso.proceed, name, flow.request, session, now, fresh=True, address=address)
            )
            if found is None:
                # The application wants a second factor, and this person has none; or the account has closed just now.
                why = AUTHN_FAILED if session is None else NO_AUTHN_CONTEXT
                declined = Declined(RESPONDER, why, "The login that took place is not enough.")
                found = await _in_thread(partial(sso.decline, name, flow.request, declined, now, address))
            response = _posted(found)
        self._cookies.keep(response, self._cookies.session, secret)
        return self._with_device(response, device)

    async def invitation(self, request: Request) -> Response:
        browser = self._tokens.browser_of(request)
        token = self._tokens.token(browser)
        if request.method != "POST":
            return self._with_browser(pages.invitation_form(self._login.name, token), browser)
        form = _single(await form_of(request))
        if not self._tokens.is_valid(request, form):
            return pages.failed(self._login.name, "over")
        login, password = form.get("login", ""), form.get("password", "")
        if password != form.get("again"):
            return pages.invitation_form(self._login.name, token, "De to adgangskoder er ikke ens.", login)
        address, device = _address(request), request.cookies.get(self._cookies.device) or secrets.token_urlsafe(32)
        try:
            async with self._failed.looking_up(address):
                account = await self._with_password(
                    partial(self._login.logins.accept_invitation, device=device, address=address),
                    login,
                    form.get("code", ""),
                    password,
                    _now(),
                )
        except PasswordRejected as rejected:
            return pages.invitation_form(self._login.name, token, pages.rejected(rejected), login)
        if account is None:
            self._failed.failed(address)
            return pages.invitation_form(self._login.name, token, "Brugernavn eller kode er forkert.", login)
        return self._with_device(RedirectResponse("/login", 303), device)

    async def account(self, request: Request) -> Response:
        session = await self._session(request)
        if session is None:
            return RedirectResponse("/login", 303)
        browser = self._tokens.browser_of(request)
        kept = await _in_thread(self._read, credential_of, session.account.uuid)
        token = self._tokens.token(browser, session.hash)
        two = kept is not None and kept.totp is not None
        return self._with_browser(
            pages.account_page(self._login.name, session.account.login, token, two_factors=two), browser
        )

    async def second_factor(self, request: Request) -> Response:
        session, token = await self._own_form(request)
        if session is None:
            return pages.failed(self._login.name, "over")
        if not await self._may_change_factor(session):
            return pages.failed(self._login.name, "over")
        secret, address = await _in_thread(self._login.logins.begin_second_factor, session.account, self._login.name)
        return pages.second_factor_form(self._login.name, token, secret, address)

    async def confirm_second_factor(self, request: Request) -> Response:
        form = _single(await form_of(request))
        session = await self._session(request)
        if session is None or not self._tokens.is_valid(request, form, session.hash):
            return pages.failed(self._login.name, "over")
        if not await self._may_change_factor(session):
            return pages.failed(self._login.name, "over")
        codes = await _in_thread(
            self._login.logins.confirm_second_factor, session.account, form.get("code", ""), _now()
        )
        if codes is None:
            return pages.failed(self._login.name, "code")
        return pages.recovery_codes_page(self._login.name, codes)

    async def _may_change_factor(self, session: Session) -> bool:
        """A second factor is changed only by who has it."""
        kept = await _in_thread(self._read, credential_of, session.account.uuid)
        return kept is None or kept.totp is None or session.two_factors

    async def log_out(self, request: Request) -> Response:
        session, _ = await self._own_form(request)
        if session is None:
            return pages.failed(self._login.name, "over")
        frames = await _in_thread(self._login.single_sign_on.farewell, session, _now(), _address(request))
        response = pages.logged_out(self._login.name, frames)
        self._cookies.drop(response, self._cookies.session)
        return response

    async def single_logout(self, request: Request) -> Response:
        carried = await _carried(request)
        if carried.kind == "SAMLResponse":
            # An application answers our request to log out. The session has ended here, also if the application failed.
            return Response(status_code=204)
        back, frames = await _in_thread(self._login.single_sign_on.log_out, carried, _now(), _address(request))
        if frames or back is None:
            response = pages.logged_out(self._login.name, frames, back)
        else:
            response = RedirectResponse(back, 303)
        self._cookies.drop(response, self._cookies.session)
        return response

    async def _own_form(self, request: Request) -> tuple[Session | None, str]:
        """(the session of a form that came from a page of ours, the token for the next form)."""
        form = _single(await form_of(request))
        session = await self._session(request)
        if session is None or not self._tokens.is_valid(request, form, session.hash):
            return None, ""
        return session, form["token"]

    async def _flow(self, name: str, browser: str) -> Flow:
        flow = await _in_thread(self._written, flows.flow_of, name, browser, _now())
        if flow is None:
            raise BadMessage("over", "The login is over, or was begun in another browser.")
        return flow

    async def _session(self, request: Request) -> Session | None:
        secret = request.cookies.get(self._cookies.session)
        return None if not secret else await self._session_of(secret)

    async def _session_of(self, secret: str) -> Session | None:
        now = _now()
        day = now.astimezone(COPENHAGEN).date()
        return await _in_thread(self._written, sessions.session_of, secret, self._login.system, now, day)

    async def _with_password(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        return await anyio.to_thread.run_sync(partial(work, *given, **named), limiter=self._passwords)

    def _with_browser(self, response: Response, browser: str) -> Response:
        self._cookies.keep(response, self._cookies.browser, browser, int(_BROWSER_LIFE.total_seconds()))
        return response

    def _with_device(self, response: Response, device: str) -> Response:
        self._cookies.keep(response, self._cookies.device, device, int(DEVICE_LIFE.total_seconds()))
        return response

    def _written(self, work: Callable[..., T], *given: Any) -> T:
        with self._login.driver.session() as session:
            return session.execute_write(work, *given)

    def _read(self, work: Callable[..., T], *given: Any) -> T:
        with self._login.driver.session() as session:
            return session.execute_read(work, *given)


async def _in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    return await anyio.to_thread.run_sync(partial(work, *given, **named))


async def _carried(request: Request) -> Carried:
    if request.method == "POST":
        return from_form(await form_of(request))
    return from_query(request.scope["query_string"])


def _posted(answer: Posted) -> Response:
    return pages.post_form(answer.location, answer.document, answer.relay_state)


def _single(form: dict[str, list[str]]) -> dict[str, str]:
    """Fields that are there once; one that is there twice counts for nothing."""
    return {name: values[0] for name, values in form.items() if len(values) == 1}


def _address(request: Request) -> str | None:
    return request.client.host if request.client else None


def _now() -> datetime:
    return datetime.now(UTC)


async def _to_account(request: Request) -> Response:
    return RedirectResponse("/login/account", 303)


async def asset(request: Request) -> Response:
    """A file that the pages need."""
    found = pages.ASSETS.get(request.path_params["name"])
    if found is None:
        return PlainTextResponse("This file does not exist.", 404)
    return Response(found[0], media_type=found[1], headers={"cache-control": "public, max-age=3600"})
