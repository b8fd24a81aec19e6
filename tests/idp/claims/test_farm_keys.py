"""From where the key of an ADFS farm may be used."""

from datetime import UTC, datetime

import pytest

from idp.claims.farm_keys import FarmKey

NETWORKS = ("10.1.2.0/24", "2001:db8::/32")
MAPPED = ("::ffff:10.1.2.0/120", "2001:db8::/32")
"""The same, as it had to be written for a socket for both kinds before."""


@pytest.mark.parametrize("networks", [NETWORKS, MAPPED])
@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("10.1.2.9", True),
        ("::ffff:10.1.2.9", True),  # as a socket for both kinds writes it
        ("2001:db8::9", True),
        ("10.1.3.9", False),
        ("::ffff:10.1.3.9", False),
        ("2001:db9::9", False),
        ("testclient", False),
        (None, False),
    ],
)
def test_only_from_its_networks(address: str | None, is_allowed: bool, networks: tuple[str, ...]) -> None:
    key = FarmKey("k", "farm", networks, datetime.now(UTC))
    assert key.is_allowed_from(address) is is_allowed
    assert FarmKey("k", "farm", (), datetime.now(UTC)).is_allowed_from(address)
