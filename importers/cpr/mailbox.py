"""The SFTP directory of the files of changes (cpr.md §5). Files are kept in memory, never on disk."""

import re
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

import asyncssh

from importers.cpr.errors import LoginRejected, Unreachable, UnreadableFile
from importers.cpr.extract import LARGEST
from importers.cpr.settings import SftpPlace
from protocols.sftp import errors
from protocols.sftp.connection import Connection, Login, Server
from protocols.sftp.errors import FileError, OtherHostKey, SftpError, UnusableKey
from protocols.sftp.keys import private_key

T = TypeVar("T")
_NAME = re.compile(r"D[0-9]{6}\.L[0-9]{6}")
_PIECE = 1 << 20
METADATA = ".metadata"


class Mailbox:
    """One connection. Use as a context manager; every method raises Unreachable."""

    def __init__(self, place: SftpPlace) -> None:
        self._place = place
        server = Server(
            place.host, place.port, place.user, place.host_key, place.folder, place.timeout, idle_seconds=place.timeout
        )
        self._connection = Connection(server, self._login)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def names(self) -> tuple[list[str], list[str]]:
        """(names of the complete files, names of files whose metadata is not there yet)."""
        listed = {str(each) for each in self._do(lambda sftp: sftp.listdir("."))}
        files = sorted(each for each in listed if _NAME.fullmatch(each))
        return [each for each in files if each + METADATA in listed], [
            each for each in files if each + METADATA not in listed
        ]

    def read(self, name: str) -> bytes:
        """A file's content; if it is too large, only enough to show that it is."""

        content = bytearray()
        size: list[int | None] = [None]

        async def fetch(sftp: asyncssh.SFTPClient) -> bytes:
            size[0] = (await sftp.stat(name)).size
            async with sftp.open(name, "rb") as file:
                while len(content) <= LARGEST and (piece := await file.read(_PIECE)):
                    content.extend(piece if isinstance(piece, bytes) else piece.encode("iso-8859-1"))
            return bytes(content)

        def came() -> str:
            return f"{name}: {len(content)} of {'an unknown number of' if size[0] is None else size[0]} bytes came"

        try:
            whole = self._do(fetch)
        except UnreadableFile as wrong:
            raise UnreadableFile(f"{came()}; then: {wrong}") from wrong
        except LoginRejected:
            raise
        except Unreachable as wrong:
            raise Unreachable(f"{came()}; then: {wrong}") from wrong
        if size[0] is not None and len(whole) < min(size[0], LARGEST):
            raise UnreadableFile(came())
        return whole

    def remove(self, name: str) -> None:
        """Delete a file with its metadata: the metadata last, so that a file without it never looks like a new one."""

        async def delete(sftp: asyncssh.SFTPClient) -> None:
            for each in (name, name + METADATA):
                if await sftp.exists(each):
                    await sftp.remove(each)

        self._do(delete)

    def _do(self, act: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        where = f"{self._place.host}:{self._place.port}"
        try:
            return self._connection.run(act)
        except OtherHostKey as wrong:
            raise LoginRejected(f"{where} shows another host key than the one in the settings") from wrong
        except UnusableKey as wrong:
            raise LoginRejected(str(wrong)) from wrong
        except errors.LoginRejected as refused:
            raise LoginRejected(f"{where} refuses the login: {refused.reason}") from refused
        except FileError as wrong:
            raise UnreadableFile(f"{where}: {wrong}") from wrong
        except SftpError as lost:
            raise Unreachable(f"{where}: {lost}") from lost

    def _login(self) -> Login:
        return Login(private_key(self._place.private_key, "sources.cpr.subscription.files.private_key"))
