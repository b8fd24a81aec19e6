"""The web service as a process in the background, for the demo: started, found and stopped like the servers."""

import os
import subprocess
import sys
import time

import httpx

from reconnect.embedded.errors import DidNotStart, PortTaken
from reconnect.embedded.home import Home
from reconnect.embedded.ports import LOOPBACK, is_free
from reconnect.embedded.process import Detached

_PATIENCE_START = 300.0
"""Seconds. It may have to fetch GraphiQL first, over a slow line, and warms up; one that ends is noticed at once."""
_PATIENCE_STOP = 15.0


class BackgroundService:
    """``reconnect serve`` for one instance."""

    def __init__(self, home: Home) -> None:
        self._argument = f"--home={home.path}"
        self._log = home.logs / "api.out"
        self._home = home
        self.process = Detached(home.run / "api.json", self._argument, "serve")

    def start(self, port: int) -> str:
        """Start the service if it does not run; its address, once it answers. Raises DidNotStart, PortTaken: whatever
        else listens there, such as another installation's service, would answer in its place."""
        address = f"http://{LOOPBACK}:{port}"
        child: subprocess.Popen[bytes] | None = None
        if self.process.find() is None:
            if not is_free(port):
                raise PortTaken(
                    f"Port {port} (api.port) is taken by another process: the web service can't start. Stop that one, "
                    "or set another port."
                )
            command = [sys.executable, "-m", "reconnect", self._argument, "serve", "--port", str(port)]
            child = self.process.start(command, self._log, self._home.path, os.environ)
        deadline = time.monotonic() + _PATIENCE_START
        while not _is_ready(address):
            if child is not None and child.poll() is not None:
                tail = self._log.read_text(errors="replace")[-2000:]
                raise DidNotStart(f"The web service ended while it started. The end of its log {self._log}:\n{tail}")
            if time.monotonic() > deadline:
                raise DidNotStart(f"The web service has not answered for {_PATIENCE_START:.0f} s. Log: {self._log}")
            time.sleep(0.1)
        return address

    def stop(self) -> bool:
        """Stop it; False when it did not run."""
        return self.process.stop(_PATIENCE_STOP)


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/ready", timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False
