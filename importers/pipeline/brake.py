"""The brake: stops an import that would end, move or close more than a set share or count (architecture.md §4)."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import neo4j
from pydantic import BaseModel, ConfigDict, Field

from graph.identity.statement_matching import MatchedStatement
from graph.runs.limits import TAKING, exceeds, in_words
from graph.time import today
from graph.writing.difference import Difference
from graph.writing.difference_text import names_of, places


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
    return [each for each in differences if counts(each)]


def counts(difference: Difference) -> bool:
    """It takes away a thing or its place; also from today on, while its last day stays."""
    return difference.operation in TAKING or difference.loses_days(today())


def too_many(
    differences: Iterable[Difference],
    totals: Mapping[str, int],
    settings: BrakeSettings,
    before: Mapping[str, int],
) -> list[str]:
    """Why the brake stops, one line per kind; empty = it does not. ``totals``: the source's things that are
    there, by kind; ``before``: how many more of them runs have ended, moved or withdrawn within the window."""
    hits = Counter(each.kind for each in differences)
    there = {kind: totals.get(kind, 0) + before.get(kind, 0) for kind in hits}
    return [
        f"{count} of {there[kind]} {kind} would end, move or be withdrawn" + in_words(before.get(kind, 0), settings)
        for kind, count in sorted(hits.items())
        if exceeds(settings, count + before.get(kind, 0), there[kind])
    ]


@dataclass(frozen=True, slots=True)
class Approvable:
    """What an approval is of: each of ``hits``, or, of a doubtful reading, everything that it would write.

    ``new``: the things that the same run would create. Their uuids are drawn anew in each run, so they go by their
    records. All are iterated more than once. ``hashed``: keyed, since values may be private.
    """

    hits: Iterable[Difference]
    new: Iterable[MatchedStatement]
    hashed: Callable[[bytes], str]
    is_doubtful: bool = False

    def lines(self, began: Collection[str] = (), made: Mapping[str, str] | None = None) -> set[str]:
        """One for each, the same in every process, and for as long as it has not been written.

        ``began``: the lines of approvals that runs have begun with; ``made``: uuid → record of linked things that the
        graph has. Those that the approved run has made keep the name that they had when they were new.
        """
        names = {uuid: record for uuid, record in (made or {}).items() if self._made(record) in began}
        wanted = set().union(*self.linked.values())
        new = {each.uuid: each.record.text() for each in self.new if each.uuid in wanted}
        names |= new
        found = {self._line(f"{each.record.text()}|{each.operation}|{each.told(names)}") for each in self.hits}
        found |= {self._made(record) for record in new.values()}
        if self.is_doubtful:
            found |= {self._line(f"new|{each.record.text()}") for each in self.new}
        return found

    @property
    def linked(self) -> dict[str, set[str]]:
        """The things to which these would add or remove links: kind → uuids."""
        found: dict[str, set[str]] = {}
        for each in self.hits:
            for row in (*each.lost_links, *each.gained_links):
                found.setdefault(row.kind, set()).add(row.to)
        return found

    def _made(self, record: str) -> str:
        return self._line(f"made|{record}")

    def _line(self, text: str) -> str:
        return self.hashed(text.encode())[:20]


def digest(lines: Iterable[str]) -> str:
    """Names exactly these lines."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def records_of(driver: neo4j.Driver, source: str, things: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The records by which a source, or a rule of its roles, tells of these things (kind → uuids): uuid → record."""
    found: dict[str, str] = {}
    for kind, uuids in things.items():
        rows, _, _ = driver.execute_query(
            f"""
            UNWIND $uuids AS uuid
            MATCH (:{kind} {{uuid: uuid}})<-[:TELLS]-(r:SourceRecord)
            WHERE r.source = $source OR r.source STARTS WITH 'rule:'
            RETURN uuid, min(r.id) AS record
            """,
            uuids=sorted(uuids),
            source=source,
        )
        found |= {row["uuid"]: row["record"] for row in rows}
    return found


def summary(driver: neo4j.Driver, differences: Iterable[Difference], limit: int = 200) -> list[str]:
    """The consequences, one line per thing, for the user who decides: what ends when, what moves from where to
    where."""
    ordered = sorted(differences, key=lambda each: (each.kind, each.record.key, each.operation))
    shown = ordered[:limit]
    names = names_of(driver, shown, ordered)
    lines = ["; ".join((f"{each.kind} {each.record.key}: {each.operation}", *places(each, names))) for each in shown]
    return lines if len(ordered) <= limit else [*lines, f"… and {len(ordered) - limit} more"]
