"""File names at a target: safe ones, and those of our own that can be recognised."""

import re
from collections.abc import Iterable

_UNSAFE = re.compile(r"[^\w .,()+=@-]", re.ASCII)
_PREFIX = ".reconnect-"
_SUFFIX = ".part"
_ASIDE = ".old"


def safe(name: str) -> str:
    """The name without characters that could lead out of the folder: it may contain data."""
    made = _UNSAFE.sub("_", name).lstrip(".").strip()
    return made or "_"


def temporary(name: str, run: str) -> str:
    """Name of the file while it is uploaded: in the same folder, so that a rename does it."""
    return f"{_PREFIX}{name}.{run}{_SUFFIX}"


def aside(name: str) -> str:
    """Name of the file that is replaced, until the new one has its name: where a server renames onto no file."""
    return f"{_PREFIX}{name}{_ASIDE}"


def leftovers(names: Iterable[str]) -> list[str]:
    """Of the names in a folder, those that broken runs of ours have left. What was moved aside stays while it is all
    that the receiver has."""
    there = set(names)
    ours = sorted(each for each in there if each.startswith(_PREFIX))
    return [
        each
        for each in ours
        if each.endswith(_SUFFIX)
        or (each.endswith(_ASIDE) and each.removeprefix(_PREFIX).removesuffix(_ASIDE) in there)
    ]
