"""The contributions of sources and targets to the demo: ``demo.toml`` in their own folder.

A source's has ``look`` (what is worth looking at in it), ``query`` (GraphQL that shows it) and ``settings``, as in
``[sources.<name>]``; ``{folder}`` in a text stands for the source's folder. A target's has ``settings``; ``{supplied}``
stands for the folder that takes its server's place. Most existing sources have a stand-in in ``sample`` instead.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

import exporters
import importers
from reconnect import folders

FILE = "demo.toml"


class SourceDemo(BaseModel):
    """A source's ``demo.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    look: str = Field(min_length=1)
    query: str = Field(min_length=1)
    settings: dict[str, Any] = {}


class TargetDemo(BaseModel):
    """A target's ``demo.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    settings: dict[str, Any]


@cache
def sources() -> Mapping[str, SourceDemo]:
    """Name of a source → its demo, for sources that have one. Raises ValidationError for another form."""
    return {
        file.parent.name: SourceDemo.model_validate(_filled(_read(file), "{folder}", str(file.parent)))
        for file in _files(importers.__path__[0], folders.source_names())
    }


@cache
def targets() -> Mapping[str, TargetDemo]:
    """As ``sources``, of targets."""
    return {
        file.parent.name: TargetDemo.model_validate(_read(file))
        for file in _files(exporters.__path__[0], folders.target_names())
    }


def supplied_to(name: str, folder: Path) -> dict[str, Any]:
    """The target's settings in the demo, where ``folder`` takes the place of its server."""
    filled: dict[str, Any] = _filled(targets()[name].settings, "{supplied}", str(folder))
    return filled


def _files(room: str, names: tuple[str, ...]) -> list[Path]:
    return [file for name in names if (file := Path(room) / name / FILE).is_file()]


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _filled(value: Any, placeholder: str, text: str) -> Any:
    if isinstance(value, str):
        return value.replace(placeholder, text)
    if isinstance(value, dict):
        return {name: _filled(each, placeholder, text) for name, each in value.items()}
    return [_filled(each, placeholder, text) for each in value] if isinstance(value, list) else value
