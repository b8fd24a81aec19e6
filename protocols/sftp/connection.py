"""One connection to one server, opened by the first request and used by all later ones, from synchronous code."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar

import asyncssh

from protocols.sftp.errors import ConnectionLost, FileError, LoginRejected, OtherHostKey
from protocols.sftp.keys import algorithms, fingerprint

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """``host_key``: pinned, as public key or fingerprint. ``folder``: entered after the login; empty = the login's own.
    ``seconds``: for connecting, and for the login. ``idle_seconds``: silence after which the server counts as gone; 0 =
    never."""

    host: str
    port: int
    user: str
    host_key: str
    folder: str = ""
    seconds: float = 60
    idle_seconds: float = 0

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Login:
    """A key, a password, or both. The user's agent and files are never used."""

    key: asyncssh.SSHKey | None = None
    password: str | None = field(default=None, repr=False)


class _Pinned(asyncssh.SSHClient):
    """Accepts one host key, and remembers the one shown."""

    def __init__(self, pinned: str) -> None:
        self.pinned = pinned
        self.shown = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key.get_fingerprint()
        return self.shown == self.pinned


class Connection:
    """Use as a context manager. ``login``: called when the connection is made, since reading a key may fail."""

    def __init__(self, server: Server, login: Callable[[], Login]) -> None:
        self._server = server
        self._login = login
        self._runner = asyncio.Runner()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.hang_up()
        self._runner.close()

    def hang_up(self) -> None:
        """The next request connects anew."""
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.abort()
            self._runner.run(connection.wait_closed())

    def run(self, request: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        """The result of ``request``. Raises SftpError, and the request's own errors. After ConnectionLost the next
        request connects anew."""
        try:
            return self._runner.run(self._run(request))
        except asyncssh.PermissionDenied as refused:
            raise LoginRejected(refused.reason) from refused
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as lost:
            self.hang_up()
            raise ConnectionLost(lost.reason, type(lost).__name__) from lost
        except asyncssh.SFTPError as wrong:
            raise FileError(wrong.reason, type(wrong).__name__) from wrong
        except (asyncssh.Error, OSError) as broken:  # TimeoutError is an OSError
            self.hang_up()
            raise ConnectionLost(str(broken), type(broken).__name__) from broken

    async def _run(self, request: Callable[[asyncssh.SFTPClient], Awaitable[T]]) -> T:
        if self._client is None:
            self._client = await self._connected()
        return await request(self._client)

    async def _connected(self) -> asyncssh.SFTPClient:
        server, login = self._server, self._login()
        pinned = _Pinned(fingerprint(server.host_key))
        more: dict[str, Any] = {}
        if asked := algorithms(server.host_key):
            more["server_host_key_algs"] = asked[0]
        if server.idle_seconds:
            more |= {"keepalive_interval": server.idle_seconds / 3, "keepalive_count_max": 3}
        try:
            self._connection, _ = await asyncssh.create_connection(
                lambda: pinned,
                server.host,
                server.port,
                username=server.user,
                password=login.password,
                client_keys=None if login.key is None else [login.key],
                agent_path=None,
                config=None,
                known_hosts=([], [], []),
                connect_timeout=server.seconds,
                login_timeout=server.seconds,
                **more,
            )
        except asyncssh.HostKeyNotVerifiable as wrong:
            raise OtherHostKey(pinned.shown, pinned.pinned) from wrong
        try:
            client = await self._connection.start_sftp_client()
            if server.folder:
                await client.chdir(server.folder)
        except BaseException:
            self._connection.abort()
            raise
        return client
