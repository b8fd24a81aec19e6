"""The demo's sources other than payroll: each with a simulation of its system, and what is worth looking at in it.

A source with a ``demo.toml`` in its folder comes after them, and needs no line here.

Each source disagrees with payroll on purpose; the demo shows where, and the query to see it.
"""

import secrets
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import neo4j

from graph.cpr.lookup_log import CprLog
from graph.time import today
from importers.active_directory.graph_lookup import GraphLookup as DirectoryLookup
from importers.active_directory.settings import ActiveDirectorySettings
from importers.active_directory.source import ActiveDirectory
from importers.cpr.persons import GraphPersons, Tied
from importers.cpr.settings import CprSettings
from importers.cpr.source import CprSource
from importers.fk_adm.graph_lookup import GraphLookup as FkAdmLookup
from importers.fk_adm.settings import FkAdmSettings
from importers.fk_adm.source import FkAdm
from importers.kle.settings import KleSettings
from importers.kle.source import Kle
from importers.pipeline.report import ImportReport
from importers.positions.graph_lookup import GraphLookup as PositionsLookup
from importers.positions.settings import PositionsSettings
from importers.positions.source import Positions
from importers.school_ad.settings import SchoolAdSettings
from importers.school_ad.source import SchoolAd
from importers.source import Source, SourceError, Surroundings
from importers.unilogin.graph_lookup import GraphLookup, GraphMemory
from importers.unilogin.settings import UniLoginSettings
from importers.unilogin.source import UniLogin
from reconnect import folders
from reconnect.context import Context
from reconnect.demo import found
from reconnect.demo.run import Demo
from reconnect.progress import Report
from reconnect.work import jobs
from sample import classification, demo_settings, position_list, schools
from sample.certificates import Authority
from sample.cpr_register import REGISTERED, register_of
from sample.cpr_service.app import Service as CprService
from sample.cpr_service.app import serve as serve_cpr
from sample.directories import administration, school
from sample.directories.entries import Directory
from sample.directories.loading import NotWritten, load
from sample.domain_controller import Controller, NoController, running
from sample.facts import KLE
from sample.fk_adm_service.app import Service as FkAdmService
from sample.fk_adm_service.app import serve as serve_fk_adm
from sample.fk_adm_service.content import fill
from sample.kle_service.app import Service as KleService
from sample.kle_service.app import serve as serve_kle
from sample.municipality import Municipality
from sample.unilogin_service.app import Service, serve
from sample.unilogin_service.keys import identity

FEW = 50
"""People whom the demo looks up in the CPR register."""
Opened = AbstractContextManager[Source]


@dataclass(frozen=True)
class Shown:
    """A source of the demo. ``open``: makes it, and runs the system that it reads, for a block.

    ``look``: what is worth looking at. ``query``: GraphQL that shows it.
    """

    name: str
    look: str
    query: str
    open: Callable[[Context, Path, Municipality], Opened]


@dataclass(frozen=True)
class DemoImport:
    """The result of one: a report, or why there is none. ``doubts``: rule → number of notices and bad records.

    ``seconds``: the time of the import, without starting the simulation.
    """

    shown: Shown
    report: ImportReport | None
    failure: str
    doubts: dict[str, int]
    seconds: float


def import_others(context: Context, demo: Demo, report: Report) -> Iterator[DemoImport]:
    """Import them one after the other. A source that can't be read is reported, and does not end the demo."""
    municipality = demo.municipality()
    caller = jobs.Caller(report)
    for each in (*SHOWN, *map(shown_of, found.sources())):
        folder = demo.own_facts / each.name
        folder.mkdir(parents=True, exist_ok=True)
        done, failure, taken = None, "", 0.0
        try:
            with each.open(context, folder, municipality) as source:
                started = time.perf_counter()
                done = jobs.import_from(context, caller, source)
                taken = time.perf_counter() - started
        except SourceError as error:
            failure = str(error)
        yield DemoImport(each, done, failure, _doubts(context.driver(), each.name), taken)


