"""The changes of each day in the sample: hires, leavers, moves, new positions, leave, renames, units that open and
close.

Each working day's changes follow from seed and date alone. Payroll changes structure on the first of a month only
(sd.md §2.11), so units change on those days if they are working days.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from graph.time import Period
from sample.dice import Dice
from sample.history import with_step
from sample.municipality import FIRST_EMPLOYMENT, Municipality, Unit
from sample.names import SURNAMES
from sample.people import Employment, Work, at, hired, person, working_day
from sample.positions import POSITIONS

_TRIES = 200


@dataclass(frozen=True, slots=True)
class Change:
    """A change that payroll registered on a day. ``before`` None: new; ``after`` None: cancelled, as if it had never
    been."""

    what: str
    before: Employment | Unit | None
    after: Employment | Unit | None


@dataclass(frozen=True, slots=True)
class Day:
    """A working day and what payroll learnt on it."""

    date: date
    changes: tuple[Change, ...]


def next_working_day(day: date) -> date:
    return working_day(day + timedelta(days=1))


def advance(municipality: Municipality, count: int | None = None) -> Day:
    """Let the next working day pass.

    ``count``: how many changes of employments; by default one for each thousand employments, four at least.
    Changes of units, on the first of a month, come on top.
    """
    day = municipality.today = next_working_day(municipality.today)
    dice = Dice(municipality.seed, "day", day)
    wanted = max(4, municipality.size.employments // 1000) if count is None else count
    changes: list[Change] = []
    for _ in range(wanted * 20):
        if len(changes) == wanted:
            break
        change = dice.weighted(_EVENTS)(municipality, day, dice)
        if change is not None:
            changes.append(change)
    if day.day == 1:
        changes += _structure(municipality, day, dice)
    return Day(day, tuple(changes))


def days(municipality: Municipality, number: int) -> Iterator[Day]:
    """The next ``number`` working days, one after the other."""
    for _ in range(number):
        yield advance(municipality)


# --- employments -------------------------------------------------------------------------------------------


def _somebody(municipality: Municipality, day: date, dice: Dice) -> Employment | None:
    """A person who is employed until further notice, began before today and did not change today."""
    for _ in range(_TRIES):
        number = municipality.drawn_number(dice)
        if number in municipality.cancelled:
            continue
        found = municipality.employment(number)
        spell = found.spell(day)
        if spell is not None and spell.end is None and spell.start < day and not _changes_on(found, day):
            return found
    return None


def _changes_on(employment: Employment, day: date) -> bool:
    steps = (employment.units, employment.positions, employment.work)
    return any(start >= day for each in steps for start, _ in each)


def _set(municipality: Municipality, what: str, before: Employment, after: Employment) -> Change:
    municipality.changed[after.number] = after
    return Change(what, before, after)


def _hire(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    somebody = _somebody(municipality, day, dice)
    if somebody is None:
        return None
    unit = municipality.units[at(somebody.units, day)]
    number = municipality.next_employment
    municipality.next_employment += 1
    code = dice.weighted(unit.kind.staff)
    if unit.number in municipality.vacant - municipality.filled and unit.kind.manager and dice.chance(0.3):
        municipality.filled.add(unit.number)
        code = unit.kind.manager
    start = day if dice.chance(0.3) else day + timedelta(days=dice.between(1, 45))
    other = _somebody(municipality, day, dice) if dice.chance(0.05) else None
    who = other.person if other else person(number - FIRST_EMPLOYMENT, municipality.seed, municipality.born)
    made = hired(number, who, unit.number, code, start, dice, extra_digit=9 if other else 0)
    municipality.added[number] = made
    return Change("hired", None, made)


def _leave_notice(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    before = _somebody(municipality, day, dice)
    if before is None:
        return None
    return _end(municipality, "resigned", before, day + timedelta(days=dice.between(2, 60)))


def _leave_at_once(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    before = _somebody(municipality, day, dice)
    return None if before is None else _end(municipality, "left", before, day)


def _end(municipality: Municipality, what: str, before: Employment, end: date) -> Change:
    *earlier, last = before.spells
    return _set(municipality, what, before, replace(before, spells=(*earlier, Period(last.start, end))))


def _cancel(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    """Somebody who has not begun yet never will."""
    coming = [
        each.number
        for each in municipality.added.values()
        if each.number not in municipality.cancelled and each.spells[0].start > day
    ]
    if not coming:
        return None
    before = municipality.employment(dice.pick(coming))
    municipality.cancelled.add(before.number)
    return Change("cancelled", before, None)


def _move(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    before, other = _somebody(municipality, day, dice), _somebody(municipality, day, dice)
    if before is None or other is None or before.position(day).level:
        return None
    here, there = (municipality.units[at(each.units, day)] for each in (before, other))
    if here.number == there.number or before.position(day).code not in dict(there.kind.staff):
        return None
    return _set(municipality, "moved", before, replace(before, units=with_step(before.units, day, there.number)))


def _new_position(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    before = _somebody(municipality, day, dice)
    if before is None or before.position(day).level:
        return None
    staff = municipality.units[at(before.units, day)].kind.staff
    code = dice.weighted(staff)
    if code == before.position(day).code:
        return None
    return _set(municipality, "position", before, replace(before, positions=with_step(before.positions, day, code)))


def _new_hours(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    before = _somebody(municipality, day, dice)
    if before is None or at(before.work, day).hourly or POSITIONS[at(before.positions, day)].level:
        return None
    work = Work(dice.pick((1.0, 0.95, 0.86, 0.8, 0.76, 0.6, 0.5)))
    if work == at(before.work, day):
        return None
    return _set(municipality, "hours", before, replace(before, work=with_step(before.work, day, work)))


def _goes_on_leave(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    before = _somebody(municipality, day, dice)
    if before is None or before.leave:
        return None
    start = day + timedelta(days=dice.between(0, 30))
    leave = (Period(start, start + timedelta(days=dice.between(30, 300)) if dice.chance(0.8) else None),)
    return _set(municipality, "leave", before, replace(before, leave=leave))


def _comes_back(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    before = _somebody(municipality, day, dice)
    if before is None or not before.leave or not before.leave[-1].holds(day) or before.leave[-1].start == day:
        return None
    leave = (*before.leave[:-1], Period(before.leave[-1].start, day))
    return _set(municipality, "back", before, replace(before, leave=leave))


def _new_contact(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    before = _somebody(municipality, day, dice)
    phone = f"9988{dice.below(10_000):04d}"
    return None if before is None else _set(municipality, "contact", before, replace(before, phone=phone))


def _new_name(municipality: Municipality, day: date, dice: Dice) -> Change | None:
    before = _somebody(municipality, day, dice)
    if before is None:
        return None
    who = replace(before.person, surname=dice.pick(SURNAMES))
    if who == before.person:
        return None
    municipality.renamed[who.index] = who
    return Change("name", before, replace(before, person=who))


_Event = Callable[[Municipality, date, Dice], Change | None]
_EVENTS: tuple[tuple[_Event, int], ...] = (
    (_hire, 24), (_leave_notice, 14), (_leave_at_once, 3), (_cancel, 2), (_move, 24), (_new_position, 10),
    (_new_hours, 12), (_goes_on_leave, 8), (_comes_back, 30), (_new_contact, 5), (_new_name, 2),
)  # fmt: skip


# --- units -------------------------------------------------------------------------------------------------


def _structure(municipality: Municipality, day: date, dice: Dice) -> Iterator[Change]:
    """On the first of a month: some units are renamed, moved, opened and closed, at least one of each."""
    for _ in range(max(1, municipality.size.units // 400)):
        for event in (_rename_unit, _move_unit, _open_unit, _close_unit):
            yield from event(municipality, day, dice)


def _any_unit(municipality: Municipality, dice: Dice, fits: Callable[[Unit], bool]) -> Unit | None:
    units = [unit for unit in municipality.units.values() if unit.life == _LONG_OPEN and fits(unit)]
    return dice.pick(units) if units else None


_LONG_OPEN = Period(date(2007, 1, 1), None)


def _set_unit(municipality: Municipality, what: str, before: Unit | None, after: Unit) -> Change:
    municipality.units[after.number] = after
    return Change(what, before, after)


def _rename_unit(municipality: Municipality, day: date, dice: Dice) -> Iterator[Change]:
    unit = _any_unit(municipality, dice, lambda each: each.depth > 1)
    if unit is not None:
        name = f"{at(unit.names, day).removesuffix(' (ny)')} (ny)"
        names = with_step(unit.names, day, name)
        if names != unit.names:
            yield _set_unit(municipality, "unit renamed", unit, replace(unit, names=names))


def _move_unit(municipality: Municipality, day: date, dice: Dice) -> Iterator[Change]:
    unit = _any_unit(municipality, dice, lambda each: each.depth > 2)
    if unit is None:
        return
    above = municipality.units[at(unit.parents, day)]
    there = _any_unit(
        municipality,
        dice,
        lambda each: each.kind == above.kind and each.depth == above.depth and not each.leaf and each != above,
    )
    if there is not None:
        parents = with_step(unit.parents, day, there.number)
        yield _set_unit(municipality, "unit moved", unit, replace(unit, parents=parents))


def _open_unit(municipality: Municipality, day: date, dice: Dice) -> Iterator[Change]:
    like = _any_unit(municipality, dice, lambda each: each.leaf and each.depth > 1)
    if like is not None:
        number = municipality.next_unit
        municipality.next_unit += 1
        parent = at(like.parents, day)
        name = f"{at(municipality.units[parent].names, day)}, projekt {number}"
        made = replace(
            like, number=number, life=Period(day, None), names=((day, name),), parents=((day, parent),),
            p_number=None, ean=None, email=None,
        )  # fmt: skip
        yield _set_unit(municipality, "unit opened", None, made)


def _close_unit(municipality: Municipality, day: date, dice: Dice) -> Iterator[Change]:
    """A team closes; its people, including future ones, go to the unit above."""
    unit = _any_unit(municipality, dice, lambda each: each.leaf and each.depth > 2)
    if unit is None:
        return
    above = at(unit.parents, day)
    for before in municipality.staff_near(unit.number):
        if before.spell(day) is None:
            continue
        later = tuple((start, above if to == unit.number else to) for start, to in before.units if start > day)
        units = before.units
        if at(before.units, day) == unit.number:
            units = with_step(before.units, day, above)
        units = (*(step for step in units if step[0] <= day), *later)
        if units != before.units:
            yield _set(municipality, "moved", before, replace(before, units=units))
    yield _set_unit(municipality, "unit closed", unit, replace(unit, life=Period(unit.life.start, day)))
