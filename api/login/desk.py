"""What every page of login has: the browser's cookies and session, and an answer to whatever fails."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ParamSpec, TypeVar

import anyio
import anyio.to_thread
import neo4j
import structlog
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.access.failed_logins import FailedLogins
from api.availability import RETRY_AFTER, Availability, Away, in_thread
from api.login import pacing, pages
from api.login.browser import BadForm, Cookies, FormTokens, form_of
from api.login.language import Endpoint, in_its_language
from api.requests.failures import unavailable, unforeseen
from graph.time import COPENHAGEN
from idp import audit, sessions
from idp.local_account import LocalAccount
from idp.local_accounts.attempts import DEVICE_LIFE
from idp.local_accounts.authenticating import LocalLogins
from idp.local_accounts.credentials import credential_of
from idp.local_accounts.handing_over import Change, HandingOver, NotSent
from idp.local_accounts.passkey_logins import PasskeyLogins
from idp.saml.bindings import Carried, from_form, from_query
from idp.saml.errors import BadMessage
from idp.sealing import Seal
from idp.sessions import Session
from idp.single_sign_on import Posted, SingleSignOn

_PASSWORDS_AT_ONCE = 2  # each takes 64 MB and a tenth of a second of a processor
_BROWSER_LIFE = timedelta(days=1)
_RECENT = timedelta(minutes=10)  # since the login, in which a second factor may be changed
_REFUSED: Mapping[str, audit.Event] = {"/saml/sso": "request_refused", "/saml/logout": "logout_refused"}
_log = structlog.get_logger("api.login")
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Login:
    """What the pages of login need. ``name``: shown on them. ``system``: the IT system of local accounts.
    ``elsewhere``: where people with another account log in. ``handing``: how people get codes; None where only
    commands hand them over."""

    driver: neo4j.Driver
    logins: LocalLogins
    passkeys: PasskeyLogins
    single_sign_on: SingleSignOn
    seal: Seal
    system: str
    name: str
    secure: bool
    elsewhere: str | None = None
    handing: HandingOver | None = None


class Desk:
    """The login of a request's browser. ``availability``: of the graph that all pages need."""

    def __init__(self, login: Login, availability: Availability) -> None:
        self.login = login
        self._availability = availability
        self.cookies = Cookies.of(login.seal, secure=login.secure)
        self.tokens = FormTokens(login.seal, self.cookies)
        self.failed = FailedLogins()
        self._passwords = anyio.CapacityLimiter(_PASSWORDS_AT_ONCE)
        self._requests = pacing.requests()
        self._refusals = pacing.refusals()

    def caught(self, endpoint: Endpoint) -> Endpoint:
        """The endpoint; what is wrong is a page with a reference, never an answer to the sender of a message."""

        async def answered(request: Request) -> Response:
            if request.method == "HEAD":
                return Response()  # links are looked at by programs; that begins no login, and uses no request up
            if _is_ahead(request):
                return Response(status_code=503, headers={"cache-control": "no-store"})
            wait = self._requests.take(address_of(request))
            if wait:
                return pages.later(self.login.name, "too_many", 429, wait)
            try:
                return await self._availability.answered(partial(self._answered, endpoint, request))
            except Away:
                return pages.later(self.login.name, "unavailable", 503, RETRY_AFTER)
            except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError) as error:
                unavailable(error)
                return pages.later(self.login.name, "unavailable", 503, RETRY_AFTER)
            except Exception as error:
                id_ = str((unforeseen(error).extensions or {})["id"])
                return pages.failed(self.login.name, "internal", id_, 500)

        return in_its_language(answered)

    async def _answered(self, endpoint: Endpoint, request: Request) -> Response:
        try:
            return await endpoint(request)
        except BadMessage as wrong:
            return await self._refused(request, wrong)
        except BadForm:
            return self.sorry("form")

    async def _refused(self, request: Request, wrong: BadMessage) -> Response:
        """The page for a message that is refused. Of the first ones from an address it is in the logs."""
        if self._refusals.take(address_of(request)):
            return self.sorry(wrong.rule)
        reference = secrets.token_hex(6)
        _log.warning("saml_message_refused", reference=reference, rule=wrong.rule, problem=str(wrong))
        event = _REFUSED.get(request.url.path)
        if event is not None:
            try:
                await in_thread(
                    self.login.single_sign_on.note_refusal, event, now(), why=wrong.rule, address=address_of(request)
                )
            except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError) as error:
                unavailable(error)  # the person is told what was wrong with the message all the same
        return pages.failed(self.login.name, wrong.rule, reference)

    def login_form(self, browser: str, flow: str, to: str, problem: str | None = None, login: str = "") -> Response:
        """The login page for a browser."""
        return pages.login_form(
            self.login.name,
            flow,
            self.tokens.token(browser),
            self.question(browser),
            to,
            problem,
            login,
            self.login.elsewhere,
            has_help=self.has_help,
        )

    @property
    def has_help(self) -> bool:
        """Whether people who forgot their password can ask for a code here."""
        return self.login.handing is not None and self.login.handing.self_service

    def question(self, browser: str) -> str:
        """For any passkey that logs in here."""
        return self.login.passkeys.questions.to_log_in(browser, now())

    def is_throttled(self, address: str | None) -> bool:
        """Whether so many logins from there have failed that each further one waits."""
        return self.failed.wait(address) > 0

    def sorry(self, rule: str) -> Response:
        """A page that tells what went wrong."""
        return pages.failed(self.login.name, rule)

    async def own_form(self, request: Request) -> tuple[Session | None, dict[str, str]]:
        """(the session of a form that came from a page of ours, the form); None as the session if it did not."""
        form = single(await form_of(request))
        session = await self.session(request)
        if session is None or not self.tokens.is_valid(request, form, session.hash):
            return None, form
        return session, form

    async def own_change(self, request: Request) -> tuple[Session, dict[str, str]] | Response:
        """(the session, the form) of a person who changes the own login; a page that states why it is not changed."""
        session, form = await self.own_form(request)
        if session is None:
            return self.sorry("over")
        refused = await self._refused_change(session)
        return (session, form) if refused is None else refused

    async def _refused_change(self, session: Session) -> Response | None:
        """Why the own login may not be changed in this session; None if it may.

        By who has it, if there is one; and only soon after the login, so that a browser that was left open, or a stolen
        cookie, does not become a login for good.
        """
        kept = await in_thread(self.read, credential_of, session.account.uuid)
        if kept is not None and kept.has_second_factor and not session.two_factors:
            return self.sorry("over")
        if session.authenticated + _RECENT <= now():
            return pages.again(self.login.name)
        return None

    def tell_owner(self, account: LocalAccount, what: Change) -> BackgroundTask | None:
        """Tell the account's owner what was changed, after the answer is sent."""
        handing = self.login.handing
        return None if handing is None else BackgroundTask(self._tell, handing, account, what)

    async def _tell(self, handing: HandingOver, account: LocalAccount, what: Change) -> None:
        try:
            await in_thread(handing.tell, account, what, now())
        except NotSent as failed:
            _log.warning("owner_not_told", problem=str(failed))
        except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError) as error:
            unavailable(error)

    async def session(self, request: Request) -> Session | None:
        secret = request.cookies.get(self.cookies.session)
        return None if not secret else await self.session_of(secret)

    async def session_of(self, secret: str) -> Session | None:
        moment = now()
        day = moment.astimezone(COPENHAGEN).date()
        return await in_thread(self.written, sessions.session_of, secret, self.login.system, moment, day)

    async def with_password(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        return await anyio.to_thread.run_sync(
            partial(work, *given, **named), limiter=self._passwords, abandon_on_cancel=True
        )

    def with_browser(self, response: Response, browser: str) -> Response:
        self.cookies.keep(response, self.cookies.browser, browser, int(_BROWSER_LIFE.total_seconds()))
        return response

    def with_device(self, response: Response, device: str) -> Response:
        self.cookies.keep(response, self.cookies.device, device, int(DEVICE_LIFE.total_seconds()))
        return response

    def written(self, work: Callable[..., T], *given: Any) -> T:
        with self.login.driver.session() as session:
            return session.execute_write(work, *given)

    def read(self, work: Callable[..., T], *given: Any) -> T:
        with self.login.driver.session() as session:
            return session.execute_read(work, *given)


def posted(answer: Posted) -> Response:
    """The page that sends an answer to the application."""
    return pages.post_form(answer.location, answer.document, answer.relay_state)


async def carried_by(request: Request) -> Carried:
    """The SAML message of a request. Raises BadMessage, BadForm."""
    if request.method == "POST":
        return from_form(await form_of(request))
    return from_query(request.scope["query_string"])


def single(form: dict[str, list[str]]) -> dict[str, str]:
    """Fields that are there once; one that is there twice counts for nothing."""
    return {name: values[0] for name, values in form.items() if len(values) == 1}


def address_of(request: Request) -> str | None:
    """Where a request comes from."""
    return request.client.host if request.client else None


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


async def to_account(request: Request) -> Response:
    """Who loads the page after a form again, or comes back to it, is led to a page."""
    return RedirectResponse("/login/account", 303)


def _is_ahead(request: Request) -> bool:
    """Whether a browser fetches a page that its person may never look at. It asks again for the real visit."""
    said = " ".join(request.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"))
    return any(each in said.lower() for each in ("prefetch", "prerender", "preview"))
