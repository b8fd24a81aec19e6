"""The demo's sources beside payroll: each with what stands in for its system, and what is worth looking at in it.

A source here disagrees with payroll on purpose; the demo tells where, and how to ask.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import neo4j

from graph.time import today
from importers.report import ImportReport
from importers.source import Source, SourceError
from importers.unilogin.graph_lookup import GraphLookup, GraphMemory
from importers.unilogin.settings import UniLoginSettings
from importers.unilogin.source import UniLogin
from reconnect import work
from reconnect.context import Context
from reconnect.demo import Demo
from reconnect.progress import Report
from sample import demo_settings, schools
from sample.municipality import Municipality
from sample.unilogin_service.app import Service, serve
from sample.unilogin_service.keys import identity

Opened = AbstractContextManager[Source]


@dataclass(frozen=True)
class Shown:
    """A source of the demo. ``open``: makes it, and keeps what it reads from up, while a block runs.

    ``look``: what is worth looking at. ``query``: GraphQL that shows it.
    """

    name: str
    look: str
    query: str
    open: Callable[[Context, Path, Municipality], Opened]


@dataclass(frozen=True)
class Told:
    """What became of one: a report, or why there is none. ``doubts``: rule → how many notices and bad records."""

    shown: Shown
    report: ImportReport | None
    failure: str
    doubts: dict[str, int]


def import_others(context: Context, demo: Demo, report: Report) -> Iterator[Told]:
    """Import them one after the other. One that can't be read is told so, and does not end the demo."""
    municipality = demo.municipality()
    caller = work.Caller(report)
    for each in SHOWN:
        folder = demo.own_facts / each.name
        folder.mkdir(parents=True, exist_ok=True)
        done, failure = None, ""
        try:
            with each.open(context, folder, municipality) as source:
                done = work.import_from(context, caller, source)
        except SourceError as error:
            failure = str(error)
        yield Told(each, done, failure, _doubts(context.driver(), each.name))


def _doubts(driver: neo4j.Driver, source: str) -> dict[str, int]:
    rows, _, _ = driver.execute_query(
        "MATCH (b:BadRecord {source: $source}) RETURN b.rule AS rule, count(*) AS count ORDER BY rule", source=source
    )
    return {row["rule"]: row["count"] for row in rows}


# -- UNI-Login --------------------------------------------------------------------------------------------------------


@contextmanager
def _unilogin(context: Context, folder: Path, municipality: Municipality) -> Iterator[Source]:
    """The schools, in the stand-in for STIL, with a key of its own for the time of the import."""
    password, provider = secrets.token_urlsafe(), identity(schools.PROVIDER)
    state = schools.state_of(municipality)
    state.certificates[schools.PROVIDER] = provider.certificate
    key = provider.write(folder / "stil.p12", password)
    with serve(Service(state)) as running:
        settings = UniLoginSettings.model_validate(demo_settings.unilogin(running.url, key, password))
        driver = context.driver()
        yield UniLogin(settings, GraphLookup(driver, today()), GraphMemory(driver))
    key.unlink()


SHOWN: tuple[Shown, ...] = (
    Shown(
        "unilogin",
        "what the schools tell otherwise than payroll: a head who is not the manager, somebody with a replacement "
        "number whom only people may place, an agreement that no unit fits, another surname",
        '{ badRecords(source: "unilogin") { nodes { rule key field text } } '
        'disagreements(kind: "Person", source: "unilogin") { said { property sayings { source value holds } } } }',
        _unilogin,
    ),
)
