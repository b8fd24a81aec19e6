"""Temporary files with personal data: copies of files, large answers.

While ``scratch`` is in use, Python's ``tempfile`` creates its files and folders in the instance's own folder, so that
sources, targets and libraries need not know of it. The next process removes the files of one that was killed.
"""

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reconnect.embedded.errors import EmbeddedError

_SUFFIX = ".lock"


@dataclass
class _Held:
    """This process's folder in one home, while ``jobs`` use it. ``before``: where ``tempfile`` worked until then."""

    folder: Path
    lock: IO[str]
    before: str | None
    jobs: int = 1


_held: dict[Path, _Held] = {}
_guard = threading.Lock()


@contextmanager
def scratch(home: Path) -> Iterator[Path]:
    """The process's folder for temporary files in ``home``, mode 0700; removed when its last job ends.

    Jobs of one process share it. Raises EmbeddedError where no such folder can be made.
    """
    home = home.resolve()
    with _guard:
        held = _held.get(home)
        if held is None:
            held = _held[home] = _taken(home)
            tempfile.tempdir = str(held.folder)
        else:
            held.jobs += 1
    try:
        yield held.folder
    finally:
        with _guard:
            held.jobs -= 1
            if not held.jobs:
                del _held[home]
                tempfile.tempdir = held.before
                with _guarded(held.folder.parent):
                    _remove(held.folder)
                    held.lock.close()


def _taken(home: Path) -> _Held:
    """A new folder, locked for the life of this process; what others have left is removed first."""
    all_ = home / "scratch"
    try:
        all_.mkdir(mode=0o700, parents=True, exist_ok=True)
        all_.chmod(0o700)
        with _guarded(all_):
            _sweep(all_)
            folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=all_))
            lock = _lock_of(folder).open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as wrong:
        raise EmbeddedError(
            f"Temporary files can't be kept in {all_}: {wrong.strerror}. They hold personal data, so no other place is "
            "used. Name a folder that REConnect may write to in RECONNECT_HOME."
        ) from wrong
    return _Held(folder, lock, tempfile.tempdir)


@contextmanager
def _guarded(all_: Path) -> Iterator[None]:
    """One process at a time makes or removes folders: none is taken for abandoned before it has its lock."""
    with (all_ / "guard").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _sweep(all_: Path) -> None:
    """Remove the folders of processes that are gone: the lock ends with its process, however that ends."""
    for folder in all_.iterdir():
        if not folder.is_dir():
            continue
        with _lock_of(folder).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder)
    with suppress(FileNotFoundError):
        _lock_of(folder).unlink()


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _SUFFIX)
