"""Logging in: an application's request, the password, the second factor, and the answer."""

from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.availability import in_thread
from api.login import pacing, pages
from api.login.browser import form_of, return_path
from api.login.desk import Desk, address_of, carried_by, now, posted, single
from api.login.language import texts
from idp import flows
from idp.flows import Flow
from idp.local_accounts.authenticating import Proven
from idp.local_accounts.credentials import credential_of
from idp.saml.errors import BadMessage, Declined
from idp.saml.names import AUTHN_FAILED, NO_AUTHN_CONTEXT, RESPONDER
from idp.single_sign_on import Posted


class Entering:
    """The pages of a login. One at REConnect's own pages is under way in its forms alone: nothing is written of it
    before a password is right."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._login = desk.login
        self._begun_from = pacing.logins()

    async def metadata(self, request: Request) -> Response:
        document = await in_thread(self._login.single_sign_on.metadata, now())
        return Response(document, media_type="application/samlmetadata+xml")

    async def single_sign_on(self, request: Request) -> Response:
        wait = self._begun_from.take(address_of(request))
        if wait:
            return pages.later(self._login.name, "too_many", 429, wait)
        carried = await carried_by(request)
        begun = await in_thread(self._login.single_sign_on.begin, carried, now(), address_of(request))
        if isinstance(begun, Posted):
            return posted(begun)
        # A browser that comes by POST from another site brings its cookies to this address only.
        return RedirectResponse(f"/login?flow={begun}", 303)

    async def login_page(self, request: Request) -> Response:
        browser = self._desk.tokens.browser_of(request)
        session = await self._desk.session(request)
        name = request.query_params.get("flow", "")
        to = return_path(request.query_params.get("to"))
        if not name and session is not None and "again" not in request.query_params:
            return RedirectResponse(to, 303)
        if name:
            flow = await self.flow(name, browser)
            if flow.request is not None:
                found = await in_thread(
                    partial(
                        self._login.single_sign_on.proceed,
                        name,
                        flow.request,
                        session,
                        now(),
                        fresh=False,
                        address=address_of(request),
                    )
                )
                if found is not None:
                    return posted(found)
        return self._desk.with_browser(self._desk.login_form(browser, name, to), browser)

    async def log_in(self, request: Request) -> Response:
        form = single(await form_of(request))
        name, login = form.get("flow", ""), form.get("login", "")
        browser = self._desk.tokens.browser_of(request)
        if not self._desk.tokens.is_valid(request, form):
            return self._desk.sorry("over")
        to = return_path(form.get("to"))
        flow = await self.flow(name, browser) if name else Flow(None, None, None, to)
        address, device = address_of(request), request.cookies.get(self._desk.cookies.device)
        async with self._desk.failed.looking_up(address):
            proven = await self._desk.with_password(
                partial(
                    self._login.logins.prove_password,
                    device=device,
                    address=address,
                    quiet=self._desk.is_throttled(address),
                ),
                login,
                form.get("password", ""),
                now(),
            )
        token = self._desk.tokens.token(browser)
        if proven is None:
            self._desk.failed.failed(address)
            return self._desk.login_form(browser, name, to, texts().wrong_login, login)
        if proven.needs_code:
            if not name:
                name = await in_thread(self._desk.written, flows.begin, None, now(), to, browser)
            await in_thread(self._desk.written, flows.note_password, name, proven.account.uuid, proven.at)
            return pages.code_form(self._login.name, name, token, await self._passkey(proven.account.uuid, browser))
        return await self.finished(request, name, flow, proven, two_factors=False)

    async def code(self, request: Request) -> Response:
        form = single(await form_of(request))
        name = form.get("flow", "")
        browser = self._desk.tokens.browser_of(request)
        if not self._desk.tokens.is_valid(request, form):
            return self._desk.sorry("over")
        flow = await self.flow(name, browser)
        if flow.account is None or flow.proven is None:
            return self._desk.sorry("over")
        address, device = address_of(request), request.cookies.get(self._desk.cookies.device)
        account = await self._desk.with_password(
            partial(self._login.logins.prove_code, device=device, address=address),
            flow.account,
            form.get("code", ""),
            now(),
        )
        if account is None:
            self._desk.failed.failed(address)
            question = await self._passkey(flow.account, browser)
            token = self._desk.tokens.token(browser)
            return pages.code_form(self._login.name, name, token, question, texts().wrong_code)
        proven = Proven(account, needs_code=False, at=flow.proven)
        return await self.finished(request, name, flow, proven, two_factors=True)

    async def finished(self, request: Request, name: str, flow: Flow, proven: Proven, *, two_factors: bool) -> Response:
        """Everything was proven: begin the session, and answer the application or go back to the page."""
        moment, address, cookies = now(), address_of(request), self._desk.cookies
        begun = await in_thread(
            partial(
                self._login.logins.log_in,
                replaces=request.cookies.get(cookies.session),
                device=request.cookies.get(cookies.device),
                address=address,
            ),
            proven,
            two_factors,
            moment,
        )
        if begun is None:
            return self._desk.sorry("over")
        secret, device = begun
        if flow.request is None:
            if name:
                await in_thread(self._desk.written, flows.use, name)
            response: Response = RedirectResponse(flow.return_to or "/login/account", 303)
        else:
            session = await self._desk.session_of(secret)
            sso = self._login.single_sign_on
            found = await in_thread(
                partial(sso.proceed, name, flow.request, session, moment, fresh=True, address=address)
            )
            if found is None:
                # The application wants a second factor, and this person has none; or the account has closed just now.
                why = AUTHN_FAILED if session is None else NO_AUTHN_CONTEXT
                declined = Declined(RESPONDER, why, "The login that took place is not enough.")
                found = await in_thread(partial(sso.decline, name, flow.request, declined, moment, address))
            response = posted(found)
        cookies.keep(response, cookies.session, secret)
        return self._desk.with_device(response, device)

    async def _passkey(self, account: str, browser: str) -> str | None:
        """The question for a passkey, if the account has one."""
        kept = await in_thread(self._desk.read, credential_of, account)
        return None if kept is None or not kept.passkeys else self._desk.question(browser)

    async def flow(self, name: str, browser: str) -> Flow:
        """The flow of the name. Raises BadMessage: it is over, or another browser's."""
        flow = await in_thread(self._desk.written, flows.flow_of, name, browser, now())
        if flow is None:
            raise BadMessage("over", "The login is over, or was begun in another browser.")
        return flow
