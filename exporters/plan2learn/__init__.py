"""Plan2Learn: course and competence system. Five whole files a night."""

from typing import TYPE_CHECKING

from exporters.plan2learn.settings import FILE_NAMES
from exporters.plan2learn.settings import Plan2LearnSettings as Settings

if TYPE_CHECKING:
    from exporters.files.target import Target
    from exporters.target import Surroundings

__all__ = ["NEEDS", "OBJECTS", "RIGHTS", "TITLE", "Settings", "build"]

TITLE = "Plan2Learn"
NEEDS = "form.encoding and delivery"
OBJECTS = tuple(FILE_NAMES)
RIGHTS = frozenset({"reader", "cpr", "hr"})


def build(settings: Settings, surroundings: "Surroundings") -> "Target":
    """The target."""
    from exporters.plan2learn.target import Plan2Learn

    return Plan2Learn(settings)
