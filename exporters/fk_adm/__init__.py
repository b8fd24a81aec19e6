"""FK-adm (Fælleskommunalt Administrationsmodul): job-function roles at KOMBIT. See README.md."""

from typing import TYPE_CHECKING

from exporters.fk_adm.settings import FkAdmSettings as Settings

if TYPE_CHECKING:
    from exporters.objects.target import ObjectTarget
    from exporters.target import Surroundings

__all__ = ["NEEDS", "OBJECTS", "RIGHTS", "TITLE", "Settings", "build"]

TITLE = "FK-adm"
NEEDS = "certificate, private_key and cvr"
OBJECTS = ("role",)
RIGHTS = frozenset({"reader"})


def build(settings: Settings, surroundings: "Surroundings") -> "ObjectTarget":
    """The target."""
    from exporters.fk_adm.target import FkAdm

    return FkAdm(surroundings.name, settings)
