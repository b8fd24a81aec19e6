"""``make bench``: every benchmark in sizes S and L.

``python -m benchmarks --size S`` for one size; ``--part nearest --part small`` for some of them (see ``PARTS``).
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from benchmarks import (
    accounts,
    directory,
    domain_accounts,
    first_question,
    kle,
    large_read,
    login,
    nearest_of_all,
    payroll,
    preview,
    rights,
    small_reads,
    subtree,
    tasks,
    ten_changes,
    top_and_names,
    unchanged_sources,
)
from benchmarks.measured import Measured
from benchmarks.report import save, show
from benchmarks.servers import fresh_servers
from graph.cpr.keyring import Keyring
from graph.time import today
from graph.writing.day_turn import turn
from reconnect.collector import collect_seldom
from reconnect.logs.setup import configure
from sample.domain_controller import NoController

SIZES = ("S", "L")


ON_A_PAYROLL = (
    "payroll",
    "nearest",
    "large",
    "small",
    "top",
    "subtree",
    "preview",
    "rights",
    "claims",
    "accounts",
    "tasks",
)
"""Measurements within one size, on one graph."""
PARTS = (*ON_A_PAYROLL, "unchanged", "first", "kle", "ten", "organisation", "directory", "domain", "responses")


def of_size(size: str, parts: Collection[str] = PARTS) -> Iterator[Measured]:
    """The wanted parts of ``ON_A_PAYROLL``, as they are measured."""
    with tempfile.TemporaryDirectory(prefix="rc-bench-opus-") as folder, fresh_servers() as (addresses, driver):
        keyring = Keyring.generate()
        if "payroll" in parts:
            yield from payroll.measure(addresses, driver, keyring, size, Path(folder))
        else:
            payroll.imported(driver, keyring, size, Path(folder))
        turn(driver)
        day = today()
        if "nearest" in parts:
            yield nearest_of_all.measure(driver, size, day)
        if "large" in parts:
            yield large_read.measure(addresses, driver, keyring, size, day)
        if "small" in parts:
            yield from small_reads.measure(addresses, driver, size, day)
        if "top" in parts:
            yield from top_and_names.measure(addresses, driver, keyring, size, day)
        if "subtree" in parts:
            yield from subtree.measure(addresses, driver, keyring, size)
        if "preview" in parts:
            yield preview.measure(driver, keyring, size, day, Path(folder))
        if "rights" in parts:
            yield from rights.measure(driver, keyring, size, day, Path(folder))
        if "claims" in parts:
            yield login.claims(driver, size, day)
        if "accounts" in parts:
            yield accounts.measure(driver, keyring, size, Path(folder))
        if "tasks" in parts:
            yield from tasks.measure(driver, keyring, size, Path(folder))


def of_directory() -> Iterator[Measured]:
    """Measurements against a real domain controller."""
    with fresh_servers() as (_, driver):
        yield from directory.measure(driver, Keyring.generate())


def wanted(sizes: Sequence[str], parts: Collection[str] = PARTS) -> Iterator[Measured]:
    """The wanted parts in all sizes; some only in one size, or from one size to the next."""
    for size in sizes:
        if not set(parts).isdisjoint(ON_A_PAYROLL):
            yield from of_size(size, parts)
        if "unchanged" in parts:
            yield unchanged_sources.measure(size)
    if "responses" in parts:
        yield from login.responses()
    if "organisation" in parts:
        yield ten_changes.of_the_organisation(payroll.SEED, payroll.TODAY, sizes[0])
    if "first" in parts:
        yield first_question.measure(sizes[0])
    if "kle" in parts:
        with tempfile.TemporaryDirectory(prefix="rc-bench-kle-") as folder, fresh_servers() as (_, driver):
            yield kle.measure(driver, Keyring.generate(), Path(folder))
    if "ten" in parts and len(sizes) > 1:
        yield ten_changes.measure(payroll.SEED, payroll.TODAY, *sizes[:2])
    try:
        if "domain" in parts:
            yield from domain_accounts.measure()
        if "directory" in parts and len(sizes) > 1:
            yield from of_directory()
    except NoController as none:
        print(f"not measured: {none}", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=("XS", *SIZES), action="append", help="this size only (may be repeated)")
    parser.add_argument("--part", choices=PARTS, action="append", help="this part only (may be repeated)")
    told = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped then too
    collect_seldom()  # as the program does
    configure("json", "warning")  # a line of the log for each request would measure the terminal
    measured: list[Measured] = []
    try:
        for each in wanted(told.size or SIZES, told.part or PARTS):
            print(f"{each.what}, {each.size}: {each.ratio:.2f}", file=sys.stderr, flush=True)
            measured.append(each)
    finally:  # what was measured before a failure took long
        show(measured)
        print(save(measured))


if __name__ == "__main__":
    main()
