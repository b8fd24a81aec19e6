"""``make bench``: every benchmark in sizes S and L; ``python -m benchmarks --size S`` for one size."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import payroll
from benchmarks.measured import Measured
from benchmarks.report import save, show
from benchmarks.servers import fresh_servers
from graph.cpr import Keyring

SIZES = ("S", "L")


def of_size(size: str) -> list[Measured]:
    """What is measured within one size, on one graph."""
    with tempfile.TemporaryDirectory(prefix="rc-bench-opus-") as folder, fresh_servers() as (_, driver):
        keyring = Keyring.generate()
        return payroll.measure(driver, keyring, size, Path(folder))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", choices=("XS", *SIZES), action="append", help="this size only (may be repeated)")
    sizes = parser.parse_args(arguments).size or SIZES
    measured = [each for size in sizes for each in of_size(size)]
    show(measured)
    print(save(measured))


if __name__ == "__main__":
    main()
