"""Which of the accounts that a person has had serves which employments and affiliations.

A person who returns, whom others were joined into, or whose rule became another one, keeps the account that is in use.
"""

from collections.abc import Mapping
from datetime import date

from graph.statements.statement import Statement
from graph.time import FOREVER, within
from rules.accounts.kept import days_of, holds_day, is_usable, ties_of
from rules.accounts.opening import Given, open_days


def key_of(person: str, system: str, tie: str = "") -> str:
    return f"{person}:{system}:{tie}" if tie else f"{person}:{system}"


def shared(own: str, kept: Mapping[str, Statement], today: date) -> str:
    """The account that all ties share, of those that the person has had: ``own``, the one for all ties, unless only
    another is in use, or was used later. It had been for one employment, or another person's who was joined."""

    def rank(key: str) -> tuple[bool, bool, bool, date, bool, str]:
        days = days_of(kept[key])
        is_open = holds_day(days, today)
        last = days[-1].last if days else date.min
        return is_usable(kept[key], today), is_open, is_open and key == own, last, key == own, key

    return next(iter(kept)) if len(kept) == 1 else max(kept, key=rank, default=own)


def slots(
    person: str, system: str, alone: Mapping[str, list[Given]], kept: Mapping[str, Statement], today: date
) -> dict[str, list[Given]]:
    """The account of each tie that has its own: the one that it had, or one that no other tie needs on its days.

    So a person who comes back with a new employment number gets the old account back.
    """
    found: dict[str, list[Given]] = {}
    had: set[str] = set()
    for key, each in kept.items():
        for tie in ties_of(each, today) & alone.keys() - had:
            if open_days(alone[tie])[-1].last > today:
                found[key] = [*found.get(key, ()), *alone[tie]]
                had.add(tie)
    for tie in sorted(alone.keys() - had, key=lambda each: (alone[each][0].tie.life[0].start, each)):
        own = [each.period for each in alone[tie]]
        free = [
            (kept[key].exists[-1].last if key in kept and kept[key].exists else FOREVER, key)  # type: ignore[index]
            for key in {*kept, *found}
            if (key not in kept or is_usable(kept[key], today))
            and not within((each.period for each in found.get(key, ())), own)
        ]
        key = max(free)[1] if free else key_of(person, system, tie)
        found[key] = [*found.get(key, ()), *alone[tie]]
    return found
