"""Delivery over FTP with TLS (FTPES on port 21, or implicit).

One connection a file: some receivers answer every upload with a reset or silence after the last byte. Whether the
file has arrived is then judged by its size at the receiver.
"""

import ftplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from exporters.errors import DeliveryError
from exporters.files.delivery_settings import FtpsDelivery
from exporters.files.file_names import aside, leftovers, temporary
from graph.retry import NEVER, NEXT, SOON

BLOCK = 64 * 1024
_REFUSED = (ftplib.error_perm, ftplib.error_temp)
"""The server's no to a command; the connection stays as it is."""
_OF_CONNECTIONS = ("421", "425", "426")
"""The server says that a connection broke off or was closed, and nothing of the file."""


class _Ftps(ftplib.FTP_TLS):
    """FTP_TLS that resumes the control connection's TLS session for data (many servers demand it)."""

    implicit = False

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        plain, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        control = self.sock
        session = control.session if isinstance(control, ssl.SSLSocket) else None
        return self.context.wrap_socket(plain, server_hostname=self.host, session=session), size

    def connect(
        self, host: str = "", port: int = 0, timeout: float = -999, source_address: tuple[str, int] | None = None
    ) -> str:
        if not self.implicit:
            return super().connect(host, port, timeout, source_address)
        self.host, self.port, self.timeout = host, port, timeout
        plain = socket.create_connection((host, port), timeout)
        self.af = plain.family
        self.sock = self.context.wrap_socket(plain, server_hostname=host)
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome


class FtpsChannel:
    """A way to an FTP server with TLS. The certificate is checked against ``ca_file`` or the system's."""

    def __init__(self, settings: FtpsDelivery, run: str) -> None:
        self._settings = settings
        self._run = run
        try:
            self._context = ssl.create_default_context(cafile=settings.ca_file)
        except OSError as error:  # ssl.SSLError is one
            text = f"{settings.ca_file} can't be read as certificates in PEM: {error.strerror or error}"
            raise DeliveryError(f"delivery.ca_file: {text}. Nothing was sent.", retry=NEXT) from error

    def send(self, name: str, content: bytes) -> str:
        as_name = temporary(name, self._run) if self._settings.temporary else name
        note = ""
        try:
            with self._connection() as ftp:
                silent = _upload(ftp, as_name, content)
        except _BrokenOff as broken:
            raise DeliveryError(self._how_far(name, as_name, content, broken)) from broken
        if silent is not None:
            found = self._size(as_name)
            if found != len(content):
                raise DeliveryError(
                    f"{self._settings.host}: {name} broke off: {found or 0} of {len(content)} bytes arrived; "
                    f"then: {silent or type(silent).__name__}"
                ) from silent
            note = "the server broke off after the last byte; the size shows that the file arrived"
        if as_name != name:
            with self._connection() as ftp:
                note = "; ".join(each for each in (note, _rename(ftp, as_name, name)) if each)
        return note

    def read(self, name: str) -> bytes | None:
        content, size = bytearray(), None
        try:
            with self._connection() as ftp:
                size = _size(ftp, name)
                try:
                    ftp.retrbinary(f"RETR {name}", content.extend)
                except ftplib.error_perm:
                    return None
        except DeliveryError as failure:
            if not content:
                raise
            raise DeliveryError(f"{name} broke off: {len(content)} of {_bytes(size)} came; {failure}") from failure
        if size is not None and size != len(content):
            raise DeliveryError(f"{self._settings.host}: {name} broke off: {len(content)} of {_bytes(size)} came")
        return bytes(content)

    def remove(self, name: str) -> str:
        with self._connection() as ftp:
            return _remove(ftp, name)

    def sweep(self) -> str:
        with self._connection() as ftp:
            return "; ".join(filter(None, (_remove(ftp, each) for each in leftovers(_names(ftp)))))

    def close(self) -> None:
        """Connections are closed file by file."""

    def _size(self, name: str) -> int | None:
        with self._connection() as ftp:
            return _size(ftp, name)

    def _how_far(self, name: str, as_name: str, content: bytes, broken: "_BrokenOff") -> str:
        """What of an upload has arrived; what was sent, where the server can't be asked any more."""
        try:
            found = self._size(as_name)
        except DeliveryError:
            note = f"{broken.sent} of {len(content)} bytes were sent"
        else:
            note = f"{found or 0} of {len(content)} bytes arrived"
        return f"{self._settings.host}: {name} broke off: {note}; then: {broken}"

    @contextmanager
    def _connection(self) -> Iterator[ftplib.FTP_TLS]:
        settings = self._settings
        ftp = _Ftps(context=self._context, timeout=settings.idle_seconds, encoding="utf-8")
        ftp.implicit = settings.implicit
        try:
            ftp.connect(settings.host, settings.port, settings.connect_seconds)
            secret = settings.password.get_secret_value() if settings.password else ""
            ftp.login(settings.user, secret, secure=not settings.implicit)
            if ftp.sock is not None:
                ftp.sock.settimeout(settings.idle_seconds)
            ftp.timeout = settings.idle_seconds
            ftp.prot_p()
            if settings.folder:
                ftp.cwd(settings.folder)
            yield ftp
        except ssl.SSLCertVerificationError as error:
            raise DeliveryError(
                f"{settings.host}: the certificate is not trusted: {error.verify_message}. Nothing was sent.",
                retry=NEVER,
            ) from error
        except ftplib.error_perm as error:
            # 530: not logged in. Another try with the same password could lock the account.
            retry = NEVER if str(error).startswith("530") else SOON
            raise DeliveryError(f"{settings.host}: {error}", retry=retry) from error
        except (ftplib.Error, OSError, EOFError) as error:
            raise DeliveryError(f"{settings.host}: {str(error) or type(error).__name__}") from error
        finally:
            _leave(ftp)


