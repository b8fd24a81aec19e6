"""Repeats a request that may succeed later, with a pause before each further attempt."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from protocols.http.pauses import Sleep, doubled

T = TypeVar("T")


class AskedToWait(Exception):
    """The server asks for a pause, or is busy. ``seconds``: the requested pause (``Retry-After``); None = none stated.

    Raised by the request that ``Attempts`` repeats.
    """

    def __init__(self, seconds: float | None) -> None:
        super().__init__("the server asks for a pause")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Attempts:
    """``most``: attempts, the first included. ``first_pause``, ``longest_pause``: seconds; each pause is twice the one
    before, unless the server asks for another. ``sleep`` is for tests."""

    most: int
    first_pause: float
    longest_pause: float = math.inf
    sleep: Sleep = time.sleep

    def of(self, request: Callable[[], T], passing: tuple[type[Exception], ...]) -> T:
        """The result of the request. Raises its last error; errors other than ``passing`` at once."""
        may_pass: tuple[type[Exception], ...] = (AskedToWait, *passing)
        attempt = 1
        while True:
            try:
                return request()
            except may_pass as failure:
                if attempt >= self.most:
                    raise
                asked = failure.seconds if isinstance(failure, AskedToWait) else None
            pause = doubled(attempt, self.first_pause, self.longest_pause) if asked is None else asked
            self.sleep(min(pause, self.longest_pause))
            attempt += 1
