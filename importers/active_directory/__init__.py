"""Active Directory: accounts, groups, and facts about the people who have them."""

from typing import TYPE_CHECKING

from importers.active_directory.settings import ActiveDirectorySettings as Settings

if TYPE_CHECKING:
    from importers.source import Source, Surroundings

__all__ = ["NEEDS", "TITLE", "Settings", "build"]

TITLE = "Active Directory"
NEEDS = "controllers, user, password and base"


def build(settings: Settings, surroundings: "Surroundings") -> "Source":
    """The source; its modules are loaded here, since they take long."""
    from importers.active_directory.graph_lookup import GraphLookup
    from importers.active_directory.source import ActiveDirectory

    surroundings.refuse_files("Active Directory is a service")
    return ActiveDirectory(settings, GraphLookup(surroundings.driver(), ActiveDirectory.name))
