"""What an import did, for the command line, the API and the run's record."""

from collections import Counter
from dataclasses import dataclass, field

from graph.difference import Difference
from graph.facts import Problem


@dataclass(slots=True)
class ImportReport:
    """What an import did, or (``dry_run``) would do."""

    source: str
    dry_run: bool = False
    run: str | None = None
    readings: list[str] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    brake: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        """Things of which something that holds has changed."""
        return sum(count for (_, operation), count in self.counts.items() if operation != "recorded")

    def as_counts(self) -> dict[str, dict[str, int]]:
        by_kind: dict[str, dict[str, int]] = {}
        for (kind, operation), count in sorted(self.counts.items()):
            by_kind.setdefault(kind, {})[operation] = count
        return by_kind
