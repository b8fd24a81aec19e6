"""A process to be killed in the middle of an export to a folder. Arguments: address, user, folder, version."""

import os
import sys
from pathlib import Path

from exporters import ledger
from exporters.brake import ExportBrake
from exporters.pipeline import run_export
from graph.connection import connect
from graph.cpr import Keyring
from tests.exporters.staff_list import StaffList

RING = Keyring({"k": b"k" * 32}, "k", b"h" * 32)
PEOPLE, UNITS = 2000, 1000


def target(folder: Path, version: int) -> StaffList:
    """1: everybody. 2: a third has another name, 100 have left."""
    people = {f"p{n:05}": f"Navn {n} v{version if n % 3 == 0 else 1}" for n in range(PEOPLE - 100 * (version - 1))}
    units = {f"u{n:05}": f"Enhed {n} v{version}" for n in range(UNITS)}
    return StaffList(folder, people, units, brake=ExportBrake(share=1, count=1000), manifest="manifest.json")


def main() -> None:
    uri, user, folder, version = sys.argv[1:]
    made = target(Path(folder), int(version))
    ledger.BATCH = 500  # so that there are transactions to be killed between
    with connect(uri, user, os.environ["NEO4J_PASSWORD"]) as driver:
        print("ready", flush=True)
        run_export(driver, made, made.read, RING)


if __name__ == "__main__":
    main()
