"""Accounts at a real domain controller (Samba): new ones, a run without change, and STOPs during a full run.

Ours is a whole export: reading the organisation through the API, the shape, the comparison with the ledger, and the
calls. Bare is one ldap3 add after the other of the same attributes, on the same controller, over one connection. A STOP
is timed from before it is written until the controller shows the account as disabled; the worker and the controller are
processes of their own, and the worker exports new accounts all the while.
"""

import math
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ldap3
import neo4j
import redis

from benchmarks.measured import Measured
from benchmarks.preview import import_facts
from benchmarks.servers import fresh_servers
from exporters.active_directory.passwords import as_bytes
from exporters.active_directory.target import ActiveDirectory
from exporters.objects.export import run_object_export
from exporters.report import ExportReport
from graph.change_log import Origin
from graph.statements.precedence import MANUAL
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from graph.writing.stopping import stopped
from reconnect import targets
from reconnect.context import Context
from reconnect.embedded import Addresses
from reconnect.image_reader import image_reader
from reconnect.locks import is_held
from rules.accounts.run import Limits, apply
from sample.domain_controller import Controller

USERS, STOPS, ROUNDS = 1000, 100, 5
TARGET = "active_directory-bench"
NEW_GOAL, SAME_GOAL, STOP_SECONDS = 1.5, 0.02, 10.0
_EVERY = 0.2
"""Seconds between two STOPs."""
_PATIENCE = 300.0
_SAME = (
    "userPrincipalName", "mail", "displayName", "givenName", "sn", "title", "department", "employeeID",
    "msDS-cloudExtensionAttribute1",
)  # fmt: skip
"""What both write; the names that must be unique get another beginning in the bare adds."""


@dataclass
class Bench:
    """A domain, a graph, and the settings that lead from one to the other."""

    controller: Controller
    context: Context
    folder: Path
    content: dict[str, Any] = field(default_factory=lambda: {**_RULES, "persons": [], "employments": []})

    @property
    def driver(self) -> neo4j.Driver:
        return self.context.driver()

    @property
    def users_ou(self) -> str:
        return f"OU=Users,OU=Bench,{self.controller.base}"

    def hire(self, count: int) -> None:
        """So many more people, from today on; they are planned by a run of the rules."""
        begun = len(self.content["persons"])
        for number in range(begun, begun + count):
            given, surname = f"Given{number}", f"Surname{number}"
            self.content["persons"].append({"id": f"p{number}", "given_name": given, "surname": surname})
            self.content["employments"].append({
                "id": f"e{number}", "person": f"p{number}", "number": str(number), "from": "2020-01-01",
                "units": [{"unit": "root"}], "type": "monthly_full", "title": "Pædagog",
            })  # fmt: skip
        import_facts(self.driver, self.context.keyring, self.folder, "bench", self.content)

    def plan(self) -> None:
        apply(self.driver, GraphWriter(self.driver, self.context.keyring), limits=Limits(at_least=2**31))

    def export(self, *, dry_run: bool = False) -> ExportReport:
        target = targets.build(self.context, TARGET)
        assert isinstance(target, ActiveDirectory)
        with image_reader(self.context, TARGET) as read:
            report = run_object_export(self.driver, target, read, self.context.keyring, dry_run=dry_run)
        if report.error or report.parked or report.brake:
            raise RuntimeError(f"the export failed: {report.error or report.brake or report.parked[:3]}")
        return report

    def written(self) -> int:
        """The number of the domain's last write."""
        wire = self.controller.connection()
        wire.search("", "(objectClass=*)", ldap3.BASE, attributes=["highestCommittedUSN"])
        return int((wire.response or [])[0]["raw_attributes"]["highestCommittedUSN"][0])


