"""Ten changes in a small and in a large municipality: the cost of a run should follow the changes, not the size.

Payroll is SD's stand-in, which sends the registrations since the last run. Opus always sends everything, so a run has
to read it all. The first delta after the whole reading is a warm-up and not counted. Time includes what
the stand-in takes to answer.

Also ten changes with one in the organisation, against ten without: SD sends the organisation as a whole, but only its
differences may cost anything.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from datetime import time as time_of_day

import neo4j

from benchmarks.measured import Measured
from benchmarks.servers import fresh_servers
from graph.cpr.keyring import Keyring
from graph.time import COPENHAGEN
from importers.pipeline.import_run import run_import
from importers.sd.settings import SdSettings
from importers.sd.source import SdSource
from sample import demo_settings
from sample.changes import Change, advance
from sample.history import with_step
from sample.municipality import Municipality
from sample.role_rules import ROLE_RULES
from sample.sd_service.app import Service, serve
from sample.sd_service.state import State
from sample.sd_state import register, state_of

GOAL = 1.2
ORGANISATION_GOAL = 1.5
CHANGES, ROUNDS = 10, 3


@dataclass
class _Payroll:
    """A municipality whose payroll is SD's stand-in, imported whole, and its later days."""

    municipality: Municipality
    state: State
    service: Service
    driver: neo4j.Driver
    settings: SdSettings
    keyring: Keyring

    def run(self) -> tuple[float, float]:
        """Clock and processor seconds of an import that changes something."""
        started, busy = time.perf_counter(), time.process_time()
        source = SdSource(self.settings, now=_noon(self.municipality.today))
        report = run_import(self.driver, source, self.keyring, rules=ROLE_RULES[:1])
        if report.brake is not None:
            raise RuntimeError(f"the brake stopped the import: {report.reasons}")
        if not report.changes:
            raise RuntimeError("changes were registered and none was imported")
        return time.perf_counter() - started, time.process_time() - busy

    def next_day(self, *, renamed: bool = False) -> None:
        """Register ten changes. ``renamed``: one of them renames a unit at the bottom."""
        day = advance(self.municipality, count=CHANGES - renamed)
        if renamed:
            units = self.municipality.units
            before = next(each for each in units.values() if each.leaf and len(each.names) == 1 and not each.life.end)
            name = f"{before.names[-1][1]} og omegn"
            after = units[before.number] = replace(before, names=with_step(before.names, day.date, name))
            day = replace(day, changes=(*day.changes, Change("renamed", before, after)))
        register(self.state, self.municipality, day)


@contextmanager
def _payroll(size: str, seed: int, today: date) -> Iterator[_Payroll]:
    municipality = Municipality(size, seed, today)
    state = state_of(municipality)
    service = Service(state)
    with fresh_servers() as (_, driver), serve(service) as running:
        settings = SdSettings.model_validate(demo_settings.sd(running.url, state))
        yield _Payroll(municipality, state, service, driver, settings, Keyring.generate())


def seconds(size: str, seed: int, today: date) -> tuple[float, dict[str, float | int | str]]:
    """The median of three runs with ten changes each, with notes."""
    with _payroll(size, seed, today) as payroll:
        whole, _ = payroll.run()
        taken, asked = [], 0
        for number in range(ROUNDS + 1):
            payroll.next_day()
            before = len(payroll.service.calls)
            one, _ = payroll.run()
            if number:
                taken.append(one)
                asked = len(payroll.service.calls) - before
    return statistics.median(taken), {"first whole reading": whole, "requests": asked, "slowest": max(taken)}


def of_the_organisation(seed: int, today: date, size: str = "S") -> Measured:
    """Days with one of the ten changes in the organisation, and days without, in turns."""
    taken: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    asked: dict[bool, int] = {}
    with _payroll(size, seed, today) as payroll:
        payroll.run()
        for number in range(2 * ROUNDS + 2):
            renamed = number % 2 == 1
            payroll.next_day(renamed=renamed)
            before = len(payroll.service.calls)
            one = payroll.run()
            if number > 1:
                taken[renamed].append(one)
                asked[renamed] = len(payroll.service.calls) - before
    ours, theirs = (statistics.median(one for one, _ in taken[renamed]) for renamed in (True, False))
    busy = {renamed: statistics.median(each for _, each in taken[renamed]) for renamed in (True, False)}
    notes: dict[str, float | int | str] = {
        "requests": asked[True],
        "requests without": asked[False],
        "processor": busy[True],
        "processor without": busy[False],
    }
    return Measured(
        "ten changes, one of them in the organisation", "ten that are not", size, "s", ours, theirs, ours / theirs,
        ORGANISATION_GOAL, True, notes,
    )  # fmt: skip


def measure(seed: int, today: date, small: str = "S", large: str = "L") -> Measured:
    """The large municipality against the small one."""
    theirs, notes_small = seconds(small, seed, today)
    ours, notes_large = seconds(large, seed, today)
    notes = {f"{small}: {name}": value for name, value in notes_small.items()}
    notes |= {f"{large}: {name}": value for name, value in notes_large.items()}
    return Measured("ten changes", f"the same in {small}", large, "s", ours, theirs, ours / theirs, GOAL, True, notes)


def _noon(day: date) -> Callable[[], datetime]:
    return lambda: datetime.combine(day, time_of_day(12, 0), COPENHAGEN)
