"""The budget of each token, which refills over time, like GitHub's points.

Each process of the service has its own.
"""

import math
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from graphql import GraphQLError

FILLED_IN = 60.0
"""Seconds in which an empty budget is full again."""
MOST_STREAMS = 8
"""Large answers that a token may receive at the same time. Each occupies a connection to Neo4j as long as its client
reads, and there are a hundred connections."""
MOST_STREAMS_OF_ALL = 64
"""The same for all tokens together: the rest of the hundred connections serves everything else."""
_STREAM_AGAIN = 5
"""Seconds after which one of them may have ended."""
_REFUSED = 1_000
"""Cost of a refused document, in fields,"""
_NEW_FIELD = 1_000
"""Cost, in fields of an answer, of a field of a long document that is new. Validating and compiling it takes up to a
millisecond, the time in which some thousand fields are read."""
_A_BYTE = 4
"""and of each byte of it: it is parsed and validated, but not kept."""


class Spent(Exception):
    """The token has used up its budget. ``error`` says what to do; ``wait``: whole seconds until it may try again."""

    def __init__(self, error: GraphQLError, wait: int) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait


@dataclass(slots=True)
class Streams:
    """How many large answers all tokens of a service are receiving."""

    open: int = 0


@dataclass(slots=True)
class Account:
    """The budget of one token, in fields. ``limit``: of a full one."""

    limit: float
    streams: int = 0
    of_all: Streams = field(default_factory=Streams)
    _left: float = field(init=False)
    _counted: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self._left = self.limit

    def spend(self, cost: int, planning: int = 0) -> dict[str, Any]:
        """Pay the cost of a query. Returns the content of ``extensions.cost``. Raises Spent. ``planning``: the part of
        the cost that only a new query has."""
        self._fill()
        if cost > self._left:
            wait = math.ceil((cost - self._left) * FILLED_IN / self.limit)
            left = max(0, int(self._left))
            text = (
                f"This query costs {cost} fields, and this token has {left} left of {int(self.limit)} a minute. "
                f"Try again in {wait} seconds, or read less: fewer at a time (first, after), a list "
                "narrowed by filter, first in the lists inside."
            )
            if planning:
                text += f" {planning} of it is for planning the query, which is new: it costs that only the first time."
            extensions = {"code": "over_budget", "cost": self._extension(cost, planning)}
            raise Spent(GraphQLError(text, extensions=extensions), wait)
        self._left -= cost
        return self._extension(cost, planning)

    def require(self) -> None:
        """Raises Spent for a token whose budget is used up: even reading its query has a cost."""
        self._fill()
        if self._left <= 0:
            self.spend(1)

    def charge_refused(self, size: int) -> None:
        """Pay for a refused document of ``size`` bytes. It may leave a debt, since the work has been done."""
        self._fill()
        self._left -= _REFUSED + _A_BYTE * size

    def charge_new(self, fields: int) -> None:
        """Pay for a long document with this number of fields, before it is validated and compiled. It may leave a debt,
        but takes half of a full budget at most: what is then read must still be affordable."""
        self._fill()
        self._left -= min(_NEW_FIELD * fields, self.limit / 2)

    def charge_event(self, cost: int) -> float:
        """Pay for an event of a subscription before it is looked at. Returns the seconds until that is earned: the
        subscription waits so long, and misses nothing."""
        self._fill()
        self._left -= cost
        return max(0.0, -self._left) * FILLED_IN / self.limit

    def _fill(self) -> None:
        now = monotonic()
        self._left = min(self.limit, self._left + (now - self._counted) * self.limit / FILLED_IN)
        self._counted = now

    def _extension(self, cost: int, planning: int) -> dict[str, Any]:
        full = math.ceil((self.limit - self._left) * FILLED_IN / self.limit)
        return {
            "requested": cost,
            "planning": planning,
            "limit": int(self.limit),
            "remaining": max(0, int(self._left)),
            "fullAfterSeconds": full,
        }


@dataclass(slots=True)
class Stream:
    """One streamed answer of a token's ``account``; None: it is not counted."""

    account: Account | None
    is_open: bool = False

    def open(self) -> None:
        """Take one of the token's places. Raises Spent if none is free."""
        if self.account is None:
            return
        if self.account.streams >= MOST_STREAMS:
            text = (
                f"This token is receiving {MOST_STREAMS} large answers already. Take them to their end, or close them, "
                "and try again; or read less at a time (first, after)."
            )
            raise Spent(GraphQLError(text, extensions={"code": "too_many_streams"}), _STREAM_AGAIN)
        if self.account.of_all.open >= MOST_STREAMS_OF_ALL:
            text = f"{MOST_STREAMS_OF_ALL} large answers are being sent. Try again, or read less at a time (first)."
            raise Spent(GraphQLError(text, extensions={"code": "too_many_streams"}), _STREAM_AGAIN)
        self.account.streams += 1
        self.account.of_all.open += 1
        self.is_open = True

    def close(self) -> None:
        """Give the place back."""
        if self.is_open and self.account is not None:
            self.account.streams -= 1
            self.account.of_all.open -= 1
        self.is_open = False


@dataclass
class Budgets:
    """The accounts of all known tokens, by name."""

    limit: float
    _accounts: dict[str, Account] = field(default_factory=dict)
    _streams: Streams = field(default_factory=Streams)

    def of(self, token: str) -> Account:
        account = self._accounts.get(token)
        if account is None:
            account = self._accounts[token] = Account(self.limit, of_all=self._streams)
        return account