def _doubts(driver: neo4j.Driver, source: str) -> dict[str, int]:
    rows, _, _ = driver.execute_query(
        "MATCH (b:BadRecord {source: $source}) RETURN b.rule AS rule, count(*) AS count ORDER BY rule", source=source
    )
    return {row["rule"]: row["count"] for row in rows}


# -- KLE and the position list ----------------------------------------------------------------------------------------


@contextmanager
def _kle(context: Context, folder: Path, municipality: Municipality) -> Iterator[Source]:
    """The newest release in the stand-in for KLE Online."""
    _, release = classification.latest(KLE, municipality.today)
    with serve_kle(KleService(release)) as at:
        yield Kle(KleSettings.model_validate(demo_settings.kle(at.url)))


@contextmanager
def _positions(context: Context, folder: Path, municipality: Municipality) -> Iterator[Source]:
    """HR's list, in two files."""
    position_list.write(folder, municipality)
    settings = PositionsSettings.model_validate(demo_settings.positions(folder))
    yield Positions(settings, PositionsLookup(context.driver()))


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


# -- the directories --------------------------------------------------------------------------------------------------

ACCOUNTS, INSTITUTIONS = 1_600, 6
"""How much of each directory the demo has: more members than one answer of Windows contains, and few seconds."""


@contextmanager
def _active_directory(context: Context, folder: Path, municipality: Municipality) -> Iterator[Source]:
    """The administration's directory, in a controller of its own for the time of the import."""
    with municipal_domain(folder, municipality) as controller:
        settings = ActiveDirectorySettings.model_validate(demo_settings.active_directory(controller))
        yield ActiveDirectory(settings, DirectoryLookup(context.driver(), ActiveDirectory.name))


@contextmanager
def _school_ad(context: Context, folder: Path, municipality: Municipality) -> Iterator[Source]:
    """The schools' directory, which has no trust with the other one."""
    with _domain(folder, "SKOLE", school.directory_of(municipality, INSTITUTIONS)) as controller:
        settings = SchoolAdSettings.model_validate(demo_settings.school_ad(controller))
        yield SchoolAd(settings, DirectoryLookup(context.driver(), SchoolAd.name))


def municipal_domain(folder: Path, municipality: Municipality) -> AbstractContextManager[Controller]:
    """The municipality's domain, with the administration's directory in it. Raises SourceError if it can't run."""
    return _domain(folder, "KOMMUNE", administration.directory_of(municipality, ACCOUNTS))


@contextmanager
def _domain(folder: Path, name: str, content: Directory) -> Iterator[Controller]:
    """A domain with ``content``, the same one each time, so that its accounts keep their identity. Raises SourceError
    if no controller can run."""

    def fill(controller: Controller) -> None:
        load(controller.connection(), controller.base, content)

    with ExitStack() as stack:
        try:
            controller = stack.enter_context(running(folder / "dc", name, fill))
        except (NoController, NotWritten) as error:
            raise SourceError(str(error)) from error
        yield controller


# -- CPR --------------------------------------------------------------------------------------------------------------


class _Few(GraphPersons):
    """Only these numbers are looked up: each takes a call, and the demo should be quick."""

    numbers: Collection[str] = ()

    def tied(self, day: date) -> Iterator[Tied]:
        return (each for each in super().tied(day) if each.number in self.numbers)


@contextmanager
def _cpr(context: Context, folder: Path, municipality: Municipality) -> Iterator[Source]:
    """Some of the municipality's people in the stand-in for Serviceplatformen, with temporary certificates."""
    authority = Authority(folder)
    client = authority.issue("client")
    register = register_of(municipality, FEW)
    with serve_cpr(CprService(register, {client.fingerprint: REGISTERED}), authority.issue("server"), authority) as at:
        settings = CprSettings.model_validate(demo_settings.cpr(at.lookup_url, client, authority.certificate))
        driver = context.driver()
        few = _Few(driver, context.keyring)
        few.numbers = register.persons.keys()
        yield CprSource(settings, few, CprLog(driver))
    for file in folder.iterdir():
        file.unlink()


