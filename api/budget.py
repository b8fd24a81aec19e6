"""What each token may ask for in a while: a budget that fills up again by itself, as GitHub's points do.

It is kept by each process of the service.
"""

import math
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from graphql import GraphQLError

FILLED_IN = 60.0
"""Seconds in which an empty budget is full again."""


class Spent(Exception):
    """The token has used what it may for now. ``error`` says what to do; ``wait``: whole seconds until it may ask."""

    def __init__(self, error: GraphQLError, wait: int) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait


@dataclass(slots=True)
class Account:
    """The budget of one token, in fields. ``limit``: of a full one."""

    limit: float
    _left: float = field(init=False)
    _counted: float = field(default_factory=monotonic)

    def __post_init__(self) -> None:
        self._left = self.limit

    def spend(self, cost: int) -> dict[str, Any]:
        """Take the cost of a question; what is told of it in ``extensions.cost``. Raises Spent."""
        now = monotonic()
        self._left = min(self.limit, self._left + (now - self._counted) * self.limit / FILLED_IN)
        self._counted = now
        if cost > self._left:
            wait = math.ceil((cost - self._left) * FILLED_IN / self.limit)
            text = (
                f"This question costs {cost} fields, and {int(self._left)} are left of the {int(self.limit)} that this "
                f"token has a minute. Ask again in {wait} seconds, or for less: fewer at a time (first, after), a list "
                "narrowed by filter, first in the lists inside."
            )
            told = {"code": "over_budget", "cost": self._told(cost)}
            raise Spent(GraphQLError(text, extensions=told), wait)
        self._left -= cost
        return self._told(cost)

    def _told(self, cost: int) -> dict[str, Any]:
        full = math.ceil((self.limit - self._left) * FILLED_IN / self.limit)
        return {
            "requested": cost,
            "limit": int(self.limit),
            "remaining": max(0, int(self._left)),
            "fullAfterSeconds": full,
        }


@dataclass
class Budgets:
    """The accounts of all tokens, by name; each of them has been checked."""

    limit: float
    _accounts: dict[str, Account] = field(default_factory=dict)

    def of(self, token: str) -> Account:
        account = self._accounts.get(token)
        if account is None:
            account = self._accounts[token] = Account(self.limit)
        return account
