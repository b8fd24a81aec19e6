"""A controller that does not have the domain: nothing is concluded from what it lacks."""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from exporters.active_directory.channel import DirectoryChannel
from exporters.active_directory.passwords import Channels, FirstPasswords
from exporters.active_directory.refusals import NO_SUCH_OBJECT
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.errors import DeliveryError
from exporters.objects.target import Wanted
from protocols.ldap.errors import RequestRejected

BASE = "DC=klit,DC=test"


class _Other:
    """A session with a controller of another domain."""

    controller = "dc.other.test"

    def read(self, work: Callable[[Any], object]) -> NoReturn:
        raise RequestRejected("noSuchObject", NO_SUCH_OBJECT)


@pytest.mark.parametrize("kind", ["user", "group", "ou"])
def test_what_another_domain_lacks_is_not_taken_for_gone_or_new(kind: str) -> None:
    settings = ActiveDirectorySettings.model_validate(
        {"controllers": ["dc"], "user": "u", "password": "p", "base": BASE, "within": [BASE], "users_ou": BASE}
    )
    channel = DirectoryChannel(_Other(), settings, {kind: ()}, FirstPasswords(settings.passwords, Channels()))
    with pytest.raises(DeliveryError, match="has no DC=klit,DC=test"):
        channel.find(Wanted(kind, "key", {}))
    with pytest.raises(DeliveryError):
        [*channel.listing(kind)]


class _Restored:
    """A session with a controller whose database is taken away once it was seen, while it is restored."""

    controller = "dc.klit.test"

    def __init__(self) -> None:
        self.looks = 0

    def read(self, work: Callable[[Any], object]) -> object:
        self.looks += 1
        if self.looks > 2:
            raise RequestRejected("noSuchObject", NO_SUCH_OBJECT)
        return []


def test_a_domain_that_was_there_before_is_looked_for_each_time() -> None:
    settings = ActiveDirectorySettings.model_validate(
        {"controllers": ["dc"], "user": "u", "password": "p", "base": BASE, "within": [BASE], "users_ou": BASE}
    )
    kinds = {"user": (), "group": (), "ou": ()}
    channel = DirectoryChannel(_Restored(), settings, kinds, FirstPasswords(settings.passwords, Channels()))
    assert channel.read("user", "9d6f2a52-64b5-4b8e-9b0c-6f2b6d9a1f11") is None
    with pytest.raises(DeliveryError, match="has no DC=klit,DC=test"):
        channel.find(Wanted("user", "key", {}))
