"""The pages of login to REConnect itself: the start page, and the end of a session."""

from datetime import UTC, datetime
from functools import partial
from html import escape
from urllib.parse import quote

import neo4j
import structlog
from prometheus_client import Counter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.access.failed_logins import FailedLogins
from api.access.field_groups import role_of
from api.access.own_system import TITLES
from api.access.rights import Access
from api.access.sessions import LoggedIn
from api.availability import RETRY_AFTER, Availability, Away, in_thread
from api.login import pacing, pages
from api.login.browser import BadForm, Cookies, FormTokens, form_of
from api.login.language import Endpoint, in_its_language, texts
from api.login.saml_peer import SamlRefused
from api.login.web_login import WebLogin
from api.requests.failures import unavailable, unforeseen
from idp import break_glass, person_sessions

BROWSER_SECONDS = 24 * 3600
BREAK_GLASS_USED = Counter("reconnect_break_glass_logins", "Logins with a break-glass account")
_log = structlog.get_logger("api.login")


def web_routes(login: WebLogin, availability: Availability, *, has_start: bool) -> list[BaseRoute]:
    """The routes, for the service that serves them. ``has_start``: another page is the start page."""
    made, page = _Pages(login), partial(caught, login.name, availability)
    return [
        *(() if has_start else (Route("/", page(made.own_session), methods=["GET"]),)),
        Route("/login/session", page(made.own_session), methods=["GET"]),
        Route("/login/break-glass", page(made.break_glass), methods=["GET", "POST"]),
        Route("/login/end", page(made.end), methods=["POST"]),
    ]


def with_session(login: WebLogin, availability: Availability, endpoint: Endpoint) -> Endpoint:
    """The endpoint, for browsers with a session; others are led to the login, and from there back."""
    made = _Pages(login)

    async def entered(request: Request) -> Response:
        _, refusal = await made.entered(request)
        return await endpoint(request) if refusal is None else refusal

    return caught(login.name, availability, entered)


def caught(name: str, availability: Availability, endpoint: Endpoint) -> Endpoint:
    """The endpoint; what is wrong is a page. ``name``: shown on it. An address may ask for so much at a time."""
    pace = pacing.requests()

    async def answered(request: Request) -> Response:
        wait = pace.take(request.client.host if request.client else None)
        if wait:
            return pages.later(name, "too_many", 429, wait)
        try:
            return await availability.answered(partial(endpoint, request))
        except BadForm:
            return pages.failed(name, "form")
        except Away:
            return pages.later(name, "unavailable", 503, RETRY_AFTER)
        except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError) as error:
            unavailable(error)
            return pages.later(name, "unavailable", 503, RETRY_AFTER)
        except Exception as error:
            id_ = str((unforeseen(error).extensions or {})["id"])
            return pages.failed(name, "internal", id_, 500)

    return in_its_language(answered)


