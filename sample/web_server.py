"""An HTTP server on loopback for a stand-in: an ASGI application under uvicorn, in a thread."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

_PATIENCE = 20  # seconds for the start


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """Leaves the signal handlers to the program in which the stand-in runs."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As ``install_signal_handlers``, in newer uvicorn."""
        yield


@contextmanager
def serving(app: Starlette, name: str, port: int = 0) -> Iterator[int]:
    """Run it, for a block, and yield its port. ``port`` 0 = any free one. Raises RuntimeError if it doesn't start."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    server = _Server(config)
    thread = threading.Thread(target=server.run, name=f"{name} stand-in", daemon=True)
    thread.start()
    deadline = time.monotonic() + _PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError(f"the {name} stand-in did not start; is the port taken?")
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(timeout=10)
