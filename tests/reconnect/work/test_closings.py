"""Whoever is stopped, or has left, is closed while a run of the target goes on that takes the worker's only slot.

A worker, Redis and the target in processes of their own; the target is slow, so the run is long.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import neo4j
import pytest
import redis

from graph.change_log import Origin
from graph.statements.precedence import MANUAL
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from graph.writing.stopping import stopped
from reconnect.embedded import Addresses
from reconnect.locks import is_held
from reconnect.work import queue
from sample.domain_controller import LDAPS
from tests.answering import Reply, Request, answering
from tests.directories.controller import Controller
from tests.exporters.active_directory.town import Domain
from tests.exporters.scim.own_server import OwnServer
from tests.graph.questions.rights.imported import RING, imported
from tests.proxy import Proxy, proxied
from tests.reconnect.shell import Run, beside
from tests.rules.accounts.account_town import day, town

pytestmark = pytest.mark.slow

MANY = 120
LETTERS = "bcdfghjklmnprstvwxz"
PATIENCE = 120
"""Seconds. Nothing is timed: what is asked is the order."""


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (answer := found()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return answer


def new_people(count: int = MANY) -> dict[str, list[dict[str, Any]]]:
    """Hired today, so that each gets an account."""
    persons = [{"id": f"n{n}", "given_name": given_name(n), "surname": "Ny"} for n in range(count)]
    start = {"from": day(0), "units": [{"unit": "town"}], "type": "monthly_full"}
    return {"persons": persons, "employments": [{"id": f"e_n{n}", "person": f"n{n}", **start} for n in range(count)]}


def given_name(n: int) -> str:
    """Of new people: each leads to another user name."""
    return f"{LETTERS[n // len(LETTERS)]}{LETTERS[n % len(LETTERS)]}ora".title()


def stop(driver: neo4j.Driver, given_name: str) -> None:
    """As the mutation and the command do it."""
    edit = stopped(Period(today()), "Bortvist")
    GraphWriter(driver, RING).amend("Person", uuid(driver, given_name), edit, Origin(MANUAL, user="ida", reason="x"))


def uuid(driver: neo4j.Driver, given_name: str) -> str:
    rows, _, _ = driver.execute_query("MATCH (p:Person {given_name: $name}) RETURN p.uuid AS uuid", name=given_name)
    return str(rows[0]["uuid"])


def settings(folder: Path, text: str) -> None:
    file = folder / "reconnect.toml"
    file.write_text(f"{text}\n[worker]\nat_once = 1\nlock_seconds = 15\n")
    file.chmod(0o600)


@pytest.fixture
def client(addresses: Addresses) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(addresses.redis_url) as made:
        made.flushdb()
        yield made


@pytest.fixture
def worker(environment: dict[str, str], client: redis.Redis, tmp_path: Path, tmp_path_factory: Any) -> Any:
    """Starts a worker with one slot: gives its process."""

    @contextmanager
    def start() -> Iterator[ForkServerProcess]:
        output = tmp_path_factory.mktemp("worker")
        try:
            with beside(["worker"], environment, tmp_path, output) as process:
                yield process
        finally:
            print((output / "worker.stderr").read_text())  # shown where the test fails

    return start


@pytest.fixture
def far_domain(municipal_ad: Controller, clean_graph: neo4j.Driver, tmp_path: Path) -> Iterator[tuple[Domain, Proxy]]:
    """A domain at the end of a slow line, and settings that lead to it."""
    ou = f"OU=Solbjerg,{municipal_ad.base}"
    municipal_ad.connection().add(ou, "organizationalUnit")
    secret = tmp_path / "password"
    secret.write_text(municipal_ad.password)
    secret.chmod(0o600)
    with proxied(LDAPS, municipal_ad.address) as line:
        settings(
            tmp_path,
            f"""
