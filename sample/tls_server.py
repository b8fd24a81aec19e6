"""An HTTP server on loopback that wants a client certificate: Python's own, since it shows the client's certificate."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sample.certificates import Authority, Pair


class TlsServer(ThreadingHTTPServer):
    """``service``: what its handlers answer with."""

    daemon_threads = True

    def __init__(self, service: Any, tls: ssl.SSLContext, port: int, handler: "type[CertifiedHandler]") -> None:
        super().__init__(("127.0.0.1", port), handler)
        self.service, self._tls, self._handler = service, tls, handler

    def finish_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """The handshake is made in the connection's own thread; a client that fails it is gone."""
        try:
            with self._tls.wrap_socket(request, server_side=True) as connection:  # type: ignore[arg-type]
                self._handler(connection, client_address, self)
        except OSError:
            return


class CertifiedHandler(BaseHTTPRequestHandler):
    """A handler that knows who asks."""

    protocol_version = "HTTP/1.1"
    server: TlsServer
    connection: ssl.SSLSocket

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the client's certificate, in hexadecimal."""
        return sha256(self.connection.getpeercert(binary_form=True) or b"").hexdigest()

    def body(self, largest: int) -> bytes | None:
        """None, and 413 is answered, where it is larger."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > largest:
            self.send_error(413)
            return None
        return self.rfile.read(length)

    def answer(self, status: int, media: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is said; the services keep what was asked."""


@contextmanager
def serving(
    handler: type[CertifiedHandler], service: Any, identity: Pair, authority: Authority, port: int = 0
) -> Iterator[int]:
    """Run it on loopback in threads; port 0 = any free one. Clients need a certificate of ``authority``. The port."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(identity.certificate, identity.key)
    tls.load_verify_locations(authority.certificate)
    tls.verify_mode = ssl.CERT_REQUIRED
    server = TlsServer(service, tls, port, handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
