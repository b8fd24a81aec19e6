"""Contradictions and repetitions within a release (kle.md §5, §6; pitfalls 5, 8, 16)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from graph.statements.statement import Problem
from graph.time import union
from importers.kle.entries import Entry

Severity = Literal["bad", "notice"]


@dataclass(slots=True)
class Checked:
    """(entries in a fixed order, so that the release's order does not matter; rejected ones; problems)."""

    sound: list[Entry]
    left_out: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def checked(entries: Iterable[Entry]) -> Checked:
    """The accepted entries. Current ones come first, so that a thing known by its number only goes to them."""
    by_uuid: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    made = Checked([])
    for each in sorted(set(entries), key=_order):
        by_uuid[each.kind, each.uuid or f"number {each.number} {each.ended}"].append(each)
    for (_, uuid), group in by_uuid.items():
        numbers = sorted({each.number for each in group})
        if len(numbers) == 1:
            made.sound.append(_as_one(group))
            continue
        made.left_out += group
        text = f"several entries have the UUID {uuid}: {', '.join(numbers)}"
        made.problems += [_problem(each, "uuid", "same_uuid", text, "bad") for each in group]
    _leave_out_twice(made)
    made.sound.sort(key=_order)
    made.problems += _successors(made.sound)
    made.problems += _parents(made.sound)
    return made


def _order(entry: Entry) -> tuple[object, ...]:
    return (entry.kind, not entry.is_current, entry.number, entry.ended or date.max, entry.uuid, entry.title)


def _as_one(group: list[Entry]) -> Entry:
    """The same UUID and number twice: one thing, which ended and came back (pitfall 5)."""
    if len(group) == 1:
        return group[0]
    last = max(group, key=lambda each: (each.life.last, each.life.start))
    others = (each.life for each in group if each is not last)
    return replace(last, earlier=union(each for each in others if not each.is_empty()))


def _leave_out_twice(made: Checked) -> None:
    """Two things with one number at the same time: the number is ambiguous."""
    by_number: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for each in made.sound:
        by_number[each.kind, each.number].append(each)
    for (_, number), group in by_number.items():
        current = [each for each in group if each.is_current]
        if len(current) > 1:
            made.left_out += current
            made.sound = [each for each in made.sound if each not in current]
            text = f"{len(current)} entries have the number {number} at the same time"
            made.problems += [_problem(each, "number", "number_twice", text, "bad") for each in current[:1]]


def _successors(entries: list[Entry]) -> Iterator[Problem]:
    numbers: dict[str, list[Entry]] = defaultdict(list)
    for each in entries:
        numbers[each.number].append(each)
    for each in entries:
        for number in each.successors:
            found = [other for other in numbers.get(number, ()) if other is not each and other.kind == each.kind]
            if not found:
                text = f"it was replaced by {number}, which is not in the release"
                yield _problem(each, "replaced_by", "unknown_successor", text)
            elif _leads_back(each, numbers):
                yield _problem(each, "replaced_by", "successor_cycle", "its successors lead back to it")


def _leads_back(start: Entry, numbers: dict[str, list[Entry]]) -> bool:
    todo, met = [start], set()
    while todo:
        for number in todo.pop().successors:
            found = next((each for each in numbers.get(number, ()) if each.kind == start.kind), None)
            if found is start:
                return True
            if found is not None and found not in met:
                met.add(found)
                todo.append(found)
    return False


def _parents(entries: list[Entry]) -> Iterator[Problem]:
    known = {(each.kind, each.number) for each in entries}
    for each in entries:
        if each.parent is not None and each.parent not in known:
            yield _problem(each, "parent", "unknown_parent", f"the release lacks {each.parent[1]}, its parent")


def _problem(entry: Entry, name: str, rule: str, text: str, severity: Severity = "notice") -> Problem:
    return Problem(entry.kind, entry.number, name, rule, f"{entry.number}: {text}", severity)
