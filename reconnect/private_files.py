"""File modes: only the program's own user can read its files, unless a setting permits more."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_OTHERS = 0o077
_CONTAINER_SECRETS = Path("/run/secrets")
"""Where Docker mounts a container's own secrets, with mode 0444."""


def restrict() -> None:
    """Let this process, and those that it starts, create files with mode 0600 and folders with mode 0700."""
    os.umask(_OTHERS)


def open_to_others(home: Path, secret_files: Iterable[Path]) -> Iterator[str]:
    """A warning for the home, and for each of the files, that other users can read."""
    for path in (home, *secret_files):
        if path.is_relative_to(_CONTAINER_SECRETS):
            continue
        try:
            found = path.stat()
        except OSError:
            continue  # missing or unreadable: its reader reports that
        # A file of another user (root, mostly) is read by the program as a member of the file's group.
        allowed = stat.S_IRWXU if found.st_uid == os.getuid() else stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP
        mode = stat.S_IMODE(found.st_mode)
        if mode & ~allowed:
            wanted = "0700" if path.is_dir() else "0600"
            yield f"{path} is open to other users (mode {mode:04o}): chmod {wanted} {path}"
