"""Who may read what the program writes: its own user, unless a setting says otherwise."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_OTHERS = 0o077
_CONTAINER_SECRETS = Path("/run/secrets")
"""Where Docker shows a secret with mode 0444 to the one container that was given it."""


def restrict() -> None:
    """From now on this process, and what it starts, makes files of mode 0600 and folders of mode 0700."""
    os.umask(_OTHERS)


def open_to_others(home: Path, secret_files: Iterable[Path]) -> Iterator[str]:
    """A text for the home, and each of the files, that others than the program's user can read."""
    for path in (home, *secret_files):
        if path.is_relative_to(_CONTAINER_SECRETS):
            continue
        try:
            found = path.stat()
        except OSError:
            continue  # not there yet, or not for us to see: whoever needs it tells that
        # A file of another user (root, mostly) is read by the program as a member of the file's group.
        allowed = stat.S_IRWXU if found.st_uid == os.getuid() else stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP
        mode = stat.S_IMODE(found.st_mode)
        if mode & ~allowed:
            wanted = "0700" if path.is_dir() else "0600"
            yield f"{path} is open to other users (mode {mode:04o}): chmod {wanted} {path}"
