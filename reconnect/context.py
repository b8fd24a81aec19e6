"""The resources of a command: settings, servers, keys; loaded and opened on first use.

Every command imports this module, and its help waits for the imports, so slow modules are imported in functions.
"""

from __future__ import annotations

import getpass
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import typer

from reconnect.exits import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import neo4j
    import redis

    from graph.cpr.keyring import Keyring
    from graph.statements.precedence import SourceOrder
    from processes.cases.attachment_files import Store
    from processes.cases.attachments import State
    from reconnect.embedded import Addresses, Instance
    from reconnect.settings.file import Loaded
    from reconnect.settings.tree import Settings

_TELL_EVERY = 10.0  # seconds
_REDIS_PATIENCE = 10.0
"""Seconds for Redis to answer, and at most the life of a lock."""


@dataclass
class Context:
    """One run of the program. ``config``: the file of ``--config``, if it was given. ``is_web_service``: callers wait
    for the answers of its driver."""

    config: Path | None = None
    is_web_service: bool = False
    _opened: list[neo4j.Driver] = field(default_factory=list)

    @cached_property
    def loaded(self) -> Loaded:
        """The settings with their origins. Raises SettingsError."""
        from reconnect.settings.file import load

        return load(self.config)

    @property
    def settings(self) -> Settings:
        return self.loaded.settings

    @cached_property
    def instance(self) -> Instance:
        """The embedded instance of RECONNECT_HOME; it need not run, or exist."""
        from reconnect.embedded import Instance
        from reconnect.embedded.home import default_home
        from reconnect.embedded.neo4j import Memory

        neo4j_, redis_ = self.settings.neo4j, self.settings.redis
        wanted = {
            "bolt": neo4j_.bolt_port,
            "http": neo4j_.http_port,
            "valkey": redis_.port,
            "api": self.settings.api.port,
        }
        return Instance(
            default_home(),
            memory=Memory.from_environment(Memory(neo4j_.initial_heap, neo4j_.heap, neo4j_.page_cache)),
            wanted_ports={name: port for name, port in wanted.items() if port is not None},
        )

    @property
    def embedded(self) -> Addresses:
        """Addresses of the embedded servers. Raises EmbeddedError before the first ``up``."""
        return self.instance.addresses()

    def neo4j_login(self) -> tuple[str, str, str]:
        """Address, user and password of the graph's store."""
        chosen = self.settings.neo4j
        if chosen.uri is None:
            return self.embedded.bolt_uri, self.embedded.user, self.embedded.password
        return chosen.uri, chosen.user, chosen.password.get_secret_value() if chosen.password else ""

    def redis_url(self) -> str:
        """Address of the job queue, with its password."""
        chosen = self.settings.redis.url
        return chosen.get_secret_value() if chosen else self.embedded.redis_url

    def redis(self) -> redis.Redis:
        """A client of the job queue's Redis. One that no longer answers is an error within seconds: who waits for it
        holds a lock, or a place of the worker."""
        import redis

        patience = min(_REDIS_PATIENCE, self.settings.worker.lock_seconds)
        return redis.Redis.from_url(self.redis_url(), socket_timeout=patience, socket_connect_timeout=patience)

    def driver(self) -> neo4j.Driver:
        """A driver on the store, with the migrations applied. Raises CommandFailed when the store does not answer."""
        from neo4j.exceptions import AuthError, DriverError, Neo4jError

        from graph.connection import connect
        from graph.migrations import EditedMigration, NewerGraph, migrate
        from reconnect.foreseen import refused_by_neo4j

        if not self._opened:
            uri, user, password = self.neo4j_login()
            driver = connect(uri, user, password, is_asked=self.is_web_service)
            try:
                driver.verify_connectivity()
                migrate(driver, progress=_filling())
            except (EditedMigration, NewerGraph) as error:
                driver.close()
                raise CommandFailed(str(error)) from error
            except AuthError as error:
                driver.close()
                raise CommandFailed(refused_by_neo4j(self.instance.home.path)) from error
            except (DriverError, Neo4jError) as error:
                driver.close()
                advice = "Run `reconnect up` first." if self.settings.neo4j.uri is None else "See neo4j.uri."
                raise CommandFailed(f"Neo4j at {uri} does not answer: {error}\n{advice}") from error
            self._opened.append(driver)
        return self._opened[0]

    def warn_of_open_files(self) -> None:
        """Log a warning for the home, and each file with a password or key, that other users can read."""
        from structlog.stdlib import get_logger

        from reconnect.private_files import open_to_others

        for text in open_to_others(self.instance.home.path, self.loaded.secret_files):
            get_logger("reconnect").warning(text)

    @cached_property
    def keyring(self) -> Keyring:
        """The keys for CPR numbers."""
        from reconnect import keys

        return keys.keyring(self.settings.cpr_keys, self.instance.home)

    def tell_of_scanner(self) -> None:
        """Log what becomes of files of tasks where nothing scans them."""
        from structlog.stdlib import get_logger

        settings = self.settings.processes.attachments
        if settings.scanner is None:
            what = "files of tasks are taken unscanned" if settings.unscanned else "no files of tasks are taken"
            get_logger("reconnect").info(f"no virus scanner: {what}", setting="processes.attachments.scanner")

    @property
    def attachments(self) -> Store:
        """Where files of tasks are kept, and which are taken."""
        from processes.attachment_fields import MEGABYTE
        from processes.cases.attachment_files import Store

        settings = self.settings.processes.attachments
        first: State | None = "waiting" if settings.scanner is not None else "not_scanned"
        return Store(
            folder=settings.folder or self.instance.home.path / "attachments",
            largest=int(settings.megabytes * MEGABYTE),
            first=first if settings.scanner is not None or settings.unscanned else None,
        )

    @property
    def order(self) -> SourceOrder:
        """The order of the sources, which decides whose value is effective."""
        from graph.statements.precedence import SourceOrder

        return SourceOrder(self.settings.merge.order, self.settings.merge.properties)

    @property
    def user(self) -> str:
        """The user who runs the command, for the change log; in a container the user may have no name."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return "command line"

    def close(self) -> None:
        """Close what was opened."""
        while self._opened:
            self._opened.pop().close()


def _filling() -> Callable[[Sequence[str], float], None]:
    """Logs, now and then, how far the indexes are that a migration has made."""
    from structlog.stdlib import get_logger

    told = monotonic()

    def tell(names: Sequence[str], percent: float) -> None:
        nonlocal told
        if monotonic() - told >= _TELL_EVERY:
            told = monotonic()
            get_logger("reconnect").info("waiting for indexes", indexes=", ".join(names), percent=round(percent, 1))

    return tell


def of(context: typer.Context) -> Context:
    """The Context of this run."""
    found = context.find_object(Context)
    if found is None:
        raise TypeError("a command was called outside of `reconnect`")
    return found
