"""Deliver: send the files that differ, and note in the ledger what the target has (architecture.md §4 "Export").

A file is noted as pending before it is sent. If a run ends between sending and noting, the next run reads the file at
the target, and sends it again unless it is the one that was on its way.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from typing import TypeVar

import orjson

from exporters.errors import DeliveryError, Overtaken
from exporters.files.channel import Channel, channel
from exporters.files.comparison import ComparedFile
from exporters.files.file_names import safe
from exporters.files.target import Target
from exporters.ledger import Ledger
from exporters.report import ExportReport, FileReport
from exporters.target import Notice

T = TypeVar("T")
READY = "ready"
"""The object of the empty file that tells a receiver that the set is complete."""
Progress = Callable[[str, int, int | None], None]
Sleep = Callable[[float], None]


class Delivery:
    """One delivery to one target. ``rows_noted``: rows that were written to the ledger."""

    def __init__(
        self,
        target: Target,
        ledger: Ledger,
        report: ExportReport,
        at: date,
        begin_run: Callable[[], str],
        progress: Progress,
        sleep: Sleep,
    ) -> None:
        self.rows_noted = 0
        self._target = target
        self._ledger = ledger
        self._report = report
        self._at = at
        self._begin_run = begin_run
        self._progress = progress
        self._sleep = sleep

    def deliver(self, files: Sequence[ComparedFile]) -> None:
        """Send what is due, in order. If the target fails, report and ledger have the reason. Raises Overtaken."""
        due = [
            (each, of_report)
            for each, of_report in zip(files, self._report.files, strict=True)
            if each.is_new or self._target.files.always
        ]
        last = self._last_files()
        if not due and self._has(last):
            return
        run = self._begin_run()
        for _, of_report in due:
            of_report.outcome = "held back"
        try:
            with channel(self._target.delivery, run, is_known=self._is_known()) as way:
                self._tell(self._patiently(way.sweep))
                for object_, name, _ in last:
                    self._ledger.file_pending(object_, name, "")
                    if object_ == READY and due:
                        # Yesterday's would say that what comes now is complete.
                        self._tell(self._patiently(partial(way.remove, name)))
                for done, (each, of_report) in enumerate(due):
                    self._progress("delivery", done, len(due))
                    self._deliver_one(way, each, of_report)
                for object_, name, content in last:
                    self._patiently(partial(way.send, name, content(files)))
                    self._ledger.file_delivered(object_, name, "", self._target.delivery.place)
        except DeliveryError as failure:
            self._report.error = str(failure)
            self._report.retry = failure.retry
            # What did arrive and what did not may not fit together: the next run sends everything again.
            self._ledger.files_failed([(each.shaped.object, each.name) for each in files], str(failure))
        self._progress("delivery", len(due), len(due))

    def _tell(self, refused: str) -> None:
        if refused:
            self._report.notices.append(Notice("", "", "", "not_tidied", refused))

    def _deliver_one(self, way: Channel, file: ComparedFile, of_report: FileReport) -> None:
        entry = file.entry
        if entry is not None and entry.state == "pending" and entry.pending == file.hash:
            # A run ended between sending and noting. The size alone proves nothing: compare the content.
            found = self._patiently(lambda: way.read(file.name))
            if found == file.written.content:
                self._note(file)
                of_report.outcome = "confirmed"
                return
        self._ledger.file_pending(file.shaped.object, file.name, file.hash)
        of_report.outcome = "failed"

        def send() -> str:
            of_report.attempts += 1
            return way.send(file.name, file.written.content)

        of_report.note = "; ".join(each for each in (of_report.note, self._patiently(send)) if each)
        try:
            self._note(file)
        except Overtaken:
            # The file may have replaced the later run's: the next run must read it.
            self._ledger.doubt(file.shaped.object)
            raise
        of_report.outcome = "sent"

    def _note(self, file: ComparedFile) -> None:
        object_ = file.shaped.object
        changed = {key: file.row_hashes[key] for key in (*file.difference.added, *file.difference.changed)}
        self._ledger.rows_delivered(object_, changed, file.difference.gone)
        self.rows_noted += len(changed)
        self._ledger.file_delivered(
            object_,
            file.name,
            file.hash,
            self._target.delivery.place,
            rows=len(file.shaped.rows),
            definition=file.definition,
        )

    # -- the files that show that the set is complete -----------------------------------------------------------

    def _last_files(self) -> list[tuple[str, str, Callable[[Sequence[ComparedFile]], bytes]]]:
        """Object, name and content of each. They are sent last, and only when everything has arrived."""
        rules = self._target.files
        files: list[tuple[str, str, Callable[[Sequence[ComparedFile]], bytes]]] = []
        if rules.manifest is not None:
            files.append(("manifest", safe(rules.manifest), self._manifest))
        if rules.ready is not None:
            files.append((READY, safe(rules.ready), lambda files: b""))
        return files

    def _is_known(self) -> bool:
        """Whether files were delivered to this place before."""
        place = self._target.delivery.place
        return any(each.place == place for each in self._ledger.files().values())

    def _has(self, last: Sequence[tuple[str, str, object]]) -> bool:
        """Whether these were delivered under these names, and to where the files go now."""
        if not last:
            return True
        place = self._target.delivery.place
        known = {
            (each.object, each.name)
            for each in self._ledger.files().values()
            if each.state == "delivered" and each.place == place
        }
        return all((object_, name) in known for object_, name, _ in last)

    def _manifest(self, files: Sequence[ComparedFile]) -> bytes:
        listed = [
            {
                "name": each.name,
                "rows": len(each.shaped.rows),
                "bytes": len(each.written.content),
                "sha256": sha256(each.written.content).hexdigest(),
            }
            for each in files
        ]
        manifest = {"run": self._report.run, "at": self._at.isoformat(), "files": listed}
        return orjson.dumps(manifest, option=orjson.OPT_INDENT_2)

    def _patiently(self, act: Callable[[], T]) -> T:
        """Try as often as the delivery's pauses allow. Raises the last DeliveryError."""
        for pause in self._target.delivery.pauses:
            try:
                return act()
            except DeliveryError as failure:
                if failure.retry.when != "soon":
                    raise
            self._sleep(pause)
        return act()
