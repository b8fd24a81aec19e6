"""Maps a file's units, persons, positions and functions (opus.md §6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial

import orjson

from graph.cpr.keyring import number_in
from graph.statements.statement import BadRecord, Problem, Ref, Statement, Value
from graph.time import ALWAYS, Period
from importers.opus import advance, fields
from importers.opus.employees import EmployeeKey, PersonView, RecalledPerson
from importers.opus.errors import Unreadable
from importers.opus.reader import Element
from importers.opus.survey import TOLD_TWICE, Survey
from importers.opus.tree import Fault, UnitKey
from importers.source import Known, Mapped, RawRecord

MEANING = b"opus 1"  # raise it when the mapping changes: then every record is mapped anew
_ADDRESS_FIELDS = {"street": "address", "supplement": "addressSupplement", "city": "city", "country": "country"}
ADDRESS = frozenset({*_ADDRESS_FIELDS, "postal_code"})
MISPLACED = "misplaced"  # tag of a new unit that is below the root because it has no parent (§4.6)

FAULTS: dict[Fault, str] = {
    "unknown_parent": "its parent is not in the file",
    "second_root": "it has no parent, and is not the root",
    "cycle": "it is below itself",
}


@dataclass
class File:
    """One file on its way into statements.

    ``exchanged``: key of an employment under its new number → key under which it is stated (number exchange).
    ``first``: no file was applied before it. ``vanished``: employments that were live before, and that the file has
    neither live nor as a stub, under any number; by key.
    """

    survey: Survey
    known: Known
    exchanged: dict[str, str] = field(default_factory=dict)
    first: bool = False
    vanished: Mapping[str, Statement] = field(default_factory=dict)
    context: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.context = self.known.fingerprint(MEANING, self.survey.settings.meaning()).encode()

    @property
    def day(self) -> date:
        return self.survey.day

    def key(self, employee: EmployeeKey) -> str:
        """The key under which an employee's employment is stated."""
        return self.exchanged.get(employee.text(), employee.text())

    @cached_property
    def superseded(self) -> frozenset[str]:
        """Old numbers of employments that are live under a new one."""
        live = self.survey.live
        return frozenset(
            old for new, old in self.exchanged.items() if EmployeeKey.of_text(new) in live and old not in self.exchanged
        )

    @cached_property
    def _numbers(self) -> dict[str, list[str]]:
        """Key under which an employment is stated → its new numbers."""
        found: dict[str, list[str]] = {}
        for new, old in self.exchanged.items():
            found.setdefault(old, []).append(new)
        return found

    def is_shared(self, key: str) -> bool:
        """Whether the file may have several employees that are stated under this key."""
        return key in self._numbers

    def is_present(self, key: str) -> bool:
        """Whether the file has an employee, live or as a stub, who is stated under this key."""
        if key not in self.exchanged and self.survey.has(key):
            return True
        return any(map(self.survey.has, self._numbers.get(key, ())))

    @cached_property
    def filtered_employments(self) -> frozenset[str]:
        return frozenset(self.key(each) for each in self.survey.filtered)

    @cached_property
    def faulty_employments(self) -> frozenset[str]:
        return frozenset(self.key(each) for each in self.survey.faulty)

    @cached_property
    def filtered_units(self) -> frozenset[str]:
        return frozenset(each.text() for each in self.survey.tree.filtered)

    def fingerprint(self, kind: str, *parts: bytes | str) -> str:
        """The fingerprint of a record's parts, its kind's mapping, and the settings on which it depends."""
        texts = [each if isinstance(each, bytes) else each.encode() for each in parts]
        return self.known.fingerprint(b"\0".join((kind.encode(), self.context, *texts)))


def records(file: File) -> Iterator[RawRecord]:
    """All records except employments and the records that depend on them."""
    survey = file.survey
    for unit, element in survey.units.items():
        if unit not in survey.tree.filtered:
            yield _unit_record(file, unit, element)
    yield from _position_records(file)
    yield from _function_records(file)
    for cpr, view in survey.persons.items():
        if isinstance(view, RecalledPerson):
            yield RawRecord("Person", cpr, view.fingerprint, partial(_recalled_person, file, cpr, view))
        else:
            key = file.known.person_key(cpr)
            yield RawRecord("Person", key, _person_print(file, view), partial(_person, file, key, cpr, view))
    for cpr in sorted(survey.protected):
        if cpr not in survey.persons:
            key = file.known.person_key(cpr)
            yield RawRecord("Person", key, file.fingerprint("Person", "protected"), partial(_protected, file))


