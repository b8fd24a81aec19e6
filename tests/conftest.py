"""Real servers for every test: one embedded Neo4j and Valkey for the whole session.

With ``RECONNECT_TEST_HOME`` the instance in that folder is used and left running, which saves the start.
Where a test asks for them, two Active Directory domains: the municipality's and the schools'.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import neo4j
import psutil
import pytest
import redis
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from graph.connection import connect
from graph.migrations import LISTED, migrate, unknown
from reconnect.embedded import Addresses, Instance
from reconnect.embedded.neo4j import JAVA_OPTIONS, Memory
from tests import java_start
from tests.cheap_passwords import CHEAP, COSTLY, costs_of
from tests.directories.controller import Controller
from tests.emptied import empty
from tests.repeatable import is_repeated, repeatable_uuids
from tests.shared_work import put_in_order, scheduling

LASTING = java_start.options()
"""Java's options for the session's own Neo4j. It plans some thousand statements: Java compiles its code twice."""
SHORT_LIVED = f"-XX:TieredStopAtLevel=1 {LASTING}"
"""For servers that live for minutes. Java compiles no code again for a speed that comes later."""
WHOLE_HEAP = Memory(initial_heap="1536m", max_heap="1536m")
"""Of it, too. Where its heap begins small, the part for what is new stays a third of this one's, and is cleared three
times as often."""

KEPT_PLANS = "dbms.cypher.min_replan_interval=1h server.memory.query_cache.per_db_cache_num_entries=10000"
"""Settings of the session's own Neo4j: it keeps its plans. Each test empties the graph and fills it again, so the
statistics that a plan was made by are far off ten seconds later, and it would be made again for a graph as small."""

UNKEPT = "db.tx_log.preallocate=false db.tx_log.rotation.size=16m db.tx_log.rotation.retention_policy=keep_none"
"""Settings of the session's own Neo4j where it lies in memory: it keeps no log that it doesn't need."""
_MEMORY = Path("/dev/shm")
_ROOM = 4 * 1024**3
"""Bytes that must be free there. Neo4j waits for the disk after each thing that is written, and tests write all day."""
_SPARE = 8 * 1024**3
"""Bytes of memory that must be unused, whatever the folder may hold: two sessions, their heaps and their data."""

_SETTINGS = "RECONNECT_NEO4J_SETTINGS"
_GIVEN = os.environ.get(JAVA_OPTIONS)

OFFICIAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
"""The authorities' own example files; they are no part of the repository, and their tests only run beside them."""

settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=is_repeated(),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
"""Hypothesis tries the same examples in each run, and as long as a slow machine needs."""

collect_ignore = [] if OFFICIAL_DATA.is_dir() else ["official"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long comes first; the rest stays in its order."""
    put_in_order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """Files that share much go to one worker."""
    return scheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def short_lived() -> Iterator[str]:
    """Java's options of all other servers that tests start: ``SHORT_LIVED``, unless the environment has others."""
    with _java_options(SHORT_LIVED) as options:
        yield options


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Those of ``tests.cheap_passwords``."""
    with costs_of(CHEAP):
        yield


@pytest.fixture
def costly_passwords() -> Iterator[None]:
    """As in production, for a test of what their costs are good for."""
    with costs_of(COSTLY):
        yield


@pytest.fixture(scope="module", autouse=True)
def same_uuids(request: pytest.FixtureRequest) -> Iterator[None]:
    """Those of ``tests.repeatable``."""
    with repeatable_uuids(request.node.nodeid):
        yield


@contextmanager
def _java_options(options: str) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(JAVA_OPTIONS, _GIVEN or options)
        yield _GIVEN or options


@pytest.fixture(scope="session")
def addresses() -> Iterator[Addresses]:
    """Where the session's Neo4j and Valkey answer."""
    if own := os.environ.get("RECONNECT_TEST_HOME"):
        yield Instance(own).start()
        return
    # A short path: it becomes part of command lines.
    memory = _memory()
    home = Path(tempfile.mkdtemp(prefix="reconnect-test-", dir=memory))
    instance = Instance(home, memory=Memory.from_environment(WHOLE_HEAP))
    try:
        with _java_options(LASTING), pytest.MonkeyPatch.context() as patch:
            patch.setenv(_SETTINGS, KEPT_PLANS if memory is None else f"{KEPT_PLANS} {UNKEPT}")
            started = instance.start()
        yield started
    finally:
        instance.stop()
        shutil.rmtree(home)


def _memory() -> Path | None:
    """A folder in memory with room for a session's Neo4j; None where there is none that programs may be loaded from."""
    if not os.access(_MEMORY, os.W_OK):
        return None
    found = os.statvfs(_MEMORY)
    is_large = found.f_bavail * found.f_frsize >= _ROOM and psutil.virtual_memory().available >= _SPARE
    return _MEMORY if is_large and not found.f_flag & os.ST_NOEXEC else None


@pytest.fixture(scope="session")
def driver(addresses: Addresses) -> Iterator[neo4j.Driver]:
    """A driver on the session's Neo4j, with the migrations applied."""
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as opened:
        # A home that is kept between runs may have those of another branch, or under an earlier name.
        rows, _, _ = opened.execute_query(LISTED)
        opened.execute_query(
            "MATCH (m:Migration) WHERE m.name IN $names DELETE m", names=unknown(row["name"] for row in rows)
        )
        migrate(opened)
        yield opened


@pytest.fixture
def clean_graph(driver: neo4j.Driver, addresses: Addresses) -> neo4j.Driver:
    """The driver, on an empty graph with constraints and indexes in place. What Valkey held of it is gone as well."""
    with redis.Redis.from_url(addresses.redis_url) as valkey:
        valkey.flushdb()
    empty(driver)
    return driver


@contextmanager
def _domain(name: str) -> Iterator[Controller]:
    # A short path here too: Samba puts sockets into it.
    folder = Path(tempfile.mkdtemp(prefix="reconnect-ad-"))
    controller = Controller(folder, name)
    try:
        yield controller
    finally:
        controller.stop()


@pytest.fixture(scope="session")
def municipal_domain() -> Iterator[Controller]:
    """The municipality's domain controller, for the session; tests ask for ``municipal_ad``."""
    with _domain("KOMMUNE") as controller:
        yield controller


@pytest.fixture(scope="session")
def school_domain() -> Iterator[Controller]:
    """The schools' domain controller, without any trust in the other, for the session."""
    with _domain("SKOLE") as controller:
        yield controller


@pytest.fixture(scope="module")
def municipal_ad(municipal_domain: Controller) -> Controller:
    """The municipality's directory, for this module as it was just after provisioning."""
    municipal_domain.reset()
    return municipal_domain


@pytest.fixture(scope="module")
def school_ad(school_domain: Controller) -> Controller:
    """The schools' directory, for this module as it was just after provisioning."""
    school_domain.reset()
    return school_domain
