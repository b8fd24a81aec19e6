"""Passwords whose hashes cost next to nothing: those of production take a seventh of a second each, and 64 MB.

Processes that tests start have those of production, and so has each test that asks for ``costly_passwords``.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher

from idp.local_accounts import passwords

COSTLY = passwords._HASHER
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@contextmanager
def costs_of(hasher: PasswordHasher) -> Iterator[None]:
    """With the costs of this hasher, for passwords of unknown users, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", hasher)
        passwords._nobodys.cache_clear()
        yield
    passwords._nobodys.cache_clear()
