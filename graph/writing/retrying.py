"""Optimistic writing: compare outside the transaction, write, and compare again if another writer was faster."""

from collections.abc import Callable
from typing import TypeVar

from graph.retry import SOON

T = TypeVar("T")
ATTEMPTS = 8
"""How often a batch is compared again when others write the same things at the same time."""


class Stale(Exception):
    """Another writer changed one of the things after it was compared. Nothing was written; compare again."""

    retry = SOON


class MatchAgain(Stale):
    """Users have meanwhile decided on the things of records. Nothing was written; begin with matching."""


def write_until_current(write: Callable[[], T], compare_again: Callable[[Stale], None]) -> T:
    """The result of ``write``; each time that it raises Stale, ``compare_again`` is called first, which may raise it
    again.

    Raises Stale if the last attempt came too late as well.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return write()
        except Stale as stale:
            compare_again(stale)
    return write()
