"""The same uuids in each run: what comes in their order comes in the same order here as in CI.

``RECONNECT_TEST_SEED=2`` gives others. A test that passes with some and fails with others takes "the first" of things
that have no order.
"""

import os
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_SEED = "RECONNECT_TEST_SEED"
FIRST = "1"


class _Os:
    """What the module ``uuid`` sees of ``os``: random bytes that can be repeated, and the rest as it is."""

    def __init__(self, seed: str) -> None:
        self.urandom = random.Random(seed).randbytes

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


def seed() -> str:
    """What makes a run repeatable; "" where each run is to be another.

    Servers that are left running (``RECONNECT_TEST_HOME``) still know the uuids of the run before, so they get others.
    """
    return os.environ.get(_SEED, "" if "RECONNECT_TEST_HOME" in os.environ else FIRST)


def is_repeated() -> bool:
    """Whether this run does what every run does that nobody gave a seed."""
    return seed() == FIRST


@contextmanager
def repeatable_uuids(of: str) -> Iterator[None]:
    """``uuid4`` of this process gives the same ones each time for ``of``, which no two files of tests share."""
    if not seed():
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uuid, "os", _Os(f"{seed()} {of}"))
        yield
