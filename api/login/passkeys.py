"""Passkeys in the browser: logging in with one, and making and removing one's own."""

from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.availability import in_thread
from api.login import pages
from api.login.browser import form_of, return_path
from api.login.desk import Desk, address_of, now, single
from api.login.entering import Entering
from api.login.language import texts
from idp.flows import Flow


class PasskeyPages:
    """The pages of passkeys."""

    def __init__(self, desk: Desk, entering: Entering) -> None:
        self._desk = desk
        self._login = desk.login
        self._entering = entering

    async def log_in(self, request: Request) -> Response:
        """With a passkey alone, or after a password in the same flow."""
        form = single(await form_of(request))
        browser, name = self._desk.tokens.browser_of(request), form.get("flow", "")
        if not self._desk.tokens.is_valid(request, form):
            return self._desk.sorry("over")
        to = return_path(form.get("to"))
        flow = await self._entering.flow(name, browser) if name else Flow(None, None, None, to)
        address = address_of(request)
        async with self._desk.failed.looking_up(address):
            proven = await in_thread(
                partial(
                    self._login.passkeys.prove,
                    account=flow.account,
                    address=address,
                    quiet=self._desk.is_throttled(address),
                ),
                form.get("credential", ""),
                browser,
                now(),
            )
        if proven is None:
            self._desk.failed.failed(address)
            if flow.account is not None:
                token, question = self._desk.tokens.token(browser), self._desk.question(browser)
                return pages.code_form(self._login.name, name, token, question, texts().wrong_passkey)
            return self._desk.login_form(browser, name, to, texts().wrong_passkey)
        return await self._entering.finished(request, name, flow, proven, two_factors=True)

    async def add(self, request: Request) -> Response:
        begun = await self._desk.own_change(request)
        if isinstance(begun, Response):
            return begun
        session, form = begun
        browser = self._desk.tokens.browser_of(request)
        is_made, codes = await in_thread(
            self._login.passkeys.add,
            session,
            form.get("credential", ""),
            browser,
            form.get("called", ""),
            now(),
        )
        if not is_made:
            return self._desk.sorry("passkey")
        shown: Response = RedirectResponse("/login/account", 303)
        if codes:
            shown = pages.recovery_codes_page(self._login.name, codes)
        shown.background = self._desk.tell_owner(session.account, "passkey")
        return shown

    async def remove(self, request: Request) -> Response:
        begun = await self._desk.own_change(request)
        if isinstance(begun, Response):
            return begun
        session, form = begun
        await in_thread(self._login.passkeys.remove, session, form.get("passkey", ""), now())
        return RedirectResponse("/login/account", 303)
