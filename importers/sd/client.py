"""Calls to SD: one at a time, in opening hours, and again if the service is closed or fails.

An answer is spooled (memory, then an unnamed file that only this process can reach) before it is parsed, so that a
request whose connection breaks is repeated as a whole, and no part of a cut-off answer is used.
"""

import codecs
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from types import TracebackType
from typing import IO, Self, TypeVar

import httpx

from graph.time import COPENHAGEN, copenhagen_now
from importers.sd.errors import AccessRejected, NoAnswer, OutsideOpeningHours, Unavailable, Unreadable
from importers.sd.settings import SdSettings
from protocols import limits, web
from protocols.addresses import segment
from protocols.http.attempts import Attempts
from protocols.http.deadlines import Deadline, whole

CLOSED_TEXT = b"The webservice has failed"
IN_MEMORY = 256 * 1024 * 1024
HISTORY = "organizations/uuids/{uuid}/department-parent-history"
_NUMBER = "PersonCivilRegistrationIdentifier"
_LARGEST_HISTORY = 4 << 20  # bytes; a department's parents over all time take some hundred
_MOST_VALUES = 200_000
_START = 1024  # the first bytes show what kind of answer it is
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,50}/[a-z0-9.+-]{1,50}")
Body = IO[bytes]
T = TypeVar("T")


def sd_day(day: date) -> str:
    """A date for the plain HTTP calls, always with a four-digit year (strftime does not pad year 1 on Linux)."""
    return f"{day.day:02d}.{day.month:02d}.{day.year:04d}"


class _Temporary(Exception):
    """A fault after which the request is repeated."""


class _HttpError(_Temporary):
    """The service is up, but answers this request with an HTTP error."""


_PASSING = (_Temporary, httpx.TransportError, httpx.DecodingError)


