"""Maps CPR's data of a person to a statement about the Person that payroll stated (cpr.md §7).

Data that CPR omits states nothing: what it sent before stays. Every value has its period, so that a protection ends on
its planned day without an event.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from graph.statements.statement import DatedValue, Former, Problem, Ref, Statement, Value
from graph.time import Period
from importers.cpr.register_data import RegisteredAddress, RegisteredName, RegisteredPerson
from importers.source import Mapped

ADDRESS = ("street", "supplement", "postal_code", "city")
LONGEST_IN_FILES = 34  # characters of an addressing name in the files; a longer one is cut there
_ALIVE = frozenset({"1", "3", "5", "7", "20", "80"})
_DEAD = "90"
_SUPERSEDED = frozenset({"50", "60"})
_REVIEWED = {
    "30": ("number_annulled", "the number is annulled in CPR (status 30)"),
    "70": ("disappeared", "the person has disappeared, according to CPR (status 70)"),
}
DatedValues = tuple[DatedValue, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The person's number: ``current`` if it has changed, and the former ones."""

    current: str | None = field(default=None, repr=False)
    formers: tuple[Former, ...] = field(default=(), repr=False)
    problems: tuple[Problem, ...] = ()


UNCHANGED = Numbers()


def to_person(
    registered: RegisteredPerson,
    uuid: str,
    previous: Statement | None,
    day: date,
    *,
    tied: bool,
    numbers: Numbers = UNCHANGED,
) -> Mapped:
    """The statement about the Person ``uuid``, as of ``day``.

    ``tied``: the person has a current or future employment or affiliation.
    """
    before = {} if previous is None else dict(previous.values)
    values = {**before, **_names(registered.name, before, day), **_death(registered, before, day)}
    if registered.protections is not None:
        values["address_protected"] = _protection(registered, before, day)
    protected = registered.is_or_will_be_protected(day) or _holds_later(values.get("address_protected", ()), day)
    values |= _addresses(registered.address, before, day, protected=protected)
    statement = Statement(
        "Person",
        uuid,
        exists=None,
        values={name: dated for name, dated in values.items() if dated},
        about=Ref("Person", uuid, by="uuid"),
        cpr=numbers.current,
        former_cprs=numbers.formers,
    )
    return Mapped(statement, (*_problems(registered, uuid, values, day, tied=tied), *numbers.problems))


def as_before(uuid: str, previous: Statement | None, *problems: Problem) -> Mapped:
    """States nothing new, and withdraws nothing (pitfall 13)."""
    values = {} if previous is None else previous.values
    about = Ref("Person", uuid, by="uuid")
    return Mapped(Statement("Person", uuid, exists=None, values=values, about=about), problems)


def notice(uuid: str, name: str, rule: str, text: str) -> Problem:
    """Something that a user has to check, until there are tasks."""
    return Problem("Person", uuid, name, rule, text, "notice")


def _names(name: RegisteredName | None, before: Mapping[str, DatedValues], day: date) -> dict[str, DatedValues]:
    if name is None:
        return {}
    addressing = name.addressing
    held = _on(before.get("addressing_name", ()), day)
    if addressing and len(addressing) == LONGEST_IN_FILES and isinstance(held, str) and held.startswith(addressing):
        addressing = held  # the file has cut it
    given = name.given or _on(before.get("given_name", ()), day)
    surname = name.surname or _on(before.get("surname", ()), day)
    whole = " ".join(str(each) for each in (given, surname) if each) if name.given or name.surname else None
    parts = {"given_name": name.given, "surname": name.surname, "name": whole, "addressing_name": addressing}
    return {key: _from(before.get(key, ()), value, name.since, day) for key, value in parts.items() if value}


def _from(before: DatedValues, value: Value, since: date | None, day: date) -> DatedValues:
    """A value that is in force from ``since``; if unknown, from the day it arrived, or always if it is the first."""
    if _on(before, day) == value:
        return before
    return _replaced(before, Period(since) if since else Period(day) if before else Period(), value)


def _replaced(before: DatedValues, period: Period, value: Value) -> DatedValues:
    """The earlier values until the new period begins; from then on only the new one."""
    return (*_until(before, period.start), DatedValue(period, value))


def _until(before: DatedValues, day: date) -> DatedValues:
    return tuple(
        DatedValue(Period(each.period.start, min(each.period.last, day)), each.value)
        for each in before
        if each.period.start < day
    )


def _on(dated: DatedValues, day: date) -> Value | None:
    return next((each.value for each in dated if each.period.holds(day)), None)


def _death(registered: RegisteredPerson, before: Mapping[str, DatedValues], day: date) -> dict[str, DatedValues]:
    """§3 "Status". An unknown code states nothing about life and death (pitfall 2)."""
    if registered.status == _DEAD:
        since = registered.status_since
        kept = before.get("dead", ())
        return {"dead": kept if since is None and kept else (DatedValue(Period(since or day), True),)}
    return {"dead": ()} if registered.status in _ALIVE else {}


def _protection(registered: RegisteredPerson, before: Mapping[str, DatedValues], day: date) -> DatedValues:
    found = before.get("address_protected", ())
    periods = [period for each in registered.protections or () if (period := each.period(day)) is not None]
    if not periods:
        return _until(found, day)
    for period in sorted(periods):
        found = _replaced(found, period, True)
    return found


def _holds_later(dated: DatedValues, day: date) -> bool:
    return any(each.period.last > day for each in dated)


def _addresses(
    address: RegisteredAddress | None, before: Mapping[str, DatedValues], day: date, *, protected: bool
) -> dict[str, DatedValues]:
    """No address of a protected person, not even from before the protection (pitfall 8)."""
    if protected:
        return dict.fromkeys(ADDRESS, ())
    if address is None:
        return {}
    found: dict[str, DatedValues] = {}
    for name in ADDRESS:
        value = getattr(address, name)
        kept = before.get(name, ())
        found[name] = _from(kept, value, None, day) if value else _until(kept, day)
    return found


def _problems(
    registered: RegisteredPerson, uuid: str, values: Mapping[str, DatedValues], day: date, *, tied: bool
) -> tuple[Problem, ...]:
    found: list[Problem] = []
    status = registered.status
    if status in _REVIEWED:
        rule, text = _REVIEWED[status]
        found.append(notice(uuid, "status", rule, text))
    elif status in _SUPERSEDED:
        if registered.current in (None, registered.number):
            text = f"the number is superseded in CPR (status {status}), without a new number"
            found.append(notice(uuid, "status", "superseded_number", text))
    elif status is not None and status != _DEAD and status not in _ALIVE:
        found.append(notice(uuid, "status", "unknown_status", "CPR's status code is unknown"))
    if tied and _on(values.get("dead", ()), day):
        text = "the person is dead, according to CPR; an employment or affiliation goes on"
        found.append(notice(uuid, "dead", "dead_with_tie", text))
    if registered.under_guardianship:
        found.append(notice(uuid, "guardianship", "guardianship", "CPR reports guardianship (umyndiggørelse)"))
    if registered.name is not None and set(registered.name.marks) - {"="}:
        text = "CPR marks the name as shortened (+), as having letters that it can't show (*), or with an unknown mark"
        found.append(notice(uuid, "name", "name_marked", text))
    return tuple(found)
