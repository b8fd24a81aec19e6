"""The bytes of attachments: encrypted files in a folder of the installation.

Each file has a key of its own, which the graph keeps with the attachment, sealed by the keys for CPR numbers
(``graph.cpr.keyring``). Without the graph, or without those keys, the folder is unreadable; and where the graph forgets
an attachment, its bytes are lost at once, also those in a back-up of the folder. The file goes with the next ``sweep``.

On disk: blocks of ``_BLOCK`` bytes, each sealed by AES-256-GCM. The nonce counts the blocks and marks the last one, so
that none can be left out, exchanged or cut off.
"""

import base64
import errno
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from graph.cpr.keyring import KEY, Keyring
from processes.cases.attachments import State

_BLOCK: Final = 256 * 1024
_TAG: Final = 16
_PART: Final = ".part"
_GONE: Final = ".gone"
_UNFINISHED: Final = 3600.0
"""Seconds after which what an upload has left is no upload any more."""
_GRACE: Final = 24 * 3600.0
"""Seconds for which a file stays that the graph doesn't know: it may be restored."""
_AT_ONCE: Final = 500
RESERVE: Final = 1 << 30
"""Bytes that stay free on the folder's disk, which may be that of the graph: it stops where there are none."""


@dataclass(frozen=True, slots=True)
class Store:
    """Where an installation keeps files, and which it takes. ``largest``: bytes of one, whatever a form permits;
    ``first``: the state of a new one; None: none is taken, as there is no scanner."""

    folder: Path
    largest: int
    first: State | None


def new_key() -> bytes:
    return os.urandom(KEY)


def sealed_key(keyring: Keyring, key: bytes) -> tuple[str, str]:
    """The key as the graph keeps it: cipher text, and the id of the key that it is sealed with."""
    return keyring.encrypt(base64.b64encode(key).decode())


def opened_key(keyring: Keyring, cipher: str, key_id: str) -> bytes:
    """Raises MissingKey."""
    return base64.b64decode(keyring.decrypt(cipher, key_id))


class Writing:
    """A file that is being written. It is there only once it is ``finished``."""

    def __init__(self, folder: Path, id_: str, key: bytes) -> None:
        """Raises OSError."""
        self._path = _path(folder, id_)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(self._path.parent).free < RESERVE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._part = self._path.with_name(id_ + _PART)
        self._sealing, self._waiting, self._blocks = AESGCM(key), bytearray(), 0
        self._file = os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, data: bytes) -> None:
        """Raises OSError."""
        self._waiting += data
        while len(self._waiting) > _BLOCK:  # the last block may be full, so it is never written here
            self._seal(bytes(self._waiting[:_BLOCK]), is_last=False)
            del self._waiting[:_BLOCK]

    def finish(self) -> None:
        """Raises OSError."""
        self._seal(bytes(self._waiting), is_last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.rename(self._path)

    def discard(self) -> None:
        """Leave nothing of it, whether it is finished or not."""
        with suppress(OSError):
            self._file.close()
        for each in (self._part, self._path):
            each.unlink(missing_ok=True)

    def _seal(self, block: bytes, *, is_last: bool) -> None:
        self._file.write(self._sealing.encrypt(_nonce(self._blocks, is_last=is_last), block, None))
        self._blocks += 1


def read(folder: Path, id_: str, key: bytes) -> Iterator[bytes]:
    """The content of a file, piece by piece; it is opened at once. Raises OSError (FileNotFoundError), and while it is
    read InvalidTag for what is not as it was written."""
    path = _path(folder, id_)
    file = (path if path.exists() else path.with_name(id_ + _GONE)).open("rb")

    def pieces() -> Iterator[bytes]:
        opening = AESGCM(key)
        with file:
            number, block = 0, file.read(_BLOCK + _TAG)
            while True:
                after = file.read(_BLOCK + _TAG)
                yield opening.decrypt(_nonce(number, is_last=not after), block, None)
                if not after:
                    return
                number, block = number + 1, after

    return pieces()


def is_lost(folder: Path, id_: str, error: OSError) -> bool:
    """Whether a file that can't be read is not there any more. Where not even its part of the folder is there, the
    folder is not mounted, or is another one; and what else can go wrong says nothing of the file."""
    return isinstance(error, FileNotFoundError) and _path(folder, id_).parent.is_dir()


def delete(folder: Path, id_: str) -> None:
    path = _path(folder, id_)
    for each in (path, path.with_name(id_ + _GONE)):
        each.unlink(missing_ok=True)


def sweep(folder: Path, known: Callable[[Collection[str]], Collection[str]]) -> int:
    """Delete what uploads have left behind, and the files that the graph has not known for a day; how many.

    ``known``: those of some ids that the graph knows.
    """
    if not folder.is_dir():
        return 0
    deleted, now, batch = 0, time.time(), []
    for path in sorted(folder.glob("??/*")):
        if path.suffix == _PART:
            if now - _written(path) > _UNFINISHED:
                path.unlink(missing_ok=True)
                deleted += 1
        elif _is_id(path.stem):
            batch.append(path)
        if len(batch) == _AT_ONCE:
            deleted += _sweep(batch, known, now)
            batch = []
    return deleted + _sweep(batch, known, now)


def _sweep(paths: list[Path], known: Callable[[Collection[str]], Collection[str]], now: float) -> int:
    deleted, there = 0, frozenset(known([each.stem for each in paths]))
    for path in paths:
        is_gone, is_known, age = path.suffix == _GONE, path.stem in there, now - _written(path)
        with suppress(FileNotFoundError):  # another worker does the same
            if is_gone and is_known:
                path.rename(path.with_suffix(""))
            elif is_gone and age > _GRACE:
                path.unlink()
                deleted += 1
            elif not is_gone and not is_known and age > _UNFINISHED:  # not that of an upload that ends now
                os.utime(path)
                path.rename(path.with_name(path.name + _GONE))
    return deleted


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _is_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _path(folder: Path, id_: str) -> Path:
    """Raises ValueError for what is no id: it may come from a client."""
    if not _is_id(id_):
        raise ValueError(f"{id_!r} is no id of an attachment")
    return folder / id_[:2] / id_


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if is_last else b"\0")
