"""The SFTP directory that the files of changes come to (cpr.md §5). Files are held in memory, never on disk."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

import asyncssh

from importers.cpr.extract import LARGEST
from importers.cpr.settings import SftpPlace
from importers.private_keys import UnreadableKey, private_key

T = TypeVar("T")
_NAME = re.compile(r"D[0-9]{6}\.L[0-9]{6}")
_PIECE = 1 << 20
METADATA = ".metadata"


class Unreachable(Exception):
    """The directory can't be read or written; what is in it waits for the next run."""


class LoginRejected(Unreachable):
    """The server does not take the key, or is not the one in the settings: each further try counts against it."""


class UnreadableFile(Unreachable):
    """This file can't be read, or not to its end; others can."""


class Mailbox:
    """One connection. Use as a context manager; every method raises Unreachable."""

    def __init__(self, place: SftpPlace) -> None:
        self._place = place
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._runner.run(self._connection.wait_closed())
        self._runner.close()

    def names(self) -> tuple[list[str], list[str]]:
        """Files by name: those that are complete, and those whose metadata is not there yet."""
        listed = {str(each) for each in self._do(lambda sftp: sftp.listdir("."))}
        files = sorted(each for each in listed if _NAME.fullmatch(each))
        return [each for each in files if each + METADATA in listed], [
            each for each in files if each + METADATA not in listed
        ]

    def read(self, name: str) -> bytes:
        """A file's content; of one that is too large only so much that it is seen to be."""

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
            return self._runner.run(self._act(act))
        except asyncssh.HostKeyNotVerifiable as error:
            raise LoginRejected(f"{where} shows another host key than the one in the settings") from error
        except UnreadableKey as error:
            raise LoginRejected(str(error)) from error
        except asyncssh.PermissionDenied as error:
            raise LoginRejected(f"{where} refuses the login: {error.reason}") from error
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as error:
            raise Unreachable(f"{where}: {type(error).__name__}: {error.reason}") from error
        except asyncssh.SFTPError as error:
            raise UnreadableFile(f"{where}: {type(error).__name__}: {error.reason}") from error
        except (asyncssh.Error, OSError, ValueError) as error:
            raise Unreachable(f"{where}: {type(error).__name__}: {error}") from error

    async def _act(self, act: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        if self._sftp is None:
            place = self._place
            host_key = asyncssh.import_public_key(place.host_key)
            self._connection = await asyncssh.connect(
                place.host,
                place.port,
                username=place.user,
                client_keys=[private_key(place.private_key, "sources.cpr.subscription.files.private_key")],
                known_hosts=([host_key], [], []),
                agent_path=None,
                config=None,
                connect_timeout=place.timeout,
                login_timeout=place.timeout,
                keepalive_interval=place.timeout / 3,
                preferred_auth="publickey",
            )
            self._sftp = await self._connection.start_sftp_client()
            await self._sftp.chdir(place.folder)
        return await act(self._sftp)
