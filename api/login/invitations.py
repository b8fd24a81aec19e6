"""Taking an invitation: with a code from the manager, people choose a password, or make a passkey."""

import secrets
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.availability import in_thread
from api.login import pages
from api.login.browser import form_of
from api.login.desk import Desk, address_of, now, single
from api.login.language import texts
from idp.local_account import LocalAccount
from idp.local_accounts.handing_over import Change
from idp.local_accounts.passkeys import INVITATION
from idp.local_accounts.passwords import PasswordRejected

Accepted = Callable[[Callable[..., LocalAccount | None]], Awaitable[LocalAccount | None]]
Form = dict[str, str]


class Invitations:
    """The pages of invitations."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._login = desk.login

    async def with_password(self, request: Request) -> Response:
        browser = self._desk.tokens.browser_of(request)
        token = self._desk.tokens.token(browser)

        def shown(problem: str | None = None, login: str = "") -> Response:
            return pages.invitation_form(self._login.name, token, problem, login)

        async def taken(form: Form) -> Response:
            login, password = form.get("login", ""), form.get("password", "")
            if password != form.get("again"):
                return shown(texts().not_the_same, login)
            accept = partial(self._login.logins.accept_invitation, login, form.get("code", ""), password, now())
            try:
                return await self._taken(
                    request,
                    accept,
                    self._desk.with_password,
                    lambda: shown(texts().wrong_invitation, login),
                    "password",
                )
            except PasswordRejected as rejected:
                return shown(pages.rejected(rejected), login)

        return await self._page(request, browser, shown, taken)

    async def with_passkey(self, request: Request) -> Response:
        browser = self._desk.tokens.browser_of(request)

        def shown(problem: str | None = None, login: str = "") -> Response:
            question = self._login.passkeys.questions.to_make(browser, INVITATION, now())
            token = self._desk.tokens.token(browser)
            return pages.passkey_invitation_form(self._login.name, token, question, problem, login)

        async def taken(form: Form) -> Response:
            login = form.get("login", "")
            accept = partial(
                self._login.passkeys.accept_invitation,
                login,
                form.get("code", ""),
                form.get("credential", ""),
                browser,
                now(),
            )
            return await self._taken(
                request, accept, in_thread, lambda: shown(texts().wrong_invitation_or_passkey, login), "passkey"
            )

        return await self._page(request, browser, shown, taken)

    async def _page(
        self,
        request: Request,
        browser: str,
        shown: Callable[[], Response],
        taken: Callable[[Form], Awaitable[Response]],
    ) -> Response:
        if request.method != "POST":
            return self._desk.with_browser(shown(), browser)
        form = single(await form_of(request))
        if not self._desk.tokens.is_valid(request, form):
            return self._desk.sorry("over")
        return await taken(form)

    async def _taken(
        self,
        request: Request,
        accept: Callable[..., LocalAccount | None],
        run: Accepted,
        wrong: Callable[[], Response],
        what: Change,
    ) -> Response:
        """Accept it: the browser is known from then on, and strangers can't keep the owner out of it. ``run``: runs
        ``accept`` in a thread. ``what``: the account gets by it; its owner is told."""
        address = address_of(request)
        device = request.cookies.get(self._desk.cookies.device) or secrets.token_urlsafe(32)
        async with self._desk.failed.looking_up(address):
            quiet = self._desk.is_throttled(address)
            account = await run(partial(accept, device=device, address=address, quiet=quiet))
        if account is None:
            self._desk.failed.failed(address)
            return wrong()
        done = RedirectResponse("/login", 303, background=self._desk.tell_owner(account, what))
        return self._desk.with_device(done, device)
