"""People's own login: a forgotten password, another one, and the second factor."""

import anyio
import anyio.to_thread
import neo4j
import structlog
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.availability import in_thread
from api.login import pacing, pages
from api.login.browser import form_of
from api.login.desk import Desk, address_of, now, single
from api.login.language import texts
from api.requests.failures import unavailable
from idp.local_accounts.credentials import credential_of
from idp.local_accounts.handing_over import HandingOver, NotSent
from idp.local_accounts.passkeys import passkeys_of
from idp.local_accounts.passwords import PasswordRejected

_MESSAGES_AT_ONCE = 2
_log = structlog.get_logger("api.login")


class OwnLogin:
    """The pages on which a person cares for the own login."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._login = desk.login
        self._messages = anyio.CapacityLimiter(_MESSAGES_AT_ONCE)
        self._asked = pacing.forgotten()

    async def forgotten(self, request: Request) -> Response:
        """The page is the same for everyone, and is sent before anything is looked up."""
        handing = self._login.handing
        if handing is None or not handing.self_service:
            return self._desk.sorry("no_help")
        browser = self._desk.tokens.browser_of(request)
        if request.method != "POST":
            form_page = pages.forgotten_form(self._login.name, self._desk.tokens.token(browser))
            return self._desk.with_browser(form_page, browser)
        form = single(await form_of(request))
        if not self._desk.tokens.is_valid(request, form):
            return self._desk.sorry("over")
        told = pages.forgotten_told(self._login.name)
        if self._asked.take(address_of(request)):
            return told  # as everyone gets it, but nothing is sent
        told.background = BackgroundTask(self._send, handing, form.get("login", ""), address_of(request))
        return told

    async def _send(self, handing: HandingOver, login: str, address: str | None) -> None:
        try:
            await anyio.to_thread.run_sync(
                handing.forgotten, login, now(), address, limiter=self._messages, abandon_on_cancel=True
            )
        except NotSent as failed:
            _log.warning("code_not_sent", problem=str(failed))
        except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError) as error:
            unavailable(error)

    async def account(self, request: Request) -> Response:
        session = await self._desk.session(request)
        if session is None:
            return RedirectResponse("/login", 303)
        browser = self._desk.tokens.browser_of(request)
        kept = await in_thread(self._desk.read, credential_of, session.account.uuid)
        token = self._desk.tokens.token(browser, session.hash)
        own = await in_thread(self._desk.read, passkeys_of, session.account.uuid)
        question = self._login.passkeys.questions.to_make(
            browser, session.account.uuid, now(), session.account.login, [each.id for each in own]
        )
        page = pages.account_page(
            self._login.name,
            session.account.login,
            token,
            question,
            [(each.id, each.name) for each in own],
            has_app=kept is not None and kept.totp is not None,
        )
        return self._desk.with_browser(page, browser)

    async def password(self, request: Request) -> Response:
        """Another password, by who has logged in just now."""
        begun = await self._desk.own_change(request)
        if isinstance(begun, Response):
            return begun
        session, form = begun
        chosen = form.get("password", "")
        if chosen != form.get("again"):
            return pages.password_form(self._login.name, form["token"], texts().not_the_same)
        try:
            changed = await self._desk.with_password(
                self._login.logins.change_password, session, chosen, now(), address_of(request)
            )
        except PasswordRejected as rejected:
            return pages.password_form(self._login.name, form["token"], pages.rejected(rejected))
        if not changed:
            return self._desk.sorry("over")
        return RedirectResponse("/login/account", 303, background=self._desk.tell_owner(session.account, "password"))

    async def second_factor(self, request: Request) -> Response:
        begun = await self._desk.own_change(request)
        if isinstance(begun, Response):
            return begun
        session, form = begun
        secret, address = await in_thread(self._login.logins.begin_second_factor, session.account, self._login.name)
        return pages.second_factor_form(self._login.name, form["token"], secret, address)

    async def confirm_second_factor(self, request: Request) -> Response:
        begun = await self._desk.own_change(request)
        if isinstance(begun, Response):
            return begun
        session, form = begun
        codes = await in_thread(self._login.logins.confirm_second_factor, session, form.get("code", ""), now())
        if codes is None:
            return self._desk.sorry("code")
        shown = pages.recovery_codes_page(self._login.name, codes)
        shown.background = self._desk.tell_owner(session.account, "app")
        return shown
