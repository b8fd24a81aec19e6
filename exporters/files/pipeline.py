"""Export: image → shape → difference against the ledger → brake → delivery (architecture.md §4 "Export").

The day is fixed at the start, so that all files of a run show one and the same. A run that finds nothing new writes
nothing and sends nothing. A dry run is the same path and ends before the delivery. A killed run is continued by the
next: what was on its way is looked at, and sent again unless the target has it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from hashlib import sha256
from typing import TypeVar

import neo4j
import orjson

from exporters.brake import FileDifference, digest, summary, too_much
from exporters.errors import DeliveryError, Overtaken
from exporters.files.channel import Channel, channel
from exporters.files.difference_text import changes, delivered_rows, why_hidden
from exporters.files.file_names import safe
from exporters.files.table import Written, write
from exporters.image import read_image
from exporters.ledger import FileEntry, Ledger
from exporters.report import ExportReport, FileReport
from exporters.target import ImageReader, Notice, Row, Shaped, ShapedFile, Target
from graph.cpr.keyring import Keyring
from graph.planning import replan
from graph.runs.brakes import Brake, StoppedByBrake
from graph.runs.run_log import end_run, start_run
from graph.time import today
from graph.writing.protection import unprotected

T = TypeVar("T")
Progress = Callable[[str, int, int | None], None]
Sleep = Callable[[float], None]


def _silent(stage: str, done: int, total: int | None) -> None:
    """No progress is shown."""


@dataclass
class _Made:
    """A file as it should be at the target, beside what the ledger knows of it."""

    shaped: ShapedFile
    name: str
    written: Written
    hash: str
    row_hashes: Mapping[str, str]
    entry: FileEntry | None
    difference: FileDifference
    moved: str
    """The place where it was delivered before, where that is another one."""

    @property
    def is_new(self) -> bool:
        """Whether the target has another file than this, or it is not certain which."""
        if self.entry is None or self.entry.state != "delivered" or self.moved:
            return True
        return self.difference.content_changed or self.difference.definition_changed


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
    report: ExportReport = field(init=False)
    ledger: Ledger = field(init=False)
    _brake: Brake = field(init=False)
    _noted: dict[str, FileEntry] = field(init=False, default_factory=dict)
    _rows_noted: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        name = f"export:{self.target.name}"
        self._brake = Brake(self.driver, name, self.approved, self.user, "approved with the export")
        self.ledger = Ledger(self.driver, self.target.name)
        self.report = ExportReport(self.target.name, self.at, self.dry_run)

    def run(self) -> ExportReport:
        self._brake.require_waiting()
        self.progress("image", 0, None)
        image = read_image(self.target, self.read, self.at)
        self.progress("shape", sum(len(each) for each in image.values()), None)
        shaped = self.target.shape(image, self.at)
        made = self._made(shaped)
        self.report.parked, self.report.counts = shaped.parked, shaped.counts
        self.report.notices = [*shaped.notices, *_altered(made)]
        self.report.files = [
            FileReport(
                each.shaped.object,
                each.name,
                len(each.shaped.rows),
                each.written.content,
                each.difference,
                "held back" if each.is_new else "unchanged",
                told=f"delivered to {each.moved} before" if each.moved else "",
            )
            for each in made
        ]
        state, error = "failed", ""
        try:
            allowed = self._stop_or_go(made)
            if self.dry_run:
                self._preview(made)
            else:
                self._park(shaped)
                self._deliver(made)
                if allowed is not None and self.report.is_complete:
                    self._brake.spend(allowed)
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
                end_run(self.driver, self.report.run, state, self.report.as_counts(), error)
                replan(self.driver, self._rows_noted, of=sum(len(each.shaped.rows) for each in made))
        return self.report

    # -- what it should be, and what it is ----------------------------------------------------------------------

    def _made(self, shaped: Shaped) -> list[_Made]:
        known = self.ledger.files()
        self._noted = {each.object: each for each in known.values() if each.state == "delivered"}
        by_object = {each.object: each for each in shaped.files}
        return [self._one(by_object[object_], known.get(object_)) for object_ in self.target.order]

    def _one(self, file: ShapedFile, entry: FileEntry | None) -> _Made:
        written = write(
            self.target.files.form,
            file.columns,
            ((key, [row[column] for column in file.columns]) for key, row in file.rows.items()),
        )
        hash_ = self.keyring.fingerprint(written.content)
        name = safe(file.name)
        same = entry is not None and entry.state == "delivered" and entry.hash == hash_
        # A file that is the same has the same rows: they need not be looked at.
        row_hashes = {} if same else {key: self._row_hash(row) for key, row in file.rows.items()}
        before = row_hashes if same else self.ledger.hashes(file.object)
        difference = FileDifference(
            object=file.object,
            name=name,
            rows=len(file.rows),
            total=len(file.rows) if same else len(before),
            added=tuple(key for key in row_hashes if key not in before),
            changed=tuple(key for key, each in row_hashes.items() if before.get(key, each) != each),
            gone=tuple(sorted(key for key in before if key not in row_hashes)),
            content_changed=not same or (entry is not None and entry.name != name),
            definition_changed=entry is not None
            and entry.definition != ""
            and entry.definition != self._definition(file),
        )
        return _Made(file, name, written, hash_, row_hashes, entry, difference, self._moved(entry))

    def _moved(self, entry: FileEntry | None) -> str:
        if entry is None or entry.state != "delivered" or entry.place == self.target.delivery.place:
            return ""
        return entry.place or "a place that was not noted"

    def _row_hash(self, row: Row) -> str:
        # Sorted by title: another order of the columns is another file and the same rows.
        return self.keyring.fingerprint(orjson.dumps(row, option=orjson.OPT_SORT_KEYS))

    def _definition(self, file: ShapedFile) -> str:
        """Names the way the file is made; another definition may alter every row without anything having happened."""
        form = self.target.files.form.model_dump()
        parts = {"columns": sorted(file.columns), "form": form, "rules": self.target.rules}
        return sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]

    # -- brake --------------------------------------------------------------------------------------------------

    def _stop_or_go(self, made: list[_Made]) -> str | None:
        """The digest that was approved, if one was needed. Raises StoppedByBrake."""
        differences = [each.difference for each in made if each.is_new]
        reasons = too_much(differences, self.target.brake)
        if not reasons:
            return None
        self.report.reasons = tuple(reasons)
        named = digest(differences, {each.shaped.object: each.row_hashes for each in made})
        if self.dry_run:
            return None
        return self._brake.stop_or_go(named, reasons, lambda: summary(reasons, differences), self._run())

    def _run(self) -> str:
        """The run's id. A run that finds nothing new is not noted, so it is made with the first write."""
        if self.report.run is None:
            self.report.run = start_run(self.driver, "export", self.target.name, dry=self.dry_run)
            self.ledger.claim(self.report.run)
        return self.report.run

    def _preview(self, made: list[_Made]) -> None:
        for each, told in zip(made, self.report.files, strict=True):
            if each.is_new or self.target.files.always:
                told.outcome = "would be sent"
        differing = [
            (each, told)
            for each, told in zip(made, self.report.files, strict=True)
            if each.difference.added or each.difference.changed or each.difference.gone
        ]
        before = self._delivered([each for each, _ in differing])
        for each, told in differing:
            form, known = self.target.files.form, before.get(each.shaped.object, {})
            told.changes = list(changes(form, self._closed(each), each.difference, known))

    def _closed(self, made: _Made) -> ShapedFile:
        """The file, with those of its people protected who are gone from the image: the shape does not know them."""
        if not (made.shaped.identifying and made.difference.gone):
            return made.shaped
        gone = frozenset(made.difference.gone)
        return replace(made.shaped, protected=made.shaped.protected | (gone - unprotected(self.driver, gone)))

    def _delivered(self, made: list[_Made]) -> dict[str, dict[str, Row]]:
        """The rows of these files as they were delivered, by object and key; without those that can't be read."""
        known = [
            (each, each.entry)
            for each in made
            if each.entry is not None and not each.moved and (each.difference.changed or each.difference.gone)
        ]
        found: dict[str, dict[str, Row]] = {}
        if not known:
            return found
        try:
            with channel(self.target.delivery, "dry-run") as way:
                for each, entry in known:
                    content = way.read(entry.name)
                    if content is not None:
                        found[each.shaped.object] = delivered_rows(
                            self.target.files.form,
                            each.shaped,
                            content,
                            self.ledger.hashes(each.shaped.object),
                            self._row_hash,
                            untouched=self.keyring.fingerprint(content) == entry.hash,
                        )
        except DeliveryError as failure:
            self.report.unread = str(failure)
        return found

    # -- delivery -----------------------------------------------------------------------------------------------

    def _park(self, shaped: Shaped) -> None:
        known = self.ledger.parked()
        now_parked = {(each.object, each.key): each for each in shaped.parked}
        fresh = [each for place, each in now_parked.items() if known.get(place) != each]
        released = [each for place, each in known.items() if place not in now_parked]
        if fresh or released:
            self._run()
            self.ledger.park(fresh, released)

    def _deliver(self, made: list[_Made]) -> None:
        due = [
            (each, told)
            for each, told in zip(made, self.report.files, strict=True)
            if each.is_new or self.target.files.always
        ]
        announced = self._announced()
        if not due and all(self._has(object_, name) for object_, name, _ in announced):
            return
        run = self._run()
        for _, told in due:
            told.outcome = "held back"
        try:
            with channel(self.target.delivery, run) as way:
                self._patiently(way.sweep)
                for object_, name, _ in announced:
                    self.ledger.file_pending(object_, name, "")
                for done, (each, told) in enumerate(due):
                    self.progress("delivery", done, len(due))
                    self._deliver_one(way, each, told)
                # Last, and only when everything has arrived.
                for object_, name, content in announced:
                    self._patiently(partial(way.send, name, content(made)))
                    self.ledger.file_delivered(object_, name, "", self.target.delivery.place)
        except DeliveryError as failure:
            self.report.error = str(failure)
            self.report.retry = failure.retry
            # What did arrive and what did not may not fit together: the next run sends everything again.
            self.ledger.files_failed([(each.shaped.object, each.name) for each in made], str(failure))
        self.progress("delivery", len(due), len(due))

    def _deliver_one(self, way: Channel, made: _Made, told: FileReport) -> None:
        entry = made.entry
        if entry is not None and entry.state == "pending" and entry.pending == made.hash:
            # A run ended between sending and noting. Size alone proves nothing: look at the content.
            found = self._patiently(lambda: way.read(made.name))
            if found == made.written.content:
                self._note(made)
                told.outcome = "confirmed"
                return
        self.ledger.file_pending(made.shaped.object, made.name, made.hash)
        told.outcome = "failed"

        def send() -> str:
            told.attempts += 1
            return way.send(made.name, made.written.content)

        told.told = "; ".join(each for each in (told.told, self._patiently(send)) if each)
        try:
            self._note(made)
        except Overtaken:
            # The file may have replaced the later run's: the next run must look at it.
            self.ledger.doubt(made.shaped.object)
            raise
        told.outcome = "sent"

    def _note(self, made: _Made) -> None:
        object_ = made.shaped.object
        changed = {key: made.row_hashes[key] for key in (*made.difference.added, *made.difference.changed)}
        self.ledger.rows_delivered(object_, changed, made.difference.gone)
        self._rows_noted += len(changed)
        self.ledger.file_delivered(
            object_,
            made.name,
            made.hash,
            self.target.delivery.place,
            rows=len(made.shaped.rows),
            definition=self._definition(made.shaped),
        )

    def _has(self, object_: str, name: str) -> bool:
        """Whether the file was delivered under this name, and to where the files go now."""
        entry = self._noted.get(object_)
        return entry is not None and (entry.name, entry.place) == (name, self.target.delivery.place)

    def _announced(self) -> list[tuple[str, str, Callable[[list[_Made]], bytes]]]:
        """What tells the receiver that the set is complete: object, name, content."""
        rules = self.target.files
        files: list[tuple[str, str, Callable[[list[_Made]], bytes]]] = []
        if rules.manifest is not None:
            files.append(("manifest", safe(rules.manifest), self._manifest))
        if rules.ready is not None:
            files.append(("ready", safe(rules.ready), lambda made: b""))
        return files

    def _manifest(self, made: list[_Made]) -> bytes:
        files = [
            {
                "name": each.name,
                "rows": len(each.shaped.rows),
                "bytes": len(each.written.content),
                "sha256": sha256(each.written.content).hexdigest(),
            }
            for each in made
        ]
        told = {"run": self.report.run, "at": self.at.isoformat(), "files": files}
        return orjson.dumps(told, option=orjson.OPT_INDENT_2)

    def _patiently(self, act: Callable[[], T]) -> T:
        """Try as often as the delivery's pauses allow. Raises the last DeliveryError."""
        for pause in self.target.delivery.pauses:
            try:
                return act()
            except DeliveryError as failure:
                if not failure.passing:
                    raise
            self.sleep(pause)
        return act()


def _altered(made: list[_Made]) -> list[Notice]:
    return [
        Notice(each.shaped.object, one.row, one.column, one.rule, f"a value ({hidden})" if hidden else one.text)
        for each in made
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
) -> ExportReport:
    """Give the target what it should have on ``at`` (default today) and does not have yet.

    ``approve``: id of a stopped run; approves exactly its difference. ``progress(stage, done, total)`` may
    raise to stop the run between two steps. A target that does not take its files is told of in ``report.error``, a
    stop by the brake in ``report.brake``. Raises StaleApproval where ``approve`` is not a stopped run of the target,
    ImageError, Overtaken, and what ``read`` raises.
    """
    return Export(driver, target, read, keyring, at or today(), dry_run, approve, user, progress, sleep).run()
