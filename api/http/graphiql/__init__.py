"""The page at /graphql for people: GraphiQL, which asks with the token that is typed into it.

Everything that the page loads comes from this service, so no third party's code meets the token.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

FETCHED = (
    "graphiql.min.css",
    "graphiql.min.js",
    "graphql-ws.min.js",
    "react-dom.production.min.js",
    "react.production.min.js",
)
"""The files that the program gives the page: GraphiQL, React and the websocket client."""

_OWN = ("page.css", "page.js")
_HERE = Path(__file__).parent
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_ASSETS = "/graphql/assets/"
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        # Refuses the style by which a dialog of GraphiQL stops the page from scrolling; ours does not scroll.
        "style-src 'self'",
        # GraphiQL's style sheet contains its fonts and signs.
        "font-src data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_PAGE_HEADERS = {
    "content-security-policy": _POLICY,
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True)
class _Asset:
    content: bytes
    media_type: str
    version: str
    """Of the content: another content has another."""


class GraphiQL:
    """The page and its assets.

    ``fetched`` has the content of every file in ``FETCHED``, else KeyError; None where they are not to be had.
    """

    def __init__(self, fetched: Mapping[str, bytes] | None) -> None:
        self._assets: dict[str, _Asset] = {}
        if fetched is None:
            self._page = _text("missing.html")
            return
        contents = {name: fetched[name] for name in FETCHED}
        contents |= {name: (_HERE / name).read_bytes() for name in _OWN}
        self._page = _text("page.html")
        for name, content in contents.items():
            version = hashlib.sha256(content).hexdigest()[:16]
            self._assets[name] = _Asset(content, _TYPES[Path(name).suffix], version)
            # The address tells the version, so a browser may keep the file for as long as it likes.
            self._page = self._page.replace(f'"{_ASSETS}{name}"', f'"{_ASSETS}{name}?{version}"')

    async def page(self, request: Request) -> Response:
        """The editor, or what to do where its files are missing (503)."""
        return HTMLResponse(self._page, status_code=200 if self._assets else 503, headers=_PAGE_HEADERS)

    async def asset(self, request: Request) -> Response:
        """One file by its name. Only names that the page uses are known, so no path leads elsewhere."""
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            return PlainTextResponse("The page has no such file.", status_code=404)
        headers = {
            "cache-control": "public, max-age=31536000, immutable",
            "etag": f'"{asset.version}"',
            "x-content-type-options": "nosniff",
        }
        if asset.version in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(asset.content, media_type=asset.media_type, headers=headers)


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
