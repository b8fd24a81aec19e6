"""STIL's user database (UNI-Login): the people whom schools and day-care centres list as their staff."""

from typing import TYPE_CHECKING

from importers.unilogin.settings import UniLoginSettings as Settings

if TYPE_CHECKING:
    from importers.source import Source, Surroundings

__all__ = ["NEEDS", "TITLE", "Settings", "build"]

TITLE = "UNI-Login"
NEEDS = "provider, key_file and key_password"


def build(settings: Settings, surroundings: "Surroundings") -> "Source":
    """The source; its modules are loaded here, since they take long."""
    from graph.time import today
    from importers.unilogin.graph_lookup import GraphLookup, GraphMemory
    from importers.unilogin.source import UniLogin

    surroundings.refuse_files("UNI-Login is a web service")
    driver = surroundings.driver()
    return UniLogin(settings, GraphLookup(driver, today()), GraphMemory(driver))
