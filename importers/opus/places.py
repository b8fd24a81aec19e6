"""Where the files lie: a folder, or an SFTP server. Files are copied before they are read, and never moved there."""

import hashlib
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

import asyncssh

from importers.opus.errors import IncompleteFile
from importers.opus.settings import SftpPlace
from importers.source import SourceError
from protocols.sftp.connection import Connection, Login, Server
from protocols.sftp.errors import LoginRejected, OtherHostKey, SftpError, UnusableKey
from protocols.sftp.keys import private_key

T = TypeVar("T")
LARGEST = 4096 << 20  # bytes; a file of a million employments has some 1,300 megabytes


class Place(Protocol):
    """A place that files are read from."""

    def names(self) -> list[str]:
        """Names of all files there. Raises SourceError where it can't be read."""

    def copy(self, name: str, target: Path) -> None:
        """Copy a file. Raises IncompleteFile where it changes meanwhile (payroll is still writing it), SourceError
        where it is larger than a file of Opus can be."""


class Folder:
    """A folder of this machine, such as a mounted share. ``largest``: bytes of a file."""

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        self.path = path
        self.largest = largest

    def names(self) -> list[str]:
        try:
            return [each.name for each in self.path.iterdir() if each.is_file()]
        except OSError as wrong:
            raise SourceError(f"the folder {self.path} can't be read: {wrong.strerror}") from wrong

    def copy(self, name: str, target: Path) -> None:
        source = self.path / name
        try:
            before = source.stat()
            _check_size(name, before.st_size, self.largest)
            shutil.copyfile(source, target)
            after = source.stat()
        except OSError as wrong:
            raise SourceError(f"{source} can't be read: {wrong.strerror}") from wrong
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise _still_written(name)


class OneFile(Folder):
    """One file of a folder; those beside it are not looked at."""

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        super().__init__(path.parent, largest)
        self._name = path.name

    def names(self) -> list[str]:
        return [self._name]


class SftpServer:
    """A folder on an SFTP server whose key is known beforehand. A connection is made for each request."""

    def __init__(self, settings: SftpPlace, largest: int = LARGEST) -> None:
        self.settings = settings
        self.largest = largest

    def names(self) -> list[str]:
        async def listed(client: asyncssh.SFTPClient) -> list[str]:
            return [str(name) for name in await client.listdir(self.settings.folder)]

        return self._ask(listed)

    def copy(self, name: str, target: Path) -> None:
        remote = f"{self.settings.folder}/{name}"

        async def fetched(client: asyncssh.SFTPClient) -> None:
            before = await client.stat(remote)
            _check_size(name, before.size or 0, self.largest)
            await client.get(remote, str(target))
            after = await client.stat(remote)
            if (before.size, before.mtime) != (after.size, after.mtime):
                raise _still_written(name)

        self._ask(fetched)

    def _ask(self, request: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        place = self.settings
        where = f"sftp://{place.user}@{place.host}:{place.port}/{place.folder}"
        server = Server(place.host, place.port, place.user, place.host_key, seconds=place.timeout)
        try:
            with Connection(server, self._login) as connection:
                return connection.run(request)
        except OtherHostKey as wrong:
            text = f"{where}: the server shows another key than host_key; nothing was read"
            raise SourceError(text, retry=wrong.retry) from wrong
        except LoginRejected as wrong:
            raise SourceError(f"{where}: login refused: {wrong.reason}", retry=wrong.retry) from wrong
        except UnusableKey as wrong:
            raise SourceError(str(wrong), retry=wrong.retry) from wrong
        except SftpError as wrong:
            raise SourceError(f"{where}: {wrong.reason or wrong.kind}", retry=wrong.retry) from wrong

    def _login(self) -> Login:
        place = self.settings
        named = place.private_key
        key = None if named is None else private_key(named, "sources.opus.sftp.private_key")
        return Login(key, None if place.password is None else place.password.get_secret_value())


def digest(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _check_size(name: str, size: int, largest: int) -> None:
    if size > largest:
        raise SourceError(f"{name} has {size >> 20} megabytes, largest_file_megabytes allows {largest >> 20}")


def _still_written(name: str) -> IncompleteFile:
    return IncompleteFile(f"{name} changed while it was read: it is still being written; the next run will take it")
