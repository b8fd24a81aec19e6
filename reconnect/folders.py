"""The sources and targets: each is a folder; there is no other list of them.

``importers/<name>`` is a source if it holds ``source.py`` and ``settings.py``; ``exporters/<name>`` is a target if it
holds ``target.py`` and ``settings.py``. Listing their names loads none of them.
"""

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import exporters
import importers

if TYPE_CHECKING:
    from exporters.target_folder import TargetFolder
    from importers.source import SourceFolder


@cache
def source_names() -> tuple[str, ...]:
    """The names of all sources, in order."""
    return _folders(importers.__path__[0], "source.py")


@cache
def target_names() -> tuple[str, ...]:
    """The names of all targets, in order."""
    return _folders(exporters.__path__[0], "target.py")


def source(name: str) -> "SourceFolder":
    """The package of the source. Raises ImportError if the folder is not a source."""
    return cast("SourceFolder", import_module(f"importers.{name}"))


def target(name: str) -> "TargetFolder":
    """The package of the target. Raises ImportError if the folder is not a target."""
    return cast("TargetFolder", import_module(f"exporters.{name}"))


def _folders(room: str, module: str) -> tuple[str, ...]:
    return tuple(
        sorted(each.parent.name for each in Path(room).glob(f"*/{module}") if each.with_name("settings.py").is_file())
    )