# -- units ----------------------------------------------------------------------------------------------------------


def _unit_record(file: File, unit: UnitKey, element: Element) -> RawRecord:
    fault = file.survey.tree.faults.get(unit)
    fingerprint = file.fingerprint("Unit", element.packed(), fault or "")
    return RawRecord("Unit", unit.text(), fingerprint, partial(_unit, file, unit, element, fault))


def _unit(file: File, unit: UnitKey, element: Element, fault: Fault | None, previous: Statement | None) -> Mapped:
    key, day = unit.text(), file.day
    if element.repeated:
        raise BadRecord(Problem("Unit", key, element.repeated[0], "told_twice", TOLD_TWICE))
    problems: list[Problem] = []
    now = _unit_period(key, element)
    values = dict(_unit_values(unit, element, problems))
    if "name" not in values:
        problems.append(
            Problem("Unit", key, "longName", "no_name", "has no name; the last known one is kept", "notice")
        )
        if previous and (names := previous.values.get("name")) and names[-1].value is not None:
            values["name"] = names[-1].value
    parent = _parent(file, unit, fault, previous)
    if fault is not None:
        problems.append(Problem("Unit", key, "parentOrgUnit", fault, FAULTS[fault], "notice"))
        if advance.newest_link(previous, "parent") is None or _is_misplaced(previous):
            values["tags"] = (MISPLACED,)
    is_closed = file.survey.is_marked_closed(element)
    if is_closed and previous is not None and advance.was(previous) == "closed":
        exists, since = advance.closed(advance.corrected(previous, now), advance.left_on(previous)), day
    else:
        exists, since = advance.living(previous, now, day)
        exists = advance.closed(exists, day) if is_closed else exists
    links = {"parent": parent} if parent else {}
    stated = advance.advanced(previous, "Unit", key, exists=exists, values=values, links=links, since=since)
    return Mapped(advance.leaving(stated, "closed", exists, day) if is_closed else stated, tuple(problems))


def _unit_period(key: str, element: Element) -> Period:
    name = "startDate"
    try:
        start = fields.start(element[name])
        name = "endDate"
        end = fields.end(element[name])
    except Unreadable as wrong:
        raise BadRecord(Problem("Unit", key, name, "wrong_date", str(wrong))) from wrong
    now = Period(start or ALWAYS, end)
    if now.is_empty():
        raise BadRecord(Problem("Unit", key, "endDate", "empty_period", "it ends before it begins"))
    return now


def _parent(file: File, unit: UnitKey, fault: Fault | None, previous: Statement | None) -> Ref | None:
    if fault is None:
        parent = file.survey.tree.parent(unit)
        return Ref("Unit", parent.text()) if parent else None
    if kept := advance.newest_link(previous, "parent"):
        return kept
    root = file.survey.tree.roots[unit.client]
    return Ref("Unit", root.text()) if root and root != unit else None


def _is_misplaced(previous: Statement | None) -> bool:
    stated = previous.values.get("tags", ()) if previous else ()
    return bool(stated) and stated[-1].period.end is None and stated[-1].value == (MISPLACED,)


def _unit_values(unit: UnitKey, element: Element, problems: list[Problem]) -> Iterator[tuple[str, Value]]:
    yield "number", unit.number
    texts = {
        "name": element["longName"],
        "short_name": element["shortName"],
        "type": element["orgType"],
        "type_name": element["orgTypeTxt"],
        "street": element["street"],
        "supplement": element["addressSupplement"],
        "postal_code": fields.postal_code(element["zipCode"]),
        "city": element["city"],
        "cvr": fields.given(element["cvrNr"]),
        "ean": fields.ean(element["eanNr"]),
        "se_number": fields.given(element["seNr"]),
        "p_number": fields.given(element["pNr"]),
        "cost_center": fields.given(element["costCenter"]),
        "phone": phone("Unit", unit.text(), "phoneNumber", element, problems).number,
    }
    for name, text in texts.items():
        if text:
            yield name, text


def phone(kind: str, key: str, name: str, element: Element, problems: list[Problem]) -> fields.Phone:
    """A phone field; an invalid number is listed."""
    try:
        return fields.phone(element[name])
    except Unreadable as wrong:
        problems.append(Problem(kind, key, name, "no_phone_number", str(wrong), "notice"))
        return fields.Phone()


# -- positions, functions, roles ------------------------------------------------------------------------------------


