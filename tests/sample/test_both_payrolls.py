"""The two payrolls tell the same municipality: imported from SD or from Opus, the graphs are equal.

Equal in everything that both formats can tell. Not in: leave and known moves to come (SD only), accounts, trust
functions and pay grades (Opus only), and the past before the first file, which Opus has not.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import neo4j
import pytest

from graph.cpr.keyring import Keyring
from graph.time import COPENHAGEN
from importers.opus.settings import OpusSettings
from importers.opus.source import Opus
from importers.pipeline.import_run import run_import
from importers.sd.settings import SdSettings
from importers.sd.source import SdSource
from importers.source import Source
from sample import demo_settings
from sample.changes import advance
from sample.municipality import SIZES, Municipality, Size
from sample.opus_file import write_file
from sample.role_rules import ROLE_RULES
from sample.sd_service.app import Service, serve
from sample.sd_state import register, state_of
from tests.emptied import empty
from tests.sample.payroll_view import View, payroll_view

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 24)
DAYS = 8  # over 1 December, when units change
TOWN = Size("town", 900, 100)  # large enough for all that the sample varies
MANAGERS = ROLE_RULES[:1]
KEYRING = Keyring.generate()
Views = dict[date, tuple[View, View]]


def take_in(driver: neo4j.Driver, source: Source) -> None:
    report = run_import(driver, source, KEYRING, rules=MANAGERS)
    assert report.brake is None, report.reasons


def from_opus(driver: neo4j.Driver, folder: Path) -> Views:
    """Each day's file imported on its day, and what the graph then says of that day."""
    municipality = Municipality(TOWN.name, 42, TODAY)
    views: Views = {}
    for number in range(DAYS + 1):
        if number:
            advance(municipality)
        write_file(municipality, folder)
        day = municipality.today
        take_in(driver, Opus(OpusSettings(folder=folder), day=lambda day=day: day))  # type: ignore[misc]
        views[day] = payroll_view(driver, day)
    later = municipality.today + timedelta(days=60)
    views[later] = payroll_view(driver, later)
    return views


def from_sd(driver: neo4j.Driver) -> Views:
    """A whole reading, then what each day has registered."""
    municipality = Municipality(TOWN.name, 42, TODAY)
    state = state_of(municipality)
    views: Views = {}
    with serve(Service(state)) as running:
        settings = SdSettings.model_validate(demo_settings.sd(running.url, state))
        for number in range(DAYS + 1):
            if number:
                register(state, municipality, advance(municipality))
            day = municipality.today
            take_in(driver, SdSource(settings, now=at_noon(day)))
            views[day] = payroll_view(driver, day)
    later = municipality.today + timedelta(days=60)
    views[later] = payroll_view(driver, later)
    return views


def at_noon(day: date) -> Callable[[], datetime]:
    return lambda: datetime.combine(day, time(12, 0), COPENHAGEN)


def emptied(driver: neo4j.Driver) -> neo4j.Driver:
    empty(driver)
    return driver


@pytest.fixture(scope="module")
def told(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> tuple[Views, Views]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SIZES, TOWN.name, TOWN)
        opus = from_opus(emptied(driver), tmp_path_factory.mktemp("opus"))
        return opus, from_sd(emptied(driver))


def differing(one: View, other: View) -> list[str]:
    """What differs, in words: which thing, and its values on both sides."""
    found = []
    for key in sorted({*one, *other}):
        left, right = one.get(key), other.get(key)
        if left is None or right is None:
            found.append(f"{key}: only in {'SD' if left is None else 'Opus'}: {left or right}")
        else:
            found += [f"{key}.{name}: {left[name]!r} / {right[name]!r}" for name in left if left[name] != right[name]]
    return found


def test_units_are_equal_on_every_day(told: tuple[Views, Views]) -> None:
    opus, sd = told
    for day in opus:
        assert differing(opus[day][0], sd[day][0]) == [], day


def test_employments_with_their_people_are_equal_on_every_day(told: tuple[Views, Views]) -> None:
    opus, sd = told
    *days, later = opus
    for day in days:
        assert differing(opus[day][1], sd[day][1]) == [], day
    assert opus[later][1].keys() == sd[later][1].keys()  # who is hired and who leaves is known ahead in both


def test_the_municipality_is_there_and_has_changed(told: tuple[Views, Views]) -> None:
    views = told[0]
    assert len(views[TODAY][0]) == TOWN.units
    assert len(views[TODAY][1]) == TOWN.employments
    assert views[date(2026, 11, 30)][0] != views[date(2026, 12, 1)][0]
    assert len({tuple(sorted(employments)) for _, employments in views.values()}) > DAYS // 2
