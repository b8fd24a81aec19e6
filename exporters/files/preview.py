"""A dry run: what would be sent, and the old and new values of each row that differs."""

from collections.abc import Sequence
from dataclasses import replace

import neo4j

from exporters.errors import DeliveryError
from exporters.files.channel import channel
from exporters.files.comparison import ComparedFile, Comparison
from exporters.files.difference_text import changes, delivered_rows
from exporters.files.target import Target
from exporters.ledger import Ledger
from exporters.report import ExportReport
from exporters.target import Row, ShapedFile
from graph.writing.protection import unprotected


class Preview:
    """Fills the report of a dry run. The old values are read from the target: the ledger has only hashes."""

    def __init__(
        self, driver: neo4j.Driver, target: Target, ledger: Ledger, comparison: Comparison, report: ExportReport
    ) -> None:
        self._driver = driver
        self._target = target
        self._ledger = ledger
        self._comparison = comparison
        self._report = report

    def show(self, files: Sequence[ComparedFile]) -> None:
        """Note in the report what would become of each file and row."""
        reported = list(zip(files, self._report.files, strict=True))
        for each, of_report in reported:
            if each.is_new or self._target.files.always:
                of_report.outcome = "would be sent"
        differing = [
            (each, of_report)
            for each, of_report in reported
            if each.difference.added or each.difference.changed or each.difference.gone
        ]
        before = self._delivered([each for each, _ in differing])
        for each, of_report in differing:
            form, known = self._target.files.form, before.get(each.shaped.object, {})
            of_report.changes = list(changes(form, self._with_protected(each), each.difference, known))

    def _with_protected(self, file: ComparedFile) -> ShapedFile:
        """The file, with the protected people who are gone from the image: the shape does not know them."""
        if not (file.shaped.identifying and file.difference.gone):
            return file.shaped
        gone = frozenset(file.difference.gone)
        return replace(file.shaped, protected=file.shaped.protected | (gone - unprotected(self._driver, gone)))

    def _delivered(self, files: Sequence[ComparedFile]) -> dict[str, dict[str, Row]]:
        """The rows of these files as they were delivered, by object and key; without those that can't be read."""
        known = [
            (each, each.entry)
            for each in files
            if each.entry is not None and not each.moved and (each.difference.changed or each.difference.gone)
        ]
        found: dict[str, dict[str, Row]] = {}
        if not known:
            return found
        try:
            with channel(self._target.delivery, "dry-run") as way:
                for each, entry in known:
                    content = way.read(entry.name)
                    if content is not None:
                        found[each.shaped.object] = delivered_rows(
                            self._target.files.form,
                            each.shaped,
                            content,
                            self._ledger.hashes(each.shaped.object),
                            self._comparison.row_hash,
                            untouched=self._comparison.content_hash(content) == entry.hash,
                        )
        except DeliveryError as failure:
            self._report.unread = str(failure)
        return found
