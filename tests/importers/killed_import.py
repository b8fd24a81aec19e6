"""An import that is killed in the middle."""

import signal
from multiprocessing.connection import Connection

from graph.connection import connect
from graph.cpr.keyring import Keyring
from graph.statements.statement import Statement
from importers.pipeline import comparing, intake
from importers.pipeline.import_run import run_import
from reconnect.embedded import Addresses
from rules.roles import RoleRule
from tests.graph.organisation import Stating, employment, person, unit

RING = Keyring({"k": b"k" * 32}, "k", b"h" * 32)
RULES = [RoleRule(name="managers", role="manager", title="Leder", position_codes=frozenset({"1010"}))]


def source(version: int) -> Stating:
    """1: 240 employments in 24 units. 2: everybody has another title, 5 have moved and 5 have left."""
    people = [person(f"p{n}", f"Navn {n}", f"{n % 28 + 1:02d}01575{n:03d}") for n in range(240)]
    units = [unit("u0"), *(unit(f"u{n}", f"u{n // 5}") for n in range(1, 24))]
    jobs: list[Statement] = []
    for n in range(240 if version == 1 else 235):
        moved = version == 2 and n < 5
        place = f"u{(n + moved) % 24}"
        jobs.append(
            employment(f"e{n}", f"p{n}", place, title=f"v{version}", position_code="1010" if n % 9 == 0 else "2020")
        )
    return Stating(*units, *people, *jobs)


def imported(tell: Connection, addresses: Addresses, version: int) -> None:
    """Import a version of the source, and tell of each step."""
    # So that there are many transactions to be killed between, as in an import of thousands.
    intake.BATCH = comparing.BATCH = 50

    def say(stage: str, done: int, total: int | None) -> None:
        tell.send((stage, done))

    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        run_import(driver, source(version), RING, rules=RULES, progress=say)


def after_closing(left: int) -> Stating:
    """As version 1 of ``source``, but every twelfth has moved to a new unit, and only so many have stayed."""
    people = [person(f"p{n}", f"Navn {n}", f"{n % 28 + 1:02d}01575{n:03d}") for n in range(240)]
    units = [unit("u0"), *(unit(f"u{n}", f"u{n // 5}") for n in range(1, 24)), unit("new", "u0")]
    jobs = [
        employment(
            f"e{n}",
            f"p{n}",
            f"u{n % 24}" if n % 12 else "new",
            title="v1",
            position_code="1010" if n % 9 == 0 else "2020",
        )
        for n in range(left)
    ]
    return Stating(*units, *people, *jobs)


def broken_off(tell: Connection, addresses: Addresses, left: int) -> None:
    """Import ``after_closing(left)``, tell when some of the employments are written, and stand still there."""
    intake.BATCH = comparing.BATCH = 50
    written: list[str] = []

    def say(stage: str, done: int, total: int | None) -> None:
        if stage == "writing Employment":
            written.append(stage)
            if len(written) == 2:
                tell.send("half-way")
                signal.pause()

    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        run_import(driver, after_closing(left), RING, rules=RULES, progress=say)
