"""The pages for people (``ui``), as files: one page that shows itself at every address, and what it loads.

Everything comes from this service, and nothing in the page is script or style, so the policy allows neither there. The
page contains no data: it asks the API, with the session's cookie.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api.http.accepted import is_a_persons

Opened = Callable[[Sequence[str]], None]
Endpoint = Callable[[Request], Awaitable[Response]]
BUILT = Path(__file__).parent / "built"
"""Where ``tools.pages`` puts the files. They are part of the Python package."""
SCHEMA_STAMP = ".reconnect-schema"
"""The file with the digest of the schema that they were built for."""
_SCHEMA = Path(__file__).parents[3] / "schema.graphql"
"""In a clone. An installed package has none, and was made with its pages."""
_PAGE = "index.html"
_QUESTIONS = "questions"
_KEPT = "_app/immutable/"
"""Below this the name tells the content, so a browser may keep the file for as long as it likes."""
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""As a browser names them: the file beside the plain one."""
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
_ANNOUNCER = (
    "position: absolute; left: 0; top: 0; clip: rect(0 0 0 0); clip-path: inset(50%); overflow: hidden; "
    "white-space: nowrap; width: 1px; height: 1px"
)
"""The style of the element by which SvelteKit tells screen readers of a new page: the one style in an element."""


_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src-elem 'self'",
        f"style-src-attr 'unsafe-hashes' 'sha256-{b64encode(sha256(_ANNOUNCER.encode()).digest()).decode()}'",
        "font-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_PAGE_HEADERS = {"content-security-policy": _POLICY, "referrer-policy": "no-referrer", "cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str
    encoded: Mapping[str, bytes]
    """Name of an encoding → the content in it."""


class Pages:
    """The files of ``folder``, read once. Raises FileNotFoundError if it has no pages."""

    def __init__(self, folder: Path = BUILT) -> None:
        if not (folder / _PAGE).is_file():
            raise FileNotFoundError(f"There are no pages in {folder}; `make pages` builds them.")
        self.questions = tuple(each.read_text() for each in sorted((folder / _QUESTIONS).glob("*.graphql")))
        """What the pages ask the API, as they send it."""
        self._files: dict[str, _File] = {}
        for file in folder.rglob("*"):
            if not file.is_file() or file.suffix not in _TYPES:
                continue
            encoded = {
                name: beside.read_bytes()
                for name, ending in _ENCODINGS.items()
                if (beside := file.with_name(file.name + ending)).is_file()
            }
            path = file.relative_to(folder).as_posix()
            self._files[path] = _File(file.read_bytes(), _TYPES[file.suffix], encoded)

    @staticmethod
    def are_stale(folder: Path = BUILT, schema: Path = _SCHEMA) -> bool:
        """Whether they were built for another schema than the program's, such as before an upgrade."""
        stamp = folder / SCHEMA_STAMP
        built_for = stamp.read_text() if stamp.is_file() else ""
        return schema.is_file() and built_for != sha256(schema.read_bytes()).hexdigest()

    def routes(self, with_session: Callable[[Endpoint], Endpoint], opened: Opened | None = None) -> list[BaseRoute]:
        """The routes; the last of them answers at every address that no other route has. ``with_session``: makes of the
        page one for those who are logged in. ``opened``: called with the questions whenever a page is opened."""
        shown = with_session(self._page)

        async def page(request: Request) -> Response:
            if not is_a_persons(request.headers.get("accept", "*/*")):
                raise HTTPException(404)
            if opened is not None:
                opened(self.questions)
            return await shown(request)

        at_the_top = [path for path in self._files if "/" not in path and path != _PAGE]
        return [
            *(Route(f"/{path}", self._asset, methods=["GET"]) for path in at_the_top),
            Route("/_app/{path:path}", self._asset, methods=["GET"]),
            Route("/{path:path}", page, methods=["GET"]),
        ]

    async def _page(self, request: Request) -> Response:
        return self._answer(request, _PAGE, _PAGE_HEADERS)

    async def _asset(self, request: Request) -> Response:
        path = request.url.path.removeprefix("/")
        is_kept = path.startswith(_KEPT)
        return self._answer(
            request, path, {"cache-control": "public, max-age=31536000, immutable" if is_kept else "no-cache"}
        )

    def _answer(self, request: Request, path: str, headers: Mapping[str, str]) -> Response:
        # Only the names of files are known, so no path leads elsewhere.
        file = self._files.get(path)
        if file is None:
            raise HTTPException(404)
        content, own = file.content, {**headers, "vary": "accept-encoding"}
        accepted = {each.partition(";")[0].strip() for each in request.headers.get("accept-encoding", "").split(",")}
        for encoding, encoded in file.encoded.items():
            if encoding in accepted:
                content, own["content-encoding"] = encoded, encoding
                break
        return Response(content, media_type=file.media_type, headers=own)
