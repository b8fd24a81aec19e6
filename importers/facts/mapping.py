"""Maps entries of a facts file to statements. Each section has one function; problems of an entry are listed."""

from collections.abc import Callable, Iterable, Mapping
from math import isfinite

from graph.cpr.keyring import number_in
from graph.model import KINDS, Property
from graph.statements.statement import DatedLink, DatedValue, Problem, Statement, Value
from graph.statements.written_numbers import decimal, integer
from graph.time import Period
from importers.facts import accounts, rights
from importers.facts.entries import OWN_KLE_NUMBER, Entries, Links, Values, key_of, shown
from importers.facts.loading import Doubled
from importers.facts.reader import Entry, day
from importers.source import Mapped

SECTIONS = {
    "kle": "KleNode",
    "functions": "Function",
    "groups": "SystemGroup",
    "systems": "ItSystem",
    "roles": "Role",
    "positions": "Position",
    "units": "Unit",
    "persons": "Person",
    "employments": "Employment",
    "affiliations": "Affiliation",
    "accounts": "Account",
    "assignments": "Assignment",
    "substitutes": "Substitution",
    "constraint_types": "ConstraintType",
    "system_roles": "SystemRole",
    "job_function_roles": "JobFunctionRole",
    "grants": "Grant",
    "constraint_settings": "ConstraintSetting",
    "rights_conflicts": "RightsConflict",
    "rights_requests": "RightsRequest",
    "name_policies": "NamePolicy",
    "account_rules": "AccountRule",
    "account_exceptions": "AccountException",
}
# Stated in periods (absences, leave) or from a day on (dead), not for the whole life of the thing.
TIMED = frozenset({"absent", "dead", "on_leave"})
KEY_PROPERTY = {"KleNode": "number"} | dict.fromkeys(
    (
        "Function", "SystemGroup", "ItSystem", "Role", "ConstraintType", "SystemRole", "JobFunctionRole", "Grant",
        "RightsConflict", "NamePolicy", "AccountRule",
    ),
    "key",
)  # fmt: skip


def mapped(section: str, entry: Entry, own: Mapping[str, frozenset[str]]) -> Mapped:
    """The statement of an entry. Raises BadRecord naming the entry, the field and the rule."""
    kind = SECTIONS[section]
    at = Entries(kind, entry, own)
    if "unreadable" in entry:
        raise at.bad("", "entry", entry["unreadable"])
    if not at.key:
        raise at.bad("id", "id", "an entry needs an id")
    if isinstance(entry, Doubled):
        raise at.bad(entry.twice[0], "field_twice", f"{', '.join(entry.twice)} occurs twice; which one is right?")
    life = at.period(entry, "from")
    made = Statement(kind, at.key, exists=(life,))
    if entry.get("adds_to") is not None:
        made.exists, made.about = None, at.ref("adds_to", kind, entry["adds_to"])
    values: dict[str, tuple[DatedValue, ...]] = {}
    links: dict[str, tuple[DatedLink, ...]] = {}
    handled = {"id", "from", "to", "adds_to"}
    if kind == "KleNode":
        at.kle_number("id", at.key, OWN_KLE_NUMBER)
    if kind in KEY_PROPERTY:
        values[KEY_PROPERTY[kind]] = (DatedValue(life, at.key),)
    for properties in KINDS[kind].properties:
        if properties.name in TIMED or properties.own:
            continue
        if properties.name in entry and entry[properties.name] is not None:
            values[properties.name] = (DatedValue(life, _value(at, properties, entry[properties.name])),)
            handled.add(properties.name)
    handled |= _SPECIAL[kind](at, life, values, links)
    if kind == "Person" and entry.get("cpr"):
        made.cpr = _cpr(at, str(entry["cpr"]))
        handled.add("cpr")
    unknown = sorted(set(entry) - handled)
    if unknown:
        raise at.bad(unknown[0], "unknown_property", f"{kind} has no {', '.join(unknown)}")
    made.values = values
    made.links = links
    return Mapped(made, tuple(at.notices))


