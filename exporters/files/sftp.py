"""Delivery over SFTP, with a pinned host key."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncssh

from exporters.errors import DeliveryError, HostKeyError
from exporters.files.delivery_settings import SftpDelivery
from exporters.files.file_names import aside, leftovers, temporary
from graph.retry import NEVER
from protocols.sftp import keys
from protocols.sftp.connection import Connection, Login, Server
from protocols.sftp.errors import LoginRejected, OtherHostKey, SftpError, UnusableHostKey, UnusableKey

T = TypeVar("T")
BLOCK = 1 << 20
"""Bytes; sent at once, in as many requests as the server takes."""
_REFUSED = (asyncssh.SFTPPermissionDenied, asyncssh.SFTPFailure, asyncssh.SFTPOpUnsupported)
"""The server's no to a request; the connection stays as it is."""


class SftpChannel:
    """A way to an SFTP server; one connection for the run."""

    def __init__(self, settings: SftpDelivery, run: str) -> None:
        self._settings = settings
        self._run = run
        server = Server(
            settings.host, settings.port, settings.user, settings.host_key, settings.folder,
            settings.connect_seconds, settings.idle_seconds,
        )  # fmt: skip
        self._where = server.place
        self._connection = Connection(server, self._login)
        self._under_way = ""
        """How far an upload has come, for the text where it breaks off."""

    def send(self, name: str, content: bytes) -> str:
        return self._do(lambda sftp: self._send(sftp, name, content))

    def read(self, name: str) -> bytes | None:
        async def fetch(sftp: asyncssh.SFTPClient) -> bytes | None:
            try:
                async with sftp.open(name, "rb") as file:
                    content = await file.read()
                    return content if isinstance(content, bytes) else content.encode()
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPPermissionDenied):
                return None

        return self._do(fetch)

    def remove(self, name: str) -> str:
        return self._do(lambda sftp: _remove(sftp, name))

    def sweep(self) -> str:
        async def tidy(sftp: asyncssh.SFTPClient) -> str:
            try:
                names = [str(each) for each in await sftp.listdir(".")]
            except _REFUSED:
                return ""  # a login that may only write
            return "; ".join(filter(None, [await _remove(sftp, each) for each in leftovers(names)]))

        return self._do(tidy)

    def close(self) -> None:
        self._connection.close()

    async def _send(self, sftp: asyncssh.SFTPClient, name: str, content: bytes) -> str:
        as_name = temporary(name, self._run) if self._settings.temporary else name
        async with sftp.open(as_name, "wb") as file:
            for start in range(0, len(content), BLOCK):
                self._under_way = f"{name} broke off: {start} of {len(content)} bytes were sent; then: "
                await file.write(content[start : start + BLOCK])
        self._under_way = ""
        found = await _size(sftp, as_name)
        if as_name == name and found is None:
            return ""  # the receiver has taken it
        if found != len(content):
            raise DeliveryError(f"{name}: {found or 0} of {len(content)} bytes arrived")
        if as_name == name:
            return ""
        note = await self._rename(sftp, as_name, name, content)
        if (found := await _size(sftp, name)) not in (len(content), None):
            raise DeliveryError(f"{name}: has {found} bytes after the rename, not {len(content)}")
        return note

    async def _rename(self, sftp: asyncssh.SFTPClient, old: str, new: str, content: bytes) -> str:
        try:
            await sftp.posix_rename(old, new)
        except asyncssh.SFTPOpUnsupported as error:
            how = self._settings.without_posix_rename
            if how == "fail":
                raise DeliveryError(
                    "The server can't replace a file at once (no posix-rename); see without_posix_rename.",
                    retry=NEVER,
                ) from error
            if how == "direct":
                async with sftp.open(new, "wb") as file:
                    await file.write(content)
                await sftp.remove(old)
                return "written directly: the server has no posix-rename"
            before = aside(new)
            if replaces := await sftp.exists(new):
                await _remove(sftp, before)
                await sftp.rename(new, before)
            try:
                await sftp.rename(old, new)
            except _REFUSED:
                if replaces:
                    await sftp.rename(before, new)
                raise
            await _remove(sftp, before)
            return "replaced in two steps: the server has no posix-rename"
        return ""

    def _do(self, act: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        self._under_way = ""
        try:
            return self._connection.run(act)
        except LoginRejected as error:
            # Another try with the same login could lock the account.
            raise DeliveryError(f"{self._where}: login refused: {error.reason}", retry=error.retry) from error
        except OtherHostKey as error:
            raise HostKeyError(
                f"{self._where} shows the host key {error.shown}, and {error.pinned} is pinned. Nothing was sent. Ask "
                "the receiver; if they have changed it, set host_key to the new one."
            ) from error
        except UnusableHostKey as error:
            raise HostKeyError(str(error)) from error
        except UnusableKey as error:
            raise DeliveryError(f"{error}. Nothing was sent.", retry=error.retry) from error
        except SftpError as error:
            text = f"{self._where}: {self._under_way}{error.reason or error.kind}"
            raise DeliveryError(text, retry=error.retry) from error

    def _login(self) -> Login:
        settings = self._settings
        key = None
        if settings.private_key_file is not None:
            passphrase = settings.passphrase.get_secret_value() if settings.passphrase else None
            key = keys.private_key(
                settings.private_key_file,
                "delivery.private_key_file",
                passphrase,
                if_encrypted="give its passphrase",
            )
        return Login(key, settings.password.get_secret_value() if settings.password else None)


async def _size(sftp: asyncssh.SFTPClient, name: str) -> int | None:
    """Bytes of a file; None if it is not there: some receivers take a file as soon as it has its name."""
    try:
        return (await sftp.stat(name)).size
    except asyncssh.SFTPNoSuchFile:
        return None


async def _remove(sftp: asyncssh.SFTPClient, name: str) -> str:
    """Remove a file that may be there; why it was refused."""
    try:
        await sftp.remove(name)
    except asyncssh.SFTPNoSuchFile:
        return ""
    except _REFUSED as error:
        return f"{name} can't be removed: {error.reason}" if await sftp.exists(name) else ""
    return ""
