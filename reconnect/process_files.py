"""The files of a definition that a command is given, and the services that it may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconnect.exits import CommandFailed, Exit

if TYPE_CHECKING:
    from processes.engine.check import Arguments
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
