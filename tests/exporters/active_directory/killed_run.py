"""Runs against a domain in processes of their own: one that is killed in the middle, two at once."""

from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.active_directory.target import ActiveDirectory
from exporters.errors import ExportError
from exporters.objects.export import run_object_export
from graph.connection import connect
from reconnect.embedded import Addresses
from tests.exporters.active_directory.town import AT, RING, Town


def people(count: int, version: int) -> tuple[list[str], list[str]]:
    """(who has an account, who had one): of a third more than ``count``, the first or the last third has none."""
    third = count // 3
    everybody = [f"p{n:03}" for n in range(count + third)]
    return (everybody[third:], everybody[:third]) if version else (everybody[:count], everybody[count:])


def town(count: int, version: int) -> Town:
    """Version 0 and 1: a third goes, or returns, while another third comes."""
    here, gone = people(count, version)
    made = Town()
    for each in (*here, *gone):
        made.person(each, manager=here[0])
    return made.leave(*gone)


def exported(
    tell: Connection, addresses: Addresses, settings: ActiveDirectorySettings, count: int, version: int
) -> None:
    """Export a version, and tell when that begins."""
    target, image = ActiveDirectory("active_directory-kommune", settings), town(count, version)
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        tell.send("ready")
        run_object_export(driver, target, image.read, RING, at=AT)


def exported_with_another(
    tell: Connection, addresses: Addresses, settings: ActiveDirectorySettings, count: int, both: Barrier
) -> None:
    """Export the first version at once with another process, and tell what has become of it."""
    target, image = ActiveDirectory("active_directory-kommune", settings), town(count, 0)
    with connect(addresses.bolt_uri, addresses.user, addresses.password) as driver:
        both.wait(60)
        try:
            report = run_object_export(driver, target, image.read, RING, at=AT)
            tell.send(report.error or "done")
        except ExportError as error:
            tell.send(str(error))
