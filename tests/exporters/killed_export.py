"""An export to a folder that is killed in the middle."""

from multiprocessing.connection import Connection
from pathlib import Path

from exporters import ledger
from exporters.brake import ExportBrake
from exporters.files.pipeline import run_export
from graph.connection import connect
from graph.cpr.keyring import Keyring
from reconnect.embedded import Addresses
from tests.exporters.staff_list import StaffList

RING = Keyring({"k": b"k" * 32}, "k", b"h" * 32)
PEOPLE, UNITS = 2000, 1000


def target(folder: Path, version: int) -> StaffList:
    """1: everybody. 2: a third has another name, 100 have left."""
    people = {f"p{n:05}": f"Navn {n} v{version if n % 3 == 0 else 1}" for n in range(PEOPLE - 100 * (version - 1))}
    units = {f"u{n:05}": f"Enhed {n} v{version}" for n in range(UNITS)}
    return StaffList(folder, people, units, brake=ExportBrake(share=1, count=1000), manifest="manifest.json")


def exported(tell: Connection, addresses: Addresses, folder: Path, version: int) -> None:
    """Export a version to the folder, and tell when that begins."""
    made = target(folder, version)
    ledger.BATCH = 500  # so that there are transactions to be killed between
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        tell.send("ready")
        run_export(driver, made, made.read, RING)
