"""What can go wrong in operation is told with its cause and what to do; exit code 1, and no traceback."""

import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import neo4j
import pytest
import redis
import yaml
from neo4j.exceptions import AuthError, ClientError, ServiceUnavailable, SessionExpired, TransientError

from graph import connection
from graph.runs import run_log
from reconnect import cli
from reconnect.embedded import Addresses, EmbeddedError, Instance
from reconnect.exits import Exit
from reconnect.foreseen import explained
from tests.exporters.files.servers import cutting_proxy
from tests.forked import telling
from tests.reconnect.shell import Run

UNFORESEEN = "Unexpected error"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ServiceUnavailable("gone"), "Neo4j stopped answering: gone"),
        (SessionExpired("gone"), "it continues from there"),
        (TransientError("no memory left"), "no memory left"),
        (AuthError("no"), "secrets/neo4j_password was lost or replaced"),
        (redis.ConnectionError("refused"), "Redis does not answer: refused"),
        (redis.TimeoutError("slow"), "Redis does not answer: slow"),
        (redis.AuthenticationError("no"), "secrets/valkey_password was lost or replaced"),
        (redis.OutOfMemoryError("full"), "Redis accepts no more data: full"),
        (redis.ResponseError("MISCONF unable to persist"), "Make room"),
        (OSError(errno.EROFS, "Read-only file system", "/home/x/run/api.json"), "RECONNECT_HOME is /home/x"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/in"), "/srv/in: Permission denied"),
    ],
)
def test_what_can_be_foreseen_is_explained(error: Exception, words: str) -> None:
    assert words in (explained(error, Path("/home/x")) or "")


@pytest.mark.parametrize("error", [ValueError("x"), ClientError("a statement is wrong"), KeyError("x"), OSError("x")])
def test_a_fault_of_the_program_is_not(error: Exception) -> None:
    assert explained(error, Path("/home/x")) is None


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of an instance that was started once."""
    made = tmp_path / "home"
    (made / "neo4j" / "data" / "databases" / "system").mkdir(parents=True)
    (made / "secrets").mkdir()
    (made / "secrets" / "neo4j_password").write_text("secret")
    ports = {"bolt": 20001, "http": 20002, "valkey": 20003, "api": 20004}
    (made / "ports.json").write_text(json.dumps(ports))
    return made


@pytest.mark.parametrize(
    "content", ['{"bolt": 20001, "ht', "", "[]", "null", '{"bolt": 20001}', "\x00\x00", '{"bolt": "x"}']
)
def test_a_half_written_list_of_ports_is_reported(home: Path, content: str) -> None:
    assert Instance(home).addresses().bolt_uri == "bolt://127.0.0.1:20001"
    (home / "ports.json").write_text(content)
    with pytest.raises(EmbeddedError, match=r"ports\.json does not hold the ports.*remove the file"):
        Instance(home).addresses()
    assert not Instance(home).stop(), "it can be stopped all the same"


@pytest.mark.parametrize("lost", ["file", "folder", "content"])
def test_lost_secrets_are_named_as_the_cause_and_none_are_made_in_their_place(home: Path, lost: str) -> None:
    if lost == "folder":
        shutil.rmtree(home / "secrets")
    elif lost == "file":
        (home / "secrets" / "neo4j_password").unlink()
    else:
        (home / "secrets" / "neo4j_password").write_text("")
    with pytest.raises(EmbeddedError, match=r"secrets/neo4j_password was lost.*from a backup"):
        Instance(home).addresses()
    assert not (home / "secrets" / "neo4j_password").exists() or lost == "content"


@pytest.mark.slow
@pytest.mark.parametrize("unwritable", ["/sys/reconnect", "file/home"])
def test_a_home_that_can_not_be_written_is_reported(run: Run, tmp_path: Path, unwritable: str) -> None:
    (tmp_path / "file").write_text("")
    told = run("import", "facts", RECONNECT_HOME=str(tmp_path / unwritable))
    assert told.returncode == Exit.FAILURE
    assert "RECONNECT_HOME" in told.stderr
    assert UNFORESEEN not in told.stderr and "Traceback" not in told.stderr


@pytest.mark.slow
def test_a_port_that_is_taken_is_told_and_is_not_the_brakes_exit_code(run: Run, listener: Callable[[int], int]) -> None:
    port = listener(0)
    told = run("serve", "--port", str(port))
    assert told.returncode == Exit.FAILURE
    assert f"can't listen on 127.0.0.1, port {port}: another process is using it" in told.stderr
    assert "Serving at" not in told.stderr
    nowhere = run("serve", "--host", "192.0.2.1", "--port", str(port))
    assert (nowhere.returncode, "can't listen on 192.0.2.1" in nowhere.stderr) == (Exit.FAILURE, True)


@pytest.fixture
def dying(addresses: Addresses) -> Iterator[tuple[str, list[int]]]:
    """An address of Neo4j that can be made to die: uri, [bytes that still get through]."""
    with cutting_proxy(int(addresses.bolt_uri.rsplit(":", 1)[1]), -1) as (port, left):
        yield f"bolt://127.0.0.1:{port}", left


def _import(tell: Connection, environment: dict[str, str], file: Path, said: Path) -> None:
    os.environ.update(environment)
    with said.open("wb") as out:
        os.dup2(out.fileno(), 2)
    start_run = run_log.start_run

    def begin(*given: object, **options: object) -> str:
        run = start_run(*given, **options)  # type: ignore[arg-type]
        tell.send("begun")
        while not said.with_name("died").exists():
            time.sleep(0.05)
        return run

    def impatient(uri: str, user: str, password: str, **_: object) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(uri, auth=(user, password), max_transaction_retry_time=0)

    from importers.pipeline import import_run

    import_run.start_run = begin  # type: ignore[attr-defined]
    connection.connect = impatient  # type: ignore[attr-defined]
    cli.sys.argv = ["reconnect", "import", "facts", "--from", str(file)]
    cli.main()


@pytest.mark.slow
def test_neo4j_that_dies_in_the_middle_of_an_import_is_reported(
    environment: dict[str, str], dying: tuple[str, list[int]], clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    uri, left = dying
    file, said = tmp_path / "units.yaml", tmp_path / "stderr"
    file.write_text(yaml.safe_dump({"format": 1, "units": [{"id": "u", "name": "Unit"}]}))
    process, told = telling(_import, {**environment, "RECONNECT__NEO4J__URI": uri}, file, said)
    assert told.recv() == "begun"
    left[0] = 0
    said.with_name("died").touch()
    process.join(60)
    assert process.exitcode == Exit.FAILURE
    text = said.read_text()
    assert "Neo4j stopped answering" in text and "it continues from there" in text
    assert UNFORESEEN not in text and "Traceback" not in text
