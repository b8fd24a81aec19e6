"""What a browser brings and keeps: its cookies, its form, and the proof that a form came from a page of ours."""

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from idp.saml.bindings import LARGEST_MESSAGE
from idp.sealing import Seal

_LARGEST_FORM = 3 * LARGEST_MESSAGE  # bytes: Base64, escaped
_FORM_SECONDS = 30.0  # seconds in which a form must arrive
_MOST_FIELDS = 30


class BadForm(ValueError):
    """A form that is too large, too slow, or none."""


@dataclass(frozen=True)
class Cookies:
    """The names of the cookies. Over https they can't be set by another host or over http (``__Host-``).

    ``mark``: the installation's own, the same in all of its processes. Browsers don't tell ports apart: without it, who
    logs in to a test system would be logged out of the one beside it.
    """

    secure: bool
    mark: str

    @classmethod
    def of(cls, seal: Seal, *, secure: bool) -> "Cookies":
        """Those of the installation with this seal."""
        return cls(secure, seal.fingerprint("cookies")[:8])

    @property
    def session(self) -> str:
        return self._named("session")

    @property
    def browser(self) -> str:
        return self._named("login")

    @property
    def device(self) -> str:
        return self._named("device")

    def keep(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Give the browser a cookie: for its session, or for some seconds."""
        response.set_cookie(name, value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax")

    def drop(self, response: Response, name: str) -> None:
        """Take it away."""
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")

    def _named(self, name: str) -> str:
        return f"{'__Host-' if self.secure else ''}reconnect-{name}-{self.mark}"


class FormTokens:
    """Tokens that prove that a form came from a page that this browser got from us."""

    def __init__(self, seal: Seal, cookies: Cookies) -> None:
        self._seal = seal
        self._cookies = cookies

    def browser_of(self, request: Request) -> str:
        """The secret of the browser's cookie; a new one if it has none."""
        return request.cookies.get(self._cookies.browser) or secrets.token_urlsafe(32)

    def token(self, browser: str, session: str = "") -> str:
        """For a form on a page for this browser, and this session if there is one."""
        return self._seal.fingerprint(f"form:{browser}:{session}")

    def is_valid(self, request: Request, form: Mapping[str, str], session: str = "") -> bool:
        """Whether the form came from such a page."""
        browser = request.cookies.get(self._cookies.browser)
        if not browser:
            return False
        return hmac.compare_digest(self.token(browser, session).encode(), form.get("token", "").encode())


async def form_of(request: Request) -> dict[str, list[str]]:
    """The fields of a form, read within a bound. Raises BadForm."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise BadForm("the request is not a form")
    body = bytearray()
    try:
        async with asyncio.timeout(_FORM_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > _LARGEST_FORM:
                    raise BadForm("the form is too large")
    except TimeoutError as late:
        raise BadForm("the form did not arrive in time") from late
    except ClientDisconnect as gone:
        raise BadForm("the connection ended before the form did") from gone
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as wrong:
        raise BadForm("the form can't be read") from wrong


def return_path(text: str | None) -> str:
    """A path of this service to return to; anything else is the account's page."""
    if text and text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text:
        return text
    return "/login/account"
