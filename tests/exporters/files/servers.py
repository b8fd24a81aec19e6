"""Real servers for tests: FTP with TLS (pyftpdlib) and SFTP (asyncssh), with a CA and host keys of their own."""

import asyncio
import errno
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import asyncssh
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.servers import ThreadedFTPServer

USER, PASSWORD = "andeby", "s3cret-of-the-test"


# -- FTP with TLS -----------------------------------------------------------------------------------------------


def authority(folder: Path) -> tuple[Path, Path]:
    """A CA's certificate, and a file with a key and a certificate for 127.0.0.1 that it has signed."""
    now = datetime.now(UTC)

    def certificate(
        name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey, ca: bool
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(signer, hashes.SHA256())

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_file, server_file = folder / "ca.pem", folder / "server.pem"
    ca_file.write_bytes(certificate("Test CA", ca_key, "Test CA", ca_key, True).public_bytes(_PEM))
    server = certificate("127.0.0.1", key, "Test CA", ca_key, False)
    server_file.write_bytes(
        key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + server.public_bytes(_PEM)
    )
    return ca_file, server_file


_PEM = serialization.Encoding.PEM


@dataclass
class FtpServer:
    """A running server. ``logins``: user names that it was told; ``uploads``: files that arrived, as named then."""

    port: int
    root: Path
    ca_file: Path
    logins: list[str] = field(default_factory=list)
    uploads: list[str] = field(default_factory=list)
    resets: int = 0
    """How many uploads the server answers with a reset after the last byte."""
    cuts: int = 0
    """How many uploads it breaks off after 100,000 bytes."""

    def uploaded(self, count: int) -> list[str]:
        """``uploads``, once there are so many: the server notes a file after its sender has the answer."""
        deadline = time.monotonic() + 120
        while len(self.uploads) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.uploads


class _Data(TLS_DTPHandler):
    def handle_read_event(self) -> None:
        server: FtpServer = self.cmd_channel.told
        super().handle_read_event()
        if server.cuts and self.tot_bytes_received > 100_000 and not self.transfer_finished:
            server.cuts -= 1
            self.cmd_channel.close()
            self.close()


class _Control(TLS_FTPHandler):
    dtp_handler = _Data
    tls_control_required = True
    tls_data_required = True
    told: FtpServer
    storing = False

    def ftp_USER(self, line: str) -> Any:
        self.told.logins.append(line)
        return super().ftp_USER(line)

    def ftp_STOR(self, file: str, mode: str = "w") -> Any:
        self.storing = True
        return super().ftp_STOR(file, mode)

    def on_file_received(self, file: str) -> None:
        self.told.uploads.append(Path(file).name)

    def respond(self, resp: str, *given: Any, **options: Any) -> None:
        if resp.startswith("226") and self.storing and self.told.resets:
            self.told.resets -= 1
            self.close()
            return
        super().respond(resp, *given, **options)


@contextmanager
def ftp_server(root: Path, folder: Path, permissions: str = "elradfmwMT") -> Iterator[FtpServer]:
    """A server on a free port of 127.0.0.1, which demands TLS on both connections."""
    ca_file, server_file = authority(folder)
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, PASSWORD, str(root), perm=permissions)
    told = FtpServer(0, root, ca_file)
    handler = type(
        "Control",
        (_Control,),
        {"authorizer": authorizer, "certfile": str(server_file), "told": told, "ssl_context": None},
    )
    server = ThreadedFTPServer(("127.0.0.1", 0), handler)
    told.port = server.socket.getsockname()[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"timeout": 0.05, "handle_exit": False}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.close_all()
        thread.join(5)


# -- SFTP -------------------------------------------------------------------------------------------------------


@dataclass
class SftpServer:
    """A running server. ``logins``: user names that it was told."""

    port: int
    root: Path
    host_key: str
    """As a public key."""
    fingerprint: str
    logins: list[str] = field(default_factory=list)
    posix_rename: bool = True
    full: bool = False


class _Login(asyncssh.SSHServer):
    def __init__(self, told: SftpServer) -> None:
        self._told = told

    def begin_auth(self, username: str) -> bool:
        self._told.logins.append(username)
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


def _files(told: SftpServer) -> Callable[[asyncssh.SSHServerChannel[bytes]], asyncssh.SFTPServer]:
    class Files(asyncssh.SFTPServer):
        def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
            if not told.posix_rename:
                raise asyncssh.SFTPOpUnsupported("no such extension")
            return super().posix_rename(oldpath, newpath)

        def write(self, file_obj: object, offset: int, data: bytes) -> Any:
            if told.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(file_obj, offset, data)

    return lambda channel: Files(channel, chroot=str(told.root).encode())


class _Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, what: Awaitable[Any]) -> Any:
        async def run() -> Any:
            return await what

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(30)

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


@contextmanager
def sftp_server(root: Path) -> Iterator[SftpServer]:
    """A server on a free port of 127.0.0.1 with a host key of its own."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    told = SftpServer(0, root, key.export_public_key().decode(), key.get_fingerprint())
    loop = _Loop()
    server = loop.do(
        asyncssh.listen(
            "127.0.0.1", 0, server_factory=lambda: _Login(told), server_host_keys=[key], sftp_factory=_files(told)
        )
    )
    told.port = server.get_port()
    try:
        yield told
    finally:
        server.close()
        loop.do(server.wait_closed())
        loop.end()


@contextmanager
def cutting_proxy(port: int, after: int) -> Iterator[tuple[int, list[int]]]:
    """A port that leads to another, and breaks every connection after so many bytes. (port, [bytes to let through]):
    a negative number lets everything through."""
    left = [after]
    loop = _Loop()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: bool) -> None:
        while block := await reader.read(4096):
            if counted and left[0] >= 0:
                left[0] -= len(block)
                if left[0] < 0:
                    left[0] = 0
                    break
            writer.write(block)
            await writer.drain()
        writer.transport.abort()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, forth, True), pump(back, writer, False), return_exceptions=True)
        writer.transport.abort()

    server = loop.do(asyncio.start_server(serve, "127.0.0.1", 0))
    try:
        yield server.sockets[0].getsockname()[1], left
    finally:
        server.close()
        loop.end()
