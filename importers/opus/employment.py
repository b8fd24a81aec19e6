"""Maps a file's employees to employments, logins and trust functions (opus.md §3, §4, §6)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial

from graph.statements.statement import BadRecord, Problem, Ref, Statement, Value
from graph.statements.written_numbers import only_digits
from graph.time import ALWAYS, Period, union
from importers.gaps import EVER
from importers.opus import advance, fields
from importers.opus.employees import EmployeeKey, Seen
from importers.opus.errors import Unreadable
from importers.opus.mapping import File, function_key, phone
from importers.opus.memory import Row
from importers.opus.reader import Element
from importers.opus.survey import TOLD_TWICE
from importers.opus.tree import UnitKey
from importers.source import Mapped, RawRecord

OF_FIELD = {
    "numerator": ("weekly_hours", "fraction", "type"),
    "denominator": ("full_time_hours", "fraction", "type"),
    "initialEntry": ("first_entry",),
    "entryIntoGroup": ("entry_into_group",),
}
"""The properties made from each field; if it can't be read, it states nothing about them. Words instead of a phone mean
that the previous number is gone (pitfall 32)."""


def records(file: File) -> Iterator[RawRecord]:
    """The file's employees: each makes an employment, and perhaps a login and functions."""
    survey = file.survey
    met: set[str] = set()  # keys that may occur again
    for employee, seen in survey.live.items():
        key = file.key(employee)
        if key in met or employee in survey.filtered or employee.text() in file.superseded:
            continue
        if file.is_shared(key):
            met.add(key)
        _, of_employment, of_account = prints(file, employee, seen)
        yield _employment_record(file, key, employee, seen, of_employment)
        if seen.login:
            yield _account_record(file, key, employee, seen, of_account)
        yield from _function_records(file, key, seen)
    has_left = file.known.fingerprint(b"leave")
    for employee in survey.stubs:
        key = file.key(employee)
        is_told = key in met or employee in survey.live or employee.text() in file.superseded
        if key in survey.known_employments and not is_told:
            yield RawRecord("Employment", key, has_left, partial(_left, file))


def _ref(unit: UnitKey) -> Ref:
    return Ref("Unit", unit.text())


# -- employments ----------------------------------------------------------------------------------------------------


def prints(file: File, employee: EmployeeKey, seen: Seen) -> tuple[str, str, str]:
    """The state of its unit, and the fingerprints of the employment and of the login, if any."""
    if seen.recalled is not None:
        row = Row._make(seen.recalled)
        return row.standing, row.employment_print, row.account_print
    unit = seen.unit
    standing = "unknown" if unit is None else "closed" if unit in file.survey.closed_units else ""
    account = file.fingerprint("Account", seen.login, employee.number, seen.cpr) if seen.login else ""
    return standing, file.fingerprint("Employment", seen.digest, standing), account


def _employment_record(file: File, key: str, employee: EmployeeKey, seen: Seen, fingerprint: str) -> RawRecord:
    return RawRecord("Employment", key, fingerprint, partial(_employment, file, key, employee, seen))


def _employment(file: File, key: str, employee: EmployeeKey, seen: Seen, previous: Statement | None) -> Mapped:
    element, unit = file.survey.aside.element(seen.place), seen.unit
    if fault := file.survey.fault(key, element):
        raise BadRecord(fault)
    problems: list[Problem] = []
    now, is_assumed = _period(file, key, element, previous)
    exists, since = advance.living(previous, now, file.day)
    values = dict(_values(key, employee, element, problems))
    gaps = _gaps(key, element, previous, problems)
    if is_assumed:
        values["start_assumed"] = True
    place = _unit(file, key, element, unit, now, previous, problems)
    links = {
        "person": _person(file, key, element, previous, problems),
        "unit": place,
        "paid_in": place,
        "position": Ref("Position", f"{employee.client}:position:{fields.number(element['positionId'])}"),
    }
    stated = advance.advanced(previous, "Employment", key, exists=exists, values=values, links=links, since=since)
    return Mapped(stated, tuple(problems), gaps)


def _gaps(
    key: str, element: Element, previous: Statement | None, problems: list[Problem]
) -> dict[str, tuple[Period, ...]]:
    """Fields that can't be read, or that are missing although every employee has them; the known values stay."""
    found = [name for each in problems for name in OF_FIELD.get(each.field, ())]
    if element["isManager"].lower() not in fields.TRUTHS:
        held = previous is not None and advance.newest_value(previous, "manager_flag") is True
        if held or element["isManager"]:
            text = "does not state whether it leads its unit (true or false)" + ("; it does as before" if held else "")
            problems.append(Problem("Employment", key, "isManager", "no_manager_flag", text, "notice"))
            found.append("manager_flag")
    return dict.fromkeys(found, EVER)


