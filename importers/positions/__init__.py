"""The municipality's own list of positions (stillingsfortegnelse), and which of them each employment has."""

from typing import TYPE_CHECKING

from importers.positions.settings import PositionsSettings as Settings

if TYPE_CHECKING:
    from importers.source import Source, Surroundings

__all__ = ["NEEDS", "TITLE", "Settings", "build"]

TITLE = "The position list"
NEEDS = "path or url"


def build(settings: Settings, surroundings: "Surroundings") -> "Source":
    """The source; its modules are loaded here, since they take long."""
    from importers.positions.graph_lookup import GraphLookup
    from importers.positions.source import Positions
    from importers.source import NotSetUp

    if surroundings.folder is not None:
        settings = settings.model_copy(update={"path": surroundings.folder, "url": None, "categories_url": None})
    elif settings.path is None and settings.url is None:
        raise NotSetUp(
            "The position list has no place: add [sources.positions] with path or url to reconnect.toml, or give "
            "--from; importers/positions/README.md describes the list."
        )
    return Positions(settings, GraphLookup(surroundings.driver()))
