"""What a command about a process is given: files of a definition and values, and the services that it may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconnect.exits import CommandFailed, Exit

if TYPE_CHECKING:
    from processes.engine.known import Arguments
    from processes.package import Package


def package(files: Sequence[Path], process: str | None) -> Package:
    """Raises CommandFailed, DefinitionRejected."""
    from processes.package import SUFFIXES, read_package

    found: dict[str, bytes] = {}
    for each in files:
        inside = sorted(file for file in each.iterdir() if file.suffix in SUFFIXES) if each.is_dir() else [each]
        for file in inside:
            if file.name in found:
                raise CommandFailed(f"{file}: another file has this name.", Exit.USAGE)
            try:
                found[file.name] = file.read_bytes()
            except OSError as error:
                raise CommandFailed(f"{file} can't be read: {error.strerror or error}", Exit.USAGE) from error
    if not found:
        raise CommandFailed(f"There is no {', '.join(SUFFIXES)} file in {files[0]}.", Exit.USAGE)
    return read_package(found, process)


def wanted() -> Mapping[str, Arguments]:
    """The services that a process may use."""
    from api.mutations.services import wanted as mutations
    from processes.services import OWN

    return {**mutations(), **OWN}


def values_given(text: str) -> Mapping[str, Any]:
    """What ``--values`` gives. Raises CommandFailed."""
    import orjson

    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as wrong:
        raise CommandFailed(f"--values: {wrong}", Exit.USAGE) from wrong
    if not isinstance(found, dict):
        raise CommandFailed("--values: it is not a JSON object", Exit.USAGE)
    return found
