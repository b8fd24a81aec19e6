"""Embedded servers: started once however often they are asked for, and back on the same data after any end."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis

from graph.connection import connect
from reconnect.embedded import Addresses, Instance
from reconnect.embedded.errors import PortTaken
from reconnect.embedded.neo4j import Memory

pytestmark = pytest.mark.slow

SMALL = Memory(initial_heap="256m", max_heap="512m", page_cache="64m")


@pytest.fixture(scope="module")
def home(short_lived: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="reconnect-life-"))
    yield folder
    Instance(folder).stop()
    shutil.rmtree(folder)


@pytest.fixture
def instance(home: Path) -> Instance:
    """An instance that runs."""
    made = Instance(home, memory=SMALL)
    made.start()
    return made


def pids(instance: Instance) -> tuple[int, int]:
    status = instance.status()
    assert status.neo4j_pid is not None
    assert status.valkey_pid is not None
    return status.neo4j_pid, status.valkey_pid


def kill(pid: int) -> None:
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGKILL)
    # The killed server is this test's child: it stays a zombie until it is waited for.
    process.wait(20)


def write(addresses: Addresses, value: str) -> None:
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        driver.execute_query("MERGE (m:Memory {name: 'life'}) SET m.value = $value", value=value)
    with redis.Redis.from_url(addresses.redis_url, single_connection_client=True) as client:
        client.set("life", value)
        # Valkey writes its file to disk each second, or later where the disk is slow: what this connection has set.
        assert client.execute_command("WAITAOF", 1, 0, 120_000)[0] == 1


def read(addresses: Addresses) -> tuple[str, bytes]:
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        records, _, _ = driver.execute_query("MATCH (m:Memory {name: 'life'}) RETURN m.value AS value")
    with redis.Redis.from_url(addresses.redis_url) as client:
        return records[0]["value"], client.get("life")


def test_several_ups_at_once_give_one_instance(home: Path) -> None:
    instance = Instance(home, memory=SMALL)
    instance.stop()
    code = "import sys; from reconnect.embedded import start; start(sys.argv[1])"
    environment = os.environ | {"RECONNECT_NEO4J_HEAP": "512m", "RECONNECT_NEO4J_HEAP_INITIAL": "256m"}
    starters = [subprocess.Popen([sys.executable, "-c", code, str(home)], env=environment) for _ in range(3)]
    assert [starter.wait(300) for starter in starters] == [0, 0, 0]
    running = [
        process.info["pid"]
        for process in psutil.process_iter(["pid", "cmdline"])
        if f"--home-dir={home}/neo4j" in (process.info["cmdline"] or [])
    ]
    assert running == [pids(instance)[0]]


def test_up_again_starts_nothing(instance: Instance) -> None:
    before = pids(instance)
    addresses = instance.start()
    assert pids(instance) == before
    assert addresses == instance.addresses()


def test_java_is_given_the_options_of_the_environment(instance: Instance, short_lived: str) -> None:
    said = (instance.home.logs / "neo4j.out").read_text()
    assert f"Picked up JDK_JAVA_OPTIONS: {short_lived}\n" in said
    # Java would say here that it refuses what tests/java_start.py kept for it, and start as slowly as without it.
    assert "[aot" not in said


def test_killed_servers_come_back_with_their_data(instance: Instance) -> None:
    write(instance.addresses(), "before the kill")
    for pid in pids(instance):
        kill(pid)
    assert not instance.status().running
    assert read(instance.start()) == ("before the kill", b"before the kill")


def test_a_killed_valkey_is_started_beside_the_running_neo4j(instance: Instance) -> None:
    neo4j_pid, valkey_pid = pids(instance)
    kill(valkey_pid)
    instance.start()
    assert pids(instance)[0] == neo4j_pid


def test_a_pid_file_of_another_process_is_not_believed(instance: Instance, home: Path) -> None:
    expected = pids(instance)
    for name in ("neo4j", "valkey"):
        (home / "run" / f"{name}.json").write_text(json.dumps({"pid": os.getpid(), "started": 1.0}))
    assert pids(instance) == expected


def test_a_lost_pid_file_is_made_again(instance: Instance, home: Path) -> None:
    expected = pids(instance)
    (home / "run" / "neo4j.json").unlink()
    (home / "run" / "valkey.json").write_text("half a")
    assert pids(instance) == expected


def test_a_remembered_port_that_was_taken_is_replaced(instance: Instance, listener: Callable[[int], None]) -> None:
    kill(pids(instance)[1])
    old = instance.home.ports()["valkey"]
    listener(old)
    addresses = instance.start()
    assert instance.home.ports()["valkey"] != old
    with redis.Redis.from_url(addresses.redis_url) as client:
        assert client.ping()


def test_a_wanted_port_that_is_taken_is_named(tmp_path: Path, listener: Callable[[int], int]) -> None:
    port = listener(0)
    with pytest.raises(PortTaken, match=f"Port {port} \\(bolt\\) is taken"):
        Instance(tmp_path, memory=SMALL, wanted_ports={"bolt": port}).start()


def test_only_the_owner_can_read_the_instance(instance: Instance, home: Path) -> None:
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for file in [*home.glob("secrets/*"), home / "valkey" / "valkey.conf"]:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_password_is_in_a_command_line(instance: Instance) -> None:
    secrets = {file.read_text().strip() for file in (instance.home.secrets).iterdir()}
    for pid in pids(instance):
        line = " ".join(psutil.Process(pid).cmdline())
        assert not any(secret in line for secret in secrets)


def test_the_servers_listen_on_the_loopback_interface_only(instance: Instance) -> None:
    for pid in pids(instance):
        listening = [each for each in psutil.Process(pid).net_connections("inet") if each.status == psutil.CONN_LISTEN]
        assert listening
        assert {each.laddr.ip.removeprefix("::ffff:") for each in listening} == {"127.0.0.1"}


def test_down_twice_is_no_error(instance: Instance) -> None:
    assert instance.stop()
    assert not instance.stop()
    assert not instance.status().running