class _Pages:
    def __init__(self, login: WebLogin) -> None:
        self._login = login
        self._cookies = Cookies.of(login.seal, secure=login.secure)
        self._tokens = FormTokens(login.seal, self._cookies)
        self._failed = FailedLogins()

    async def entered(self, request: Request) -> tuple[LoggedIn | None, Response | None]:
        """Who has logged in; otherwise the answer to a browser without a session."""
        who = await self._login.whose(request.cookies.get(self._cookies.session))
        if who is not None:
            request.state.by = who.name
            return who, None
        if not self._login.can_log_in:
            return None, pages.failed(self._login.name, "no_login", status=404)
        login = "/login" if self._login.through == "own" else "/login/saml"
        there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return None, RedirectResponse(f"{login}?to={quote(there)}", 303)

    async def own_session(self, request: Request) -> Response:
        """Who has logged in, what they may do, and where to go on."""
        who, refusal = await self.entered(request)
        if who is None:
            assert refusal is not None
            return refusal
        browser = self._tokens.browser_of(request)
        access = await self._login.sessions.access(who)
        shown = _rights(access) if access.roles else await self._no_rights()
        response = pages.page(self._login.name, _who(who) + shown + self._logout(who, browser))
        self._cookies.keep(response, self._cookies.browser, browser, BROWSER_SECONDS)
        return response

    async def break_glass(self, request: Request) -> Response:
        """The account for when no other login works."""
        browser = self._tokens.browser_of(request)
        token = self._tokens.token(browser)
        if request.method != "POST":
            shown = pages.break_glass_form(self._login.name, token)
            self._cookies.keep(shown, self._cookies.browser, browser, BROWSER_SECONDS)
            return shown
        form = {name: values[0] for name, values in (await form_of(request)).items() if len(values) == 1}
        if not self._tokens.is_valid(request, form):
            return pages.failed(self._login.name, "over")
        address = request.client.host if request.client else None
        replaces = request.cookies.get(self._cookies.session)
        async with self._failed.looking_up(address):
            work = partial(break_glass.open_, self._login.driver, form.get("code", ""), datetime.now(UTC))
            # The right code is taken from a throttled address too: nobody can guess one, or keep its owners out.
            is_noted = not self._failed.wait(address)
            work = partial(work, address=address, replaces=replaces, is_noted=is_noted)
            found = await in_thread(work)
        if found is None:
            self._failed.failed(address)
            return pages.break_glass_form(self._login.name, token, texts().break_glass_wrong)
        name, secret = found
        BREAK_GLASS_USED.inc()
        _log.warning("break_glass_used", account=name, address=address)
        response = RedirectResponse("/", 303)
        moment = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        told = f"The break-glass account {name} of REConnect was used from {address} at {moment}."
        response.background = BackgroundTask(self._login.alarm, told)  # no login waits for a mail server
        self._cookies.keep(response, self._cookies.session, secret)
        return response

    async def end(self, request: Request) -> Response:
        """End the session of this browser."""
        form = {name: values[0] for name, values in (await form_of(request)).items() if len(values) == 1}
        who = await self._login.whose(request.cookies.get(self._cookies.session))
        there = None
        if who is not None:
            if not self._tokens.is_valid(request, form, who.hash):
                return pages.failed(self._login.name, "over")
            there = await in_thread(self._ended, who.hash)
        # By the page, as no form of ours may go there.
        response = pages.left(self._login.name, ()) if there is None else pages.logged_out(self._login.name, (), there)
        if who is not None:  # a page of others that leads a browser here brings no cookie, and takes none away
            self._cookies.drop(response, self._cookies.session)
        return response

    def _ended(self, session_hash: str) -> str | None:
        """Where the session ends at the identity provider that it came from."""
        with self._login.driver.session() as session:
            subject = session.execute_write(person_sessions.end, session_hash)
        if subject is None or self._login.saml is None:
            return None
        try:
            return self._login.saml.farewell(subject, datetime.now(UTC))
        except SamlRefused as refused:  # its metadata are not known now
            _log.warning("identity_provider_not_told", why=refused.rule)
            return None

    async def _no_rights(self) -> str:
        t, missing = texts(), await self._login.missing_rights()
        who = "".join(f"<li>{escape(name)}</li>" for _, name in missing.givers)
        return (
            f'<p class="problem" role="alert">{t.no_roles} {escape(", ".join(t.roles[each] for each in TITLES))}.</p>'
            + (f"<p>{t.given_by}</p><ul>{who}</ul>" if who else f"<p>{t.given_by_it}</p>")
        )

    def _logout(self, who: LoggedIn, browser: str) -> str:
        is_own = self._login.through == "own" and who.person is not None
        action = "/logout" if is_own else "/login/end"
        account = f'<p><a href="/login/account">{texts().own_login}</a></p>' if is_own else ""
        token = escape(self._tokens.token(browser, who.hash))
        return (
            f'{account}<form method="post" action="{action}"><input type="hidden" name="token" value="{token}">'
            f"<button>{texts().log_out}</button></form>"
        )


def _who(who: LoggedIn) -> str:
    return f"<p>{texts().logged_in_as} <strong>{escape(who.shown)}</strong>.</p>"


def _rights(access: Access) -> str:
    t, held = texts(), {*map(role_of, access.roles)}
    roles = "".join(f"<li>{escape(t.roles[each])}</li>" for each in TITLES if each in held)
    return f'<p>{t.your_roles}</p><ul>{roles}</ul><p><a href="/graphql">GraphiQL</a></p>'
