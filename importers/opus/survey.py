"""A first look through a whole file: its tree, and what is told of one thing on several employees (opus.md §4.2).

Persons, positions and functions have no elements of their own in the file; they are put together here, so that the
order of the file never matters. The look goes to the end of the file before anything of it is applied.
"""

import hashlib
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from graph.cpr.keyring import is_number
from graph.statements.normal_text import composed, normal
from graph.statements.statement import Problem
from graph.statements.written_numbers import only_digits
from importers.opus import fields
from importers.opus.employees import (
    EmployeeKey,
    Employees,
    Identity,
    Persons,
    PersonView,
    Seen,
    Texts,
    live,
    persons,
    stubs,
)
from importers.opus.errors import Unreadable
from importers.opus.oddities import Oddities, file_problem
from importers.opus.reader import Element, Spool, check_end, elements
from importers.opus.settings import OpusSettings
from importers.opus.tree import KeptTree, Tree, UnitKey

LEAVE = "leave"  # the only action that is known: the employment has ended
PERSON_FIELDS = ("firstName", "lastName", "address", "addressSupplement", "postalCode", "city", "country")


class Aside(Protocol):
    """Where employees can be looked at again."""

    def element(self, place: tuple[int, int]) -> Element: ...

    def close(self) -> None: ...


HasAnother = Callable[[str, str], bool]
TOLD_TWICE = "is there twice, with different texts"


