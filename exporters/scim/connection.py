"""Requests to a SCIM server, and the errors that its answers mean."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from exporters.errors import DeliveryError, LoginRefused
from exporters.objects.errors import Unanswered
from exporters.scim.settings import BasicLogin, BearerLogin, ClientLogin, ScimSettings
from graph.retry import NEVER, SOON
from protocols.http import errors
from protocols.http.client import Answer, Certificates, Client, Limits
from protocols.http.errors import AnswerLost, HttpError, NotReached
from protocols.http.logins import Fixed, Login, Tokens
from protocols.http.pauses import Sleep


class Connection:
    """A connection to the server, for a block. Raises DeliveryError for the server, ObjectError for one object."""

    def __init__(self, settings: ScimSettings, sleep: Sleep) -> None:
        self._settings = settings
        self._limits = Limits(
            seconds=settings.timeout_s,
            per_second=settings.rate_per_s,
            attempts=len(settings.pauses) + 1,
            first_pause=settings.pauses[0] if settings.pauses else 1,
            longest_wait=settings.longest_wait_s,
            own_machine=settings.own_machine,
        )
        own = None
        if settings.certificate_file and settings.private_key_file:
            own = (settings.certificate_file, settings.private_key_file)
        self._certificates = Certificates(settings.ca_file, own)
        self._sleep = sleep
        headers = {"Accept": "application/scim+json, application/json"}
        try:
            self._http = Client(settings.base_url, self._login(), self._limits, self._certificates, headers, sleep)
        except HttpError as error:
            raise DeliveryError(str(error), retry=error.retry) from error

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.__exit__()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """The server's answer, whatever its status."""
        return self._sent("GET", path, query=query)

    def description(self, path: str) -> Answer:
        """As ``get``. A 401 is an answer, too: some servers describe themselves to nobody, or to other logins only."""
        try:
            return self._http.send("GET", path)
        except errors.LoginRefused:
            return Answer(401, {}, b"")
        except HttpError as error:
            raise _failure(error) from error

    def search(self, path: str, body: Mapping[str, Any]) -> Answer:
        """As ``get``, with the query in the body."""
        return self._sent("POST", f"{path}/.search", body=body, reads=True)

    def write(self, method: str, path: str, body: Any, version: str = "") -> Answer:
        """Send a change. ``version``: the one that it is meant for. The server's answer, whatever its status."""
        return self._sent(method, path, body=body, headers={"If-Match": version} if version else {})

    def _sent(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **how: Any) -> Answer:
        given = {"Content-Type": self._settings.content_type} if how.get("body") is not None else {}
        try:
            return self._http.send(method, path, headers={**given, **(headers or {})}, **how)
        except HttpError as error:
            raise _failure(error) from error

    def _login(self) -> Login | None:
        login = self._settings.login
        if isinstance(login, BearerLogin):
            return Fixed.bearer(login.token.get_secret_value())
        if isinstance(login, BasicLogin):
            return Fixed.basic(login.user, login.password.get_secret_value())
        return Tokens(lambda: self._token(login)) if isinstance(login, ClientLogin) else None

    def _token(self, login: ClientLogin) -> Mapping[str, Any]:
        """The token from an answer (RFC 6749 §4.4.3). Raises DeliveryError."""
        asked = {"grant_type": "client_credentials", **({"scope": login.scope} if login.scope else {})}
        secret = Fixed.basic(quote(login.client_id, ""), quote(login.client_secret.get_secret_value(), ""))
        with Client(login.token_url, secret, self._limits, self._certificates, sleep=self._sleep) as http:
            answer = http.send("POST", login.token_url, form=asked, reads=True)
        token = answer.json()
        if not answer.succeeded or not isinstance(token, Mapping) or not isinstance(token.get("access_token"), str):
            said = f": {token.get('error')}" if isinstance(token, Mapping) and token.get("error") else ""
            refused = 400 <= answer.status < 500
            text = f"{login.token_url} sent no token ({answer.status}{said})."
            raise HttpError(text, NEVER if refused else SOON)
        return token


def _failure(error: HttpError) -> DeliveryError | Unanswered:
    """Of a request without an answer that the caller can judge."""
    if isinstance(error, AnswerLost | NotReached) and error.retry.when != "never":
        return Unanswered(str(error))
    if isinstance(error, errors.LoginRefused):
        return LoginRefused(str(error))
    return DeliveryError(str(error), retry=error.retry)


def as_text(value: str) -> str:
    """A text as written in a filter: a JSON string."""
    return orjson.dumps(value).decode()
