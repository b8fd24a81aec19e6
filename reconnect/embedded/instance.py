"""One embedded instance: its two servers, started, inspected and stopped together."""

import errno
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reconnect.embedded import jars, ports
from reconnect.embedded.addresses import Addresses
from reconnect.embedded.errors import DidNotStart, DiskFull, EmbeddedError, PortTaken
from reconnect.embedded.home import PORT_NAMES, Home, default_home
from reconnect.embedded.neo4j import USER, Memory, Neo4jServer
from reconnect.embedded.valkey import ValkeyServer

_TAKEN_WORDS = ("address already in use", "bindexception")
_FULL_WORDS = ("no space left on device", "disk quota exceeded", "not enough space")
_START_ATTEMPTS = 3
_LEAST_FREE = 200 << 20
"""Bytes: Neo4j's empty databases and their first transaction logs take about this much."""


@dataclass(frozen=True)
class Status:
    """Which servers of an instance run."""

    home: Path
    neo4j_pid: int | None
    valkey_pid: int | None
    addresses: Addresses | None
    """None before the first start."""

    @property
    def running(self) -> bool:
        """Whether both servers run."""
        return self.neo4j_pid is not None and self.valkey_pid is not None


class Instance:
    """The embedded instance in one folder.

    ``wanted_ports`` (of ``bolt``, ``http``, ``valkey``, ``api``) are used as they are; the others are chosen at the
    first start and remembered.
    """

    def __init__(
        self,
        home: Path | str | None = None,
        memory: Memory | None = None,
        wanted_ports: dict[str, int] | None = None,
    ) -> None:
        self.home = Home(home or default_home())
        self._memory = memory or Memory.from_environment()
        self._wanted = wanted_ports or {}

    def start(self, progress: jars.Progress | None = None) -> Addresses:
        """Start the servers that do not run yet, and return when both answer.

        Raises EmbeddedError (DownloadFailed, DiskFull, PortTaken, DidNotStart) with a text for the user.
        """
        tell = progress or _quiet
        folder = jars.fetch(jars.NEO4J, tell)
        try:
            with self.home.locked():
                self._require_room()
                for attempt in range(1, _START_ATTEMPTS + 1):
                    try:
                        return self._start_missing(folder, tell)
                    except _PortLost:
                        # Another process took the port after it was chosen: choose again.
                        if attempt == _START_ATTEMPTS:
                            raise
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._full() from error
            raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    def stop(self, progress: jars.Progress | None = None) -> bool:
        """Stop both servers; False when none ran. The data stays."""
        tell = progress or _quiet
        if not self.home.path.exists():
            return False
        with self.home.locked():
            tell("Stopping Valkey", 0, 2)
            valkey = self._valkey()
            had_valkey = valkey.process.stop(valkey.patience_stop)
            tell("Stopping Neo4j", 1, 2)
            neo4j = self._neo4j(None)
            had_neo4j = neo4j.process.stop(neo4j.patience_stop)
            tell("Stopped", 2, 2)
        return had_neo4j or had_valkey

    def status(self) -> Status:
        """Which servers run now. Does not wait for a start or stop in progress."""
        if not self.home.path.exists():
            return Status(self.home.path, None, None, None)
        neo4j = self._neo4j(None).process.find()
        valkey = self._valkey().process.find()
        return Status(
            home=self.home.path,
            neo4j_pid=neo4j.pid if neo4j else None,
            valkey_pid=valkey.pid if valkey else None,
            addresses=self.addresses() if self.home.ports() else None,
        )

    def addresses(self) -> Addresses:
        """The servers' addresses, whether or not they run. Raises EmbeddedError before the first start."""
        chosen = self.home.ports()
        if not chosen:
            raise EmbeddedError(f"There is no instance in {self.home.path} yet: run `reconnect up` first.")
        return Addresses(
            bolt_uri=f"bolt://{ports.LOOPBACK}:{chosen['bolt']}",
            user=USER,
            password=self._neo4j(None).password(),
            redis_url=f"redis://:{self._valkey().password()}@{ports.LOOPBACK}:{chosen['valkey']}/0",
            http_url=f"http://{ports.LOOPBACK}:{chosen['http']}",
        )

    def _start_missing(self, folder: Path, tell: jars.Progress) -> Addresses:
        neo4j, valkey = self._neo4j(folder), self._valkey()
        neo4j_runs, valkey_runs = neo4j.process.find() is not None, valkey.process.find() is not None
        held = ({"bolt", "http"} if neo4j_runs else set()) | ({"valkey"} if valkey_runs else set())
        chosen = self._choose_ports(held)
        tell("Starting Valkey", 0, 2)
        valkey_child = None if valkey_runs else valkey.start(chosen["valkey"])
        neo4j_child = None if neo4j_runs else neo4j.start(chosen["bolt"], chosen["http"])
        self._await(valkey, valkey_child, lambda: valkey.answers(chosen["valkey"]))
        tell("Starting Neo4j", 1, 2)
        self._await(neo4j, neo4j_child, lambda: neo4j.answers(chosen["bolt"]))
        tell("Neo4j and Valkey answer", 2, 2)
        return self.addresses()

    def _choose_ports(self, held: set[str]) -> dict[str, int]:
        """The ports of this start: those of running servers, wanted ones, remembered ones, new ones; in this order."""
        remembered = self.home.ports()
        chosen: dict[str, int] = {}
        for name in PORT_NAMES:
            if name in held and name in remembered:
                chosen[name] = remembered[name]
            elif name in self._wanted:
                chosen[name] = self._wanted[name]
                if name != "api" and not ports.is_free(chosen[name]):
                    raise PortTaken(
                        f"Port {chosen[name]} ({name}) is taken by another process. Stop that one, or set another "
                        "port, or remove the setting: REConnect then chooses one."
                    )
            elif name in remembered and (name == "api" or ports.is_free(remembered[name])):
                chosen[name] = remembered[name]
            else:
                chosen[name] = ports.choose(set(chosen.values()) | set(remembered.values()))
        if chosen != remembered:
            self.home.remember_ports(chosen)
        return chosen

    def _await(
        self, server: Neo4jServer | ValkeyServer, child: subprocess.Popen[bytes] | None, answers: Callable[[], bool]
    ) -> None:
        deadline = time.monotonic() + server.patience_start
        while not answers():
            ended = child.poll() is not None if child else server.process.find() is None
            if ended:
                raise self._explain(server)
            if time.monotonic() > deadline:
                raise DidNotStart(
                    f"{server.name} runs but has not answered for {server.patience_start:.0f} seconds. "
                    f"Its log: {server.log}. `reconnect down` ends it."
                )
            time.sleep(0.1)

    def _explain(self, server: Neo4jServer | ValkeyServer) -> EmbeddedError:
        tail = _tail(server.log)
        if any(word in tail.lower() for word in _FULL_WORDS):
            return self._full()
        if any(word in tail.lower() for word in _TAKEN_WORDS):
            return _PortLost(f"{server.name} could not listen, as its port was just taken. Its log: {server.log}")
        return DidNotStart(f"{server.name} ended while it started. The end of its log {server.log}:\n{tail}")

    def _require_room(self) -> None:
        if shutil.disk_usage(self.home.path).free < _LEAST_FREE:
            raise self._full()

    def _full(self) -> DiskFull:
        free = shutil.disk_usage(self.home.path).free >> 20
        return DiskFull(
            f"The disk of {self.home.path} has {free} MB left, too little for Neo4j and Valkey. Make room, or point "
            "RECONNECT_HOME to another disk, and run the command again. No data is lost."
        )

    def _neo4j(self, folder: Path | None) -> Neo4jServer:
        return Neo4jServer(self.home, folder, self._memory)

    def _valkey(self) -> ValkeyServer:
        return ValkeyServer(self.home)


class _PortLost(PortTaken):
    """A port that was free a moment ago was taken before the server could listen on it."""


def start(home: Path | str | None = None, progress: jars.Progress | None = None) -> Addresses:
    """Start the embedded instance in ``home`` (default: ``RECONNECT_HOME`` or ``.reconnect``) if it does not run."""
    return Instance(home).start(progress)


def stop(home: Path | str | None = None) -> bool:
    """Stop the embedded instance in ``home``; False when none ran."""
    return Instance(home).stop()


def _quiet(what: str, done: int, total: int) -> None:
    """No progress is shown."""


def _tail(log: Path, size: int = 4000) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - size))
        return file.read().decode(errors="replace")
