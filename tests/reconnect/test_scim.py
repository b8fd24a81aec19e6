"""``reconnect export scim``: from the graph to a real server, in processes of its own, killed in the middle."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import neo4j
import pytest
import redis

from graph.cpr.keyring import Keyring
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from reconnect.exits import Exit
from reconnect.locks import Lock
from rules.roles import RoleRule
from tests.answering import Lost, Reply
from tests.exporters.scim.peer import ENTERPRISE, TOKEN, Peer, scim2_server
from tests.graph.organisation import Stating, employment, person, unit
from tests.reconnect.shell import Run

pytestmark = pytest.mark.slow

MANAGERS = RoleRule(name="managers", role="manager", title="Leder", position_codes=frozenset({"1010"}))


@pytest.fixture(scope="module")
def running_peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with scim2_server(tmp_path_factory.mktemp("scim")) as peer:
        yield peer


@pytest.fixture
def peer(running_peer: Peer, clean_graph: neo4j.Driver, tmp_path: Path) -> Peer:
    """An empty server, a graph with a manager and two others in it, and settings that lead from one to the other."""
    running_peer.empty()
    people = [("p1", "Alma Testrup", "1010"), ("p2", "Birk Prøvesen", "2020"), ("p3", "Cille Eksempel", "2020")]
    told = [
        unit("root"),
        unit("north", "root", street="Torvet 1"),
        *(person(key, name) for key, name, _ in people),
        *(
            employment(f"e{key}", key, "north", position_code=code, type="monthly_full", email=f"{key}@klit.example")
            for key, _, code in people
        ),
    ]
    run_import(clean_graph, Stating(*told), Keyring.generate(), rules=[MANAGERS])
    secret = tmp_path / "token"
    secret.write_text(TOKEN)
    secret.chmod(0o600)
    settings = tmp_path / "reconnect.toml"
    settings.write_text(
        f"""
