"""The tests' domain controllers: real ones (``sample.domain_controller``) that can be reset, killed and revived."""

import os
import signal
from pathlib import Path

from sample import domain_controller

EXCHANGE = " ".join(f"extensionAttribute{number}" for number in range(1, 16))


class Controller(domain_controller.Controller):
    """One domain, with the attributes that Exchange adds to the schema."""

    def __init__(self, folder: Path, domain: str) -> None:
        super().__init__(folder, domain, EXCHANGE)

    def reset(self) -> None:
        """The directory as it was just after provisioning."""
        domain_controller.script("reset", str(self.folder))

    def kill(self) -> None:
        """It is gone from one moment to the next; connections break. ``revive`` starts it again."""
        process = int((self.folder / "pid").read_text().split()[0])
        os.kill(process, signal.SIGKILL)
        self.stop(keep=True)

    def revive(self) -> None:
        """Start it again, with what it held."""
        self.start()
