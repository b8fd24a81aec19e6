"""Pauses: those that a server requests (``Retry-After``), the limit of requests per second, and those that grow with
each try."""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Sleep = Callable[[float], None]
DAY = 86_400.0
"""Seconds. No server is left alone for longer because of what it asks."""


def retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """Seconds of ``Retry-After``, which may be a number or a date, up to a day. None: absent, or neither of them."""
    told = (text or "").strip()
    if told.isascii() and told.isdigit():
        return min(float(told), DAY)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    # Without a zone it means GMT, the only one in HTTP.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0), DAY)


def growing(attempt: int, first: float, longest: float) -> float:
    """Seconds before the next try: doubled with each ``attempt`` (1, 2, …), and spread so that clients don't all come
    at once."""
    return doubled(attempt, first, longest) * random.uniform(0.75, 1.0)


def doubled(attempt: int, first: float, longest: float) -> float:
    """As ``growing``, without the spread: for the only client of a server."""
    return float(min(first * 2 ** (attempt - 1), longest))


class Gate:
    """The gate for every request to one server, from all threads: it may be shut until a moment, and limits requests
    per second.

    ``per_second``: 0 = no limit.
    """

    def __init__(self, per_second: float = 0, sleep: Sleep = time.sleep) -> None:
        self._between = 1 / per_second if per_second else 0.0
        self._sleep = sleep
        self._lock = threading.Lock()
        self._opens = 0.0  # on the monotonic clock

    def shut(self, seconds: float) -> None:
        """Let no request pass for this long."""
        with self._lock:
            self._opens = max(self._opens, time.monotonic() + seconds)

    def passed(self) -> None:
        """Wait until a request may be sent."""
        while True:
            with self._lock:
                now = time.monotonic()
                if (wait := self._opens - now) <= 0:
                    self._opens = now + self._between
                    return
            self._sleep(wait)
