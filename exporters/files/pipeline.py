"""Export: image → shape → compare (``comparison``) → brake → deliver (``delivery``); architecture.md §4 "Export".

The day is fixed at the start, so that all files of a run show the same day. A run that finds nothing new writes
nothing and sends nothing. A dry run takes the same path, and ends with a ``preview`` in place of the delivery.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import neo4j

from exporters.brake import FileDifference, digest, summary, taking, too_much
from exporters.files.comparison import ComparedFile, Comparison
from exporters.files.delivery import Delivery, Progress, Sleep
from exporters.files.difference_text import why_hidden
from exporters.files.preview import Preview
from exporters.files.target import Target
from exporters.image import read_image
from exporters.ledger import Ledger
from exporters.report import ExportReport, FileReport
from exporters.target import ImageReader, Notice, Shaped
from graph import retry
from graph.change_log import now
from graph.cpr.keyring import Keyring
from graph.planning import replan
from graph.runs.brakes import Brake, StoppedByBrake
from graph.runs.limits import taken_lately
from graph.runs.run_log import end_run, imports_at_work, start_run
from graph.time import today

_UNTIL_IMPORTED = timedelta(minutes=10)
"""How long a run that would remove rows waits for an import that is at work."""


def _silent(stage: str, done: int, total: int | None) -> None:
    """No progress is shown."""


@dataclass
class Export:
    """One run of one target. Use ``run_export``."""

    driver: neo4j.Driver
    target: Target
    read: ImageReader
    keyring: Keyring
    at: date
    dry_run: bool
    approved: str | None
    user: str | None
    progress: Progress
    sleep: Sleep
    hold: Callable[[], str] = str
    report: ExportReport = field(init=False)
    ledger: Ledger = field(init=False)
    _brake: Brake = field(init=False)

    def __post_init__(self) -> None:
        name = f"export:{self.target.name}"
        self._brake = Brake(self.driver, name, self.approved, self.user, "approved with the export")
        self.ledger = Ledger(self.driver, self.target.name)
        self.report = ExportReport(self.target.name, self.at, self.dry_run)

    def run(self) -> ExportReport:
        self._brake.require_waiting()
        begun = now()
        self.progress("image", 0, None)
        image = read_image(self.target, self.read, self.at)
        self.progress("shape", sum(len(each) for each in image.values()), None)
        shaped = self.target.shape(image, self.at)
        comparison = Comparison(self.target, self.ledger, self.keyring)
        files = comparison.files(shaped)
        self.report.parked, self.report.counts = shaped.parked, shaped.counts
        self.report.notices = [*shaped.notices, *_altered(files)]
        self.report.files = [
            FileReport(
                each.shaped.object,
                each.name,
                len(each.shaped.rows),
                each.written.content,
                each.difference,
                "held back" if each.is_new else "unchanged",
                note=f"delivered to {each.moved} before" if each.moved else "",
            )
            for each in files
        ]
        state, error = "failed", ""
        delivery = Delivery(self.target, self.ledger, self.report, self.at, self._run, self.progress, self.sleep)
        try:
            waits = self._is_held(files) or self._waits_for_imports(files, imports_at_work(self.driver, begun))
            allowed = None if waits else self._stop_or_go(files)
            if self.dry_run:
                Preview(self.driver, self.target, self.ledger, comparison, self.report).show(files)
            elif not waits:
                self._park(shaped)
                delivery.deliver(files)
                if self.report.is_complete:
                    for each in {*([] if allowed is None else [allowed]), *self._brake.begun_parts()}:
                        self._brake.spend(each)
            state = "failed" if self.report.error else "done"
            error = self.report.error
        except StoppedByBrake as stop:
            state, self.report.brake = "stopped", stop.brake
        except BaseException as failure:
            error = f"{type(failure).__name__}: {failure}"
            raise
        finally:
            if not self.dry_run:
                self.report.approval = self._brake.unused_approval(stopped=self.report.brake is not None)
            if self.report.run is not None:
                end_run(self.driver, self.report.run, state, self.report.as_counts(), error, self._taken())
                replan(self.driver, delivery.rows_noted, of=sum(len(each.shaped.rows) for each in files))
        return self.report

    def _is_held(self, files: Sequence[ComparedFile]) -> bool:
        """Whether nothing is delivered until a person has confirmed what the files rest on."""
        if not any(each.is_new for each in files) or not (held := self.hold()):
            return False
        self.report.held = held
        return not self.dry_run

    def _waits_for_imports(self, files: Sequence[ComparedFile], at_work: Sequence[str]) -> bool:
        """Whether nothing is delivered now: an import may be between two of its transactions, and whose rows are gone
        may have them again when it has ended. A preview shows them, and says so."""
        gone = sum(len(each.difference.gone) for each in files if each.is_new)
        if not gone or not at_work:
            return False
        text = f"{gone} rows would be removed while an import is at work ({', '.join(at_work)})"
        if self.dry_run:
            self.report.notices.append(Notice("", "", "", "import_at_work", text))
            return False
        self.report.error = f"{text}. Nothing was delivered."
        self.report.retry = retry.at(now() + _UNTIL_IMPORTED)
        return True

    def _stop_or_go(self, files: Sequence[ComparedFile]) -> str | None:
        """The digest that was approved, if one was needed. Raises StoppedByBrake."""
        differences = [each.difference for each in files if each.is_new]
        reasons = too_much(differences, self.target.brake, self._gone_lately(differences))
        if not reasons:
            return None
        self.report.reasons = tuple(reasons)
        if self.dry_run:
            return None
        hashes = {each.shaped.object: each.row_hashes for each in files}
        named, lines = digest(differences, hashes), taking(differences, hashes)
        return self._brake.begin_or_resume(named, reasons, lambda: summary(reasons, differences), self._run(), lines)

    def _gone_lately(self, differences: Sequence[FileDifference]) -> dict[str, int]:
        rules = {each.object: self.target.brake.of(each.object) for each in differences if each.gone}
        name = self.target.name
        return {
            object_: taken_lately(self.driver, "export", name, self._brake.source, rule)[object_]
            for object_, rule in rules.items()
        }

    def _taken(self) -> dict[str, int]:
        sent = [each for each in self.report.files if each.outcome in ("sent", "confirmed")]
        return {each.object: len(each.difference.gone) for each in sent}

    def _run(self) -> str:
        """The run's id. A run that finds nothing new is not noted, so it is made with the first write."""
        if self.report.run is None:
            self.report.run = start_run(self.driver, "export", self.target.name, dry=self.dry_run)
            self.ledger.claim(self.report.run)
        return self.report.run

    def _park(self, shaped: Shaped) -> None:
        known = self.ledger.parked()
        now_parked = {(each.object, each.key): each for each in shaped.parked}
        fresh = [each for place, each in now_parked.items() if known.get(place) != each]
        released = [each for place, each in known.items() if place not in now_parked]
        if fresh or released:
            self._run()
            self.ledger.park(fresh, released)


