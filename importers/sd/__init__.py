"""SD Løn (Silkeborg Data): payroll over web services. See README.md; ``source.SdSource`` is the way in."""

from typing import TYPE_CHECKING

from importers.sd.settings import SdSettings as Settings

if TYPE_CHECKING:
    from importers.source import Source, Surroundings

__all__ = ["NEEDS", "TITLE", "Settings", "build"]

TITLE = "SD"
NEEDS = "user, password and institutions or region"


def build(settings: Settings, surroundings: "Surroundings") -> "Source":
    """The source; its modules are loaded here, since they take long."""
    from importers.sd.source import SdSource

    surroundings.refuse_files("SD is a web service")
    return SdSource(settings)