@dataclass(slots=True)
class Survey:
    """``live``, ``stubs``, ``filtered``, ``faulty``: employees by how the file has them; all but stubs are live.

    ``has_another``: whether the employment (its key) was told before as a person's who is known by another number.
    """

    day: date
    settings: OpusSettings
    known_employments: Container[str]
    units: dict[UnitKey, Element]
    tree: Tree
    aside: Aside
    live: Employees[Seen] = field(default_factory=live)
    stubs: Employees[None] = field(default_factory=stubs)
    filtered: set[EmployeeKey] = field(default_factory=set)
    faulty: set[EmployeeKey] = field(default_factory=set)
    persons: Persons = field(default_factory=persons)
    positions: defaultdict[tuple[str, str], Texts] = field(default_factory=lambda: defaultdict(Texts))
    functions: defaultdict[tuple[str, str, str], Texts] = field(default_factory=lambda: defaultdict(Texts))
    problems: list[Problem] = field(default_factory=list)
    closed_units: set[UnitKey] = field(default_factory=set)
    protected: set[str] = field(default_factory=set)
    """CPR numbers of persons whose address is protected according to an employee that is not taken."""
    positions_left_out: set[int] = field(default_factory=set)
    names_left_out: set[str] = field(default_factory=set)
    """Of the filters of positions, those that fit an employee."""
    has_another: HasAnother = lambda key, cpr: False

    def is_marked_closed(self, unit: Element) -> bool:
        """Whether its name carries a cursor that it is closed (§4.7)."""
        name = normal(unit["longName"])
        return any(re.search(composed(pattern), name) for pattern in self.settings.closed_name_patterns)

    @property
    def clients(self) -> set[str]:
        """Whose data the file holds."""
        return {each.client for each in self.tree.parents}

    def has(self, employee: str) -> bool:
        """Whether the file has the employee, live or as a stub. ``employee``: its key as in statements."""
        return self.live.has(employee) or self.stubs.has(employee)

    def unit_of(self, client: str, employee: Element) -> UnitKey | None:
        """The employee's unit, if it is in the file."""
        try:
            unit = UnitKey(client, fields.number(employee["orgUnit"]))
        except Unreadable:
            return None
        return unit if unit in self.tree.parents else None

    def person_at(self, places: Iterable[tuple[int, int]]) -> dict[str, PersonView]:
        """What the employees at these places say of their person, by CPR number."""
        met = persons()
        for place in places:
            element = self.aside.element(place)
            key = EmployeeKey(*_client_and_id(element))
            _add_person(self, met, key, element, self.start_of(element)[0])
        return {cpr: view for cpr, view in met.items() if isinstance(view, PersonView)}

    def newcomers(self) -> Iterator[tuple[EmployeeKey, Identity]]:
        """Live employees of whom nothing was told before, by which they may be known again. Looks at all of them."""
        for key, seen in self.live.items():
            if seen.cpr and key.text() not in self.known_employments:
                element = self.aside.element(seen.place)
                if (start := self.start_of(element)[0]) is not None:
                    yield key, Identity(seen.cpr, start, fields.number(element["positionId"]))

    def start_of(self, employee: Element) -> tuple[date | None, bool]:
        """When the employment began, and whether that is only assumed (§4.4). Raises Unreadable."""
        if entry := fields.day(employee["entryDate"]):
            return entry, False
        for name in ("initialEntry", "entryIntoGroup"):
            if entry := fields.day(employee[name]):
                return entry, True
        return (self.day if self.settings.missing_start == "file_date" else None), True

    def end_of(self, employee: Element) -> date | None:
        """The first day after the employment, as far as payroll knows it. Raises Unreadable."""
        return fields.end(employee["leaveDate"], inclusive=self.settings.leave_date_inclusive)

    def fault(self, key: str, employee: Element) -> Problem | None:
        """Why the employee can't be taken; what is known of it stays as it is."""
        name, rule, text = "action", "unknown_action", "its action is unknown; only leave is known"
        if "action" not in employee.attributes:
            gap = self._gap(employee) or self._lost_number(key, employee)
            name, rule, text = gap or self._wrong_date(employee) or ("", "", "")
        return Problem("Employment", key, name, rule, text) if rule else None

    def _gap(self, employee: Element) -> tuple[str, str, str] | None:
        """(field, rule, what is wrong), where a field is missing that an employment can't be without."""
        texts = employee.texts
        if employee.repeated:
            return employee.repeated[0], "told_twice", TOLD_TWICE
        if not texts.get("cpr"):
            return "cpr", "no_cpr", "has no CPR number"
        if "firstName" not in texts and "lastName" not in texts:
            return "lastName", "no_name", "has no name: a technical user?"
        if "position" not in texts or not only_digits(texts.get("positionId", "")):
            return "position", "no_position", "has no position"
        if not only_digits(texts.get("orgUnit", "")):
            return "orgUnit", "no_unit", "has no unit"
        return None

    def _lost_number(self, key: str, employee: Element) -> tuple[str, str, str] | None:
        """A key field of a known employment is never lost (§3.1): no new person is made for an invalid number."""
        if is_number(employee["cpr"]) or not self.has_another(key, employee["cpr"]):
            return None
        return "cpr", "no_cpr", "has no valid CPR number any more; the person known so far is kept"

    def _wrong_date(self, employee: Element) -> tuple[str, str, str] | None:
        name = "entryDate"
        try:
            if self.start_of(employee)[0] is None:
                return name, "no_start", "has no start: entryDate, initialEntry and entryIntoGroup are empty"
            name = "leaveDate"
            self.end_of(employee)
        except Unreadable as wrong:
            return name, "wrong_date", str(wrong)
        return None


def look(
    path: Path,
    day: date,
    settings: OpusSettings,
    known_employments: Container[str],
    kept: KeptTree,
    has_another: HasAnother,
) -> Survey:
    """Read the file to its end. Raises IncompleteFile where it has none.

    ``known_employments``: keys of all employments that were told before. ``kept``: what the file before said of the
    tree. ``has_another``: as ``Survey.has_another``. The spool of the survey lies beside the file.
    """
    check_end(path)
    problems: list[Problem] = []
    units: dict[UnitKey, Element] = {}
    for element in elements(path, "orgUnit", "employee"):
        if element.name == "employee":
            break  # units come first (§1); where one does not, they are read once more
        add_unit(units, element, problems)
    survey = _look(path, day, settings, known_employments, kept, units, problems, has_another)
    if survey is None:
        units.clear()
        problems.clear()
        for element in elements(path, "orgUnit"):
            add_unit(units, element, problems)
        survey = _look(path, day, settings, known_employments, kept, units, problems, has_another)
    assert survey is not None
    return survey


