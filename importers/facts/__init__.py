"""The model's own facts from YAML, JSON or a folder of CSV, for whatever has no importer yet."""

from typing import TYPE_CHECKING

from importers.facts.settings import FactsSettings as Settings

if TYPE_CHECKING:
    from importers.source import Source, Surroundings

__all__ = ["NEEDS", "TITLE", "Settings", "build"]

TITLE = "The facts"
NEEDS = "path, or --from on the command line"


def build(settings: Settings, surroundings: "Surroundings") -> "Source":
    """The source; its modules are loaded here, since they take long."""
    from importers.facts.source import Facts

    return Facts(settings, surroundings.folder)
