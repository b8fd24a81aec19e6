"""The npm packages that the pages contain, or that those need: from ``ui/package-lock.json``."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "ui" / "package-lock.json"
_FOLDER = "node_modules/"
_ONLY_BUILDS = ("dev", "optional", "devOptional")
"""Marks of packages that are never part of the pages: tools, and builds for other systems."""


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """``integrity``: as npm writes it, algorithm and Base64."""

    name: str
    version: str
    licence: str
    integrity: str


def npm_packages() -> Iterator[NpmPackage]:
    """Each version of each package, by name."""
    locked = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    for path, each in sorted(locked.items()):
        if path and not any(each.get(mark) for mark in _ONLY_BUILDS):
            name = path.rpartition(_FOLDER)[2]
            yield NpmPackage(name, each["version"], each.get("license", "not stated"), each["integrity"])
