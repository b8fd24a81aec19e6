"""Matches entries with known things: by UUID, otherwise by number among those in force (kle.md §6.2).

A thing's key in the graph is the UUID (without one, the number) under which it was first stated; it stays when KL
corrects the UUID.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from graph.statements.statement import Statement
from importers.kle.entries import DATES, Entry


@dataclass(frozen=True, slots=True)
class Held:
    """A known thing: its key, and the numbers and UUIDs that it has and had (the latest last)."""

    key: str
    number: str
    uuids: tuple[str, ...]
    statement: Statement

    @classmethod
    def of(cls, statement: Statement) -> "Held":
        numbers = statement.values.get("number", ())
        uuids = tuple(str(each.value) for each in statement.values.get("kle_uuid", ()))
        return cls(statement.key, str(numbers[-1].value) if numbers else "", uuids, statement)

    def in_force(self, day: date) -> bool:
        return any(each.holds(day) for each in self.statement.exists or ())

    @property
    def start(self) -> date | None:
        """The first day; None if it is unknown."""
        exists = self.statement.exists or ()
        return exists[0].start if exists and exists[0].start != date.min else None

    @property
    def end(self) -> date | None:
        exists = self.statement.exists or ()
        return exists[-1].end if exists else None


def keyed(
    entries: Sequence[Entry], held: Iterable[Held], day: date, known_until: date | None
) -> list[tuple[str, Entry]]:
    """(key, entry) of all entries of one kind. ``known_until``: the day of the current release."""
    things = list(held)
    left = {each.key for each in things}
    taken: dict[Entry, str] = {}

    def take(entry: Entry, thing: Held | None) -> None:
        if thing is not None and entry not in taken and thing.key in left:
            left.remove(thing.key)
            taken[entry] = thing.key

    by_uuid = {uuid: each for each in things for uuid in each.uuids} | {
        each.uuids[-1]: each for each in things if each.uuids
    }
    for entry in entries:
        if entry.uuid:
            take(entry, by_uuid.get(entry.uuid))
    by_number: dict[str, list[Held]] = defaultdict(list)
    for each in things:
        by_number[each.number].append(each)
    waiting = [each for each in entries if each not in taken]
    current = {each.number for each in waiting if each.is_current}
    # If a number has ended and is used again, its former holder is the ended one, so ended ones are matched first.
    for entry in sorted(waiting, key=lambda each: each.is_current):
        for thing in by_number[entry.number]:
            if thing.in_force(day):
                fits = _may_be(entry, thing, entry.number in current, known_until)
            else:
                fits = (not entry.is_current or DATES in entry.unmentioned) and _ended_alike(entry, thing)
            if fits:
                take(entry, thing)
    used = {each.key for each in things}
    made = []
    for entry in entries:
        key = taken.get(entry) or _new_key(entry, used)
        used.add(key)
        made.append((key, entry))
    return made


def _may_be(entry: Entry, thing: Held, is_used_again: bool, known_until: date | None) -> bool:
    """Whether an entry with the number of a thing in force is that thing. An ended entry beside a current one is that
    thing only if its end is new: one that had ended before the current release is another entry."""
    if entry.is_current or not is_used_again:
        return entry.ended is None or thing.start is None or entry.ended > thing.start
    return entry.ended is None or known_until is None or entry.ended > known_until


def _ended_alike(entry: Entry, thing: Held) -> bool:
    """Ended entries may lose their UUID: number and end are the key then (§6.4)."""
    return (not entry.uuid or not thing.uuids) and (entry.ended is None or entry.ended == thing.end)


def _new_key(entry: Entry, used: set[str]) -> str:
    parts = (entry.uuid, entry.number, f"{entry.number}:{entry.ended or entry.created or ''}")
    free = next((each for each in parts if each and each not in used), None)
    count = 2
    while free is None:
        candidate = f"{parts[-1]}:{count}"
        free, count = (None if candidate in used else candidate), count + 1
    return free
