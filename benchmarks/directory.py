"""A directory of 5,000 users in a real domain controller: our reading against bare ldap3, and changes against all.

Ours is everything up to the statements: connecting, TLS, bind, searches, decoding, finding owners in the graph,
fingerprints and every record's statement. Bare is ldap3's own paged search for the same attributes over a connection
that is made in the same way. Neither writes anything.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import ldap3
import neo4j

from benchmarks.measured import Measured
from benchmarks.staff import Staff
from graph.cpr.keyring import Keyring
from graph.identity.known_keys import KnownKeys
from graph.runs.known import GraphKnown
from importers.active_directory import filters
from importers.active_directory.entries import user_attributes
from importers.active_directory.graph_lookup import GraphLookup
from importers.active_directory.settings import ActiveDirectorySettings
from importers.active_directory.source import ActiveDirectory
from importers.pipeline.import_run import run_import
from sample.domain_controller import Controller

USERS, CHANGES, ROUNDS, PAGE = 5000, 10, 5, 500


@contextmanager
def directory() -> Iterator[tuple[Controller, ActiveDirectorySettings]]:
    """A domain controller for a block, and the settings to read it."""
    with TemporaryDirectory(prefix="rc-bench-ad-") as folder:
        controller = Controller(Path(folder) / "dc", "BENCH")
        try:
            yield (
                controller,
                ActiveDirectorySettings.model_validate(
                    {
                        "controllers": [controller.address],
                        "ca_file": controller.ca,
                        "user": controller.user,
                        "password": controller.password,
                        "base": controller.base,
                        "employment_attribute": "employeeID",
                        "cpr_attribute": "employeeNumber",
                        "page_size": PAGE,
                    }
                ),
            )
        finally:
            controller.stop()


def measure(driver: neo4j.Driver, keyring: Keyring) -> Iterator[Measured]:
    """Each account belongs to an employee in the graph."""
    with directory() as (controller, settings):
        wire = controller.connection()
        fill(wire, settings)
        run_import(driver, Staff(USERS), keyring)
        source = ActiveDirectory(settings, GraphLookup(driver, ActiveDirectory.name))

        def ours() -> int:
            return statements(source, driver, keyring)

        (whole, found), (bare, entries) = fastest(ours, lambda: searched(controller, settings))
        yield Measured(
            "AD, whole reading",
            "bare ldap3 paged search, same attributes",
            f"{entries} users",
            "s",
            whole,
            bare,
            whole / bare,
            1.3,
            True,
            {"statements": found},
        )
        run_import(driver, source, keyring)
        for number in range(CHANGES):
            dn = f"CN=user{number},CN=Users,{settings.base}"
            wire.modify(dn, {"telephoneNumber": [(ldap3.MODIFY_REPLACE, ["4321"])]})
        ((some, changed),) = fastest(ours)
        yield Measured(
            f"AD, {CHANGES} changes",
            "AD, whole reading",
            f"{entries} users",
            "s",
            some,
            whole,
            some / whole,
            0.05,
            True,
            {"statements": changed},
        )


def statements(source: ActiveDirectory, driver: neo4j.Driver, keyring: Keyring) -> int:
    """One reading up to every record's statement. Returns their number."""
    known = GraphKnown(driver, source.name, keyring, KnownKeys(driver))
    return sum(record.map(None).statement is not None for each in source.readings(known) for record in each.records)


def searched(controller: Controller, settings: ActiveDirectorySettings) -> int:
    """The number of entries that ldap3's paged search returns."""
    found = controller.connection().extend.standard.paged_search(
        settings.base,
        filters.users(settings),
        attributes=user_attributes(settings),
        paged_size=PAGE,
        generator=True,
    )
    return sum(each["type"] == "searchResEntry" for each in found)


def fill(wire: ldap3.Connection, settings: ActiveDirectorySettings) -> None:
    """Disabled users without a password: these are fast to make."""
    for number in range(USERS):
        name = f"user{number}"
        wire.add(
            f"CN={name},CN=Users,{settings.base}",
            "user",
            {
                "sAMAccountName": name,
                "userPrincipalName": f"{name}@bench.test",
                "displayName": f"Given Surname {number}",
                "givenName": "Given",
                "sn": f"Surname {number}",
                "mail": f"{name}@kommune.example",
                "telephoneNumber": "1234",
                "mobile": "12345678",
                "employeeID": str(number),
                "userAccountControl": 514,
            },
        )


def fastest(*what: Callable[[], int]) -> list[tuple[float, int]]:
    """The seconds of each one's fastest round, and its result. They run in turn, so that other load on the machine
    affects all of them."""
    best = [(float("inf"), 0)] * len(what)
    for _ in range(ROUNDS):
        for place, each in enumerate(what):
            start = time.perf_counter()
            result = each()
            best[place] = (min(best[place][0], time.perf_counter() - start), result)
    return best
