"""The report of an import, for the command line, the API and the run's record."""

from collections import Counter
from dataclasses import dataclass, field

from graph.batches import Batches
from graph.statements.statement import Problem
from graph.writing.difference import Difference
from importers.pipeline.aside import of_differences


def text_of(failure: BaseException) -> str:
    """The text of a failure, with the notes added on its way (``add_note``)."""
    return "\n".join([str(failure), *getattr(failure, "__notes__", ())])


@dataclass(slots=True)
class ImportReport:
    """What an import did, or (``dry_run``) would do."""

    source: str
    dry_run: bool = False
    run: str | None = None
    readings: list[str] = field(default_factory=list)
    """Labels of the readings that were begun, oldest first."""
    applied: list[str] = field(default_factory=list)
    """Labels of the readings that were completely applied; a run that fails in a later one leaves them in place."""
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    differences: Batches[Difference] = field(default_factory=of_differences)
    """The differences of a dry run; there may be a million."""
    brake: str | None = None
    reasons: tuple[str, ...] = ()
    overdue: bool = False
    """What the source should have delivered by now has not come (``importers.source.Reading``)."""
    approval: str = ""
    """Why the run's approval was not used; empty if it was, or if there was none."""

    @property
    def changes(self) -> int:
        """Things with a change that is in force."""
        return sum(count for (_, operation), count in self.counts.items() if operation != "recorded")

    def broke_off(self, under_way: str) -> str:
        """How far a failed run came. ``under_way``: label of the reading in which it failed, if in one."""
        parts = [f"Applied before that: {', '.join(self.applied)}."] if self.applied else []
        parts += [f"Not applied, or only in part: {under_way}."] if under_way else []
        return " ".join([*parts, "The next run goes on from there."]) if parts else ""

    def as_counts(self) -> dict[str, dict[str, int]]:
        by_kind: dict[str, dict[str, int]] = {}
        for (kind, operation), count in sorted(self.counts.items()):
            by_kind.setdefault(kind, {})[operation] = count
        return by_kind
