"""One run of a source or target at a time, over all processes and machines: locks in Redis.

A lock is renewed while its holder lives, and expires when the holder dies. Each holder gets a number that is higher
than all before it (a fencing token), so that a state written late by a holder presumed dead is recognised. The graph
needs no such help: every transaction compares versions.
"""

import math
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import cast

import redis
from structlog.stdlib import get_logger

from graph.retry import SOON
from graph.time import COPENHAGEN
from reconnect.errors import ProgramError

PREFIX = "reconnect:lock:"
_FENCE = "reconnect:fence"

# Both compare and act in one step: by now, the lock may belong to another run.
_RENEW = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0"
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"
# Not below the clock (microseconds): where Redis was emptied, a holder from before it counts as the earlier one.
_NUMBER = """
local clock = redis.call('time')
local number = math.max(tonumber(redis.call('get', KEYS[1]) or '0') + 1, clock[1] * 1000000 + clock[2])
redis.call('set', KEYS[1], string.format('%.0f', number))
return number
"""


def is_held(client: redis.Redis, name: str) -> bool:
    """Whether any run holds the lock."""
    return bool(client.exists(f"{PREFIX}{name}"))


def held_locks(client: redis.Redis) -> list[str]:
    """Names of the locks that runs hold."""
    return [key.decode().removeprefix(PREFIX) for key in client.scan_iter(match=f"{PREFIX}*")]


class LockTaken(ProgramError):
    """Another run holds the lock."""

    retry = SOON


class LockLost(ProgramError):
    """The lock could not be renewed in time, and another run may have it: this run must stop."""

    retry = SOON


class Lock:
    """A named lock as a context manager. Raises LockTaken on entry when another holds it for longer than ``wait``.

    ``waiting``: called again and again while it waits for another holder; may raise to give up.

    ``seconds``: its life without renewal. Renewal is a thread of its own, so that long work in the holder's thread does
    not let it expire.
    """

    def __init__(
        self,
        client: redis.Redis,
        name: str,
        seconds: float,
        wait: float = 0,
        waiting: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self.fence = 0
        self._client = client
        self._key = f"{PREFIX}{name}"
        self._value = secrets.token_hex(16)
        self._life = int(seconds * 1000)
        self._wait = wait
        self._waiting = waiting
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._held_until = -math.inf
        self._renewer: threading.Thread | None = None

    def __enter__(self) -> "Lock":
        deadline = time.monotonic() + self._wait
        while True:
            self._held_until = time.monotonic() + self._life / 1000
            if self._client.set(self._key, self._value, nx=True, px=self._life):
                break
            if time.monotonic() >= deadline:
                raise LockTaken(self._taken())
            if self._waiting is not None:
                self._waiting()
            time.sleep(0.1)
        self.fence = cast(int, self._client.eval(_NUMBER, 1, _FENCE))
        self._renewer = threading.Thread(target=self._renew, name=f"lock {self.name}", daemon=True)
        self._renewer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._renewer is not None:
            # One that hangs in Redis ends by itself, and keeps nothing waiting: the lock is lost by then.
            self._renewer.join(self._life / 1000)
        try:
            self._client.eval(_RELEASE, 1, self._key, self._value)
        except redis.RedisError as failure:
            # The lock then ends by expiry; the work itself is done and must not fail for this.
            get_logger("reconnect.locks").warning("lock not released", lock=self.name, error=str(failure))

    def _taken(self) -> str:
        left = cast(int, self._client.pttl(self._key))  # milliseconds; negative where it has gone meanwhile
        until = datetime.now(COPENHAGEN) + timedelta(milliseconds=max(left, 0))
        return (
            f"{self.name} is already running, and only one run is possible at a time. If that run was killed, the next "
            f"one can start after {until:%H:%M:%S} (in {max(left, 0) / 1000:.0f} s). With --wait, a command waits."
        )

    def require(self) -> None:
        """Raises LockLost when the lock is no longer held. Called between steps of the work."""
        # Also if the renewing thread has failed, or hangs in Redis.
        if self._lost.is_set() or time.monotonic() > self._held_until:
            raise LockLost(f"The lock of {self.name} was lost. The run stops; the next run continues from there.")

    def _renew(self) -> None:
        while not self._ended.wait(self._life / 3000):
            begun = time.monotonic()
            try:
                renewed = bool(self._client.eval(_RENEW, 1, self._key, self._value, str(self._life)))
            except redis.RedisError:
                # Redis may come back before the lock has expired.
                if time.monotonic() > self._held_until:
                    self._lost.set()
                    return
                continue
            except Exception as error:  # of any kind: the lock is no longer renewed
                get_logger("reconnect.locks").error("lock not renewed", lock=self.name, exc_info=error)
                self._lost.set()
                return
            if not renewed:
                self._lost.set()
                return
            self._held_until = begun + self._life / 1000
