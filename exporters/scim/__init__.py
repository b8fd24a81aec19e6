"""SCIM 2.0: users and groups at any server that speaks it. See README.md."""

from typing import TYPE_CHECKING

from exporters.scim.settings import ScimSettings as Settings

if TYPE_CHECKING:
    from exporters.objects.target import ObjectTarget
    from exporters.target import Surroundings
    from rules.accounts.staff import Memberships

__all__ = [
    "HOLDS_ACCOUNTS", "NEEDS", "OBJECTS", "RIGHTS", "SEVERAL", "TITLE", "Settings", "build", "memberships",
]  # fmt: skip

TITLE = "SCIM"
NEEDS = "base_url and login"
OBJECTS = ("user", "group")
RIGHTS = frozenset({"reader"})
SEVERAL = True
HOLDS_ACCOUNTS = True
"""It is supplied as soon as an account is to be opened or closed."""


def build(settings: Settings, surroundings: "Surroundings") -> "ObjectTarget":
    """The target."""
    from exporters.scim.target import Scim

    return Scim(surroundings.name, settings)


def memberships(settings: Settings, name: str) -> "Memberships | None":
    """In which groups people are, for previews; None where the server's groups are not REConnect's."""
    from functools import partial

    from exporters.scim.previewed_groups import memberships as of_server

    return partial(of_server, name=name, settings=settings) if settings.image.groups else None