def _position_records(file: File) -> Iterator[RawRecord]:
    for (client, code), texts in file.survey.positions.items():
        title, short_title = texts.chosen()
        values = {"code": code, "institution": client, "title": title, "short_title": short_title}
        yield _named(file, "Position", f"{client}:position:{code}", {k: v for k, v in values.items() if v})


def _function_records(file: File) -> Iterator[RawRecord]:
    settings = file.survey.settings
    for (client, art, role), texts in file.survey.functions.items():
        art_text, role_text = texts.chosen()
        title = f"{art_text} - {role_text}" if role_text else art_text
        yield _named(
            file, "Function", function_key(client, art, role), {"key": function_key(client, art, role), "title": title}
        )
    if file.survey.functions:
        yield _named(
            file, "Role", settings.function_role, {"key": settings.function_role, "title": settings.function_role_title}
        )
        for role in sorted(set(settings.function_roles.values()) - {settings.function_role}):
            yield _named(file, "Role", role, {"key": role})
    yield _named(file, "ItSystem", settings.system, {"key": settings.system, "title": settings.system_title})


def function_key(client: str, art: str, role: str) -> str:
    """Key of a trust function: kind, and the role in it, if any."""
    return f"opus_{client}_{art}_{role}" if role else f"opus_{client}_{art}"


def _named(file: File, kind: str, key: str, values: dict[str, Value]) -> RawRecord:
    """A thing without a beginning that has only texts."""

    def to_statement(previous: Statement | None) -> Mapped:
        made = advance.advanced(previous, kind, key, exists=(Period(),), values=values, links={}, since=file.day)
        return Mapped(made)

    return RawRecord(kind, key, file.fingerprint(kind, repr(sorted(values.items()))), to_statement)


# -- persons --------------------------------------------------------------------------------------------------------


def _person_print(file: File, view: PersonView) -> str:
    return file.fingerprint("Person", orjson.dumps((view.texts, view.protected, sorted(view.names))))


def print_of_person(file: File, cpr: str) -> tuple[str, int, str]:
    """(key of the person's record, number of the person's employees in the file, fingerprint)."""
    view = file.survey.persons[cpr]
    assert isinstance(view, PersonView)
    return file.known.person_key(cpr), view.count, _person_print(file, view)


def _recalled_person(file: File, key: str, recalled: RecalledPerson, previous: Statement | None) -> Mapped:
    """All the person's employees are the same as before, but their data has not been applied."""
    ((cpr, view),) = file.survey.person_at(recalled.places).items()
    return _person(file, key, cpr, view, previous)


def _person(file: File, key: str, cpr: str, view: PersonView, previous: Statement | None) -> Mapped:
    values = dict(_person_values(view))
    stated = advance.advanced(previous, "Person", key, exists=(Period(),), values=values, links={}, since=file.day)
    stated.cpr = number_in(cpr)
    problems: list[Problem] = []
    if stated.cpr is None:
        text = "Opus's CPR number of the person is not valid; it identifies the person in Opus only"
        problems.append(Problem("Person", key, "cpr", "wrong_cpr", text, "notice"))
    if len(view.names) > 1:
        text = f"has {len(view.names)} names; the name of one employment is used"
        problems.append(Problem("Person", key, "name", "different_names", text, "notice"))
    return Mapped(stated, tuple(problems))


def _protected(file: File, previous: Statement | None) -> Mapped:
    """No employment of the person is taken, but one of them tells of the protection (§4.10).

    A known person is protected from now on, whatever filters and faults say, and the model removes the address; all
    else stays as known. Nobody is made of it.
    """
    if previous is None:
        return Mapped(None)
    values = {name: each for name, each in previous.values.items() if name not in ADDRESS}
    values["address_protected"] = advance.held(values.get("address_protected", ()), True, file.day)
    return Mapped(replace(previous, values=values))


def _person_values(view: PersonView) -> Iterator[tuple[str, Value]]:
    texts = view.texts
    given, surname = texts.get("firstName", ""), texts.get("lastName", "")
    yield "name", f"{given} {surname}".strip()
    if given:
        yield "given_name", given
    if surname:
        yield "surname", surname
    if view.protected:
        # It is unknown whether the text is blank under protection, so it is dropped here (§4.10).
        yield "address_protected", True
        return
    for name, source in _ADDRESS_FIELDS.items():
        if text := texts.get(source):
            yield name, text
    if code := fields.postal_code(texts.get("postalCode", "")):
        yield "postal_code", code
