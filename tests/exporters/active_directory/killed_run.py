"""A run against a domain that is killed in the middle."""

from multiprocessing.connection import Connection

from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.active_directory.target import ActiveDirectory
from exporters.objects.export import run_object_export
from graph.connection import connect
from reconnect.embedded import Addresses
from tests.exporters.active_directory.town import AT, RING, Town

PEOPLE = 30


def town(version: int) -> Town:
    """0: everybody. 1: a third leaves and as many come."""
    made = Town()
    for n in range(PEOPLE + 10 * version):
        made.person(f"p{n:02}", manager="p29")
    return made.leave(*(f"p{n:02}" for n in range(10))) if version else made


def exported(tell: Connection, addresses: Addresses, settings: ActiveDirectorySettings, version: int) -> None:
    """Export a version, and tell when that begins."""
    target, image = ActiveDirectory("active_directory-kommune", settings), town(version)
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        tell.send("ready")
        run_object_export(driver, target, image.read, RING, at=AT)
