"""Headers of every answer. It contains data of people, so no cache keeps it, and no browser guesses its type.

A cookie that is given over https, also by way of a proxy (``api.proxies``), is never sent without it.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class AnswerHeaders:
    """Middleware around the application. An answer with a policy of its own (the page's assets) keeps it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("cache-control", "no-store")
                headers.setdefault("x-content-type-options", "nosniff")
                if scope["scheme"] in ("https", "wss"):
                    message["headers"] = [_secured(*each) for each in message["headers"]]
            await send(message)

        await self._app(scope, receive, with_headers)


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    is_open = name.lower() == b"set-cookie" and b"secure" not in [each.strip().lower() for each in value.split(b";")]
    return name, value + b"; Secure" if is_open else value
