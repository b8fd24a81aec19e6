"""An institution's departments over time, and the place in the line of an employment or a unit below.

The lift (sd.md §3.4): a department whose level, name or UUID the settings exclude is not a place in the line. What
belongs to it goes to the nearest kept department above, on each day by that day's parent. The institution is at the
top.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import NamedTuple

from graph.statements.normal_text import composed, normal
from graph.statements.statement import Problem
from graph.time import FOREVER, Period, union, within, without, written_day
from importers.sd.answers import DepartmentPeriod, WrongValue
from importers.sd.settings import SdSettings

SETTINGS = "settings"
"""Key of the record that keeps the problems of the settings themselves."""
NO_ANSWER = "no_answer"
"""Rule of a look-up without an answer; the thing stays as it was known."""


class ParentAnswer(NamedTuple):
    period: Period
    parent: str


@dataclass(frozen=True, slots=True)
class Department:
    """``uuid`` is in lower case. ``raw``: its parts of the answers, for the fingerprint.

    ``unreadable``: why what SD sends now can't be used; the other fields are then as known before. ``parents_missing``:
    SD sends no parent; the parents here are those known before.
    """

    uuid: str
    periods: tuple[DepartmentPeriod, ...]
    parents: tuple[ParentAnswer, ...]
    raw: bytes = b""
    unreadable: Problem | None = None
    parents_missing: bool = False

    @property
    def key(self) -> str:
        return f"department:{self.uuid}"

    @property
    def is_unanswered(self) -> bool:
        return self.unreadable is not None and self.unreadable.rule == NO_ANSWER

    @property
    def life(self) -> tuple[Period, ...]:
        return union(each.period for each in self.periods)

    def clashes(self) -> tuple[Period, ...]:
        """Periods with two parents at once."""
        return union(
            both
            for index, one in enumerate(self.parents)
            for other in self.parents[index + 1 :]
            if one.parent != other.parent and (both := one.period.overlap(other.period))
        )

    def single_parents(self) -> Iterator[ParentAnswer]:
        """Parents in the periods with exactly one that is not the department itself."""
        clashes = self.clashes()
        for each in self.parents:
            if each.parent != self.uuid:
                for left in without((each.period,), clashes):
                    yield ParentAnswer(left, each.parent)


def parents_of(history: bytes) -> tuple[ParentAnswer, ...]:
    """The JSON parent history; dates inclusive. Raises WrongValue."""
    if not history:
        return ()
    try:
        return tuple(
            ParentAnswer(
                _inclusive(written_day(each["startDate"]), written_day(each["endDate"])),
                each["parentUuid"].lower(),
            )
            for each in json.loads(history)
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as wrong:
        raise WrongValue("parent", f"can't be read in the parent history: {type(wrong).__name__}") from wrong


def _inclusive(first: date, last: date) -> Period:
    return Period(first, None if last == FOREVER else last + timedelta(days=1))


class Place(NamedTuple):
    """Where something belongs in a period. ``rules``: the settings that excluded units on the way up, lowest first."""

    period: Period
    key: str
    rules: tuple[str, ...]


class LeftOut:
    """The settings' rules of which departments are not places in the line."""

    def __init__(self, settings: SdSettings) -> None:
        self._levels = frozenset(map(normal, settings.excluded_levels))
        self._units = settings.excluded_units
        self._names = [re.compile(composed(each)) for each in settings.excluded_names]

    def from_line(self, uuid: str, period: DepartmentPeriod) -> str:
        """The rule that excludes it, in words; empty if it is kept."""
        wholly = self.wholly(uuid, period)
        if wholly:
            return wholly
        return f"level {period.level}" if normal(period.level) in self._levels else ""

    def matching_nothing(self, organisations: Iterable["Organisation"]) -> Iterator[Problem]:
        """A notice for each setting of which a part excludes nothing: it is misspelled, or the department is gone."""
        departments = [each for one in organisations for each in one.departments.values()]
        answer = [(each.uuid, period) for each in departments for period in each.periods]
        levels = {normal(each.level) for _, each in answer}
        uuids = {uuid for uuid, _ in answer}
        names = {normal(each.name) for _, each in answer}
        unused = {
            "excluded_levels": (
                sorted(self._levels - levels), f"the levels of departments are {', '.join(sorted(levels))}"
            ),
            "excluded_units": (sorted(self._units - uuids), "no department has this UUID"),
            "excluded_names": (
                [each.pattern for each in self._names if not any(map(each.search, names))], "no department's name fits"
            ),
        }  # fmt: skip
        for setting, (parts, why) in unused.items():
            if parts:
                text = f"sources.sd.{setting}: {', '.join(map(repr, parts))} excludes nothing: {why}"
                yield Problem("Unit", SETTINGS, setting, "matches_nothing", text, "notice")

    def wholly(self, uuid: str, period: DepartmentPeriod) -> str:
        """The rule that excludes it as a unit altogether. An excluded level is still a place where people are paid."""
        if uuid in self._units:
            return f"unit {uuid}"
        for each in self._names:
            if each.search(normal(period.name)):
                return f"name {each.pattern!r}"
        return ""


