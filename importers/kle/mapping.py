"""Entries as statements: existence, values and links over time (kle.md §6, §7)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import Period, union, within, without
from importers.kle.entries import DATES, Entry, Kind
from importers.source import Known, Mapped, RawRecord
from importers.timelines import held

MAPPING = b"1"  # raise it when the mapping's meaning changes: then every record is mapped anew


@dataclass(frozen=True)
class Plan:
    """The entries of one release with their keys. ``day``: the first day of its changes; ``known_until``: the day of
    the release before it. ``bounds``: number → the earliest first day of a new entry, for numbers without a start."""

    known: Known
    day: date
    known_until: date | None
    tells: frozenset[str]
    salt: bytes
    last_day_in_force: bool
    keyed: tuple[tuple[str, Entry], ...]
    bounds: Callable[[Kind, str], date] = lambda kind, number: date.min
    _by_number: Mapping[tuple[str, str], list[tuple[str, Entry]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for key, each in self.keyed:
            self._by_number[each.kind, each.number].append((key, each))

    def records(self) -> Iterable[RawRecord]:
        for key, entry in self.keyed:
            parents, successors = self._parents(entry), self._successors(key, entry)
            depends = repr((entry, parents, successors, sorted(self.tells)))
            print_of = self.known.fingerprint(MAPPING, self.salt, key.encode(), depends.encode())
            yield RawRecord(entry.kind, key, print_of, partial(self._mapped, key, entry, parents, successors))

    def absent(self, previous: Statement) -> Mapped:
        """Things that the release lacks, although no end was stated, end on its day (§6.7)."""
        before = previous.exists or ()
        if not any(each.last > self.day for each in before):
            return Mapped(previous)
        exists = within(before, (Period(end=self.day),))
        values = {**previous.values, "ending": _ending("missing", exists, previous)}
        return Mapped(replace(previous, exists=exists, values={k: v for k, v in values.items() if v}))

    # -- one entry --------------------------------------------------------------------------------------------------

    def _mapped(
        self, key: str, entry: Entry, parents: tuple[str, ...], successors: tuple[str, ...], previous: Statement | None
    ) -> Mapped:
        exists = self._existence(entry, previous)
        day = self.day
        if entry.changed and entry.changed <= day and (self.known_until is None or entry.changed > self.known_until):
            day = entry.changed  # the title has been in force since then
        facts: dict[str, Value | None] = {"number": entry.number, "title": entry.title}
        optional: dict[str, Value | None] = {
            "kle_uuid": entry.uuid or None,
            "changed": entry.changed.isoformat() if entry.changed else None,
            "preservation": entry.preservation,
            "deletion_after": entry.deletion_after,
        }
        if entry.kind != "KleNode":
            del optional["deletion_after"]
        if entry.kind == "KleFacetCategory":
            del optional["preservation"]
        facts |= {
            name: value
            for name, value in optional.items()
            if name in self.tells and name not in entry.unmentioned and (value or name != "kle_uuid")
        }
        if exists and exists[-1].last > self.day:
            planned = exists[-1].end
            facts["announced_end"] = entry.announced_end or (str(planned.year) if planned else None)
        values: dict[str, tuple[DatedValue, ...]]
        if previous is None:
            values = {name: (DatedValue(Period(), value),) for name, value in facts.items() if value}
        else:
            unmentioned = {name: each for name, each in previous.values.items() if name not in facts}
            values = unmentioned | held(previous, facts, day)
        how = "moved" if entry.moved else "ended"
        values["ending"] = _ending(how if exists and exists[-1].end is not None else "", exists, previous)
        return Mapped(
            Statement(
                entry.kind,
                key,
                exists=exists,
                values={name: tolds for name, tolds in values.items() if tolds},
                links=self._links(entry, exists, parents, successors, previous),
            )
        )

    def _existence(self, entry: Entry, previous: Statement | None) -> tuple[Period, ...]:
        """§6.5. An ended entry that comes again without an end is back from the release's day on."""
        before = union((previous.exists or ()) if previous is not None else ())
        end = entry.ended
        if DATES in entry.unmentioned and before and end is None and not entry.marked_ended:
            return before  # the form has dates, but this entry has none
        start = entry.created or (before[0].start if before else self._bound(entry))
        if end is not None and self.last_day_in_force and end < date.max:
            end += timedelta(days=1)
        if entry.marked_ended:
            last = before[-1].end if before else None
            end = last if last is not None and last <= self.day else self.day
        planned = before[-1].end if before else None
        if DATES not in self.tells and end is None and planned is not None and planned > self.day:
            end = planned  # a form without dates does not withdraw it
        holes = [Period(one.last, other.start) for one, other in pairwise(before)]
        if before and before[-1].last <= self.day and (end is None or end > self.day):
            holes.append(Period(before[-1].last, self.day))
        periods = [each for each in (Period(start, end), *entry.earlier) if not each.is_empty()]
        return without(periods, holes)

    def _bound(self, entry: Entry) -> date:
        """The first day of a new entry without a date: no earlier release had the number."""
        bound = min(self.bounds(entry.kind, entry.number), self.day)
        return bound if entry.ended is None or bound < entry.ended else date.min

    def _links(
        self,
        entry: Entry,
        exists: tuple[Period, ...],
        parents: tuple[str, ...],
        successors: tuple[str, ...],
        previous: Statement | None,
    ) -> dict[str, tuple[DatedLink, ...]]:
        links: dict[str, tuple[DatedLink, ...]] = {}
        if entry.parent is not None:
            kind = entry.parent[0]
            links["category" if entry.kind == "KleFacet" else "parent"] = tuple(self._within(kind, parents, entry))
        end = exists[-1].end if exists else None
        if successors and end is not None:
            links["replaced_by"] = tuple(DatedLink(Period(end), Ref(entry.kind, each)) for each in successors)
        elif previous is not None and "replaced_by" in previous.links:
            kept = previous.links["replaced_by"]
            if not exists or exists[-1].last > self.day:  # back in force
                cut = ((each, Period(each.period.start, min(each.period.last, self.day))) for each in kept)
                kept = tuple(replace(each, period=period) for each, period in cut if not period.is_empty())
            links["replaced_by"] = kept
        return {name: each for name, each in links.items() if each}

    def _within(self, kind: str, parents: tuple[str, ...], entry: Entry) -> Iterable[DatedLink]:
        """The parent, always; if its number was used again, each holder for its own period."""
        if len(parents) == 1:
            yield DatedLink(Period(), Ref(kind, parents[0]))
            return
        lives = dict(self._by_number[kind, entry.parent[1] if entry.parent else ""])
        taken: list[Period] = []
        for each in parents:
            for days in without((lives[each].life, *lives[each].earlier), taken):
                yield DatedLink(days, Ref(kind, each))
                taken.append(days)

    def _parents(self, entry: Entry) -> tuple[str, ...]:
        return () if entry.parent is None else tuple(key for key, _ in self._by_number.get(entry.parent, ()))

    def _successors(self, key: str, entry: Entry) -> tuple[str, ...]:
        """Of several with the number, the one in force when this one ends, otherwise the last."""
        found = []
        for number in entry.successors:
            others = [each for each in self._by_number.get((entry.kind, number), ()) if each[0] != key]
            if others:
                day = entry.ended or self.day
                found.append(max(others, key=lambda each: (each[1].life.holds(day), each[1].life.last))[0])
        return tuple(dict.fromkeys(found))


def _ending(how: str, exists: tuple[Period, ...], previous: Statement | None) -> tuple[DatedValue, ...]:
    """How it ended, stated for the period before each end, so that an ended entry still shows it."""
    if not exists:
        return ()
    before = previous.values.get("ending", ()) if previous is not None else ()
    last = exists[-1].start if len(exists) > 1 else date.min
    cut = ((each, Period(each.period.start, min(each.period.last, last))) for each in before)
    kept = tuple(DatedValue(period, each.value) for each, period in cut if not period.is_empty())
    return (*kept, DatedValue(Period(last), how)) if how else kept
