"""What an export did, or (dry run) would do."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from exporters.brake import FileDifference
from exporters.target import Notice, Parked
from graph.retry import Retry

Outcome = Literal["unchanged", "sent", "confirmed", "failed", "held back", "would be sent"]


@dataclass(frozen=True, slots=True)
class RowChange:
    """How a row would change, in words: one line for each changed field, otherwise one line of values."""

    key: str
    what: Literal["gone", "changed", "new"]
    lines: tuple[str, ...]


@dataclass(slots=True)
class FileReport:
    """One file. ``content``: its content, or what it would be; ``note``: a remark on its delivery, if any. ``changes``:
    only in a dry run."""

    object: str
    name: str
    rows: int
    content: bytes = field(repr=False)
    difference: FileDifference
    outcome: Outcome = "held back"
    attempts: int = 0
    note: str = ""
    changes: list[RowChange] = field(default_factory=list)


@dataclass(slots=True)
class KindReport:
    """The objects of one kind at a target that takes objects one by one.

    ``total``: the number that the target should have; ``adopted``: found there, and ours from now on; ``drift``:
    differences in a full comparison. ``changes``: what a dry run would do, or the differences in a full comparison.
    """

    kind: str
    total: int = 0
    created: int = 0
    adopted: int = 0
    changed: int = 0
    closed: int = 0
    deleted: int = 0
    parked: int = 0
    drift: int = 0
    changes: list[RowChange] = field(default_factory=list)

    def as_counts(self) -> dict[str, int]:
        return {
            "objects": self.total, "created": self.created, "adopted": self.adopted, "changed": self.changed,
            "closed": self.closed, "deleted": self.deleted, "parked": self.parked, "drift": self.drift,
        }  # fmt: skip


@dataclass(slots=True)
class ExportReport:
    """One run. ``at`` is the day that every file shows. ``run`` is None if nothing was written."""

    target: str
    at: date
    dry_run: bool = False
    run: str | None = None
    files: list[FileReport] = field(default_factory=list)
    objects: list[KindReport] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    brake: str | None = None
    reasons: tuple[str, ...] = ()
    held: str = ""
    """Why nothing was sent but what disables; empty where all was."""
    approval: str = ""
    """Why the run's approval was not used; empty if it was, or if there was none."""
    error: str = ""
    retry: Retry | None = None
    """If there is an error: whether and when to try again."""
    login_refused: bool = False
    """Whether the error is that the target refuses our login."""
    unread: str = ""
    """Why a dry run can't show old values: the target's answer when its files were read."""

    @property
    def sent(self) -> list[str]:
        """Names of the files that this run sent."""
        return [each.name for each in self.files if each.outcome == "sent"]

    @property
    def in_words(self) -> str:
        """What was sent, in one line."""
        if not self.objects:
            return f"{len(self.sent)} files sent, {len(self.parked)} objects parked"
        names = ("created", "changed", "closed", "deleted")
        counts = {name: sum(getattr(each, name) for each in self.objects) for name in names}
        return ", ".join(f"{count} {name}" for name, count in counts.items()) + f", {len(self.parked)} parked"

    @property
    def is_complete(self) -> bool:
        """Whether the target now has everything as it should be."""
        return all(each.outcome in ("unchanged", "sent", "confirmed") for each in self.files)

    def as_counts(self) -> dict[str, dict[str, int]]:
        """For the (:Run): by file, then the shape's counts."""
        counts: dict[str, dict[str, int]] = {
            each.name: {
                "rows": each.rows,
                "added": len(each.difference.added),
                "changed": len(each.difference.changed),
                "gone": len(each.difference.gone),
                "attempts": each.attempts,
            }
            for each in self.files
        }
        counts |= {each.kind: each.as_counts() for each in self.objects}
        return {**counts, "": {**self.counts, "parked": len(self.parked), "notices": len(self.notices)}}
