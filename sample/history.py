"""The history of an employment: moves, new positions, other hours, leave, gaps, known ends.

Values change on working days, because an Opus file states its own day only, and there is none at weekends. Starts, ends
and leave may be on any day.
"""

from dataclasses import replace
from datetime import date, timedelta

from graph.time import Period
from sample.dice import Dice
from sample.people import Employment, Steps, T, Work, Workplace, at, first_of_month, working_day
from sample.positions import POSITIONS

# Changes of position within a trade: from, to.
_CAREERS: dict[int, int] = {
    3010: 3020, 3020: 3030, 3030: 3040, 2020: 2030, 4030: 4010, 5020: 5030, 5030: 5010, 6020: 6010, 6060: 6020,
    7020: 7010, 9020: 9010, 8050: 8040,
}  # fmt: skip
_BECOMES = {new: old for old, new in _CAREERS.items()}


def with_history(employment: Employment, place: Workplace, today: date, dice: Dice) -> Employment:
    """The same employment with a past, and sometimes with a known future."""
    start = employment.spells[0].start
    leads = POSITIONS[employment.positions[0][1]].level > 0
    if not leads or start < place.start:  # a unit's head has not led another unit in the same position
        employment = replace(employment, units=_came_from(employment.units, place, start, today, dice))
    if (today - start).days > 200:
        employment = _past(employment, start, today, dice)
    return _known_future(employment, place, leads, today, dice)


def _came_from(units: Steps[int], place: Workplace, start: date, today: date, dice: Dice) -> Steps[int]:
    """The person's previous unit: always if the employment is older than the unit, otherwise for one in eight."""
    if start < place.start:
        return ((start, place.elsewhere[-1]), (place.start, place.unit))
    if place.elsewhere and (today - start).days > 400 and dice.chance(0.12):
        moved = working_day(first_of_month(start + timedelta(days=dice.between(100, (today - start).days - 40))))
        return ((start, dice.pick(place.elsewhere)), (moved, place.unit))
    return units


def _past(employment: Employment, start: date, today: date, dice: Dice) -> Employment:
    days = (today - start).days
    changes: dict[str, object] = {}
    code = employment.positions[0][1]
    if code in _BECOMES and dice.chance(0.15):
        changes["positions"] = ((start, _BECOMES[code]), (_day(start, days, dice), code))
    work = employment.work[0][1]
    if not work.hourly and not POSITIONS[code].level and dice.chance(0.15):
        changes["work"] = ((start, Work(dice.pick((1.0, 0.8, 0.86, 0.5)))), (_day(start, days, dice), work))
    if dice.chance(0.03):
        first = _day(start, days - 60, dice)
        changes["leave"] = (Period(first, min(first + timedelta(days=dice.between(14, 300)), today)),)
    elif dice.chance(0.025):
        first = today - timedelta(days=dice.between(5, 150))
        end = today + timedelta(days=dice.between(3, 300)) if dice.chance(0.8) else None
        changes["leave"] = (Period(first, end),)
    if days > 900 and dice.chance(0.01):
        left = _day(start, days // 2, dice)
        back = left + timedelta(days=dice.between(60, 300))
        changes["spells"] = (Period(start, left), Period(back, None))
        changes.pop("leave", None)
    return replace(employment, **changes)  # type: ignore[arg-type]


def _day(start: date, days: int, dice: Dice) -> date:
    return working_day(start + timedelta(days=dice.between(70, max(days - 5, 71))))


def _known_future(employment: Employment, place: Workplace, leads: bool, today: date, dice: Dice) -> Employment:
    fate = dice.share()
    *before, last = employment.spells
    if fate < 0.012:
        end = today + timedelta(days=dice.between(5, 100))
        return replace(employment, spells=(*before, Period(last.start, end)))
    if fate < 0.016 and place.elsewhere and not leads:
        moved = working_day(first_of_month(today + timedelta(days=dice.between(32, 90))))
        return replace(employment, units=with_step(employment.units, moved, dice.pick(place.elsewhere)))
    if fate < 0.021 and not employment.leave:
        first = today + timedelta(days=dice.between(5, 60))
        return replace(employment, leave=(Period(first, first + timedelta(days=dice.between(30, 300))),))
    return employment


def ended(employment: Employment, place: Workplace, today: date, dice: Dice) -> Employment:
    """The same employment, over before today."""
    start = min(employment.spells[0].start, today - timedelta(days=40))
    end = start + timedelta(days=dice.between(30, (today - start).days - 1))
    return replace(
        employment,
        spells=(Period(start, end),),
        units=((start, place.unit if place.start <= start else place.elsewhere[-1]),),
        positions=((start, employment.positions[0][1]),),
        work=((start, employment.work[0][1]),),
    )


def with_step(steps: Steps[T], day: date, value: T) -> Steps[T]:
    """``value`` from ``day``, replacing later values. Unchanged if it has the value already."""
    kept = tuple(step for step in steps if step[0] < day)
    if not kept:
        return ((steps[0][0], value),)
    return kept if at(kept, day) == value else (*kept, (day, value))
