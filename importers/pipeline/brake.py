"""The brake: stops an import that would end, move or close more than a set share or count (architecture.md §4)."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

import neo4j
from pydantic import BaseModel, ConfigDict, Field

from graph.identity.statement_matching import MatchedStatement
from graph.runs.limits import exceeds, in_words
from graph.writing.difference import Difference
from graph.writing.difference_text import names_of, places

STOPPING = frozenset({"ended", "withdrawn", "moved"})


class BrakeSettings(BaseModel):
    """Stops if more things of one kind would end, move or be withdrawn than ``count``, or than ``share`` of all that
    the source has of that kind; never for ``at_least`` or fewer, so that it suits small organisations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(default=0.10, ge=0, le=1)
    count: int = Field(default=500, ge=0)
    at_least: int = Field(default=5, ge=0)
    hours: float = Field(
        default=24, ge=0, description="what runs did within so many hours before counts too; 0: only the run's own"
    )


def stopping(differences: Iterable[Difference]) -> list[Difference]:
    """Those that count for the brake."""
    return [each for each in differences if each.operation in STOPPING]


def too_many(
    differences: Iterable[Difference],
    totals: Mapping[str, int],
    settings: BrakeSettings,
    before: Mapping[str, int],
) -> list[str]:
    """Why the brake stops, one line per kind; empty = it does not. ``totals``: the source's things, by kind;
    ``before``: how many of them runs have ended, moved or withdrawn within the window."""
    hits = Counter(each.kind for each in differences)
    return [
        f"{count} of {totals.get(kind, 0)} {kind} would end, move or be withdrawn"
        + in_words(before.get(kind, 0), settings)
        for kind, count in sorted(hits.items())
        if exceeds(settings, count + before.get(kind, 0), totals.get(kind, 0))
    ]


def digest(differences: Iterable[Difference], new: Iterable[MatchedStatement] = ()) -> str:
    """A digest of exactly this difference, the same in every process.

    ``new``: the things that the same run would create. Their uuids are drawn anew in each run, so the digest uses their
    records. Both are iterated more than once.
    """
    links = (row for each in differences for row in (*each.lost_links, *each.gained_links))
    wanted = {row.to for row in links}
    names = {each.uuid: each.record.text() for each in new if each.uuid in wanted}
    lines = sorted(f"{each.record.text()}|{each.operation}|{each.told(names)}" for each in differences)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def digest_of_doubt(differences: Iterable[Difference], new: Iterable[MatchedStatement]) -> str:
    """As ``digest``, of everything that a doubtful reading would write, whether or not it counts for the brake."""
    made = sorted(each.record.text() for each in new)
    return hashlib.sha256("\n".join((digest(differences, new), *made)).encode()).hexdigest()


def summary(driver: neo4j.Driver, differences: Iterable[Difference], limit: int = 200) -> list[str]:
    """The consequences, one line per thing, for the user who decides: what ends when, what moves from where to
    where."""
    ordered = sorted(differences, key=lambda each: (each.kind, each.record.key, each.operation))
    shown = ordered[:limit]
    names = names_of(driver, shown, ordered)
    lines = ["; ".join((f"{each.kind} {each.record.key}: {each.operation}", *places(each, names))) for each in shown]
    return lines if len(ordered) <= limit else [*lines, f"… and {len(ordered) - limit} more"]
