"""Where releases are: a folder, a file, an address, KLE Online. Each gives whole contents by name."""

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
from protocols.http.pauses import retry_after

PLAN, FACETS = "/kle/emneplan", "/kle/handlefacetter"
LISTS = ("/hovedgrupper", "/grupper", "/emner")
LONGEST = 24 * 3600  # seconds that a server may ask us to wait
_AGAIN = frozenset({429, 503})


def shown(address: str) -> str:
    """An address without a password or a token in it, for errors."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def files(path: Path, largest: int) -> Iterator[tuple[str, bytes]]:
    """The file, or the folder's XML and CSV files by name. Raises Unavailable, Unreadable."""
    if path.is_dir():
        found = sorted(each for each in path.iterdir() if each.suffix.lower() in (".xml", ".csv") and each.is_file())
    else:
        found = [path]
    if not found:
        raise Unavailable(f"{path} holds no XML and no CSV file")
    for each in found:
        try:
            if each.stat().st_size > largest:
                raise Unreadable(f"{each.name} is larger than {largest >> 20} megabytes")
            yield each.name, each.read_bytes()
        except OSError as wrong:
            raise Unavailable(f"{each} can't be read: {wrong.strerror}") from wrong


@dataclass
class Web:
    """GET with bounded attempts, waits and sizes; what has not changed since is not sent again.

    ``tags``: address → what the server said of the content that was taken last (``ETag``, ``Last-Modified``).
    ``sleep`` is for tests.
    """

    settings: KleSettings
    tags: Mapping[str, str] = field(default_factory=dict)
    sleep: Callable[[float], None] = time.sleep
    answered: dict[str, str] = field(default_factory=dict)

    def get(self, address: str) -> bytes | None:
        """The content; None where it has not changed since. Raises Unavailable, Unreadable."""
        name = shown(address)
        with httpx.Client(timeout=self.settings.timeout_seconds, follow_redirects=True, max_redirects=5) as client:
            for attempt in range(1, self.settings.attempts + 1):
                last = attempt == self.settings.attempts
                try:
                    answer, content = self._asked(client, address)
                except httpx.HTTPError as failure:
                    if last:
                        broken = isinstance(failure, web.BrokenOff)
                        told = str(failure) if broken else type(failure).__name__
                        what = "breaks off" if broken else "does not answer"
                        raise Unavailable(f"{name} {what}: {told}, after {attempt} attempts") from failure
                    self.sleep(min(2.0**attempt, self.settings.longest_wait_seconds))
                    continue
                if answer.status_code in _AGAIN and not last:
                    self.sleep(self._wait(answer, attempt))
                    continue
                return self._content(answer, content, name)
        raise AssertionError("the last attempt returns or raises")

    def _asked(self, client: httpx.Client, address: str) -> tuple[httpx.Response, bytes]:
        name = shown(address)
        headers = {**web.HEADERS, "Accept": "application/xml, text/xml, text/csv"}
        for header, tag in (("If-None-Match", "etag"), ("If-Modified-Since", "modified")):
            if value := self.tags.get(f"{tag} {name}"):
                headers[header] = value
        try:
            with client.stream("GET", address, headers=headers) as answer:
                return answer, web.content(answer, self.settings.largest)
        except web.TooLarge as large:
            raise Unreadable(f"{name} sends more than {self.settings.largest_megabytes} megabytes") from large

    def _wait(self, answer: httpx.Response, attempt: int) -> float:
        asked = retry_after(answer.headers.get("Retry-After"))
        seconds = 2.0**attempt if asked is None else asked
        return min(seconds, self.settings.longest_wait_seconds)

    def _content(self, answer: httpx.Response, content: bytes, name: str) -> bytes | None:
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return None
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise NotThere(f"{name} answers with HTTP 404")
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise ReleaseRejected(
                f"{name} refuses the question (HTTP {answer.status_code}): look at the address and its login"
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
        for header, tag in (("ETag", "etag"), ("Last-Modified", "modified")):
            if value := answer.headers.get(header):
                self.answered[f"{tag} {name}"] = value
        return content
