"""Delivery over SFTP, with a pinned host key."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import asyncssh
from pydantic import SecretStr

from exporters.errors import DeliveryError, HostKeyError
from exporters.files.delivery_settings import SftpDelivery
from exporters.files.file_names import is_temporary, temporary
from graph.retry import NEXT

T = TypeVar("T")
BLOCK = 1 << 20
"""Bytes; sent at once, in as many requests as the server takes."""


class _Pinned(asyncssh.SSHClient):
    """Accepts one host key, and remembers which it saw."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.seen = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.seen = key.get_fingerprint()
        return self.seen == self.wanted


class SftpChannel:
    """A way to an SFTP server; one connection for the run."""

    def __init__(self, settings: SftpDelivery, run: str) -> None:
        self._settings = settings
        self._run = run
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None
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

    def sweep(self) -> None:
        async def remove(sftp: asyncssh.SFTPClient) -> None:
            try:
                names = [str(each) for each in await sftp.listdir(".")]
            except asyncssh.SFTPPermissionDenied:
                return  # a login that may only write
            for each in names:
                if is_temporary(each):
                    await sftp.remove(each)

        self._do(remove)

    def close(self) -> None:
        self._hang_up()
        self._runner.close()

    async def _send(self, sftp: asyncssh.SFTPClient, name: str, content: bytes) -> str:
        as_name = temporary(name, self._run) if self._settings.temporary else name
        async with sftp.open(as_name, "wb") as file:
            for start in range(0, len(content), BLOCK):
                self._under_way = f"{name} broke off: {start} of {len(content)} bytes were sent; then: "
                await file.write(content[start : start + BLOCK])
        self._under_way = ""
        if (found := (await sftp.stat(as_name)).size) != len(content):
            raise DeliveryError(f"{name}: {found} of {len(content)} bytes arrived")
        told = await self._rename(sftp, as_name, name, content) if as_name != name else ""
        if (found := (await sftp.stat(name)).size) != len(content):
            raise DeliveryError(f"{name}: has {found} bytes after the rename, not {len(content)}")
        return told

    async def _rename(self, sftp: asyncssh.SFTPClient, old: str, new: str, content: bytes) -> str:
        try:
            await sftp.posix_rename(old, new)
        except asyncssh.SFTPOpUnsupported as error:
            how = self._settings.without_posix_rename
            if how == "fail":
                raise DeliveryError(
                    "The server can't replace a file at once (no posix-rename); see without_posix_rename.",
                    passing=False,
                ) from error
            if how == "direct":
                async with sftp.open(new, "wb") as file:
                    await file.write(content)
                await sftp.remove(old)
                return "written directly: the server has no posix-rename"
            if await sftp.exists(new):
                await sftp.remove(new)
            await sftp.rename(old, new)
            return "replaced by remove and rename: the server has no posix-rename"
        return ""

    def _do(self, act: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        where = f"{self._settings.host}:{self._settings.port}"
        self._under_way = ""
        try:
            return self._runner.run(self._act(act))
        except DeliveryError:
            raise
        except asyncssh.PermissionDenied as error:
            # Asking again with the same login would lock the user out.
            raise DeliveryError(f"{where}: login refused: {error.reason}", passing=False) from error
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as error:
            self._hang_up()
            raise DeliveryError(f"{where}: {self._under_way}{error.reason}") from error
        except asyncssh.SFTPError as error:
            raise DeliveryError(f"{where}: {self._under_way}{error.reason}") from error
        except (asyncssh.Error, OSError, TimeoutError) as error:
            self._hang_up()
            raise DeliveryError(f"{where}: {self._under_way}{str(error) or type(error).__name__}") from error

    async def _act(self, act: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        if self._client is None:
            self._client = await self._connect()
        return await act(self._client)

    async def _connect(self) -> asyncssh.SFTPClient:
        settings = self._settings
        pinned = _Pinned(fingerprint(settings.host_key))
        keys = []
        if settings.private_key_file is not None:
            keys = [_private_key(settings.private_key_file, settings.passphrase)]
        try:
            self._connection, _ = await asyncssh.create_connection(
                lambda: pinned,
                settings.host,
                settings.port,
                username=settings.user,
                password=settings.password.get_secret_value() if settings.password else None,
                client_keys=keys or None,
                agent_path=None,
                config=None,
                known_hosts=([], [], []),
                connect_timeout=settings.connect_seconds,
                login_timeout=settings.connect_seconds,
                keepalive_interval=settings.idle_seconds / 3,
                keepalive_count_max=3,
            )
        except asyncssh.HostKeyNotVerifiable as error:
            raise HostKeyError(
                f"{settings.host}:{settings.port} shows the host key {pinned.seen}, and {pinned.wanted} is pinned. "
                "Nothing was sent. Ask the receiver; if they have changed it, set host_key to the new one."
            ) from error
        sftp = await self._connection.start_sftp_client()
        if settings.folder:
            await sftp.chdir(settings.folder)
        return sftp

    def _hang_up(self) -> None:
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.abort()
            self._runner.run(connection.wait_closed())


def _private_key(path: Path, passphrase: SecretStr | None) -> asyncssh.SSHKey:
    """Raises DeliveryError, which no other try mends: a person has to."""
    try:
        return asyncssh.read_private_key(path, passphrase.get_secret_value() if passphrase else None)
    except asyncssh.KeyEncryptionError as error:
        text = "the passphrase does not open it" if passphrase else "it is encrypted; give its passphrase"
        raise DeliveryError(
            f"delivery.private_key_file: {path}: {text}. Nothing was sent.", passing=False, retry=NEXT
        ) from error
    except (OSError, ValueError) as error:  # asyncssh.KeyImportError is a ValueError
        text = f"{path} can't be read as a private key: {error}. Nothing was sent."
        raise DeliveryError(f"delivery.private_key_file: {text}", passing=False, retry=NEXT) from error


def fingerprint(pinned: str) -> str:
    """The fingerprint of a pinned host key, which is given as such or as a public key. Raises HostKeyError."""
    text = pinned.strip()
    if text.startswith("SHA256:"):
        return text
    try:
        return asyncssh.import_public_key(text).get_fingerprint()
    except asyncssh.KeyImportError as error:
        raise HostKeyError(f"host_key is neither a fingerprint SHA256:… nor a public key: {error}") from error
