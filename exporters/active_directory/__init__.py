"""Active Directory: users, groups and OUs of a domain, by LDAP. See README.md."""

from typing import TYPE_CHECKING

from exporters.active_directory.settings import ActiveDirectorySettings as Settings

if TYPE_CHECKING:
    from exporters.objects.target import ObjectTarget
    from exporters.target import Surroundings
    from rules.accounts.staff import Memberships

__all__ = [
    "HOLDS_ACCOUNTS", "NEEDS", "OBJECTS", "RIGHTS", "SEVERAL", "TITLE", "Settings", "build", "memberships",
]  # fmt: skip

TITLE = "Active Directory"
NEEDS = "controllers, user, password, base, within and users_ou"
OBJECTS = ("ou", "user", "group")
RIGHTS = frozenset({"reader", "rights"})
SEVERAL = True
HOLDS_ACCOUNTS = True
"""It is supplied as soon as planned accounts change, or a person is stopped."""


def build(settings: Settings, surroundings: "Surroundings") -> "ObjectTarget":
    """The target."""
    from exporters.active_directory.passwords import Channels, mobiles_of_sources
    from exporters.active_directory.target import ActiveDirectory

    mobile_of = mobiles_of_sources(surroundings.driver)
    channels = Channels(surroundings.mail(), surroundings.sms(), surroundings.links(), mobile_of)
    return ActiveDirectory(surroundings.name, settings, channels)


def memberships(settings: Settings, name: str) -> "Memberships | None":
    """In which groups people are, for previews; None where the domain's groups are not REConnect's."""
    from functools import partial

    from exporters.active_directory.previewed_groups import memberships as of_domain

    return partial(of_domain, name=name, settings=settings) if settings.groups.kinds else None
