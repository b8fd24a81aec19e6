"""The token endpoint for machines: client credentials (RFC 6749 §4.4), with Authlib, and what clients read about it
(RFC 8414)."""

import logging
import secrets
from functools import partial
from typing import Any

import neo4j
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidScopeError
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.models import ClientMixin
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.access import clients
from api.access.caller_names import CLIENT
from api.access.clients import LIFE, PREFIX, Client
from api.access.failed_logins import FailedLogins
from api.access.roles import ROLES
from api.access.tokens import BYTES
from api.availability import CLOSED, RETRY_AFTER, Availability, Away, in_thread
from api.login.browser import BadForm, form_of

GRANT = "client_credentials"
METHODS = ["client_secret_basic", "client_secret_post"]
_HEADERS = {"cache-control": "no-store", "pragma": "no-cache"}
# At level debug it would log access tokens.
logging.getLogger("authlib").setLevel(logging.WARNING)


def oauth_routes(
    driver: neo4j.Driver, availability: Availability, failed: FailedLogins, address: str | None
) -> list[BaseRoute]:
    """The routes. ``failed``: counts wrong secrets with the API's wrong tokens. ``address``: of this service; None: as
    the request has it."""
    made = _Endpoint(driver, availability, failed, address)
    return [
        Route("/oauth/token", made.token, methods=["POST"]),
        Route("/.well-known/oauth-authorization-server", made.metadata, methods=["GET"]),
    ]


class _Endpoint:
    def __init__(
        self, driver: neo4j.Driver, availability: Availability, failed: FailedLogins, address: str | None
    ) -> None:
        self._server = _Server(driver)
        self._availability = availability
        self._failed = failed
        self._address = address

    async def token(self, request: Request) -> Response:
        """An access token, or an error of RFC 6749 §5.2."""
        try:
            form = await form_of(request)
        except BadForm as bad:
            return _error(400, "invalid_request", str(bad))
        if any(len(values) > 1 for values in form.values()):
            return _error(400, "invalid_request", "a parameter is given twice")
        asked = _Asked({name: values[0] for name, values in form.items()}, dict(request.headers))
        address = request.client.host if request.client else None
        work = partial(in_thread, self._server.answer, asked)
        try:
            async with self._failed.looking_up(address):
                status, body, client = await self._availability.answered(work)
        except (Away, *CLOSED):
            away = _error(503, "temporarily_unavailable", str(Away()))
            away.headers["retry-after"] = str(RETRY_AFTER)
            return away
        if client is not None:
            request.state.by = f"{CLIENT}{client}"
        if body.get("error") != "invalid_client":
            return JSONResponse(body, status, _HEADERS)
        self._failed.failed(address)
        wait = self._failed.wait(address)
        if wait:
            late = _error(429, "temporarily_unavailable", "too many failed logins came from this address; wait")
            late.headers["retry-after"] = str(wait)
            return late
        # The same for an unknown client, a revoked one and a wrong secret.
        refused = _error(401, "invalid_client", "the client id or the secret is wrong, or the client is revoked")
        refused.headers["www-authenticate"] = 'Basic realm="REConnect", charset="UTF-8"'
        return refused

    async def metadata(self, request: Request) -> Response:
        """RFC 8414."""
        at = (self._address or str(request.base_url)).rstrip("/")
        return JSONResponse(
            {
                "issuer": at,
                "token_endpoint": f"{at}/oauth/token",
                "token_endpoint_auth_methods_supported": METHODS,
                "grant_types_supported": [GRANT],
                "response_types_supported": [],
                "scopes_supported": list(ROLES),
                "service_documentation": f"{at}/graphql",
            }
        )


class _Asked(OAuth2Request):  # type: ignore[misc]
    """A request in Authlib's form. TLS ends at a reverse proxy, so what arrives here may be plain."""

    def __init__(self, form: dict[str, str], headers: dict[str, str]) -> None:
        super().__init__("POST", "https://reconnect/oauth/token", headers={**headers, **_titled(headers)})
        self._form = form
        self.payload = BasicOAuth2Payload(form)

    @property
    def args(self) -> dict[str, str]:
        return {}

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Client(ClientMixin):  # type: ignore[misc]
    def __init__(self, kept: Client) -> None:
        self.kept = kept

    def get_client_id(self) -> str:
        return self.kept.id

    def check_client_secret(self, client_secret: str) -> bool:
        return self.kept.has_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == GRANT

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or " ".join(self.kept.roles)


class _Grant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS


class _Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server on the graph. ``answer`` runs in a thread of the caller."""

    def __init__(self, driver: neo4j.Driver) -> None:
        super().__init__(scopes_supported=list(ROLES))
        self._driver = driver
        self.register_grant(_Grant)
        self.register_token_generator("default", self._token)

    def answer(self, asked: _Asked) -> tuple[int, dict[str, Any], str | None]:
        """(status, body, id of the client if it is known)."""
        try:
            status, body = self.create_token_response(asked)
        except ValueError:  # a parameter that Authlib can't quote in an error, as its characters are not allowed there
            return 400, {"error": "invalid_request"}, None
        return status, dict(body), asked.client.kept.id if asked.client is not None else None

    def query_client(self, client_id: str) -> _Client | None:
        found = clients.client_of(self._driver, client_id)
        return None if found is None else _Client(found)

    def save_token(self, token: dict[str, Any], request: _Asked) -> None:
        clients.keep_token(self._driver, request.client.kept.id, token["access_token"], token["scope"].split())

    def create_oauth2_request(self, request: _Asked) -> _Asked:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, Any]:
        return status, body

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def _token(self, client: _Client, scope: str | None, **_: Any) -> dict[str, Any]:
        wanted = (scope or "").split() or list(client.kept.roles)
        if not set(wanted) <= set(client.kept.roles):
            raise InvalidScopeError()
        return {
            "access_token": PREFIX + secrets.token_urlsafe(BYTES),
            "token_type": "Bearer",
            "expires_in": int(LIFE.total_seconds()),
            "scope": " ".join(sorted(set(wanted))),
        }


def _titled(headers: dict[str, str]) -> dict[str, str]:
    """Authlib looks headers up as they are usually written."""
    return {name.title(): value for name, value in headers.items()}


def _error(status: int, code: str, text: str) -> JSONResponse:
    return JSONResponse({"error": code, "error_description": text}, status, _HEADERS)
