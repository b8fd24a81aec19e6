"""The schools' own Active Directory: a second directory, of which only the staff is read."""

from typing import TYPE_CHECKING

from importers.school_ad.settings import SchoolAdSettings as Settings

if TYPE_CHECKING:
    from importers.source import Source, Surroundings

__all__ = ["NEEDS", "TITLE", "Settings", "build"]

TITLE = "The school AD"
NEEDS = "controllers, user, password, base and a rule that distinguishes pupils from staff"


def build(settings: Settings, surroundings: "Surroundings") -> "Source":
    """The source; its modules are loaded here, since they take long."""
    from importers.active_directory.graph_lookup import GraphLookup
    from importers.school_ad.source import SchoolAd

    surroundings.refuse_files("The school AD is a service")
    return SchoolAd(settings, GraphLookup(surroundings.driver(), SchoolAd.name))
