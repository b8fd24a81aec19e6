"""Failed logins: each is logged with its address, and an address with many is throttled.

A token is 32 random bytes, so it can't be guessed; throttling bounds the work and the log. A valid token is accepted
from every address at any time: a user who shares an address with an attacker (a proxy, an office) is not locked out.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

import structlog
from prometheus_client import Counter

from protocols.networks import network_of

ALLOWED = 10
"""Failed logins that an address may have at once."""
SECONDS = 6.0
"""Seconds until it may have another one."""
_ADDRESSES = 10_000  # addresses that are remembered, the latest
_AT_ONCE = 2  # tokens from throttled addresses that are looked up at the same time

_log = structlog.get_logger("api.access")
FAILED = Counter("reconnect_api_failed_logins", "Logins with a token that is unknown, revoked or past its end")


@dataclass(slots=True)
class _Tried:
    """``left``: failed logins left at ``moment``; below one, the address is throttled."""

    left: float
    moment: float
    is_logged: bool = False


class FailedLogins:
    """The failed logins of one process, by address; for IPv6 by network, since a client has a whole one."""

    def __init__(self) -> None:
        self._tried: OrderedDict[str, _Tried] = OrderedDict()
        self._under_way: dict[str, int] = {}
        self._lane = asyncio.Semaphore(_AT_ONCE)

    def wait(self, address: str | None) -> int:
        """Seconds until a failed login from there is answered normally again; 0 if it is now."""
        tried = self._tried.get(network_of(address))
        if tried is None or (left := _left(tried)) >= 1:
            return 0
        return max(1, round((1 - left) * SECONDS))

    @asynccontextmanager
    async def looking_up(self, address: str | None) -> AsyncIterator[None]:
        """Around the look-up of a token or password: those from throttled addresses wait for each other, and no others
        wait for them. What is under way counts as failed until it is done, so that many at the same time are not all
        let through."""
        network = network_of(address)
        tried, under_way = self._tried.get(network), self._under_way.get(network, 0)
        if (ALLOWED if tried is None else _left(tried)) - under_way < 1:
            async with self._lane:
                yield
            return
        self._under_way[network] = under_way + 1
        try:
            yield
        finally:
            left = self._under_way.pop(network) - 1
            if left:
                self._under_way[network] = left

    def failed(self, address: str | None) -> None:
        """Count a failed login, and log it; for a throttled address only once."""
        FAILED.inc()
        network = network_of(address)
        tried = self._tried.pop(network, None) or _Tried(ALLOWED, monotonic())
        left = _left(tried)
        throttled = left < 1
        self._tried[network] = _Tried(left if throttled else left - 1, monotonic(), throttled)
        if len(self._tried) > _ADDRESSES:
            self._tried.popitem(last=False)
        if not throttled:
            _log.warning("login_failed", address=address)
        elif not tried.is_logged:
            _log.warning("logins_throttled", address=address)


def _left(tried: _Tried) -> float:
    return min(float(ALLOWED), tried.left + (monotonic() - tried.moment) / SECONDS)
