"""Never a CPR number, a secret or a token in any log: everything is run, and all that it says is searched."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import httpx
import neo4j
import pytest
import tomli_w

from api.access.rights import ROLES
from reconnect.embedded import Addresses
from reconnect.embedded.home import Home
from reconnect.exits import Exit
from reconnect.service import BackgroundService
from sample import demo_settings, write_opus
from sample.certificates import Authority
from sample.cpr_register import REGISTERED, register_of
from sample.cpr_service.app import Service, serve
from sample.municipality import Municipality
from tests.api.every_mutation import NUMBERS, SECRET, asked
from tests.reconnect.shell import Run

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 24)


def test_everything_runs_and_says_no_secret(
    run: Run,
    clean_graph: neo4j.Driver,
    tmp_path: Path,
    addresses: Addresses,
    monkeypatch: pytest.MonkeyPatch,
    listener: Callable[[int], int],
) -> None:
    payroll = tmp_path / "payroll"
    write_opus(payroll, "XS", 42, TODAY)
    municipality = Municipality("XS", 42, TODAY)
    numbers = {employment.person.cpr for employment in municipality.employments()}
    assert len(numbers) > 50
    # A record that can't be taken: what is said of it must not tell whose it is.
    file = next(payroll.glob("*.xml"))
    some = sorted(numbers)[0]
    text = file.read_text()
    file.write_text(text.replace(f">{some}<", f">{some[:9]}X<"))
    broken = {f"{some[:9]}X"}

    supplied = tmp_path / "supplied"
    supplied.mkdir()
    tree = demo_settings.tree(opus_folder=payroll)
    tree["targets"] = {
        "plan2learn": {"form": {"encoding": "windows-1252"}, "delivery": {"kind": "folder", "path": str(supplied)}}
    }
    register = register_of(municipality)
    numbers |= register.persons.keys()  # with those that have changed
    authority = Authority(tmp_path)
    client = authority.issue("client")
    service = Service(register, {client.fingerprint: REGISTERED})
    # The service quotes the number that was asked about; an answer can't be read, another one is about somebody else.
    quoted, unreadable, other = sorted(register.persons)[-3:]
    service.misbehaviour.of |= {quoted: "fault_500", other: "other_person"}
    service.misbehaviour.spoiled |= {
        "Something went wrong": f"Something went wrong with {quoted} ({quoted[:6]}-{quoted[6:]})",
        f"<gaeldendePersonnummer>{unreadable}<": f"<gaeldendePersonnummer>{unreadable}X<",
    }
    with serve(service, authority.issue("server"), authority) as running:
        tree["sources"]["cpr"] = demo_settings.cpr(running.lookup_url, client, authority.certificate)
        (tmp_path / "reconnect.toml").write_text(tomli_w.dumps(tree))
        everything = _all_that_is_said(run, some, tmp_path)
        for name, value in (
            ("NEO4J__URI", addresses.bolt_uri),
            ("NEO4J__PASSWORD", addresses.password),
            ("REDIS__URL", addresses.redis_url),
            ("LOGS__LEVEL", "debug"),
        ):
            monkeypatch.setenv(f"RECONNECT__{name}", value)
        everything += _all_that_the_service_logs(run, some, Home(tmp_path), 20000 + listener(0) % 10000)
    assert "same_person" in everything or "unknown_number" in everything
    assert "unreadable_answer" in everything and "fault" in everything
    for number in numbers | broken:
        for written in (number, f"{number[:6]}-{number[6:]}"):
            assert written not in everything
    for written in (SECRET, *NUMBERS, *_written(some)):
        assert written not in everything
    secrets = {file.read_text().strip() for file in (tmp_path / "secrets").iterdir()}
    assert len(secrets) == 4
    for secret in secrets:
        assert secret not in everything


def _written(number: str) -> list[str]:
    """The number, with blanks."""
    day, month, year, serial = number[:2], number[2:4], number[4:6], number[6:]
    return [f"{day}{month} {year} {serial}", f"{day} {month} {year} {serial}", f"{day}{month}{year} {serial}"]


def _all_that_is_said(run: Run, some: str, folder: Path) -> str:
    said = []
    blanks = _written(some)[0]
    (folder / "refused.graphql").write_text(f'{{ person(key: "{blanks}") {{ nothing }} }} # {SECRET}')
    (folder / "failing.graphql").write_text(f'{{ nearestManager(person: "{blanks}") {{ employment {{ uuid }} }} }}')
    for arguments, allowed in (
        (("config",), {Exit.OK}),
        (("import", "opus", "--dry-run"), {Exit.OK, Exit.BAD_RECORDS}),
        (("import", "opus"), {Exit.OK, Exit.BAD_RECORDS}),
        (("import", "opus"), {Exit.OK, Exit.BAD_RECORDS}),
        (("import", "cpr", "--dry-run"), {Exit.BAD_RECORDS}),
        (("import", "cpr"), {Exit.BAD_RECORDS}),
        (("nearest", "--role", "manager", "--unit", "999:unit:1005"), {Exit.OK}),
        (("nearest-manager", "--person", some), {Exit.FAILURE}),
        (("export", "plan2learn", "--dry-run"), {Exit.OK, Exit.BAD_RECORDS}),
        (("export", "plan2learn"), {Exit.OK, Exit.BAD_RECORDS}),
        (("day-turn",), {Exit.OK}),
        (("keys", "rotate"), {Exit.OK}),
        (("status",), {Exit.OK}),
        (("worker", "--burst"), {Exit.OK}),
        (("nearest-manager", "--person", blanks), {Exit.FAILURE}),
        (("query", str(folder / "refused.graphql")), {Exit.FAILURE}),
        (("query", str(folder / "failing.graphql")), {Exit.FAILURE}),
    ):
        done = run("--verbose", *arguments)
        assert done.returncode in allowed, f"{arguments}: {done.stdout}{done.stderr}"
        # An answer is no log: it may quote what was asked.
        said.append(done.stderr if "query" in arguments else done.stdout + done.stderr)
    return "\n".join(said)


def _all_that_the_service_logs(run: Run, some: str, home: Home, port: int) -> str:
    """In a process of its own: each mutation and some reads, refused and failing."""
    roles = [each for role in ROLES for each in ("--role", role)]
    token = run("token", "create", "test", *roles).stdout.strip()
    service = BackgroundService(home)
    try:
        with httpx.Client(base_url=service.start(port), timeout=60) as client:
            client.post("/graphql", json={"query": SECRET}, headers={"Authorization": f"Bearer {SECRET}"})
            client.headers["Authorization"] = f"Bearer {token}"
            for each in (f"{SECRET} {_written(some)[1]}", NUMBERS[3]):
                for body in asked(each):
                    assert client.post("/graphql", json=body).json()
                client.get(f"/{each}")
                for refused in ({"query": f'{{ person(key: "{each}") {{ uuid }} }}'}, [each], {"query": each}, each):
                    client.post("/graphql", json=refused)
    finally:
        service.stop()
    log = (home.logs / "api.out").read_text()
    assert log.count("request") > 200
    assert token not in log
    return log
