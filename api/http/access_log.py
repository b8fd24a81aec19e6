"""One line per request: the caller, time, outcome and duration. Never the query, nor the token.

An unknown address or method is a client's input, too, and is not logged.
"""

from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.attachments import ATTACHMENTS
from api.http.case_starts import WEBHOOKS
from api.http.metrics import SECONDS

_log = structlog.get_logger("api.access")
_METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "WEBSOCKET")
_PATHS = (
    "/",
    "/graphql",
    "/graphql/events",
    "/login",
    "/login/account",
    "/login/break-glass",
    "/login/code",
    "/login/end",
    "/login/forgotten",
    "/login/invitation",
    "/login/invitation/passkey",
    "/login/passkey",
    "/login/passkeys",
    "/login/passkeys/remove",
    "/login/password",
    "/login/saml",
    "/login/saml/acs",
    "/login/saml/done",
    "/login/saml/logout",
    "/login/saml/metadata",
    "/login/second-factor",
    "/login/second-factor/confirm",
    "/login/session",
    "/logout",
    "/logout/done",
    "/oauth/token",
    "/saml/logout",
    "/saml/metadata",
    "/saml/sso",
    "/was",
)
_OWN_LINES = ("/health/live", "/health/ready", "/metrics")  # requested every few seconds, by machines


class AccessLog:
    """Middleware around the application. ``scope["state"]["by"]`` is the caller: a token's name, or a person's uuid,
    noted where it was checked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            took = perf_counter() - started
            state = scope.get("state", {})
            if scope["type"] == "http":
                SECONDS.labels(str(status or 500)).observe(took)
            if scope["path"] not in _OWN_LINES:
                _log.info(
                    "request",
                    method=_among(_METHODS, scope.get("method", "WEBSOCKET")),
                    path=_path(scope["path"]),
                    status=status or None,
                    milliseconds=round(took * 1000, 1),
                    by=state.get("by"),
                    **({"refused": state["refused"]} if state.get("refused") else {}),
                )


def _path(asked: str) -> str:
    """The process that a webhook names is a client's input, too, and so is what the address of a file names."""
    for path in (WEBHOOKS, ATTACHMENTS):
        if asked.startswith(path.partition("{")[0]):
            return path
    return _among(_PATHS, asked)


def _among(known: tuple[str, ...], asked: str) -> str:
    return asked if asked in known else "another"
