"""The demo's accounts: two offices' accounts follow from rules, and five people show what happens to theirs.

What is shown is read from the place where the accounts are, not from what REConnect knows.
"""

import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

import neo4j
import orjson
import tomli_w

from exporters.report import ExportReport
from graph.change_log import Origin
from graph.identity.lookup import find
from graph.statements.precedence import MANUAL
from graph.time import Period, today
from graph.writing.graph_writer import GraphWriter
from graph.writing.stopping import stopped
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from reconnect.context import Context
from reconnect.demo.account_places import NoPlace, Place, Seen, place
from reconnect.demo.run import Demo, unit_key
from reconnect.embedded.home import write_whole
from reconnect.progress import Report
from reconnect.settings.file import FILE_NAME
from reconnect.work import jobs
from reconnect.work.due_accounts import limits
from rules.accounts.run import apply
from sample import accounts
from sample.accounts import Cast, Shown
from sample.municipality import Municipality

SOURCE = "account_people"
_OTHER_TITLE = "Direktør"


@dataclass(frozen=True, slots=True)
class Line:
    """``what``: what happened; ``text``: what it came to. ``person``: uuid of the person, to ask why."""

    what: str
    text: str
    person: str = ""


def scene(context: Context, demo: Demo, report: Report) -> Iterator[Line]:
    """Plan, supply, and let five things happen. Repeated, it finds everything done, and changes the drift only.

    Raises what an import and an export do.
    """
    municipality, folder = demo.municipality(), demo.own_facts / "accounts"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with place(folder, demo.own_facts / "active_directory", municipality, _units(context, municipality)) as where:
            settings = tomllib.loads(demo.settings_file.read_text(encoding="utf-8"))
            kind, name = where.name
            settings.setdefault("targets", {})[kind] = {name: where.settings}
            write_whole(folder / FILE_NAME, tomli_w.dumps(settings))
            own = Context(folder / FILE_NAME)
            try:
                yield from _Scene(own, demo, where, municipality, report).run()
            finally:
                own.close()
    except NoPlace as none:
        yield Line("Accounts", f"not shown: {none}")


def _units(context: Context, municipality: Municipality) -> list[str]:
    with context.driver().session(default_access_mode=neo4j.READ_ACCESS) as session:
        return [find(session, "Unit", unit_key(each).partition(":")[2]).uuid for each in accounts.offices(municipality)]


@dataclass
class _Scene:
    context: Context
    demo: Demo
    where: Place
    municipality: Municipality
    report: Report

    def run(self) -> Iterator[Line]:
        cast, begun = accounts.cast(self.municipality.today), time.perf_counter()
        is_new = not self._is_known()
        if is_new:
            self._state(later=False)
        first = self._supply(full=not self.where.keeps)
        offices = " and ".join(each.names[-1][1] for each in accounts.offices(self.municipality))
        done = f"{first.in_words}, in {time.perf_counter() - begun:.0f} s"
        yield Line("Accounts", f"of {offices} follow from account rules, in {self.where.words}: {done}")
        before = self._seen(cast.mover)
        self._state(later=True)
        self._supply()
        day = f"begin{'s' if cast.hired.day > today() else 'gan'} on {cast.hired.day}"
        yield self._line(
            "Hire", cast.hired, f"{day}, and is ready {accounts.LEAD_DAYS} days before (groups follow on the day)"
        )
        yield self._line("Leaver", cast.leaver, f"left on {self.municipality.today}")
        groups = before.groups if before is not None else ()
        now = self._seen(cast.mover)
        has_moved = now is not None and groups != now.groups
        yield self._line("Move", cast.mover, f"was in {', '.join(groups)}" if has_moved else "has moved")
        yield self._stop(cast)
        yield self._drift(cast)

    def _stop(self, cast: Cast) -> Line:
        begun = time.perf_counter()
        uuid = self._uuid(cast.stopped)
        edit = stopped(Period(self.municipality.today), "Bortvist (demo)")
        writer = GraphWriter(self.context.driver(), self.context.keyring, self.context.order)
        writer.amend("Person", uuid, edit, Origin(MANUAL, user="demo", reason="Bortvist (demo)"))
        self._supply(plan=False)
        taken = time.perf_counter() - begun
        return self._line("STOP", cast.stopped, f"closed {taken:.1f} s after the order")

    def _drift(self, cast: Cast) -> Line:
        before = self._seen(cast.changed)
        self.where.rename(cast.changed.email, _OTHER_TITLE)
        between = self._seen(cast.changed)
        found = self._supply(plan=False, full=True)
        after = self._seen(cast.changed)
        titles = " → ".join(each.title if each else "–" for each in (before, between, after))
        count = sum(each.drift for each in found.objects)
        return self._line(
            "Drift", cast.changed, f"the title was changed there by hand; {count} found, put right: {titles}"
        )

    def _line(self, what: str, shown: Shown, text: str) -> Line:
        return Line(what, f"{shown.name}: {text}: {_words(self._seen(shown))}", self._uuid(shown))

    def _seen(self, shown: Shown) -> Seen | None:
        return self.where.seen(shown.email)

    def _is_known(self) -> bool:
        rows, _, _ = self.context.driver().execute_query(
            "RETURN EXISTS { (:SourceRecord {source: $source}) } AS known", source=SOURCE
        )
        return bool(rows[0]["known"])

    def _uuid(self, shown: Shown) -> str:
        with self.context.driver().session(default_access_mode=neo4j.READ_ACCESS) as session:
            return find(session, "Person", shown.key).uuid

    def _state(self, *, later: bool) -> None:
        """Import the shown people, as before or as after today's changes."""
        file = self.demo.own_facts / "accounts" / "people.json"
        told = accounts.people(self.municipality, unit_key, later=later)
        write_whole(file, orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
        source = Facts(FactsSettings(path=file, name=SOURCE))
        jobs.import_from(self.context, jobs.Caller(self.report), source)

    def _supply(self, *, plan: bool = True, full: bool = False) -> ExportReport:
        """Plan accounts, as the worker does after each change, and supply the place."""
        driver = self.context.driver()
        if plan:
            writer = GraphWriter(driver, self.context.keyring, self.context.order)
            apply(driver, writer, user="demo", limits=limits(self.context))
        return jobs.export_target(self.context, jobs.Caller(self.report), "-".join(self.where.name), full=full)


def _words(seen: Seen | None) -> str:
    if seen is None:
        return "no account"
    if not seen.enabled:
        return f"{seen.login} is disabled"
    return f"{seen.login} is enabled, in {', '.join(seen.groups) or 'no group'}"
