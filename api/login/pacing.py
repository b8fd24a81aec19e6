"""How much of the login pages' work an address may ask for: a request beyond that is refused before anything is done.

Counted in each process, for the latest addresses only, so that what strangers send fills no memory.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from protocols.networks import network_of

_ADDRESSES = 10_000  # that are remembered, the latest


@dataclass
class Pace:
    """``at_once``: what an address may do at once; ``each``: seconds until it may do one more. ``clock``: seconds."""

    at_once: int
    each: float
    clock: Callable[[], float] = monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict, init=False)

    def take(self, address: str | None) -> int:
        """0, and one less is left; or the seconds until there is one."""
        network, now = network_of(address), self.clock()
        left, before = self._left.pop(network, (float(self.at_once), now))
        left = min(float(self.at_once), left + (now - before) / self.each)
        taken = left >= 1
        self._left[network] = (left - 1 if taken else left, now)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)
        return 0 if taken else max(1, round((1 - left) * self.each))


def requests() -> Pace:
    """Of pages and messages. A municipality may come from one address: hundreds begin their day at the same time."""
    return Pace(at_once=900, each=1 / 30)


def logins() -> Pace:
    """Of logins that are begun at, or for, another system: each is kept for a quarter of an hour, and costs a
    signature or its check."""
    return Pace(at_once=300, each=1 / 10)


def refusals() -> Pace:
    """Of messages that are refused: what is written of them, in the log of logins and on the console."""
    return Pace(at_once=20, each=60)


def forgotten() -> Pace:
    """Of codes for forgotten passwords: each may cost the municipality a message."""
    return Pace(at_once=20, each=60)
