"""File names at a target: safe ones, and temporary ones that can be recognised as ours."""

import re

_UNSAFE = re.compile(r"[^\w .,()+=@-]", re.ASCII)
_PREFIX = ".reconnect-"
_SUFFIX = ".part"


def safe(name: str) -> str:
    """The name without characters that could lead out of the folder: it may contain data."""
    made = _UNSAFE.sub("_", name).lstrip(".").strip()
    return made or "_"


def temporary(name: str, run: str) -> str:
    """Name of the file while it is uploaded: in the same folder, so that a rename does it."""
    return f"{_PREFIX}{name}.{run}{_SUFFIX}"


def is_temporary(name: str) -> bool:
    """Whether the name is one of ``temporary``'s, of any run."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)
