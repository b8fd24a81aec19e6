"""Ten changes in a small and in a large municipality: what a run costs should follow the changes, not the size.

Payroll is SD's stand-in, which tells what was registered since the last run; Opus always tells everything, so there a
run can't but read it all. The first delta after the whole reading is a warm-up and not counted. Time includes what
the stand-in takes to answer.
"""

import statistics
import time
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as time_of_day

from benchmarks.measured import Measured
from benchmarks.servers import fresh_servers
from graph.cpr.keyring import Keyring
from graph.time import COPENHAGEN
from importers.pipeline.import_run import run_import
from importers.sd.settings import SdSettings
from importers.sd.source import SdSource
from sample import demo_settings
from sample.changes import advance
from sample.municipality import Municipality
from sample.role_rules import ROLE_RULES
from sample.sd_service.app import Service, serve
from sample.sd_state import register, state_of

GOAL = 1.2
CHANGES, ROUNDS = 10, 3


def seconds(size: str, seed: int, today: date) -> tuple[float, dict[str, float | int | str]]:
    """The middle of three runs with ten changes each; and what explains it."""
    municipality = Municipality(size, seed, today)
    state = state_of(municipality)
    service = Service(state)
    keyring = Keyring.generate()
    with fresh_servers() as (_, driver), serve(service) as running:
        settings = SdSettings.model_validate(demo_settings.sd(running.url, state))

        def run() -> tuple[float, int]:
            started = time.perf_counter()
            source = SdSource(settings, now=_noon(municipality.today))
            report = run_import(driver, source, keyring, rules=ROLE_RULES[:1])
            if report.brake is not None:
                raise RuntimeError(f"the brake stopped the import: {report.reasons}")
            return time.perf_counter() - started, report.changes

        whole, _ = run()
        taken, asked = [], 0
        for number in range(ROUNDS + 1):
            register(state, municipality, advance(municipality, count=CHANGES))
            before = len(service.calls)
            one, changed = run()
            if not changed:
                raise RuntimeError("ten changes were registered and none was imported")
            if number:
                taken.append(one)
                asked = len(service.calls) - before
    return statistics.median(taken), {"first whole reading": whole, "requests": asked, "slowest": max(taken)}


def measure(seed: int, today: date, small: str = "S", large: str = "L") -> Measured:
    """The large one against the small one."""
    theirs, notes_small = seconds(small, seed, today)
    ours, notes_large = seconds(large, seed, today)
    notes = {f"{small}: {name}": value for name, value in notes_small.items()}
    notes |= {f"{large}: {name}": value for name, value in notes_large.items()}
    return Measured("ten changes", f"the same in {small}", large, "s", ours, theirs, ours / theirs, GOAL, True, notes)


def _noon(day: date) -> Callable[[], datetime]:
    return lambda: datetime.combine(day, time_of_day(12, 0), COPENHAGEN)
