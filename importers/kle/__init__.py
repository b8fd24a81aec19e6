"""KLE: KL's subject classification (KL Emnesystematik), from KLE Online, an XML file or a CSV file."""

from typing import TYPE_CHECKING

from importers.kle.settings import KleSettings as Settings

if TYPE_CHECKING:
    from importers.source import Source, Surroundings

__all__ = ["NEEDS", "TITLE", "Settings", "build"]

TITLE = "KLE"
NEEDS = "no setting: by default KLE Online is read"


def build(settings: Settings, surroundings: "Surroundings") -> "Source":
    """The source; its modules are loaded here, since they take long."""
    from importers.kle.source import Kle

    return Kle(settings, surroundings.folder)