@contextmanager
def bench() -> Iterator[tuple[Bench, Addresses]]:
    """Everything that is needed, for a block; the environment leads each process to it."""
    with (
        TemporaryDirectory(prefix="rc-bench-ad-") as name,
        fresh_servers() as (addresses, _),
        _domain(Path(name)) as controller,
    ):
        folder = Path(name)
        (folder / "home").mkdir(mode=0o700)
        before = dict(os.environ)
        os.environ |= {
            "RECONNECT_HOME": str(folder / "home"),
            "RECONNECT__NEO4J__URI": addresses.bolt_uri,
            "RECONNECT__NEO4J__PASSWORD": addresses.password,
            "RECONNECT__REDIS__URL": addresses.redis_url,
        }
        context = Context(_settings(folder, controller))
        try:
            yield Bench(controller, context, folder), addresses
        finally:
            context.close()
            os.environ.clear()
            os.environ.update(before)


def measure() -> Iterator[Measured]:
    with bench() as (town, addresses):
        town.hire(USERS)
        town.plan()
        town.export(dry_run=True)  # as the README has it; a new store plans its first reading for seconds
        new, _ = _taken(town.export)
        before = town.written()
        same, report = min((_taken(town.export) for _ in range(ROUNDS)), key=lambda each: each[0])
        writes = town.written() - before
        bare = _bare(town)
        yield Measured(
            f"AD, {USERS} new users", "bare ldap3 adds, same attributes", f"{USERS} users", "s", new, bare, new / bare,
            NEW_GOAL, True,
        )  # fmt: skip
        if writes or report.run is not None:
            raise AssertionError(f"a run without change wrote {writes} times")
        yield Measured(
            "AD, a run without change", "the bare adds", f"{USERS} users", "s", same, bare, same / bare, SAME_GOAL,
            True, {"writes": writes},
        )  # fmt: skip
        yield _stops(town, addresses)


def _bare(town: Bench) -> float:
    """Seconds of adding the same users with ldap3, one after another, in another OU."""
    wire = town.controller.connection()
    place = f"OU=Bare,OU=Bench,{town.controller.base}"
    wire.add(place, "organizationalUnit")
    wire.search(town.users_ou, "(sAMAccountType=805306368)", attributes=[*_SAME, "cn", "sAMAccountName"])
    users = []
    for each in wire.response or []:
        raw = each["raw_attributes"]
        values: dict[str, Any] = {name: raw[name] for name in _SAME if raw.get(name)}
        values["sAMAccountName"] = b"b" + raw["sAMAccountName"][0]
        values["userPrincipalName"] = b"b" + raw["userPrincipalName"][0]
        values |= {"unicodePwd": as_bytes("Correct-Horse-Battery-1"), "userAccountControl": 512, "pwdLastSet": 0}
        users.append((f"CN={raw['cn'][0].decode()},{place}", values))
    if len(users) != USERS:
        raise AssertionError(f"{len(users)} users are there instead of {USERS}")

    def add() -> None:
        for dn, values in users:
            wire.add(dn, ["top", "person", "organizationalPerson", "user"], values)

    return _taken(add)[0]


# -- STOP ---------------------------------------------------------------------------------------------------------


def _stops(town: Bench, addresses: Addresses) -> Measured:
    """STOPs while the worker exports new accounts."""
    rows, _, _ = town.driver.execute_query(
        """
        MATCH (p:Person)-[:HAS]->(e:Employment)
        WHERE toInteger(e.number) < $stops
        RETURN e.number AS number, p.uuid AS uuid
        """,
        stops=STOPS,
    )
    persons = {f"e{row['number']}": row["uuid"] for row in rows}
    writer = GraphWriter(town.driver, town.context.keyring)
    watcher = _Watcher(town)
    with redis.Redis.from_url(addresses.redis_url) as client, _worker(town.folder), watcher.watching():
        town.hire(USERS)
        _until(lambda: is_held(client, f"export:{TARGET}") and len(_there(town)) > USERS + 10)
        for login, uuid in persons.items():
            watcher.begun[login] = time.perf_counter()
            edit = stopped(Period(today()), "bench")
            writer.amend("Person", uuid, edit, Origin(MANUAL, user="bench", reason="bench"))
            time.sleep(_EVERY)
        made = len(_there(town)) - USERS
        if not is_held(client, f"export:{TARGET}"):
            raise AssertionError("the run ended before the last STOP: hire more people")
        _until(lambda: len(watcher.seconds) == len(persons))
    taken = sorted(watcher.seconds.values())
    p99 = taken[math.ceil(0.99 * len(taken)) - 1]
    notes: dict[str, float | int | str] = {
        "median": statistics.median(taken), "worst": taken[-1], "new accounts meanwhile": made,
        "load": os.getloadavg()[0],
    }  # fmt: skip
    return Measured(
        "AD, STOP to disabled during a run, p99", "ten seconds", f"{STOPS} STOPs", "s", p99, STOP_SECONDS,
        p99 / STOP_SECONDS, 1.0, True, notes,
    )  # fmt: skip


