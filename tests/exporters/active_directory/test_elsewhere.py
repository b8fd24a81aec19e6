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