def _period(file: File, key: str, element: Element, previous: Statement | None) -> tuple[Period, bool]:
    start, is_assumed = file.survey.start_of(element)
    has_date = any(fields.day(element[name]) for name in ("entryDate", "initialEntry", "entryIntoGroup"))
    if not has_date and previous and previous.exists and advance.was(previous) == "live":
        start = previous.exists[-1].start  # the day of the first file with it, not of every file
    now = Period(start or ALWAYS, file.survey.end_of(element))
    if now.is_empty():
        # This withdraws nothing from a known employment: either date may be wrong.
        raise BadRecord(Problem("Employment", key, "leaveDate", "empty_period", "it ends before it begins"))
    return now, is_assumed


def _person(file: File, key: str, element: Element, previous: Statement | None, problems: list[Problem]) -> Ref:
    person = Ref("Person", file.known.person_key(element["cpr"]))
    kept = advance.newest_link(previous, "person")
    if kept is not None and kept != person:
        text = "has another CPR number than before; it was not moved to another person"
        problems.append(Problem("Employment", key, "cpr", "cpr_changed", text))
        return kept
    return person


def _unit(
    file: File,
    key: str,
    element: Element,
    unit: UnitKey | None,
    now: Period,
    previous: Statement | None,
    problems: list[Problem],
) -> Ref:
    if unit is not None:
        if unit in file.survey.closed_units and now.last > file.day:
            text = f"is in the unit {unit.number}, which is closed"
            problems.append(Problem("Employment", key, "orgUnit", "closed_unit", text, "notice"))
        return _ref(unit)
    text = f"is in the unit {element['orgUnit']}, which is not in the file"
    kept = advance.newest_link(previous, "unit")
    if kept is None:
        raise BadRecord(Problem("Employment", key, "orgUnit", "unknown_unit", text))
    text += "; its last known unit is kept"
    problems.append(Problem("Employment", key, "orgUnit", "unknown_unit", text, "notice"))
    return kept


def _values(key: str, employee: EmployeeKey, element: Element, problems: list[Problem]) -> Iterator[tuple[str, Value]]:
    weekly, full_time = (_hours(key, name, element, problems) for name in ("numerator", "denominator"))
    fraction = float(round(weekly / full_time, 4)) if weekly is not None and full_time else None
    number = phone("Employment", key, "workPhone", element, problems)
    numbers = {"weekly_hours": weekly, "full_time_hours": full_time}
    yield from ((name, float(hours)) for name, hours in numbers.items() if hours is not None)
    if fraction is not None:
        yield "fraction", fraction
    texts = {
        "number": employee.number,
        "institution": employee.client,
        "title": element["position"],
        "type": fields.type_of(element["workContract"], fraction),
        "type_name": element["workContractText"],
        "position_code": fields.number(element["positionId"]),
        "manager_level": fields.level(element["superiorLevel"], element["subordinateLevel"]),
        "phone": number.number,
        "extension": number.extension,
        "email": element["email"],
        "pay_grade": element["payGradeText"],
        "extra_digit": element.more.get("cpr/suppId"),
        "workplace_p_number": fields.given(element["productionNumber"]),
    }
    yield from ((name, text) for name, text in texts.items() if text)
    dates = {"first_entry": "initialEntry", "entry_into_group": "entryIntoGroup"}
    for name, source in dates.items():
        if entry := _date(key, source, element, problems):
            yield name, entry.isoformat()
    for name, source in {"manager_flag": "isManager", "invoice_recipient": "invoiceRecipient"}.items():
        if fields.truth(element[source]):
            yield name, True
    levels = [f"{element[each]} {element[each + 'Text']}".strip() for each in ("invoiceLevel1", "invoiceLevel2")]
    if any(levels):
        yield "invoice_levels", tuple(filter(None, levels))


def _hours(key: str, name: str, element: Element, problems: list[Problem]) -> Decimal | None:
    try:
        return fields.hours(element[name])
    except Unreadable as wrong:
        problems.append(Problem("Employment", key, name, "no_hours", str(wrong), "notice"))
        return None


def _date(key: str, name: str, element: Element, problems: list[Problem]) -> date | None:
    try:
        return fields.day(element[name])
    except Unreadable as wrong:
        problems.append(Problem("Employment", key, name, "wrong_date", str(wrong), "notice"))
        return None