@dataclass
class _Watcher:
    """Asks the controller which of the stopped accounts are disabled. ``begun``: login → the moment before its STOP."""

    town: Bench
    begun: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        wire = self.town.controller.connection()
        disabled = "(userAccountControl:1.2.840.113556.1.4.803:=2)"
        while not self._ended.wait(0.05):
            due = [login for login in list(self.begun) if login not in self.seconds]
            if not due:
                continue
            names = "".join(f"(sAMAccountName={each})" for each in due)
            wire.search(self.town.controller.base, f"(&{disabled}(|{names}))", attributes=["sAMAccountName"])
            moment = time.perf_counter()
            for each in wire.response or []:
                if each["type"] == "searchResEntry":
                    login = each["raw_attributes"]["sAMAccountName"][0].decode()
                    self.seconds[login] = moment - self.begun[login]


@contextmanager
def _worker(folder: Path) -> Iterator[None]:
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "reconnect", "worker"], cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield
        except BaseException:
            print((folder / "worker.log").read_text(encoding="utf-8")[-4000:], file=sys.stderr)
            raise
        finally:
            process.kill()
            process.wait()


def _there(town: Bench) -> list[str]:
    wire = town.controller.connection()
    wire.search(town.users_ou, "(sAMAccountType=805306368)", attributes=["cn"])
    return [each["dn"] for each in wire.response or []]


def _until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not found():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come")
        time.sleep(0.2)


def _taken(do: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = do()
    return time.perf_counter() - started, found


@contextmanager
def _domain(folder: Path) -> Iterator[Controller]:
    controller = Controller(folder / "dc", "BENCH")
    try:
        wire = controller.connection()
        for dn in (f"OU=Bench,{controller.base}", f"OU=Users,OU=Bench,{controller.base}"):
            wire.add(dn, "organizationalUnit")
        yield controller
    finally:
        controller.stop()


def _settings(folder: Path, controller: Controller) -> Path:
    secret, file = folder / "password", folder / "reconnect.toml"
    secret.write_text(controller.password)
    file.write_text(
        f"""
[worker]
at_once = 1

[targets.active_directory.bench]
controllers = ["{controller.address}"]
ca_file = "{controller.ca}"
user = '{controller.user}'
password = "file:{secret}"
base = "{controller.base}"
system = "bench_ad"
within = ["OU=Bench,{controller.base}"]
users_ou = "OU=Users,OU=Bench,{controller.base}"
"""
    )
    for each in (secret, file):
        each.chmod(0o600)
    return file


_RULES: dict[str, Any] = {
    "format": 1,
    "systems": {"bench_ad": {"title": "AD"}},
    "units": [{"id": "root", "name": "Kommunen", "parents": []}],
    "name_policies": {
        "bench": {
            "title": "Alle", "login_patterns": ["e{number}"], "principal_name_pattern": "{login}@bench.test",
            "mail_pattern": "{given}.{surname}@bench.example",
        }
    },
    "account_rules": {"bench_all": {"title": "Alle", "system": "bench_ad", "names": "bench"}},
}  # fmt: skip