@dataclass
class Organisation:
    """An institution. ``levels``: lowest first. ``fetch`` gets a department that is not here yet, or returns None.

    ``by_code`` likewise finds departments by their code. ``unanswered``: UUIDs of the departments whose look-up had no
    answer; what is known of them, if anything, is used instead.
    """

    code: str
    uuid: str
    name: str
    levels: tuple[str, ...]
    left_out: LeftOut
    departments: dict[str, Department] = field(default_factory=dict)
    fetch: Callable[[str], Department | None] | None = None
    fetch_by_code: Callable[[str], Iterable[Department]] | None = None
    unanswered: set[str] = field(default_factory=set)
    _places: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    _codes: dict[str, list[Department]] | None = None

    @property
    def key(self) -> str:
        return f"institution:{self.uuid}"

    def department(self, uuid: str) -> Department | None:
        """The department; None if SD does not have it."""
        if not uuid:
            return None  # to a request without a UUID SD answers with all departments
        found = self.departments.get(uuid)
        if found is None and self.fetch is not None and uuid not in self.unanswered:
            found = self.fetch(uuid)
            if found is not None:
                self.departments[uuid] = found
        return found

    def lowest_by_code(self, code: str, during: Period) -> list[Department]:
        """Departments of the lowest level that have the code at some time in the period."""
        if self.fetch_by_code is not None:
            for each in self.fetch_by_code(code):
                self.departments.setdefault(each.uuid, each)
            self._codes = None
        if self._codes is None:
            self._codes = {}
            for each in self.departments.values():
                for name in {period.code for period in each.periods}:
                    self._codes.setdefault(name, []).append(each)
        lowest = self.levels[0] if self.levels else ""
        return [
            each
            for each in self._codes.get(code, ())
            if any(
                period.code == code and period.level in (lowest, "") and period.period.overlap(during)
                for period in each.periods
            )
        ]

    def places(self, uuid: str, _below: frozenset[str] = frozenset()) -> tuple[Place, ...]:
        """Where in the line the department's people belong: in itself, or in the nearest kept one above."""
        kept = self._places.get(uuid)
        if kept is not None:
            return kept
        if uuid in _below:
            return ()
        department = self.department(uuid)
        if department is None:
            return ()
        found: list[Place] = []
        for each in department.periods:
            rule = self.left_out.from_line(uuid, each)
            if not rule:
                found.append(Place(each.period, department.key, ()))
            else:
                found += self._above(department, each.period, (rule,), _below | {uuid})
        result = joined(found)
        if not _below:
            self._places[uuid] = result
        return result

    def parents(self, department: Department, during: Period) -> tuple[Place, ...]:
        """The nearest kept places above it, in a period."""
        return joined(self._above(department, during, (), frozenset({department.uuid})))

    def _above(
        self, department: Department, during: Period, rules: tuple[str, ...], below: frozenset[str]
    ) -> Iterator[Place]:
        for answer in department.single_parents():
            both = answer.period.overlap(during)
            if both is None:
                continue
            if answer.parent == self.uuid:
                yield Place(both, self.key, rules)
                continue
            for place in self.places(answer.parent, below):
                part = place.period.overlap(both)
                if part is not None:
                    yield Place(part, place.key, tuple(dict.fromkeys((*rules, *place.rules))))

    def digest(self, uuid: str) -> bytes:
        """A digest of everything that an employment's mapping uses of its department."""
        department = self.department(uuid)
        if department is None:
            return b"?"
        return repr((department.life, self.places(uuid), self.is_at_the_top(department))).encode()

    def is_at_the_top(self, department: Department) -> bool:
        """A department of the lowest level directly under the institution: usually one for errors."""
        lowest = self.levels[0] if self.levels else ""
        return any(each.level == lowest for each in department.periods) and any(
            each.parent == self.uuid for each in department.parents
        )

    def unplaced(self, department: Department) -> tuple[Period, ...]:
        """Periods of its life for which SD sends no single parent."""
        return without(department.life, (each.period for each in department.single_parents()))


def joined(places: Iterable[Place]) -> tuple[Place, ...]:
    """The same with as few periods as possible."""
    by_place: dict[tuple[str, tuple[str, ...]], list[Period]] = {}
    for each in places:
        by_place.setdefault((each.key, each.rules), []).append(each.period)
    found = [Place(period, *place) for place, periods in by_place.items() for period in union(periods)]
    return tuple(sorted(found, key=lambda each: (each.period.start, each.key, each.rules)))


def by_tree(departments: Mapping[str, Department], tree: Mapping[str, str], day: date) -> dict[str, Department]:
    """Departments without a parent history get the parent in the tree of ``day``, today.

    One whose parents are known keeps them until today, since the tree says nothing of other days; a new one has this
    parent for as long as it exists.
    """
    return {
        uuid: _placed_by_tree(each, tree[uuid], day)
        if uuid in tree and (each.parents_missing or not each.parents)
        else each
        for uuid, each in departments.items()
    }


def _placed_by_tree(department: Department, parent: str, day: date) -> Department:
    known, from_today = department.parents, (Period(day),)
    if not known:
        parents = tuple(ParentAnswer(period, parent) for period in department.life)
    elif any(each.parent == parent and each.period.holds(day) for each in known):
        parents = known
    else:
        past = (Period(end=day),)
        kept = tuple(ParentAnswer(both, each.parent) for each in known for both in within((each.period,), past))
        parents = kept + tuple(ParentAnswer(both, parent) for both in within(department.life, from_today))
    return replace(department, parents=parents, parents_missing=False, raw=department.raw + parent.encode())
