"""The list at an address: GET with ETag, a bearer token, and misbehaviour on command (positions.md §8)."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Service:
    """``files``: path → (content type, content). ``status``: sent to every request. ``cut``: only half of the body.

    ``asked``: (path, status) of each request, the latest last.
    """

    token: str
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    status: int | None = None
    cut: bool = False
    asked: list[tuple[str, int]] = field(default_factory=list)


@contextmanager
def serve(service: Service) -> Iterator[str]:
    """Run it on loopback; the address without a path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content_type, content = service.files.get(self.path, ("", b""))
            etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            status = service.status or 200
            if self.headers.get("Authorization") != f"Bearer {service.token}":
                status = 401
            elif self.path not in service.files:
                status = 404
            elif status == 200 and self.headers.get("If-None-Match") == etag:
                status = 304
            service.asked.append((self.path, status))
            body = content if status == 200 else b""
            self.send_response(status)
            self.send_header("ETag", etag)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if service.cut else body)

        def log_message(self, format: str, *args: object) -> None:
            """Logs nothing: tests read ``asked``."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="positions-stand-in", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
