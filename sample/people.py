"""People and employments of the sample, and how a unit's staff is drawn.

A person depends only on the person's index, and an employment on its unit's stream of random choices. Any unit's staff
can be made alone, in any order, so a municipality of a million need not be in memory.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from graph.time import Period
from sample.cpr_numbers import birthday, cpr_number
from sample.dice import Dice, mixed
from sample.names import MEN, STREETS, SURNAMES, TOWNS, WOMEN
from sample.positions import POSITIONS, Position
from sample.structure import UnitKind

T = TypeVar("T")
Steps = tuple[tuple[date, T], ...]
"""Values over time: each is in force from its day until the next one's; the last one until further notice."""

FULL_TIME_HOURS = 37
EARLIEST = date(2007, 1, 1)  # the municipality's first day; there are no employments before
_SHARES = (1.0, 1.0, 1.0, 1.0, 1.0, 0.95, 0.9, 0.86, 0.84, 0.81, 0.8, 0.76, 0.7, 0.68, 0.6, 0.5, 0.4, 0.3)


@dataclass(frozen=True, slots=True)
class Work:
    """``share`` of full time (two decimals); ``hourly``: paid by the hour; ``share`` is 0 then."""

    share: float
    hourly: bool = False

    @property
    def full_time(self) -> bool:
        return self.share == 1.0

    @property
    def weekly_hours(self) -> float:
        return round(self.share * FULL_TIME_HOURS, 2)


@dataclass(frozen=True, slots=True)
class Person:
    """``protected``: name and address protection. ``replacement``: a replacement number instead of a CPR number."""

    index: int
    cpr: str
    given_name: str
    surname: str
    street: str
    postal_code: str
    town: str
    protected: bool
    replacement: bool


@dataclass(frozen=True, slots=True)
class Employment:
    """``spells``: the periods of employment (several with the same number are a gap). ``leave``: on leave (orlov).

    ``units``, ``positions`` and ``work`` begin with the first spell. ``extra_digit``: Opus's ``suppId``, which
    distinguishes the employments of one CPR number.
    """

    number: int
    person: Person
    spells: tuple[Period, ...]
    units: Steps[int]
    positions: Steps[int]
    work: Steps[Work]
    leave: tuple[Period, ...] = ()
    phone: str | None = None
    email: str | None = None
    login: str | None = None
    extra_digit: int = 0
    union_representative: bool = False

    def spell(self, day: date) -> Period | None:
        """The spell on the day, otherwise the next one; None if all have ended."""
        return next((spell for spell in self.spells if spell.last > day), None)

    def active(self, day: date) -> bool:
        return any(spell.holds(day) for spell in self.spells)

    def position(self, day: date) -> Position:
        return POSITIONS[at(self.positions, day)]


def at(steps: Steps[T], day: date) -> T:
    """The value on a day; before the first one, the first one."""
    value = steps[0][1]
    for start, each in steps:
        if start > day:
            break
        value = each
    return value


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend, when payroll makes no Opus file."""
    return day + timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])


def person(index: int, seed: int, today: date) -> Person:
    """The person with this index: the same for every caller."""
    chance = mixed(index, seed)
    woman = chance % 100 < 72  # as in Danish municipalities
    replacement = chance // 100 % 700 == 0 or index == 7
    given = WOMEN if woman else MEN
    rest = mixed(index, seed + 1)
    postal_code, town = TOWNS[rest // 7 % len(TOWNS)]
    surname = SURNAMES[min(rest // 1009 % len(SURNAMES), rest // 100003 % (2 * len(SURNAMES)))]  # the first are common
    names = given[rest // 100_000_007 % len(given)]
    if chance // 70_000 % 9 == 0:
        names += " " + given[chance // 630_000 % len(given)]
    return Person(
        index=index,
        cpr=cpr_number(index, seed, today, woman, replacement),
        given_name=names,
        surname=surname,
        street=f"{STREETS[rest // 49 % len(STREETS)]} {1 + rest // 1471 % 148}",
        postal_code=postal_code,
        town=town,
        protected=chance // 70_000_000 % 200 == 0,
        replacement=replacement,
    )


@dataclass(frozen=True, slots=True)
class Workplace:
    """The input for drawing a unit's staff: the unit, its first day, and units from which people may have come."""

    unit: int
    kind: UnitKind
    start: date
    elsewhere: tuple[int, ...]
    vacant: bool


def hired(number: int, who: Person, unit: int, code: int, start: date, dice: Dice, extra_digit: int = 0) -> Employment:
    """A plain employment without history from ``start``."""
    position = POSITIONS[code]
    if position.level:
        work = Work(1.0)
    elif dice.chance(position.hourly):
        work = Work(0.0, hourly=True)
    else:
        work = Work(dice.pick(_SHARES))
    login = account_name(who, number)
    return Employment(
        number=number,
        person=who,
        spells=(Period(start, None),),
        units=((start, unit),),
        positions=((start, code),),
        work=((start, work),),
        phone=f"9988{dice.below(10_000):04d}" if dice.chance(0.6) else None,
        email=f"{login}@klitkoebing.example" if dice.chance(0.85) else None,
        login=login.upper() if dice.chance(0.7) else None,
        extra_digit=extra_digit,
        union_representative=dice.chance(0.006),
    )


def account_name(who: Person, number: int) -> str:
    """The municipality's account names: two letters of each name, and the employment's number."""
    return (who.given_name[:2] + who.surname[:2]).lower().translate(_LATIN) + str(number)


_LATIN = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "é": "e", "ü": "u", "ö": "oe"})


def adult_from(who: Person, seed: int, today: date) -> date:
    """The day on which the person became 18."""
    born = birthday(who.index, seed, today)
    return date(born.year + 18, born.month, min(born.day, 28))


def start_of(who: Person, seed: int, today: date, dice: Dice) -> date:
    """A start in the past, recent ones more likely; mostly the first of a month; never as a child."""
    days = int(dice.share() ** 2 * (today - EARLIEST).days)
    start = today - timedelta(days=days)
    if dice.chance(0.8):
        start = first_of_month(start)
    return max(min(start, today), EARLIEST, adult_from(who, seed, today))
