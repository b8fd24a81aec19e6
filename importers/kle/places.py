"""Where releases are read from: a folder, a file, an address, KLE Online. Each gives complete contents by name."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from graph.retry import at
from importers.kle.errors import NotThere, ReleaseRejected, Unavailable, Unreadable
from importers.kle.settings import KleSettings
from protocols import web
from protocols.http.attempts import AskedToWait, Attempts
from protocols.http.deadlines import Deadline, whole
from protocols.http.pauses import retry_after
from protocols.http.validators import Validators

PLAN, FACETS = "/kle/emneplan", "/kle/handlefacetter"
TAGS = ("etag ", "modified ")
"""What the names of an address's tags begin with."""
LISTS = ("/hovedgrupper", "/grupper", "/emner")
LONGEST = 24 * 3600  # seconds; the longest Retry-After that is read
_AGAIN = frozenset({429, 503})


_FIRST_PAUSE = 2.0  # seconds


class _Busy(AskedToWait):
    """HTTP 429 or 503."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(retry_after(answer.headers.get("Retry-After")))
        self.answer = answer


def shown(address: str) -> str:
    """An address without password and token, for error texts."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def files(path: Path, largest: int) -> Iterator[tuple[str, bytes]]:
    """The file, or the folder's XML and CSV files by name. Raises Unavailable, Unreadable."""
    if path.is_dir():
        found = sorted(each for each in path.iterdir() if each.suffix.lower() in (".xml", ".csv") and each.is_file())
    else:
        found = [path]
    if not found:
        raise Unavailable(f"{path} has no XML and no CSV file")
    for each in found:
        try:
            if each.stat().st_size > largest:
                raise Unreadable(f"{each.name} is larger than {largest >> 20} megabytes")
            yield each.name, each.read_bytes()
        except OSError as wrong:
            raise Unavailable(f"{each} can't be read: {wrong.strerror}") from wrong


@dataclass
class Web:
    """GET with bounded attempts, waits and sizes; unchanged content is not sent again.

    ``tags``: address → the server's name for the last content read (``ETag``, ``Last-Modified``).
    ``sleep`` is for tests.
    """

    settings: KleSettings
    tags: Mapping[str, str] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    answered: dict[str, str] = field(default_factory=dict)

    def tags_of(self, *addresses: str) -> dict[str, str]:
        """The tags of the contents that came from these addresses, as the cursor keeps them."""
        names = (f"{tag}{shown(each)}" for each in addresses for tag in TAGS)
        return {name: self.answered[name] for name in names if name in self.answered}

    def get(self, address: str) -> bytes | None:
        """The content; None if it has not changed since. Raises Unavailable, Unreadable."""
        name = shown(address)
        settings = self.settings
        attempts = Attempts(settings.attempts, _FIRST_PAUSE, settings.longest_wait_seconds, self.sleep)
        with httpx.Client(timeout=settings.timeout_seconds, follow_redirects=True, max_redirects=5) as client:
            deadline = Deadline.of(client)
            try:
                answer, content = attempts.of(lambda: self._asked(client, deadline, address), (httpx.HTTPError,))
            except _Busy as busy:
                answer, content = busy.answer, b""
            except httpx.HTTPError as failure:
                broken = isinstance(failure, web.BrokenOff)
                why = str(failure) if broken else type(failure).__name__
                what = "breaks off" if broken else "does not answer"
                raise Unavailable(f"{name} {what}: {why}, after {settings.attempts} attempts") from failure
        return self._content(answer, content, name)

    def _asked(self, client: httpx.Client, deadline: Deadline, address: str) -> tuple[httpx.Response, bytes]:
        """Raises _Busy, httpx.HTTPError, Unreadable."""
        name = shown(address)
        known = Validators(*(self.tags.get(f"{tag}{name}", "") for tag in TAGS))
        headers = {**web.HEADERS, "Accept": "application/xml, text/xml, text/csv", **known.headers}
        try:
            with (
                deadline.within(whole(self.settings.timeout_seconds)),
                client.stream("GET", address, headers=headers) as answer,
            ):
                content = web.content(answer, self.settings.largest)
        except web.TooLarge as large:
            raise Unreadable(f"{name} sends more than {self.settings.largest_megabytes} megabytes") from large
        if answer.status_code in _AGAIN:
            raise _Busy(answer)
        return answer, content

    def _content(self, answer: httpx.Response, content: bytes, name: str) -> bytes | None:
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return None
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise NotThere(f"{name} answers with HTTP 404")
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise ReleaseRejected(
                f"{name} refuses the request (HTTP {answer.status_code}): check the address and its login"
            )
        if answer.status_code in _AGAIN and (seconds := retry_after(answer.headers.get("Retry-After"))) is not None:
            opens = datetime.now(UTC) + timedelta(seconds=min(seconds, LONGEST))
            raise Unavailable(f"{name} answers with HTTP {answer.status_code}", retry=at(opens))
        if answer.status_code != httpx.codes.OK:
            raise Unavailable(f"{name} answers with HTTP {answer.status_code}")
        kind = answer.headers.get("Content-Type", "none")
        if "html" in kind.lower() or content.lstrip(b"\xef\xbb\xbf \r\n\t")[:14].lower().startswith(
            (b"<!doctype html", b"<html")
        ):
            raise Unreadable(f"{name} answers with a web page (Content-Type {kind[:80]}), not with a release")
        now = Validators.of(answer.headers)
        for tag, value in zip(TAGS, (now.etag, now.modified), strict=True):
            if value:
                self.answered[f"{tag}{name}"] = value
        return content