def _look(
    path: Path,
    day: date,
    settings: OpusSettings,
    known_employments: Container[str],
    kept: KeptTree,
    units: dict[UnitKey, Element],
    problems: list[Problem],
    has_another: HasAnother,
) -> Survey | None:
    """None where the file has a unit that is not among ``units``."""
    spool = Spool(path.with_suffix(".spool"))
    oddities = Oddities()
    survey = begin(day, settings, known_employments, units, kept, has_another, spool, problems, oddities)
    for element in elements(path, "orgUnit", "employee", others=oddities.unknown):
        if element.name == "orgUnit":
            if _is_unread(element, units):
                spool.close()
                return None
            continue
        oddities.count(element)
        add_employee(survey, element, spool)
    survey.problems += oddities.problems()
    return survey


def begin(
    day: date,
    settings: OpusSettings,
    known_employments: Container[str],
    units: dict[UnitKey, Element],
    kept: KeptTree,
    has_another: HasAnother,
    aside: Aside,
    problems: Iterable[Problem],
    oddities: "Oddities",
) -> Survey:
    """The survey of a file of which only the units have been read."""
    tree = Tree(units, settings.filters, kept)
    survey = Survey(
        day, settings, known_employments, units, tree, aside, problems=list(problems), has_another=has_another
    )
    for key, unit in units.items():
        oddities.count(unit)
        if survey.is_marked_closed(unit) or _is_over(unit, day):
            survey.closed_units.add(key)
    return survey


def _is_unread(element: Element, units: Mapping[UnitKey, Element]) -> bool:
    try:
        return UnitKey(*_client_and_id(element)) not in units
    except Unreadable:
        return False


def _client_and_id(element: Element) -> tuple[str, str]:
    """Raises Unreadable."""
    return fields.number(element.attributes.get("client", "")), fields.number(element.attributes.get("id", ""))


def add_unit(units: dict[UnitKey, Element], element: Element, problems: list[Problem]) -> None:
    try:
        key = UnitKey(*_client_and_id(element))
    except Unreadable:
        problems.append(file_problem("orgUnit", "no_key", "a unit has no id or client that is a number"))
        return
    if key in units:
        problems.append(file_problem(key.text(), "twice", "the unit is in the file twice; the first was taken"))
        return
    units[key] = element


def _is_over(unit: Element, day: date) -> bool:
    try:
        end = fields.end(unit["endDate"])
    except Unreadable:
        return False  # the unit's own record is listed for it
    return end is not None and end <= day


def add_employee(
    survey: Survey,
    element: Element,
    kept: "Spool | tuple[int, int]",
    name: str = "",
    *,
    is_odd: bool = False,
) -> None:
    """Take an employee in. ``kept``: where it is put aside, or lies already. ``name`` of its bytes (``memory``)."""
    try:
        key = EmployeeKey(*_client_and_id(element))
    except Unreadable:
        survey.problems.append(file_problem("employee", "no_key", "an employee has no id or client that is a number"))
        return
    if element.attributes.get("action") == LEAVE:
        survey.stubs[key] = None
        return
    element.texts["cpr"] = fields.identifier(element["cpr"])
    if key in survey.live:
        text = "the employee is in the file twice; the first was taken"
        survey.problems.append(file_problem(key.text(), "twice", text))
        _note_protection(survey, element)
        return
    unit = survey.unit_of(key.client, element)
    packed = element.packed()
    place = kept if isinstance(kept, tuple) else kept.keep(packed)
    seen = Seen(unit, hashlib.blake2b(packed, digest_size=16).digest(), place, name=name)
    if _is_filtered(element, unit, survey):
        survey.filtered.add(key)
        _note_protection(survey, element)
    elif _is_faulty(survey, key, element, unit):
        survey.faulty.add(key)
        _note_protection(survey, element)
    else:
        _take_in(survey, key, element, seen, is_odd=is_odd)
    survey.live[key] = seen