def _value(at: Entries, prop: Property, value: object) -> Value:
    if prop.type == "texts":
        return tuple(_string(at, prop.name, each) for each in at.listed(prop.name))
    if prop.type == "yes_no":
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "false", "1", "0", "ja", "nej"):
            return str(value).lower() in ("true", "1", "ja")
        raise at.bad(prop.name, "yes_no", f"{shown(value, prop)} is neither true nor false")
    try:
        if prop.type == "integer":
            return integer(str(value))
        if prop.type == "decimal":
            return _decimal(value)
        if prop.type == "date":
            return day(value).isoformat()
    except ValueError as wrong:
        hides = prop.access != "open"
        text = str(wrong) if prop.type == "date" and not hides else f"{shown(value, prop)} is not a {prop.type}"
        raise at.bad(prop.name, prop.type, text) from wrong
    return _string(at, prop.name, value)


def _string(at: Entries, field: str, value: object) -> str:
    if value is None or isinstance(value, dict | list):
        raise at.bad(field, "text", f"{shown(value)} is not a text")
    if isinstance(value, bool):
        raise at.bad(
            field, "text", f"{shown(value)} is not a text: put it in quotes"
        )  # YAML reads Yes and No as something else
    return str(value)


def _decimal(value: object) -> float:
    """A number as the file's format has it, or as a text. Raises ValueError."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return decimal(str(value).replace(",", "."))
    if not isfinite(number := float(value)):
        raise ValueError("not a finite number")
    return number


def _cpr(at: Entries, text: str) -> str | None:
    """None if it is not a valid number: only the entry's id identifies the person then (cpr.md §6)."""
    found = number_in(text)
    if found is None:
        told = "this is not a valid CPR number; the person is imported without it"  # the value itself is never shown
        at.notices.append(Problem(at.kind, at.key, "cpr", "wrong_cpr", told, "notice"))
    return found


Special = Callable[[Entries, Period, Values, Links], set[str]]


