"""KMD Opus's daily file (``ZLPE…_delta.xml``) as a source of master data."""

from typing import TYPE_CHECKING

from importers.opus.settings import OpusSettings as Settings

if TYPE_CHECKING:
    from importers.source import Source, Surroundings

__all__ = ["NEEDS", "TITLE", "Settings", "build"]

TITLE = "Opus"
NEEDS = "folder or sftp, or --from on the command line"


def build(settings: Settings, surroundings: "Surroundings") -> "Source":
    """The source; its modules are loaded here, since they take long."""
    from importers.opus.source import Opus

    return Opus(settings, surroundings.folder)
