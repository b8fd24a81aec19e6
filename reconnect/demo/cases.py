"""The delivered processes in use, with cases of which the people who log in have tasks.

A hire at a unit without a manager of its own is played until the newcomer's first day: the nearest manager goes on. Of
another one, economy has approved. A teaching assistant has asked for other hours. What a case would send is only noted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import neo4j
import orjson

import processes
from api.mutations.services import wanted
from graph.errors import Conflict
from graph.identity.lookup import find
from graph.time import copenhagen_now
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from processes.cases import case_time, definitions, kept, letters, tasks
from processes.cases.service_work import carry_out
from processes.package import SUFFIXES, read_package
from processes.services import LETTER, OWN, Service
from reconnect.context import Context
from reconnect.demo.run import Demo, unit_key
from reconnect.embedded.home import write_whole
from reconnect.progress import Report
from reconnect.work import jobs
from sample import process_people
from sample.logins import CAST, SCHOOL
from sample.process_people import CENTRE, FUNCTIONS, NEWCOMER

SOURCE: Final = "process_people"
_AUTHOR: Final = "reconnect demo"
"""Who deploys, and why cases start: neither a user, nor the demo's token."""
_PLAYED: Final = frozenset({"hire", "change"})
"""The processes of the cases that are started."""
_KEYS: Final = {each.given_name: each.key for each in CAST}
HANNE, OLGA, MALENE, THEO = (_KEYS[name] for name in ("Hanne", "Olga", "Malene", "Theo"))


@dataclass(frozen=True, slots=True)
class InUse:
    """``processes``: how many are in use; ``open``: names of the open tasks of the cases that the demo has started."""

    processes: int
    open: tuple[str, ...]


def bring_into_use(context: Context, demo: Demo, report: Report) -> InUse:
    """Deploy all delivered processes, and start the cases, unless an earlier demo has.

    A process that somebody has changed since stays as it is; no case is started then that needs it as delivered.
    """
    driver = context.driver()
    now = copenhagen_now()
    _state_people(context, demo, now, report)
    folders = sorted(each for each in (Path(processes.__file__).parent / "definitions").iterdir() if each.is_dir())
    changed = deploy(driver, folders, now, report)
    started = driver.execute_query(_STARTED, author=_AUTHOR).records[0]["cases"]
    if not started and not changed & _PLAYED:
        started = _start(driver, now)
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        waiting = [each.name for case in started for each in kept.tasks_of(session, case) if each.state == "open"]
    return InUse(len(folders), tuple(waiting))


def deploy(driver: neo4j.Driver, folders: Sequence[Path], now: datetime, report: Report) -> set[str]:
    """Deploy the definitions in these folders, where the last version is the demo's own, or there is none. Returns the
    processes that somebody else has changed."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        oldest_first = reversed(definitions.versions(session))
        own = {each.process: each.number for each in oldest_first if each.by == _AUTHOR}
    services, changed = {**wanted(), **OWN}, set[str]()
    for done, folder in enumerate(folders):
        report("Bringing processes into use", done, len(folders))
        read = read_package({each.name: each.read_bytes() for each in folder.iterdir() if each.suffix in SUFFIXES})
        try:
            definitions.deploy(
                driver, read.process, read.documents, read.schemas, _AUTHOR, now, services, own.get(read.process, 0),
                texts=read.texts,
            )  # fmt: skip
        except Conflict:
            changed.add(read.process)
    report("Bringing processes into use", len(folders), len(folders))
    return changed


_STARTED = """
MATCH (e:CaseEntry {action: 'started', reason: $author})-[:OF_CASE]->(c:Case)
RETURN collect(c.id) AS cases
"""


def _state_people(context: Context, demo: Demo, now: datetime, report: Report) -> None:
    """Functions, a unit and a newcomer (``sample.process_people``)."""
    file = demo.own_facts / "process_people.json"
    if not file.exists():
        with context.driver().session(default_access_mode=neo4j.READ_ACCESS) as session:
            jobs_of = {key: find(session, "Employment", f"{key}_job").uuid for _, key in FUNCTIONS.values()}
            school = find(session, "Unit", SCHOOL).uuid
        root, first_day = unit_key(demo.municipality().root), now.date() - timedelta(days=1)
        told = process_people.facts(root, school, jobs_of, now.date(), first_day)
        write_whole(file, orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
    jobs.import_from(context, jobs.Caller(report), Facts(FactsSettings(path=file, name=SOURCE)))


def _start(driver: neo4j.Driver, now: datetime) -> list[str]:
    """Ids of the cases."""
    begun = now - timedelta(days=21)
    day = (now - timedelta(days=18)).date().isoformat()
    hire = {
        "unit": CENTRE, "position": "Pædagog", "hours": 32, "pay": "monthly", "budget": "4711", "children": True,
        "vulnerable": False, "equipment": "Telefon", "keys": "Hoveddør",
    }  # fmt: skip
    soon = (now + timedelta(days=30)).date()
    first = _begin(driver, "hire", {**hire, "name": "Liv Lind", "first_day": _day(now, -1)}, MALENE, begun)
    for days, element, by, values in (
        (1, "economy", OLGA, {"decision": "yes"}),
        (2, "hr", HANNE, {"decision": "go_on", "grade": "6"}),
        (3, "certificate_seen", HANNE, {"approved": True, "seen_on": day}),
        (3, "letter", HANNE, {"sent_on": day}),
        (3, "it", OLGA, {"done_on": day}),
        (3, "keys_ready", OLGA, {"receipt": "Nøgle 12"}),
        (3, "payroll", OLGA, {"person": NEWCOMER}),
    ):
        at = begun + timedelta(days=days)
        _complete(driver, first, element, values, by, at)
        _carry_out_services(driver, first, at)
    case_time.pass_time(driver, now)
    _carry_out_services(driver, first, now)
    second = _begin(driver, "hire", {**hire, "name": "Noa Nord", "first_day": soon.isoformat()}, MALENE, now)
    _complete(driver, second, "economy", {"decision": "yes"}, OLGA, now)
    other = {"unit": SCHOOL, "person": THEO, "what": "hours", "day": soon.isoformat(), "text": "30 timer om ugen"}
    return [first, second, _begin(driver, "change", other, THEO, now)]


def _begin(driver: neo4j.Driver, process: str, values: Mapping[str, Any], by: str, at: datetime) -> str:
    return tasks.start(driver, process, values, by, at, _AUTHOR)


def _complete(driver: neo4j.Driver, case: str, element: str, values: Mapping[str, Any], by: str, at: datetime) -> None:
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        (task,) = [each for each in kept.tasks_of(session, case) if (each.element, each.state) == (element, "open")]
    tasks.complete(driver, task.id, by, values, at, _AUTHOR)


def _carry_out_services(driver: neo4j.Driver, case: str, now: datetime) -> None:
    """Letters are written; mails and webhooks are only noted as sent."""
    services = {name: Service(arguments, lambda *_: None) for name, arguments in OWN.items()}
    services[LETTER] = Service(OWN[LETTER], letters.write, in_graph=True)
    query = "MATCH (s:ServiceTask {state: 'open'})-[:OF_CASE]->(:Case {id: $case}) RETURN s.id AS id"
    for row in driver.execute_query(query, case=case).records:
        carry_out(driver, services, row["id"], now)


def _day(now: datetime, days: int) -> str:
    return (now + timedelta(days=days)).date().isoformat()