[targets.scim.intranet]
base_url = "{running_peer.url}"
login = {{ kind = "bearer", token = "file:{secret}" }}
own_machine = true
rate_per_s = 0
timeout_s = 120
image = {{ groups = ["unit", "role"], roles = ["manager"] }}
brake = {{ share = 1 }}
[worker]
lock_seconds = 5
"""
    )
    settings.chmod(0o600)
    return running_peer


def test_a_dry_run_an_export_and_a_repeat(run: Run, peer: Peer) -> None:
    peer.make(userName="p3@klit.example")
    peer.forget()
    dry = run("export", "scim", "--dry-run")
    assert dry.returncode == 4, dry.stdout + dry.stderr  # one would be parked
    assert "Alma Testrup" in dry.stdout and "made_by_others" in dry.stdout and peer.writes == []
    done = run("export", "scim")
    assert done.returncode == 4, done.stdout + done.stderr  # one is parked
    assert "made_by_others" in done.stdout
    users = {each["userName"]: each for each in peer.all()}
    assert users["p2@klit.example"][ENTERPRISE]["manager"]["value"] == users["p1@klit.example"]["id"]
    assert users["p1@klit.example"][ENTERPRISE]["department"] == "North"
    assert len(peer.group("North")["members"]) == 2 and len(peer.group("Rolle: Leder")["members"]) == 1
    peer.forget()
    again = run("export", "scim", "--full")
    assert again.returncode == 4 and peer.writes == []
    status = json.loads(run("status", "--json").stdout)
    (parked,) = status["parked"]
    assert (parked["target"], parked["object"], parked["problem"]) == ("scim-intranet", "user", "made_by_others")
    assert status["jobs"]["export:scim-intranet"]["state"] == "done"
    for each in (dry, done, again):
        assert TOKEN not in each.stdout + each.stderr


@pytest.mark.parametrize(("method", "place"), [("POST", "/Users"), ("PATCH", "/Groups")])
def test_3_killed_between_the_request_and_the_ledger(
    run: Run, peer: Peer, environment: dict[str, str], tmp_path: Path, method: str, place: str
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "reconnect", "export", "scim"],
        env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    seen: list[str] = []

    def kills(request: object, on: object) -> Reply | None:
        if getattr(request, "method", "") == method and place in getattr(request, "path", ""):
            seen.append(method)
            if len(seen) == 2:
                assert callable(on)
                on()  # the server does it
                os.kill(process.pid, signal.SIGKILL)
                raise Lost
        return None

    peer.disturb = kills
    assert process.wait(300) == -signal.SIGKILL
    peer.disturb = None
    done = run("export", "scim", "--wait")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(each["userName"] for each in peer.all()) == [f"p{n}@klit.example" for n in (1, 2, 3)]
    members = [each["value"] for each in peer.group("North")["members"]]
    assert len(members) == len(set(members)) == 3
    peer.forget()
    assert run("export", "scim").returncode == 0 and peer.writes == []


def test_two_runs_at_once_make_everyone_once(run: Run, peer: Peer) -> None:
    """The second one waits for the first, or gives up: in processes of their own, as a person beside the worker does.
    The server asks for pauses (429) meanwhile, which both keep."""
    asked: list[str] = []

    def busy(request: object, on: object) -> Reply | None:
        asked.append(getattr(request, "method", ""))
        return Reply(429, headers={"Retry-After": "1"}) if len(asked) in (3, 12) else None

    peer.disturb = busy
    with ThreadPoolExecutor(2) as both:  # each ``run`` is a process
        waits = both.submit(run, "export", "scim", "--wait")
        gives_up = both.submit(run, "export", "scim")
    peer.disturb = None
    assert waits.result().returncode == 0, waits.result().stdout
    assert gives_up.result().returncode == 0 or "already running" in gives_up.result().stderr
    made = [each for each in peer.writes if each.method == "POST"]
    assert sorted(each["userName"] for each in peer.all()) == [f"p{n}@klit.example" for n in (1, 2, 3)]
    assert len(peer.group("North")["members"]) == 3 and len(made) >= 5
    peer.forget()
    assert run("export", "scim", "--full").returncode == 0 and peer.writes == []


def test_redis_that_is_emptied_in_the_middle_of_a_run(run: Run, peer: Peer, addresses: Addresses) -> None:
    """The lock is lost with it, so another run begins beside the first: nobody is made twice, and what the first one
    says of itself hides nothing of the runs after it. Nothing is opened until a person has looked."""
    job = "export:scim-intranet"

    def state() -> Any:
        return json.loads(run("status", "--json").stdout)["jobs"][job]["state"]

    with redis.Redis.from_url(addresses.redis_url) as client, ThreadPoolExecutor(1) as beside:
        with Lock(client, "another", 5) as before:  # a Redis that has seen many runs
            client.set("reconnect:fence", before.fence + 1000)
        other: list[subprocess.CompletedProcess[str]] = []

        def empties(request: object, on: object) -> Reply | None:
            if getattr(request, "method", "") == "POST" and "/Users" in getattr(request, "path", "") and not other:
                client.flushdb()
                other.append(beside.submit(run, "export", "scim").result())
                time.sleep(2)  # the first run looks for its lock in less
            return None

        peer.disturb = empties
        first = run("export", "scim")
        peer.disturb = None
    assert other[0].returncode == Exit.BRAKE and "reconnect restored" in other[0].stdout, other[0].stderr
    assert first.returncode != 0, first.stdout
    there = {each["userName"] for each in peer.all()}
    assert run("export", "scim").returncode == Exit.BRAKE
    assert state() == "waiting"
    assert len(there) == len(peer.all()) == 1, "what was asked for when it was lost, and nobody since"
    assert run("restored", "--confirm").returncode == 0
    done = run("export", "scim")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(each["userName"] for each in peer.all()) == [f"p{n}@klit.example" for n in (1, 2, 3)]
    assert len(peer.group("North")["members"]) == 3
    peer.forget()
    assert run("export", "scim", "--full").returncode == 0 and peer.writes == []