class Client:
    """The service. Use as a context manager. Tests pass their own ``now`` and ``sleep``."""

    def __init__(
        self,
        settings: SdSettings,
        now: Callable[[], datetime] = copenhagen_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._now = now
        self._sleep = sleep
        self._http = httpx.Client(
            auth=httpx.BasicAuth(settings.user, settings.password.get_secret_value()),
            timeout=settings.timeout_seconds,
        )
        self._deadline = Deadline.of(self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def ask(self, operation: str, parameters: Mapping[str, str | date | bool]) -> Body:
        """The complete body of an answer. Raises Unavailable, OutsideOpeningHours, AccessRejected, Unreadable."""
        url = f"{self._settings.xml_url.rstrip('/')}/{operation}"
        body = self._try(lambda: self._spooled(url, operation, parameters), operation)
        assert body is not None
        return body

    def parent_histories(self, uuids: Iterable[str]) -> dict[str, bytes]:
        """Each department's parents over all time, as JSON; empty bytes if SD has none (404)."""
        asked = list(uuids)
        with ThreadPoolExecutor(self._settings.parallel_calls) as calls:
            return dict(zip(asked, calls.map(self._history, asked), strict=True))

    def _history(self, uuid: str) -> bytes:
        base = self._settings.json_url
        if not base:
            return b""
        url = f"{base.rstrip('/')}/{HISTORY.format(uuid=segment(uuid))}"
        answer = self._try(lambda: self._json(url), "department-parent-history")
        return b"" if answer is None else answer

    def _try(self, call: Callable[[], T], name: str) -> T:
        only_this = True

        def attempt() -> T:
            nonlocal only_this
            self._check_hours()
            try:
                return call()
            except _PASSING as failure:
                only_this = only_this and isinstance(failure, _HttpError)
                raise

        attempts = Attempts(self._settings.retries + 1, self._settings.pause_seconds, sleep=self._sleep)
        try:
            return attempts.of(attempt, _PASSING)
        except _PASSING as failure:
            kind = NoAnswer if only_this else Unavailable
            why = str(failure) or type(failure).__name__
            raise kind(f"SD does not answer {name}: {why}. Tried {attempts.most} times.") from failure

    def _within(self) -> AbstractContextManager[None]:
        return self._deadline.within(whole(self._settings.timeout_seconds))

    def _check_hours(self) -> None:
        if not self._settings.opening_hours:
            return
        opens, closes = self._settings.opens, self._settings.closes
        now = self._now().astimezone(COPENHAGEN)
        if not opens <= now.time() < closes:
            raise OutsideOpeningHours(
                f"SD is open from {opens:%H:%M} to {closes:%H:%M}; it is {now:%H:%M}. The run is postponed.",
                _opening(now, opens),
            )

    def _spooled(self, url: str, operation: str, parameters: Mapping[str, str | date | bool]) -> Body:
        limit = self._settings.largest_answer_megabytes << 20
        body: Body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the caller reads it
        asked = {name: _text(each) for name, each in parameters.items()}
        # Proxies and servers keep the addresses that are asked for.
        method, query, form = ("POST", None, asked) if _NUMBER in asked else ("GET", asked, None)
        with self._within(), self._http.stream(method, url, params=query, data=form) as answer:
            _check_status(answer, operation)
            for chunk in answer.iter_bytes(1 << 20):
                body.write(chunk)
                if body.tell() > limit:
                    raise Unreadable(f"SD's answer to {operation} is larger than {limit >> 20} megabytes")
        size = body.tell()
        body.seek(0)
        if CLOSED_TEXT in body.read(1 << 16):
            raise _Temporary("the service reports an internal error")
        body.seek(max(0, size - 200))
        end = body.read()
        body.seek(0)
        if f"{operation}>".encode() not in end and b"Envelope>" not in end:
            _refuse_web_page(answer, body.read(_START))
            raise _Temporary("the answer is cut off")
        return body

    def _json(self, url: str) -> bytes | None:
        with self._within(), self._http.stream("GET", url, headers=web.HEADERS) as answer:
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            _check_status(answer, "department-parent-history")
            try:
                content = web.content(answer, _LARGEST_HISTORY)
            except web.TooLarge as large:
                raise Unreadable(f"SD's parent history is too large: {large}") from large
        if CLOSED_TEXT in content:
            raise _Temporary("the service reports an internal error")
        try:
            limits.from_json(content, _MOST_VALUES)
        except RecursionError as deep:
            raise Unreadable("SD's parent history is nested too deeply") from deep
        except ValueError as wrong:
            _refuse_web_page(answer, content[:_START])
            raise Unreadable(f"SD's parent history is not JSON: {wrong}") from wrong
        return content


def _opening(now: datetime, opens: time_of_day) -> datetime:
    """The next moment of opening, in Copenhagen."""
    day = now.date() if now.time() < opens else now.date() + timedelta(days=1)
    return datetime.combine(day, opens, COPENHAGEN)


def _text(value: str | date | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return sd_day(value) if isinstance(value, date) else value


def _check_status(answer: httpx.Response, operation: str) -> None:
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise AccessRejected(
            f"SD refuses {operation} ({_form(answer)}): look at the settings' user and password, "
            "and whether the user may call this operation."
        )
    if answer.status_code != httpx.codes.OK:
        raise _HttpError(_form(answer))


def _refuse_web_page(answer: httpx.Response, start: bytes) -> None:
    """Raises _Temporary where a page for people came instead of an answer. Nothing of it is told: it may name users."""
    text = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html")) or _media_type(answer) in ("text/html", "application/xhtml+xml"):
        raise _Temporary(
            f"a web page came instead of SD's answer ({_form(answer)}): the error or login page of a proxy on the way?"
        )


def _form(answer: httpx.Response) -> str:
    return f"HTTP {answer.status_code}, {_media_type(answer) or 'without a content type'}"


def _media_type(answer: httpx.Response) -> str:
    """Type and subtype as the header has them; empty where there is none, or something else stands there."""
    found = _MEDIA_TYPE.match(answer.headers.get("content-type", "").lower())
    return found[0] if found else ""