def _is_protected(employee: Element) -> bool:
    return fields.truth(employee.more.get("address/protected", ""))


def _note_protection(survey: Survey, employee: Element) -> None:
    """Any of a person's employments tells that the address is protected, also one that is not taken (§4.10)."""
    cpr = employee["cpr"]
    if not cpr or not _is_protected(employee):
        return
    survey.protected.add(cpr)
    view = survey.persons.get(cpr)
    if isinstance(view, PersonView):
        view.protected = True
        survey.persons[cpr] = view


def _is_faulty(survey: Survey, key: EmployeeKey, element: Element, unit: UnitKey | None) -> bool:
    text = key.text()
    return survey.fault(text, element) is not None or (unit is None and text not in survey.known_employments)


def _take_in(survey: Survey, key: EmployeeKey, element: Element, seen: Seen, *, is_odd: bool) -> None:
    """What the employee tells, of several things."""
    seen.cpr, seen.login, seen.functions = element["cpr"], element["userId"], tuple(element.functions)
    start, _ = survey.start_of(element)
    _add_person(survey, survey.persons, key, element, start)
    changed = element.attributes.get("lastChanged", "")
    position = (key.client, fields.number(element["positionId"]))
    survey.positions[position].add((element["position"], element["positionShort"]), changed)
    for each in element.functions:
        function = (key.client, each.either("artId"), each.either("roleId"))
        survey.functions[function].add((each.either("artText"), each.either("roleText")), changed)
    # An invalid number is looked at anew each time: what it means hangs on what is known of the employment.
    if seen.name and seen.unit is not None and not (is_odd or element.functions) and is_number(seen.cpr):
        days = _ordinal(start), _ordinal(survey.end_of(element))
        order = order_of(*days, survey.day.toordinal())
        told = *map(sys.intern, (element["position"], element["positionShort"], changed)), seen.login
        seen.noted = (*key, seen.unit.number, position[1], *told, *days, order)


def _is_filtered(employee: Element, unit: UnitKey | None, survey: Survey) -> bool:
    """Whether the settings leave the employee out (§4.8)."""
    filters = survey.settings.filters
    position = employee["positionId"]
    left_out = unit is not None and unit in survey.tree.filtered
    if filters.positions and only_digits(position) and int(position) in filters.positions:
        survey.positions_left_out.add(int(position))
        left_out = True
    name = normal(employee["position"]).casefold() if filters.position_names else ""
    if fitting := [each for each in filters.position_names if normal(each).casefold() in name]:
        survey.names_left_out.update(fitting)
        left_out = True
    return left_out


def _add_person(survey: Survey, persons: Persons, key: EmployeeKey, element: Element, start: date | None) -> None:
    texts = element.texts
    order = order_of(_ordinal(start), _ordinal(survey.end_of(element)), survey.day.toordinal())
    changed = fields.changed(element.attributes.get("lastChanged", ""))
    rank = (order, -changed, int(key.number))
    view = persons.get(texts["cpr"])
    if not isinstance(view, PersonView):
        view = PersonView(rank, {})
    view.count += 1
    if not view.texts or rank < view.rank:
        view.rank = rank
        view.texts = {name: sys.intern(texts[name]) for name in PERSON_FIELDS if name in texts}
    view.protected = view.protected or _is_protected(element) or texts["cpr"] in survey.protected
    name = (element["firstName"], element["lastName"])
    if name not in view.names:
        view.names = (*view.names, name)
    persons[texts["cpr"]] = view


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0


def order_of(start: int, end: int, day: int) -> int:
    """What is in force comes before what is to come (1), and that before what has ended (2). Ordinals; 0 = none."""
    return 2 if 0 < end <= day else 1 if start > day else 0
