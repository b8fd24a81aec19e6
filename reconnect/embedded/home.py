"""The folder that holds one embedded instance: data, configuration, ports, secrets, logs and process files."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconnect.embedded.errors import Damaged

DEFAULT_HOME = ".reconnect"
PORT_NAMES = ("bolt", "http", "valkey", "api")


def default_home() -> Path:
    """``RECONNECT_HOME``, otherwise ``.reconnect`` in the current folder."""
    return Path(os.environ.get("RECONNECT_HOME") or DEFAULT_HOME).expanduser().resolve()


class Home:
    """The folder of one instance. Only its owner can read it, as it holds secrets and personal data."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().resolve()
        self.neo4j = self.path / "neo4j"
        self.valkey = self.path / "valkey"
        self.logs = self.path / "logs"
        self.run = self.path / "run"
        self.secrets = self.path / "secrets"
        self._ports = self.path / "ports.json"

    def create(self) -> None:
        """Make the folders that are missing."""
        for folder in (self.path, self.neo4j, self.valkey, self.logs, self.run, self.secrets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One ``up`` or ``down`` at a time; the next waits. The lock ends with its process, however that ends."""
        self.create()
        with (self.path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def ports(self) -> dict[str, int]:
        """The ports that were chosen earlier, by name; empty for a new instance."""
        if not self._ports.exists():
            return {}
        try:
            kept = json.loads(self._ports.read_bytes())
            ports = {str(name): int(port) for name, port in kept.items()}
        except (ValueError, TypeError, AttributeError):
            ports = {}
        if not ports.keys() >= set(PORT_NAMES) or not all(0 < port < 1 << 16 for port in ports.values()):
            raise Damaged(
                f"{self._ports} does not hold the ports that were chosen: it was half-written or changed. Stop what "
                "runs with `reconnect down`, remove the file, and run `reconnect up`: new ports are chosen. No data is "
                "lost."
            )
        return ports

    def remember_ports(self, ports: dict[str, int]) -> None:
        """Keep ``ports`` for the next start."""
        write_whole(self._ports, json.dumps(ports, indent=2, sort_keys=True) + "\n")

    def secret(self, name: str) -> str:
        """The secret ``name``, made at first use: 32 random hexadecimal digits in a file only the owner can read."""
        if not self.has_secret(name):
            write_whole(self.secrets / name, secrets.token_hex(16))
        return (self.secrets / name).read_text().strip()

    def has_secret(self, name: str) -> bool:
        """Whether the secret is there and not empty."""
        file = self.secrets / name
        return file.exists() and bool(file.read_text().strip())

    def keep_secret(self, name: str, value: str) -> None:
        """Keep ``value`` as the secret ``name``."""
        write_whole(self.secrets / name, value)


def write_whole(file: Path, text: str) -> None:
    """Write ``text`` so that a reader sees either the old file or the new one, never a part; mode 0600."""
    half = file.with_name(f".{file.name}.{os.getpid()}")
    half.touch(mode=0o600)
    with half.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    half.replace(file)
