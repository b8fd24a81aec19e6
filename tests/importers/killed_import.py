"""A process to be killed in the middle of an import. Arguments: address, user, which version of the source."""

import os
import sys

from graph.connection import connect
from graph.cpr import Keyring
from graph.facts import Statement
from importers import pipeline, taking
from importers.pipeline import run_import
from importers.roles import RoleRule
from tests.graph.organisation import Stating, employment, person, unit

RING = Keyring({"k": b"k" * 32}, "k", b"h" * 32)
RULES = [RoleRule(name="managers", role="manager", title="Leder", position_codes=frozenset({"1010"}))]


def source(version: int) -> Stating:
    """1: 240 employments in 24 units. 2: everybody has another title, 5 have moved and 5 have left."""
    people = [person(f"p{n}", f"Navn {n}", f"{n:010d}") for n in range(240)]
    units = [unit("u0"), *(unit(f"u{n}", f"u{n // 5}") for n in range(1, 24))]
    jobs: list[Statement] = []
    for n in range(240 if version == 1 else 235):
        moved = version == 2 and n < 5
        place = f"u{(n + moved) % 24}"
        jobs.append(
            employment(f"e{n}", f"p{n}", place, title=f"v{version}", position_code="1010" if n % 9 == 0 else "2020")
        )
    return Stating(*units, *people, *jobs)


def main() -> None:
    uri, user, version = sys.argv[1:]
    # So that there are many transactions to be killed between, as in an import of thousands.
    taking.BATCH = pipeline.BATCH = 50
    with connect(uri, user, os.environ["NEO4J_PASSWORD"]) as driver:
        run_import(driver, source(int(version)), RING, rules=RULES, progress=_say)


def _say(stage: str, done: int, total: int | None) -> None:
    print(stage, done, flush=True)


if __name__ == "__main__":
    main()
