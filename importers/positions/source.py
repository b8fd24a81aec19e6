"""The source: the list, and the position of every employment, in one reading.

It is one reading, so that the brake sees both a missing row and the employments that lose it. Employments are matched
in each run, whether or not the list has changed, since payroll brings new ones.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from graph.statements.statement import Statement
from graph.time import today
from importers.positions import mapping
from importers.positions.employments import Employments
from importers.positions.fetching import CATEGORIES, FetchedLists, fetch
from importers.positions.listing import Listing, listing
from importers.positions.lookup import Lookup
from importers.positions.matching import Matcher
from importers.positions.settings import PositionsSettings
from importers.source import Known, Mapped, RawRecord, Reading

_COLUMNS = "columns"  # of the cursor
LISTED = frozenset({"PositionCategory", "Position"})
GONE = "gone"  # fingerprint of a row that is no longer in the list: it has ended, and stays so until it comes back


class Positions:
    """The municipality's position list. ``day`` is for tests."""

    name = "positions"

    def __init__(self, settings: PositionsSettings, lookup: Lookup, *, day: Callable[[], date] = today) -> None:
        self._settings = settings
        self._lookup = lookup
        self._day = day

    def readings(self, known: Known) -> Iterator[Reading]:
        """One reading. Raises SourceError if the list can't be read."""
        day = self._day()
        sent = fetch(self._settings, known.cursor)
        kept = {each.key: each for each in known.statements("Position")}
        listed = None if sent is None else _Listed(listing(sent.positions, sent.categories, day), known, kept, day)
        positions = kept if listed is None else listed.positions
        rows = (row for each in positions.values() for row in mapping.rows_of(each))
        employments = Employments(known, self._lookup, Matcher(rows), positions, day)
        records = [*(() if listed is None else listed.records()), *employments.records()]
        columns = () if sent is None else _columns(sent)
        yield Reading(
            label="positions, unchanged list" if sent is None else f"positions of {sent.label}",
            day=day,
            records=records,
            cursor=known.cursor if sent is None else {**sent.marks, _COLUMNS: " ".join(columns)},
            incomplete_because=() if sent is None else tuple(_missing(known.cursor.get(_COLUMNS, ""), columns)),
            problems=(*(() if listed is None else listed.of.problems), *employments.problems),
            recheck_kinds=frozenset({"Employment"}) | (frozenset() if listed is None else LISTED),
        )


def _columns(sent: FetchedLists) -> tuple[str, ...]:
    """The columns that the list has; the categories' own list counts as one."""
    beside = () if sent.categories is None else (CATEGORIES,)
    return (*sorted(sent.positions.columns), *beside)


def _missing(before: str, columns: Collection[str]) -> Iterator[str]:
    """A column that is missing altogether says nothing about each position: a user decides what it means."""
    for each in before.split():
        if each not in columns:
            what = "the list of categories is" if each == CATEGORIES else f"the column {each!r} is"
            yield f"{what} missing, and was there before"


@dataclass
class _Listed:
    """The list compared with the kept statements. ``positions``: all positions as after the reading is applied."""

    of: Listing
    known: Known
    kept: Mapping[str, Statement]
    day: date
    positions: dict[str, Statement] = field(init=False)

    def __post_init__(self) -> None:
        sent = {code: mapping.position(rows, self.of, self.kept.get(code)) for code, rows in self.of.positions.items()}
        gone = {each.key: each for each in self._gone()}
        self.positions = {**self.kept, **gone, **sent}

    def records(self) -> Iterator[RawRecord]:
        """Categories and positions in the list, and those that it no longer has."""
        for category in self.of.categories.values():
            yield self._record(mapping.category(category))
        for code in self.of.positions:
            yield self._record(self.positions[code])
        for each in (*self._gone(), *self._gone_categories()):
            yield RawRecord(each.kind, each.key, GONE, partial(_told, each))

    def _record(self, statement: Statement) -> RawRecord:
        print_of = self.known.fingerprint(repr(statement).encode())
        return RawRecord(statement.kind, statement.key, print_of, partial(_told, statement))

    def _gone(self) -> list[Statement]:
        if self.of.unidentified:
            return []
        here = {*self.of.positions, *self.of.refused}
        return [mapping.ended(each, self.day) for code, each in self.kept.items() if code not in here]

    def _gone_categories(self) -> list[Statement]:
        if self.of.unidentified_categories or self.of.unidentified:
            return []
        here = {*self.of.categories, *self.of.refused_categories}
        kept = self.known.statements("PositionCategory")
        return [mapping.ended(each, self.day) for each in kept if each.key not in here]


def _told(statement: Statement, previous: Statement | None) -> Mapped:
    return Mapped(statement)