def _left(file: File, previous: Statement | None) -> Mapped:
    if previous is None or advance.was(previous) in {"left", "cancelled"}:
        return Mapped(previous)
    exists = advance.left(previous.exists or (), file.day, last_is_a_day=file.survey.settings.leave_date_inclusive)
    return Mapped(advance.leaving(previous, "left", exists, file.day))


# -- logins ---------------------------------------------------------------------------------------------------------


def _account_record(file: File, of: str, employee: EmployeeKey, seen: Seen, fingerprint: str) -> RawRecord:
    key = of.replace(":employment:", ":account:") + f":{seen.login}"
    return RawRecord("Account", key, fingerprint, partial(_account, file, key, employee, seen))


def _account(file: File, key: str, employee: EmployeeKey, seen: Seen, previous: Statement | None) -> Mapped:
    """A login begins with its first file; at the first import it is as old as the employment."""
    since = file.day
    cpr = seen.cpr or file.survey.aside.element(seen.place)["cpr"]
    if file.first and previous is None:
        start, _ = file.survey.start_of(file.survey.aside.element(seen.place))
        since = min(start or file.day, file.day)
    exists = union((*((previous.exists or ()) if previous else ()), Period(since)))
    owner = advance.newest_link(previous, "owner") or Ref("Person", file.known.person_key(cpr))
    stated = advance.advanced(
        previous,
        "Account",
        key,
        exists=exists,
        values={"login": seen.login, "employment_number": employee.number},
        links={"owner": owner, "system": Ref("ItSystem", file.survey.settings.system)},
        since=file.day,
    )
    return Mapped(stated)


# -- trust functions ------------------------------------------------------------------------------------------------


def _function_records(file: File, of: str, seen: Seen) -> Iterator[RawRecord]:
    """The set of an employment's functions, compared by kind, role, coverage and start (§4.12). Two that are equal in
    these are one: the first, with a notice if they differ otherwise."""
    told: dict[str, list[Element]] = {}
    for function in seen.functions:
        parts = (function.either(name) for name in ("artId", "roleId", "startDate", "orgDaekning"))
        told.setdefault(of.replace(":employment:", ":function:") + ":" + ":".join(parts), []).append(function)
    unit = seen.unit
    for key, same in told.items():
        different = dict.fromkeys(each.packed() for each in same)
        fingerprint = file.fingerprint("Assignment", *different, unit.text() if unit else "unknown")
        make = partial(_function, file, key, of, unit, same[0], is_twice=len(different) > 1)
        yield RawRecord("Assignment", key, fingerprint, make)


def _function(
    file: File,
    key: str,
    of: str,
    unit: UnitKey | None,
    function: Element,
    previous: Statement | None,
    *,
    is_twice: bool,
) -> Mapped:
    if function.repeated:
        raise BadRecord(Problem("Assignment", key, function.repeated[0], "told_twice", TOLD_TWICE))
    name = "startDate"
    try:
        start = fields.start(function.either(name))
        name = "endDate"
        end = fields.end(function.either(name))
    except Unreadable as wrong:
        raise BadRecord(Problem("Assignment", key, name, "wrong_date", str(wrong))) from wrong
    now = Period(start or ALWAYS, end)
    if now.is_empty():
        raise BadRecord(Problem("Assignment", key, "endDate", "empty_period", "it ends before it begins"))
    problems: list[Problem] = []
    if is_twice:
        text = "the function is stated twice with different values; the first one was used"
        problems.append(Problem("Assignment", key, "endDate", "twice", text, "notice"))
    art = function.either("artId")
    settings = file.survey.settings
    role = settings.function_role
    if only_digits(art):
        role = settings.function_roles.get(int(art), role)
    links = {
        "holder": Ref("Employment", of),
        "role": Ref("Role", role),
        "responsibilities": Ref("Function", function_key(of.split(":")[0], art, function.either("roleId"))),
    }
    place = _ref(unit) if unit else advance.newest_link(previous, "unit")
    if place:
        links["unit"] = place
    values = dict(_function_values(key, function, problems))
    stated = advance.advanced(previous, "Assignment", key, exists=(now,), values=values, links=links, since=file.day)
    return Mapped(stated, tuple(problems), {each.field: EVER for each in problems if each.field == "members"})


def _function_values(key: str, function: Element, problems: list[Problem]) -> Iterator[tuple[str, Value]]:
    if coverage := function.either("orgDaekning"):
        yield "coverage", coverage
    members = function.either("members")
    if only_digits(members):
        yield "members", int(members)
    elif members:
        problems.append(Problem("Assignment", key, "members", "no_number", "is not a number", "notice"))