# -- FK-adm -----------------------------------------------------------------------------------------------------------


@contextmanager
def _fk_adm(context: Context, folder: Path, municipality: Municipality) -> Iterator[Source]:
    """KOMBIT's administration of rights, with temporary certificates."""
    authority = Authority(folder)
    client = authority.issue("client")
    service = FkAdmService({client.fingerprint: REGISTERED.cvr})
    fill(service, REGISTERED.cvr)
    with serve_fk_adm(service, authority.issue("server"), authority) as at:
        settings = FkAdmSettings.model_validate(demo_settings.fk_adm(at.url, client, authority.certificate))
        yield FkAdm(settings, FkAdmLookup(context.driver(), FkAdm.name, settings.environment))
    for file in folder.iterdir():
        file.unlink()


SHOWN: tuple[Shown, ...] = (
    Shown(
        "kle",
        "numbers that the newest release has ended and that are in use, with what may take their place",
        "{ endedKle { number title proposal proposed { number } performedBy { name } responsibleUnits { name } "
        "assignments { uuid } roleRules } kleChanges(first: 5) { what number old new } }",
        _kle,
    ),
    Shown(
        "positions",
        "a position of payroll that HR's list lacks, one that has ended and is in use, manager titles without staff",
        "{ unmatchedPositions { source code title employments } "
        'badRecords(source: "positions") { nodes { rule key text } } }',
        _positions,
    ),
    Shown(
        "cpr",
        "where the CPR register differs from payroll: a surname, a protected person, a dead person whom payroll still "
        "pays, a changed number; and who was looked up, when and why",
        '{ badRecords(source: "cpr") { nodes { rule key text } } '
        'disagreements(kind: Person, source: "cpr") { provenance { property claims { source value effective } } } '
        "cprLookups(first: 5) { nodes { at person by purpose code } } }",
        _cpr,
    ),
    Shown(
        "fk_adm",
        "KOMBIT's rights with the types that limit them, a role that a neighbour delegates, and a role whose dynamic "
        "value waits for a user to choose how it is derived",
        "{ systemRoles { nodes { title requiredTypes { title } optionalTypes { title } } } "
        "jobFunctionRoles { nodes { title uri delegatedFromCvr atKombit } } "
        'badRecords(source: "fk_adm") { nodes { rule key text } } }',
        _fk_adm,
    ),
    Shown(
        "unilogin",
        "where the schools differ from payroll: a head who is not the manager, a person with a replacement number who "
        "has to be matched by hand, an agreement without a unit, another surname",
        '{ badRecords(source: "unilogin") { nodes { rule key field text } } '
        'disagreements(kind: Person, source: "unilogin") { provenance { property claims { source value '
        "effective } } } }",
        _unilogin,
    ),
    Shown(
        "active_directory",
        "where the administration's directory differs from payroll: a maiden name, another phone, a person who has "
        "left and whose account still works, accounts without an owner, two accounts of one person",
        '{ badRecords(source: "active_directory") { nodes { rule key field text } } '
        'disagreements(kind: Person, source: "active_directory") { provenance { property claims { source value '
        "effective } } } }",
        _active_directory,
    ),
    Shown(
        "school_ad",
        "the schools' own directory, without its pupils: heads who have an account in both, staff who are matched only "
        "by their UNI-Login",
        '{ badRecords(source: "school_ad") { nodes { rule key field text } } '
        'disagreements(kind: Person, source: "school_ad") { provenance { property claims { source value '
        "effective } } } }",
        _school_ad,
    ),
)


def shown_of(name: str) -> Shown:
    """A source with the demo from its own folder."""
    own = found.sources()[name]

    @contextmanager
    def opened(context: Context, folder: Path, municipality: Municipality) -> Iterator[Source]:
        made = folders.source(name)
        surroundings = Surroundings(None, context.driver, lambda: context.keyring)
        yield made.build(made.Settings.model_validate(own.settings), surroundings)

    return Shown(name, own.look, own.query, opened)