def _altered(files: Sequence[ComparedFile]) -> list[Notice]:
    return [
        Notice(each.shaped.object, one.row, one.column, one.rule, f"a value ({hidden})" if hidden else one.text)
        for each in files
        for one in each.written.altered
        for hidden in (why_hidden(each.shaped, one.row, one.column),)
    ]


def run_export(
    driver: neo4j.Driver,
    target: Target,
    read: ImageReader,
    keyring: Keyring,
    *,
    at: date | None = None,
    dry_run: bool = False,
    approve: str | None = None,
    user: str | None = None,
    progress: Progress = _silent,
    sleep: Sleep = time.sleep,
    hold: Callable[[], str] = str,
) -> ExportReport:
    """Supply the target with everything that has changed since the last export, as of ``at`` (default today).

    ``approve``: id of a stopped run, whose changes and no others are approved. ``progress(stage, done, total)`` may
    raise to stop the run between two steps. ``hold``: asked once everything is read; why nothing is delivered now, such
    as after a restore; empty: it is. If the target fails, ``report.error`` says why; a stop by the brake is in
    ``report.brake``. Raises StaleApproval if ``approve`` is not the id of a stopped run that waits for approval,
    ImageError, Overtaken, and what ``read`` raises.
    """
    return Export(driver, target, read, keyring, at or today(), dry_run, approve, user, progress, sleep, hold).run()
