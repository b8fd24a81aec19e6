"""Pauses: what a server asks for (``Retry-After``), how often we may ask, and what grows from try to try."""

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Sleep = Callable[[float], None]


def retry_after(text: str | None, now: datetime | None = None) -> float | None:
    """Seconds that ``Retry-After`` asks for, which may be a number or a date. None: absent, or neither of them."""
    told = (text or "").strip()
    if told.isascii() and told.isdigit():
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    # Without a zone it is meant as GMT, which is the only one that HTTP has.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0)


def growing(attempt: int, first: float, longest: float) -> float:
    """Seconds before the next try: doubled from ``attempt`` (1, 2, …) to attempt, and spread so that not all come at
    once."""
    return doubled(attempt, first, longest) * random.uniform(0.75, 1.0)


def doubled(attempt: int, first: float, longest: float) -> float:
    """As ``growing``, without the spread: for a client that is alone with its server."""
    return float(min(first * 2 ** (attempt - 1), longest))


class Gate:
    """What every request of one server passes, whichever thread sends it: shut until a moment, and so many a second.

    ``per_second``: 0 = as many as there are.
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
