"""The sample municipality: Klitkøbing Kommune, generated from a seed, for one day ("today").

The same seed, size and day give the same municipality on every machine. ``advance`` lets days pass: see ``changes``.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate, chain
from uuid import UUID, uuid5

from graph.time import Period
from sample.dice import Dice, mixed
from sample.history import ended, with_history
from sample.names import STREETS
from sample.people import EARLIEST, Employment, Person, Steps, Workplace, at, hired, person, start_of, working_day
from sample.structure import FRAME, KINDS, MUNICIPALITY, SMALL_FRAME, Draft, UnitKind, plan

NAMESPACE = UUID("5be2a6c3-1d0f-4f7a-8a10-0000012b0001")
CLIENT = 999  # the municipality's number
REGION, INSTITUTION = "XK", "XA"
FIRST_UNIT, FIRST_EMPLOYMENT = 1000, 10_000
_MOVED_KINDS = frozenset({"school", "daycare", "nursing_home", "home_care", "residence", "yard", "library"})
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Size:
    """``employments``: active today. ``units``: open today. `Past and future ones are additional."""

    name: str
    employments: int
    units: int


SIZES = {
    "XS": Size("XS", 60, 12),
    "S": Size("S", 5_000, 500),
    "L": Size("L", 50_000, 4_000),
    "XL": Size("XL", 1_000_000, 60_000),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit with everything that is known of it. ``parents``: unit numbers; empty for the municipality itself."""

    number: int
    kind: UnitKind
    depth: int
    leaf: bool
    life: Period
    names: Steps[str]
    parents: Steps[int]
    street: str
    postal_code: str
    town: str
    phone: str | None
    email: str | None
    p_number: str | None
    ean: str | None

    @property
    def code(self) -> str:
        """As SD writes it: four characters; decimal as long as the numbers have four digits, then from A000 on."""
        return str(self.number) if self.number < 10_000 else _base_36(self.number - 10_000 + 10 * 36**3)

    @property
    def uuid(self) -> UUID:
        return uuid5(NAMESPACE, f"unit/{self.number}")


def employment_code(number: int) -> str:
    """An employment number as SD writes it: five characters that begin with a digit, or with E when digits run out."""
    return str(number) if number < 100_000 else "E" + _base_36(number - 100_000).rjust(4, "0")


def _base_36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text


class Municipality:
    """``units`` by number (the municipality itself first, parents before children) and employments on demand.

    ``changes.advance`` moves ``today`` on. Its changes are kept (``changed``, ``added``, ``cancelled``, ``renamed`` by
    person, ``filled`` vacancies); everything else is drawn anew each time.
    """

    name = MUNICIPALITY

    def __init__(self, size: str, seed: int, today: date) -> None:
        self.size, self.seed, self.born = SIZES[size], seed, today
        self.today = self.born
        dice = Dice(seed, "plan")
        drafts = plan(SMALL_FRAME if size == "XS" else FRAME, self.size.units, dice)
        self.units: dict[int, Unit] = {unit.number: unit for unit in self._open_units(drafts, dice)}
        self._heads = _headcounts(drafts, self.size.employments, dice)
        self._numbers = list(self.units)
        blocks = (heads + _past(heads) + _coming(heads) for heads in self._heads)
        self._offsets = [0, *accumulate(blocks)]
        self.vacant = frozenset(
            number for number, unit in self.units.items() if unit.depth > 1 and mixed(number, seed + 3) % 12 == 0
        )
        for unit in self._closed_units(dice):
            self.units[unit.number] = unit
        self._first_units = dict(self.units)
        self._staff = lru_cache(maxsize=512)(self._draw)
        self.next_unit = max(self.units) + 1
        self.next_employment = FIRST_EMPLOYMENT + self._offsets[-1]
        self.filled: set[int] = set()
        self.renamed: dict[int, Person] = {}
        self.changed: dict[int, Employment] = {}
        self.added: dict[int, Employment] = {}
        self.cancelled: set[int] = set()

    @property
    def root(self) -> Unit:
        return self.units[FIRST_UNIT]

    def employments(self) -> Iterator[Employment]:
        """All employments of payroll: past, present and future ones, by number."""
        drawn = (employment for index in range(len(self._numbers)) for employment in self._staff(index))
        for employment in chain(drawn, self.added.values()):
            if employment.number not in self.cancelled:
                yield self._current(employment)

    def employment(self, number: int) -> Employment:
        """The employment with this number. Raises KeyError if there is none, or it was cancelled."""
        if number in self.cancelled:
            raise KeyError(number)
        if number in self.added:
            return self._current(self.added[number])
        index = bisect_right(self._offsets, number - FIRST_EMPLOYMENT) - 1
        if not 0 <= index < len(self._numbers):
            raise KeyError(number)
        return self._current(self._staff(index)[number - FIRST_EMPLOYMENT - self._offsets[index]])

    def staff_near(self, unit: int) -> Iterator[Employment]:
        """Every employment that is or may come to be in a unit without units below it, and some others."""
        index = unit - FIRST_UNIT
        numbers = [
            employment.number
            for near in range(max(index - 2, 0), min(index + 3, len(self._numbers)))
            for employment in self._staff(near)
        ]
        for number in sorted({*numbers, *self.changed, *self.added} - self.cancelled):
            yield self.employment(number)

    def drawn_number(self, dice: Dice) -> int:
        """The number of any employment that was there on the first day."""
        return FIRST_EMPLOYMENT + dice.below(self._offsets[-1])

    def _current(self, employment: Employment) -> Employment:
        employment = self.changed.get(employment.number, employment)
        who = self.renamed.get(employment.person.index)
        return employment if who is None else replace(employment, person=who)

    def children(self, number: int) -> tuple[int, ...]:
        """The open units below, on ``today``."""
        return tuple(
            each.number
            for each in self.units.values()
            if each.parents and each.life.holds(self.today) and at(each.parents, self.today) == number
        )

    # --- units ---------------------------------------------------------------------------------------------

    def _open_units(self, drafts: list[Draft], dice: Dice) -> Iterator[Unit]:
        for index, draft in enumerate(drafts):
            number = FIRST_UNIT + index
            start = EARLIEST
            parents: Steps[int] = ()
            if draft.parent is not None:
                parents = ((EARLIEST, FIRST_UNIT + draft.parent),)
                movable = draft.kind in _MOVED_KINDS and dice.chance(0.08)
                old = _other_parent(drafts, draft, dice) if movable else None
                if old is not None:
                    moved = self._past_month(dice)
                    parents = ((EARLIEST, FIRST_UNIT + old), (moved, FIRST_UNIT + draft.parent))
                elif not draft.children and draft.depth > 2 and dice.chance(0.06):
                    start = self._past_month(dice)
                    parents = ((start, FIRST_UNIT + draft.parent),)
            names: Steps[str] = ((start, draft.name),)
            if draft.depth > 1 and start == EARLIEST and dice.chance(0.04):
                names = ((start, _old_name(draft.name)), (self._past_month(dice), draft.name))
            yield self._unit(number, draft.kind, draft.depth, not draft.children, Period(start, None), names, parents)

    def _closed_units(self, dice: Dice) -> Iterator[Unit]:
        """Units that closed before today, one for every fifty open ones."""
        inner = [unit for unit in self.units.values() if not unit.leaf and unit.depth > 0]
        first = max(self.units) + 1
        for number in range(first, first + max(1, len(self.units) // 50)):
            above = dice.pick(inner)
            life = Period(EARLIEST, self._past_month(dice))
            names: Steps[str] = ((EARLIEST, f"{above.names[-1][1]}, projekt {number}"),)
            yield self._unit(number, "office", above.depth + 1, True, life, names, ((EARLIEST, above.number),))

    def _past_month(self, dice: Dice) -> date:
        """A working day in the last six years that is the first of a month, when structure changes (sd.md)."""
        while True:
            day = (self.born - timedelta(days=dice.between(31, 2200))).replace(day=1)
            if day == working_day(day):
                return day

    def _unit(
        self, number: int, kind: str, depth: int, leaf: bool, life: Period, names: Steps[str], parents: Steps[int]
    ) -> Unit:
        dice = Dice(self.seed, "unit", number)
        postal_code, town = ("9998", "Klitkøbing") if dice.chance(0.6) else ("9997", "Sandhuse")
        return Unit(
            number=number, kind=KINDS[kind], depth=depth, leaf=leaf, life=life, names=names, parents=parents,
            street=f"{dice.pick(STREETS)} {dice.between(1, 120)}", postal_code=postal_code, town=town,
            phone=f"9980{number % 10_000:04d}" if dice.chance(0.7) else None,
            email=f"enhed{number}@klitkoebing.example" if dice.chance(0.5) else None,
            p_number=f"10{99_000_000 + number:08d}"[:10] if dice.chance(0.6) else None,
            ean=f"57900{number:08d}" if dice.chance(0.5) else None,
        )  # fmt: skip

    # --- staff ---------------------------------------------------------------------------------------------

    def workplace(self, number: int) -> Workplace:
        """The input for drawing a unit's staff, as the unit was on the first day."""
        unit = self._first_units[number]
        parent = at(unit.parents, self.born)
        near = [
            each
            for each in (number - 1, number - 2, number + 1)
            if each in self._first_units
            and self._first_units[each].life == Period(EARLIEST, None)
            and self._first_units[each].depth > 1
        ]
        if parent != self.root.number:
            near.append(parent)
        return Workplace(number, unit.kind, unit.life.start, tuple(near), number in self.vacant)

    def _draw(self, index: int) -> tuple[Employment, ...]:
        """The employments in one unit's block of numbers: present ones, then past ones, then future ones."""
        heads = self._heads[index]
        if not heads:
            return ()
        number = self._numbers[index]
        place = self.workplace(number)
        dice = Dice(self.seed, "staff", number)
        offset = self._offsets[index]
        made: list[Employment] = []
        for slot in range(self._offsets[index + 1] - offset):
            who, extra = self._holder(offset + slot)
            leads = slot == 0 and place.kind.manager is not None and not place.vacant
            code = place.kind.manager if leads and place.kind.manager else dice.weighted(place.kind.staff)
            start = start_of(who, self.seed, self.born, dice)
            if slot >= heads + _past(heads):
                start = self.born + timedelta(days=dice.between(1, 80))
            employment = hired(FIRST_EMPLOYMENT + offset + slot, who, number, code, start, dice, extra)
            if slot < heads:
                employment = with_history(employment, place, self.born, dice)
            elif slot < heads + _past(heads):
                employment = ended(employment, place, self.born, dice)
            made.append(employment)
        return tuple(made)

    def _holder(self, slot: int) -> tuple[Person, int]:
        """The person of the employment; one in thirty has a second employment."""
        if not self._doubled(slot) or slot < 20:
            return person(slot, self.seed, self.born), 0
        other = mixed(slot, self.seed + 6) % slot
        while self._doubled(other):
            other = (other + 1) % slot
        return person(other, self.seed, self.born), 1 + mixed(slot, self.seed + 7) % 9

    def _doubled(self, slot: int) -> bool:
        return mixed(slot, self.seed + 5) % 30 == 0


def _past(heads: int) -> int:
    """How many have left the unit."""
    return heads // 8


def _coming(heads: int) -> int:
    """How many are hired already and begin later."""
    return 1 if heads % 7 == 3 else 0


def _other_parent(drafts: list[Draft], draft: Draft, dice: Dice) -> int | None:
    """Another unit of the same kind and depth as the parent, to which the house may have belonged before."""
    assert draft.parent is not None
    parent = drafts[draft.parent]
    if parent.parent is None:
        return None
    same = [
        index
        for index in drafts[parent.parent].children
        if drafts[index].kind == parent.kind and index != draft.parent and drafts[index].children
    ]
    return dice.pick(same) if same else None


def _old_name(name: str) -> str:
    house, _, team = name.rpartition(", ")
    return f"{house}, {team} (gl.)" if house else f"{name} (gl.)"


def _headcounts(drafts: list[Draft], employments: int, dice: Dice) -> list[int]:
    """Distributes people by the size of each unit's kind, exactly ``employments`` in all. The municipality itself has
    none."""
    wanted = [KINDS[draft.kind].size * (0.6 + 0.8 * dice.share()) for draft in drafts]
    scale = (employments - len(drafts)) / sum(wanted)
    heads = [0 if not want else 1 + int(want * scale) for want in wanted]
    largest = sorted(range(len(drafts)), key=lambda index: -wanted[index])
    for step in range(employments - sum(heads)):
        heads[largest[step % len(largest)]] += 1
    return heads