def _names(ftp: ftplib.FTP_TLS) -> list[str]:
    """What lies in the folder; nothing where the login may not look."""
    try:
        return [name for name, _ in ftp.mlsd()]
    except _REFUSED:
        # An older server without MLSD. Some answer an empty folder with an error.
        try:
            return [each.rsplit("/", 1)[-1] for each in ftp.nlst()]
        except _REFUSED:
            return []


def _remove(ftp: ftplib.FTP_TLS, name: str) -> str:
    try:
        ftp.delete(name)
    except _REFUSED as error:
        return f"{name} can't be removed: {error}" if _is_there(ftp, name) else ""
    return ""


def _is_there(ftp: ftplib.FTP_TLS, name: str) -> bool:
    return name in _names(ftp) or _size(ftp, name) is not None


class _BrokenOff(Exception):
    """The connection broke before the last byte. ``sent``: bytes that had been handed over by then."""

    def __init__(self, sent: int, cause: Exception) -> None:
        super().__init__(str(cause) or type(cause).__name__)
        self.sent = sent


def _size(ftp: ftplib.FTP_TLS, name: str) -> int | None:
    """Bytes of a file at the server; None if there is no file, or the server does not send its size."""
    ftp.voidcmd("TYPE I")
    try:
        return ftp.size(name)
    except ftplib.error_perm:
        return None


def _bytes(size: int | None) -> str:
    return "an unknown number of bytes" if size is None else f"{size} bytes"


def _upload(ftp: ftplib.FTP_TLS, name: str, content: bytes) -> Exception | None:
    """Send the file; the error that came after the last byte, if one did. Raises _BrokenOff where it came earlier, and
    what the server refuses once it has every byte, such as for its content or for want of space."""
    ftp.voidcmd("TYPE I")
    data = ftp.transfercmd(f"STOR {name}")
    try:
        for start in range(0, len(content), BLOCK):
            try:
                data.sendall(content[start : start + BLOCK])
            except OSError as error:
                raise _BrokenOff(start, error) from error
        try:
            if isinstance(data, ssl.SSLSocket):
                data.unwrap()
            data.close()
            ftp.voidresp()
        except (ftplib.Error, OSError, EOFError) as error:
            if isinstance(error, _REFUSED) and not str(error).startswith(_OF_CONNECTIONS):
                raise
            return error
    finally:
        data.close()
    return None


def _rename(ftp: ftplib.FTP_TLS, old: str, new: str) -> str:
    try:
        ftp.rename(old, new)
    except _REFUSED as refused:
        # Many servers rename onto nothing that exists. The reason may be another one, so the file there is kept until
        # the new one has its name.
        before = aside(new)
        with suppress(*_REFUSED):
            ftp.delete(before)
        try:
            ftp.rename(new, before)
        except _REFUSED:
            raise refused from None
        try:
            ftp.rename(old, new)
        except _REFUSED:
            ftp.rename(before, new)
            raise refused from None
        with suppress(*_REFUSED):
            ftp.delete(before)
        return "replaced in two steps: the server does not rename onto a file"
    return ""


def _leave(ftp: ftplib.FTP_TLS) -> None:
    """Close without waiting for a goodbye: receivers that reset after an upload give none."""
    ftp.close()
