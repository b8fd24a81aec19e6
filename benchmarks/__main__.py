"""``make bench``: every benchmark in sizes S and L; ``python -m benchmarks --size S`` for one size."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import (
    directory,
    first_question,
    kle,
    large_read,
    nearest_of_all,
    payroll,
    small_reads,
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

SIZES = ("S", "L")


def of_size(size: str) -> Iterator[Measured]:
    """What is measured within one size, on one graph; as it comes."""
    with tempfile.TemporaryDirectory(prefix="rc-bench-opus-") as folder, fresh_servers() as (addresses, driver):
        keyring = Keyring.generate()
        yield from payroll.measure(addresses, driver, keyring, size, Path(folder))
        turn(driver)
        day = today()
        yield nearest_of_all.measure(driver, size, day)
        yield large_read.measure(addresses, driver, keyring, size, day)
        yield small_reads.measure(addresses, driver, size)
        yield from top_and_names.measure(addresses, driver, keyring, size, day)


def of_directory() -> Iterator[Measured]:
    """What is measured against a real domain controller."""
    with fresh_servers() as (_, driver):
        yield from directory.measure(driver, Keyring.generate())


def everything(sizes: Sequence[str]) -> Iterator[Measured]:
    """All benchmarks in all sizes."""
    for size in sizes:
        yield from of_size(size)
        yield unchanged_sources.measure(size)
    yield first_question.measure(sizes[0])
    with tempfile.TemporaryDirectory(prefix="rc-bench-kle-") as folder, fresh_servers() as (_, driver):
        yield kle.measure(driver, Keyring.generate(), Path(folder))
    if len(sizes) > 1:
        yield ten_changes.measure(payroll.SEED, payroll.TODAY, *sizes[:2])
        yield from of_directory()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=("XS", *SIZES), action="append", help="this size only (may be repeated)")
    sizes = parser.parse_args(arguments).size or SIZES
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped then too
    collect_seldom()  # as the program does
    measured: list[Measured] = []
    for each in everything(sizes):
        print(f"{each.what}, {each.size}: {each.ratio:.2f}", file=sys.stderr, flush=True)
        measured.append(each)
    show(measured)
    print(save(measured))


if __name__ == "__main__":
    main()