[targets.active_directory.kommune]
controllers = ["localhost:{line.port}"]
ca_file = "{municipal_ad.ca}"
user = '{municipal_ad.user}'
password = "file:{secret}"
base = "{municipal_ad.base}"
system = "ad"
within = ["{ou}"]
users_ou = "OU=Users,{ou}"
closed_ou = "OU=Closed,{ou}"
brake = {{ share = 0.5, count = 5, at_least = 0 }}
""",
        )
        yield Domain(municipal_ad, clean_graph, ou), line


def test_stopped_and_gone_while_a_run_goes_on(
    run: Run, far_domain: tuple[Domain, Proxy], client: redis.Redis, worker: Any, tmp_path: Path
) -> None:
    domain, line = far_domain
    driver, lock = domain.driver, "export:active_directory-kommune"
    assert imported(driver, town(), tmp_path).problems == []
    for command in (("accounts", "plan"), ("export", "active_directory")):
        done = run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    assert domain.logins() == ["aaba", "anbe"]
    line.delay = 0.2
    with worker():
        assert imported(driver, town(**new_people()), tmp_path).problems == []
        until(lambda: len(domain.logins()) >= 8)
        new = next(each for each in domain.found("(displayName=*ora Ny)"))
        stop(driver, "Anna Marie")
        stop(driver, new["displayName"][0].split()[0])
        begun = set(domain.logins())
        missing = next(n for n in range(MANY) if not domain.found(f"(displayName={given_name(n)} Ny)"))
        stop(driver, given_name(missing))
        until(lambda: not domain.enabled("anbe"))
        until(lambda: not domain.enabled(new["sAMAccountName"][0]))
        leaves = town(**new_people())
        for each in leaves["employments"]:
            each |= {"to": day(0)} if each["id"] == "e_aase" else {}
        assert imported(driver, leaves, tmp_path).problems == []
        until(lambda: not domain.enabled("aaba"))
        assert is_held(client, lock) and len(domain.logins()) < MANY, "the same run goes on"
        assert set(domain.logins()) > begun
        line.delay = 0
        until(lambda: len(domain.logins()) >= MANY + 1)
        until(lambda: not is_held(client, lock))
    closed = {"aaba", "anbe", new["sAMAccountName"][0]}
    closed |= killed_in_the_middle(domain, line, worker)
    until(lambda: not is_held(client, lock))
    hers = domain.found(f"(displayName={given_name(missing)} Ny)")
    closed |= {each["sAMAccountName"][0] for each in hers}
    assert len(hers) < 2
    names = [each["displayName"] for each in domain.found("(objectClass=user)")]
    assert len(names) == len({str(each) for each in names}), "no account twice"
    assert {each for each in domain.logins() if not domain.enabled(each)} == closed
    done = run("export", "active_directory", "--full")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {each for each in domain.logins() if not domain.enabled(each)} >= closed
    kept, _, _ = driver.execute_query(
        "MATCH (e:LedgerEntry {object: 'user'}) WHERE e.state <> 'closed' AND NOT e.enabled RETURN count(e) AS count"
    )
    assert kept[0]["count"] == 0, "the next run has finished each closing"


def killed_in_the_middle(domain: Domain, line: Proxy, worker: Any) -> set[str]:
    """A worker that is killed while it closes several people: another one closes the rest. Returns their logins."""
    names = [given_name(n) for n in range(MANY - 8, MANY)]
    users = [each for each in domain.found("(displayName=*ora Ny)") if each["displayName"][0].split()[0] in names]
    logins = {each["sAMAccountName"][0] for each in users}
    assert len(logins) == len(names)
    for each in names:
        stop(domain.driver, each)
    line.delay = 0.3
    with worker() as process:
        until(lambda: not all(map(domain.enabled, logins)))
        process.kill()
        process.join()
    assert any(map(domain.enabled, logins)), "it was in the middle"
    line.delay = 0
    with worker():
        until(lambda: not any(map(domain.enabled, logins)))
    return logins


def test_stopped_and_gone_at_a_scim_server_while_a_run_goes_on(
    run: Run, clean_graph: neo4j.Driver, client: redis.Redis, addresses: Addresses, worker: Any, tmp_path: Path
) -> None:
    server, slow = OwnServer(page=500), [0.0]

    def answer(request: Request) -> Reply:
        time.sleep(slow[0])
        return server.answer(request)

    def active() -> dict[str, bool]:
        users = list(server.things["Users"].values())
        return {each["displayName"]: each["active"] for each in users}

    async def queued() -> None:
        async with queue.opened(addresses.redis_url) as opened:
            await opened.put("export", "scim-intranet")

    secret = tmp_path / "token"
    secret.write_text("t" * 20)
    secret.chmod(0o600)
    lock = "export:scim-intranet"
    with answering(answer) as front:
        settings(
            tmp_path,
            f"""
[targets.scim.intranet]
base_url = "{front.url}"
login = {{ kind = "bearer", token = "file:{secret}" }}
own_machine = true
rate_per_s = 0
image = {{ groups = [] }}
brake = {{ share = 0.5, count = 5, at_least = 0 }}
""",
        )
        content = town(**new_people())
        for each in content["employments"]:
            each["email"] = f"{each['id']}@solbjerg.example"
        old = {"persons": town()["persons"], "employments": content["employments"][:4]}
        assert imported(clean_graph, {**content, **old}, tmp_path).problems == []
        done = run("export", "scim")
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(active()) == 4
        slow[0] = 0.4
        assert imported(clean_graph, content, tmp_path).problems == []
        with worker():
            asyncio.run(queued())
            until(lambda: len(active()) >= 10)
            stop(clean_graph, "Anna Marie")
            until(lambda: not active()["Anna Marie Berg"])
            for each in content["employments"]:
                each |= {"to": day(0)} if each["id"] == "e_aase" else {}
            assert imported(clean_graph, content, tmp_path).problems == []
            until(lambda: not active()["Åse Bæk"])
            assert is_held(client, lock) and len(active()) < MANY, "the same run goes on"
            slow[0] = 0
            until(lambda: len(active()) == MANY + 4)
            until(lambda: not is_held(client, lock))
    assert {name for name, on in active().items() if not on} == {"Anna Marie Berg", "Åse Bæk"}
    assert json.loads(run("status", "--json").stdout)["parked"] == []
