"""SOAP messages over HTTP(S): certificates, limits, calls per second. Nothing is tried again here: only the caller
knows whether a call that broke off may be repeated."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self

import httpx

from protocols import web
from protocols.http.deadlines import Deadline, whole
from protocols.soap.errors import NoAnswer, NotTrusted, TimedOut, TooLarge

Body = IO[bytes]


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds``: for connecting, and between two pieces of an answer; a call as a whole may take ten times as long.
    ``largest``: bytes of an answer. ``in_memory``: bytes; a larger answer is spooled to a file. ``per_second``: calls;
    0 = no limit."""

    seconds: float
    largest: int
    in_memory: int
    per_second: float = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """``status``: of HTTP. ``body``: complete, positioned at its beginning; the reader closes it."""

    status: int
    body: Body


class Transport:
    """Calls of one run. Use as a context manager. ``context``: of TLS (``protocols.certificates.tls_context``); without
    it, public authorities and no certificate of our own. ``clock`` (seconds) and ``sleep`` are for tests."""

    def __init__(
        self,
        limits: Limits,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = limits
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self._http = httpx.Client(
            timeout=limits.seconds, headers=web.HEADERS, verify=True if context is None else context
        )
        self._deadline = Deadline.of(self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer, whatever its status. Raises NotTrusted, NoAnswer, TimedOut, TooLarge."""
        self._wait_for_turn()
        try:
            with (
                self._deadline.within(whole(self._limits.seconds)),
                self._http.stream("POST", url, content=content, headers=dict(headers)) as answer,
            ):
                return Answer(answer.status_code, web.spooled(answer, self._limits.largest, self._limits.in_memory))
        except web.TooLarge as large:
            raise TooLarge(self._limits.largest) from large
        except httpx.TimeoutException as late:
            raise TimedOut(f"no answer within {self._limits.seconds:g} seconds") from late
        except httpx.HTTPError as failure:
            text = str(failure) or type(failure).__name__
            raise (NotTrusted if web.is_about_tls(failure) else NoAnswer)(text) from failure

    def _wait_for_turn(self) -> None:
        if not self._limits.per_second:
            return
        early = self._next - self._clock()
        if early > 0:
            self._sleep(early)
        self._next = max(self._clock(), self._next) + 1 / self._limits.per_second