def _kle(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    if at.entry.get("parent") is not None:
        links["parent"] = (DatedLink(life, at.ref("parent", "KleNode", at.entry["parent"])),)
    return {"parent"}


def _groups(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    links["groups"] = tuple(DatedLink(life, at.ref("groups", "SystemGroup", each)) for each in at.listed("groups"))
    return {"groups"}


def _unit(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    if "name" not in values and at.entry.get("title") is not None:
        values["name"] = (DatedValue(life, _string(at, "title", at.entry["title"])),)
    links["parent"] = at.units("parents", life)
    for name in ("performs", "responsible_for", "interested_in"):
        links[name] = tuple(DatedLink(life, at.ref(name, "KleNode", each)) for each in at.listed(name))
    if at.entry.get("paid_out_by") is not None:
        links["paid_out_by"] = (DatedLink(life, at.ref("paid_out_by", "Unit", at.entry["paid_out_by"])),)
    return {"title", "parents", "performs", "responsible_for", "interested_in", "paid_out_by"}


def _person(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    absences = _periods(at, "absences")
    if absences:
        values["absent"] = absences
    if at.entry.get("dead") is not None:
        values["dead"] = (DatedValue(at.period({"from": at.entry["dead"]}, "dead"), True),)
    if "name" not in values:
        parts = [str(at.entry[each]) for each in ("given_name", "surname") if at.entry.get(each)]
        if not parts:
            raise at.bad("name", "name", "a person needs a name, or given_name and surname")
        values["name"] = (DatedValue(life, " ".join(parts)),)
    return {"absences", "dead"}


def _tie(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    """The common part of employments and affiliations."""
    if at.entry.get("person") is None:
        raise at.bad("person", "person", f"{KINDS[at.kind].name} needs a person")
    links["person"] = (DatedLink(Period(), at.ref("person", "Person", at.entry["person"])),)
    links["unit"] = at.units("units", life)
    leave = _periods(at, "leave")
    if leave:
        values["on_leave"] = leave
    return {"person", "units", "leave"}


def _employment(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    if at.entry.get("position") is not None:
        links["position"] = (DatedLink(life, at.ref("position", "Position", at.entry["position"])),)
    values.setdefault("number", (DatedValue(life, at.key),))
    links["kle"] = tuple(DatedLink(life, at.ref("kle", "KleNode", each)) for each in at.listed("kle"))
    return {"position", "kle", *_tie(at, life, values, links)}


def _affiliation(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    if at.entry.get("sponsor") is not None:
        links["sponsor"] = (DatedLink(life, at.ref("sponsor", "Employment", at.entry["sponsor"])),)
    return {"sponsor", *_tie(at, life, values, links)}


def _assignment(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    holder = at.entry.get("holder")
    if not isinstance(holder, dict) or len(holder) != 1 or not set(holder) <= {"employment", "affiliation", "person"}:
        raise at.bad("holder", "holder", "a holder must be one of {employment: …}, {affiliation: …}, {person: …}")
    ((what, who),) = holder.items()
    if at.entry.get("role") is None:
        raise at.bad("role", "role", "an assignment needs a role")
    links["holder"] = (DatedLink(Period(), at.ref("holder", str(what).title(), who)),)
    links["role"] = (DatedLink(Period(), at.ref("role", "Role", at.entry["role"])),)
    links["unit"] = at.units("for", life)
    links["responsibilities"] = tuple(
        DatedLink(Period(), at.responsibility("about", each)) for each in at.listed("about")
    )
    return {"holder", "role", "for", "about"}


def _substitute(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    for name, kind in (("assignment", "Assignment"), ("person", "Person")):
        if at.entry.get(name) is None:
            raise at.bad(name, name, f"a substitute needs {name}")
        links[name] = (DatedLink(Period(), at.ref(name, kind, at.entry[name])),)
    scope = at.entry.get("scope") or {}
    if not isinstance(scope, dict) or not set(scope) <= {"units", "responsibilities"}:
        raise at.bad("scope", "scope", "a scope must be {units: […], responsibilities: […]}")
    links["scope_units"] = tuple(
        DatedLink(Period(), at.ref("scope", "Unit", each)) for each in at.listed("units", scope)
    )
    links["scope_responsibilities"] = tuple(
        DatedLink(Period(), at.responsibility("scope", each)) for each in at.listed("responsibilities", scope)
    )
    return {"assignment", "person", "scope"}


def _account(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    for name, link, kind in (("person", "owner", "Person"), ("system", "system", "ItSystem")):
        if at.entry.get(name) is not None:
            links[link] = (DatedLink(life, at.ref(name, kind, at.entry[name])),)
    return {"person", "system"}


def _plain(at: Entries, life: Period, values: Values, links: Links) -> set[str]:
    return set()


_SPECIAL: dict[str, Special] = {
    "KleNode": _kle,
    "Function": _plain,
    "SystemGroup": _groups,
    "ItSystem": _groups,
    "Role": _plain,
    "Position": _plain,
    "Unit": _unit,
    "Person": _person,
    "Employment": _employment,
    "Affiliation": _affiliation,
    "Account": _account,
    "Assignment": _assignment,
    "Substitution": _substitute,
    "ConstraintType": rights.system,
    "SystemRole": rights.system_role,
    "JobFunctionRole": rights.job_function_role,
    "Grant": rights.grant,
    "ConstraintSetting": rights.constraint_setting,
    "RightsConflict": rights.rights_conflict,
    "RightsRequest": rights.rights_request,
    "NamePolicy": _plain,
    "AccountRule": accounts.account_rule,
    "AccountException": accounts.account_exception,
}


def _periods(at: Entries, field: str) -> tuple[DatedValue, ...]:
    entries = at.listed(field)
    if not all(isinstance(each, dict) for each in entries):
        raise at.bad(field, "period", "a period must be {from, to}")
    return tuple(DatedValue(at.period(each, field), True) for each in entries)


def ids(entries: Iterable[Entry]) -> frozenset[str]:
    return frozenset(key for each in entries if (key := key_of(each)))
