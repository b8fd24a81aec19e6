"""From rows of the graph to the organisation that the evaluation of rights is given."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from graph.as_of import SUPERSEDED
from graph.model.rights import APPROVED, CONTENTS, FORMS, WAITING
from graph.questions.rights.held import ConstraintType, ItSystem, JobFunctionRole, Level, SystemRole, Thing
from graph.questions.rights.organisation import (
    Assignment,
    Conflict,
    Days,
    Exempted,
    Grant,
    Mark,
    OrganisationOnDay,
    Person,
    Place,
    Position,
    Responsibility,
    Role,
    Setting,
    StandIn,
    Tie,
    Unit,
)  # fmt: skip
from graph.statements.written_numbers import only_digits
from graph.time import ALWAYS

Row = Mapping[str, Any]
T = TypeVar("T")


def organisation_of(at: date, rows: Row) -> OrganisationOnDay:
    """``rows``: a list of maps a kind, as ``graph.questions.rights.rows`` has them."""
    types = _by_uuid(rows["types"], _type)
    rights: Sequence[Row] = rows["rights"]
    units = _by_uuid([*rows["more_units"], *rows["units"]], _unit)
    numbers = frozenset(number for number, _ in rows["kle"]) | {
        mark.number for unit in units.values() for mark in (*unit.performs, *unit.interested, *unit.responsible)
    }
    people: dict[str, Any] = _people(rows)
    return OrganisationOnDay(
        at=at,
        units=units,
        **people,
        positions=_by_uuid(rows["positions"], _position),
        roles=_by_uuid(rows["roles"], _role),
        grants=_by_uuid((each for each in rows["grants"] if each["gives"] and _counts(each)), _grant),
        conflicts=_by_uuid((row for each in rights for row in each["conflicts"]), _conflict),
        exempted=_by_uuid((each for each in rows["grants"] if each["exception_to"] and _counts(each)), _exempted),
        waiting=_by_uuid((each for each in rows["grants"] if each["gives"] and _state(each) == WAITING), _grant),
        settings=_by_uuid((each for each in rows["settings"] if each["of"] and each["type"]), _setting),
        ended=frozenset((each["of"], each["system_role"], each["type"]) for each in rows["ended_settings"]),
        types=types,
        system_roles=_by_uuid(
            (each for each in rights if each["kind"] == "SystemRole"), lambda each: _system_role(each, types)
        ),
        job_function_roles=_by_uuid((each for each in rights if each["kind"] == "JobFunctionRole"), _job_function_role),
        includes={
            each["uuid"]: tuple(sorted(uuid for uuid, _ in each["includes"])) for each in rights if each["includes"]
        },
        include_ends={
            (each["uuid"], uuid): day for each in rights for uuid, end in each["includes"] if (day := _day(end))
        },
        kle=_with_marks_of_ties(numbers, rows) if rows["has_kle"] else None,
        kle_ends={number: day for number, end in rows["kle"] if (day := _day(end))},
    )


def with_people(organisation: OrganisationOnDay, rows: Row) -> OrganisationOnDay:
    """An ordered organisation without people, and the people of ``rows`` in the same order."""
    numbers = organisation.kle
    kle = None if numbers is None else _with_marks_of_ties(numbers, {**rows, "grants": ()})
    people: dict[str, Any] = {name: dict(sorted(each.items())) for name, each in _people(rows).items()}
    return replace(organisation, kle=kle, **people)


def _people(rows: Row) -> dict[str, dict[str, Any]]:
    return {
        "persons": _by_uuid(rows["persons"], _person),
        "ties": _by_uuid(rows["ties"], _tie),
        "assignments": _by_uuid((each for each in rows["assignments"] if each["role"]), _assignment),
        "stand_ins": _by_uuid((each for each in rows["stand_ins"] if each["stood"]), _stand_in),
    }


def units_of(rows: Iterable[Row]) -> dict[str, Unit]:
    """Units by uuid."""
    return _by_uuid(rows, _unit)


def _with_marks_of_ties(numbers: frozenset[str], rows: Row) -> frozenset[str]:
    """And what roles are about, where it is in force on the day."""
    more = {number for tie in rows["ties"] for _, number, *_ in tie["kle"]}
    told = (each for row in (*rows["assignments"], *rows["grants"]) for each in row["about"])
    return numbers | more | {key for kind, _, key, _, active, _ in told if kind == "KleNode" and active}


def _by_uuid(rows: Any, make: Callable[[Row], T]) -> dict[str, T]:
    return {each["uuid"]: make(each) for each in rows}


@lru_cache(maxsize=1 << 16)  # most things of an organisation begin on one of few days
def _days(start: str | None, end: str | None) -> Days:
    since = None if start is None else date.fromisoformat(start)
    return Days(None if since == ALWAYS else since, None if end is None else date.fromisoformat(end))


def _day(text: str | None) -> date | None:
    return _days(None, text).until


def _life(row: Row) -> Days:
    return _days(row["from"], row["to"])


def _unit(row: Row) -> Unit:
    values = row["values"] or {}
    parent, part = _link(row["parent"])
    payer, paid = _link(row["payer"])
    marks: dict[str, list[Mark]] = {"PERFORMS": [], "RESPONSIBLE_FOR": [], "INTERESTED_IN": []}
    for type_, uuid, number, start, end in row["kle"]:
        marks[type_].append(Mark(uuid, number, _days(start, end)))
    return Unit(
        uuid=row["uuid"],
        name=values.get("name") or "",
        parent=parent,
        part=part,
        active=row["active"],
        level=_level(values.get("level")),
        performs=_sorted(marks["PERFORMS"]),
        interested=_sorted(marks["INTERESTED_IN"]),
        responsible=_sorted(marks["RESPONSIBLE_FOR"]),
        passes_kle_down=bool(values.get("passes_kle_down")),
        paid_out_by=payer,
        paid=paid,
        sensitivity=values.get("sensitivity"),
        p_number=values.get("p_number"),
        se_number=values.get("se_number"),
        values=values,
        until=_day(row["to"]),
    )


def _sorted(marks: list[Mark]) -> tuple[Mark, ...]:
    return tuple(sorted(marks, key=lambda each: (each.number, each.uuid)))


def _level(told: Any) -> int | None:
    text = str(told).strip()
    return int(text) if only_digits(text) else None


def _link(told: Any) -> tuple[str | None, Days]:
    return (None, Days()) if told is None else (told[0], _days(told[1], told[2]))


def _person(row: Row) -> Person:
    values = row["values"] or {}
    return Person(row["uuid"], values.get("name") or "", bool(values.get("stopped")))


def _tie(row: Row) -> Tie:
    values = row["values"] or {}
    unit, placed = _link(row["unit"])
    position, held = _link(row["position"])
    return Tie(
        uuid=row["uuid"],
        kind=row["kind"],
        person=row["person"],
        title=values.get("title") or "",
        days=_life(row),
        unit=unit,
        placed=placed,
        position=position,
        held=held,
        kle=_sorted([Mark(uuid, number, _days(start, end)) for uuid, number, start, end in row["kle"]]),
        values=values,
    )


def _position(row: Row) -> Position:
    values = row["values"] or {}
    categories = tuple(Thing("PositionCategory", uuid, title or "") for uuid, title in row["categories"])
    return Position(row["uuid"], values.get("title") or "", categories, values)


def _role(row: Row) -> Role:
    values = row["values"] or {}
    covers_all, sensitivity = bool(values.get("covers_all")), values.get("sensitivity")
    return Role(row["uuid"], values.get("key") or "", values.get("title") or "", covers_all, sensitivity)


def _responsibilities(told: Any) -> tuple[Responsibility, ...]:
    found = (
        Responsibility(kind, uuid, key or "", title or "", active, _day(end))
        for kind, uuid, key, title, active, end in told
    )
    return tuple(sorted(found, key=lambda each: (each.kind, each.key, each.uuid)))


def _places(told: Any) -> tuple[Place, ...]:
    found = (Place(uuid, _days(start, end)) for uuid, start, end in told)
    return tuple(sorted(found, key=lambda each: each.unit))


def _assignment(row: Row) -> Assignment:
    values = row["values"] or {}
    return Assignment(
        uuid=row["uuid"],
        holder=row["holder"],
        role=row["role"],
        places=_places(row["places"]),
        about=_responsibilities(row["about"]),
        sensitivity=values.get("sensitivity"),
        own_kle_only=bool(values.get("own_kle_only")),
        days=_life(row),
        is_for_units=row["is_for_units"],
    )


def _stand_in(row: Row) -> StandIn:
    stood = row["stood"]
    places = _places(stood["places"])
    return StandIn(row["uuid"], row["person"], stood["role"] or "", places, frozenset(row["scope"]), _life(row))


def _counts(row: Row) -> bool:
    """A request that is not approved gives nothing."""
    return row["kind"] == "Grant" or _state(row) == APPROVED


def _state(row: Row) -> str | None:
    """The state of a request; a grant has none."""
    return (row["values"] or {}).get("state") if row["kind"] == "RightsRequest" else None


def _grant(row: Row) -> Grant:
    values = row["values"] or {}
    is_request = row["kind"] == "RightsRequest"
    return Grant(
        uuid=row["uuid"],
        gives=row["gives"],
        given_to=_things(each[:3] for each in row["given_to"]),
        key=values.get("key") or "",
        title=_asked(row) if is_request else values.get("title") or "",
        reason=values.get("reason") or "",
        inherit=bool(values.get("inherit")),
        condition=values.get("condition"),
        sensitivity=values.get("sensitivity"),
        own_kle_only=bool(values.get("own_kle_only")),
        exceptions=_things(row["exceptions"]),
        about=_responsibilities(row["about"]),
        covered=tuple(frozenset(each) for each in row["covered"]),
        within_units=tuple(sorted(row["within"])),
        for_unit=row["for_unit"],
        days=_life(row),
        given={uuid: _days(start, end) for _, uuid, _, start, end in row["given_to"]},
        kind="RightsRequest" if is_request else "Grant",
        approved_by=(_person_of(row, "DECIDED_BY" if is_request else "APPROVED_BY") or {}).get("uuid"),
        approved_content=values.get("approved_content"),
        gives_until=_day(row["gives_until"]),
    )


def _person_of(row: Row, link: str) -> Row | None:
    return next((person for type_, person in row["people"] if type_.removeprefix(SUPERSEDED) == link), None)


def _asked(row: Row) -> str:
    """``asked for by Anna Berg, approved by Bo Lund, because …``"""
    values = row["values"] or {}
    asked, decided = (
        "an unknown person" if person is None else person["name"] or "a person whose name is protected"
        for person in (_person_of(row, "REQUESTED_BY"), _person_of(row, "DECIDED_BY"))
    )
    approved = f", approved by {decided}" if _counts(row) else ""
    reason = f", because {values['reason']}" if values.get("reason") else ""
    return f"asked for by {asked}{approved}{reason}"


def _conflict(row: Row) -> Conflict:
    values = row["values"] or {}
    return Conflict(
        uuid=row["uuid"],
        first=row["first"] or "",
        second=row["second"] or "",
        title=values.get("title") or values.get("key") or "",
        mode="approve" if values.get("mode") == "approve" else "refuse",
        scope="overlap" if values.get("scope") == "overlap" else "person",
        days=_life(row),
    )


def _exempted(row: Row) -> Exempted:
    """Its days are those of the link to whom it is for: those that were asked for."""
    _, subject, _, start, end = row["given_to"][0] if row["given_to"] else ("", "", "", None, row["from"])
    asked, life = _days(start, end), _life(row)
    since = max((each for each in (asked.since, life.since) if each is not None), default=None)
    until = min((each for each in (asked.until, life.until) if each is not None), default=None)
    return Exempted(
        uuid=row["uuid"],
        conflict=row["exception_to"],
        subject=subject,
        text=f"an exception {_asked(row)}",
        decided_by=(_person_of(row, "DECIDED_BY") or {}).get("uuid"),
        days=Days(since, until),
    )


def _things(told: Any) -> tuple[Thing, ...]:
    found = (Thing(kind, uuid, title or "") for kind, uuid, title in told)
    return tuple(sorted(found, key=lambda each: (each.kind, each.uuid)))


def _setting(row: Row) -> Setting:
    values = row["values"] or {}
    approved_by, approved = _link(row["approved"])
    return Setting(
        uuid=row["uuid"],
        of=row["of"],
        type=row["type"],
        system_role=row["system_role"],
        fixed=tuple(sorted(values.get("fixed") or ())),
        derived=values.get("derived"),
        parameter=values.get("parameter"),
        unlimited=bool(values.get("unlimited")),
        below=bool(values.get("below")),
        units=tuple(sorted(row["units"])),
        excluded=tuple(sorted(row["excluded"])),
        approved_by=approved_by,
        approved_content=values.get("approved_content"),
        approved=approved,
        days=_life(row),
    )


def _type(row: Row) -> ConstraintType:
    return constraint_type(row["uuid"], row["values"] or {}, _day(row["to"]))


def constraint_type(uuid: str, values: Row, until: date | None = None) -> ConstraintType:
    """A type from its values. What its content or form is, where that is not one of ours: other, several values."""
    content: Any = values.get("content")
    form: Any = values.get("form")
    levels = (each.rpartition("=") for each in values.get("levels") or ())
    return ConstraintType(
        uuid=uuid,
        key=values.get("key") or "",
        title=values.get("title") or "",
        uri=values.get("uri") or "",
        content=content if content in CONTENTS else "other",
        form=form if form in FORMS else "multi",
        pattern=values.get("pattern"),
        values=tuple(_titled(each) for each in values.get("values") or ()),
        levels=tuple(Level(label, value) for label, _, value in levels),
        cumulative=bool(values.get("cumulative")),
        common=bool(values.get("common")),
        until=until,
    )


def _titled(text: str) -> tuple[str, str]:
    value, _, title = text.partition("=")
    return value.strip(), title.strip() or value.strip()


def _system_role(row: Row, types: Mapping[str, ConstraintType]) -> SystemRole:
    values = row["values"] or {}

    def taken(name: str) -> tuple[ConstraintType, ...]:
        found = (types[uuid] for uuid in row[name] if uuid in types)
        return tuple(sorted(found, key=lambda each: (each.uri, each.uuid)))

    return SystemRole(
        uuid=row["uuid"],
        key=values.get("key") or "",
        title=values.get("title") or "",
        uri=values.get("uri") or "",
        system=_system(row["system"]),
        description=values.get("description") or "",
        sensitive=bool(values.get("sensitive")),
        required=taken("required"),
        optional=taken("optional"),
        until=_day(row["to"]),
    )


def _system(told: Any) -> ItSystem:
    """One that has ended is blocked, as is a role without a system."""
    if told is None:
        return ItSystem("", "", "", blocked=True)
    values = told["values"] or {}
    return ItSystem(
        uuid=told["uuid"],
        key=values.get("key") or "",
        title=values.get("title") or "",
        uri=values.get("uri") or "",
        environment=values.get("environment") or "",
        blocked=bool(values.get("blocked")) or not told["active"],
        manual=bool(values.get("manual")),
        until=_day(told["to"]),
    )


def _job_function_role(row: Row) -> JobFunctionRole:
    values = row["values"] or {}
    return JobFunctionRole(
        uuid=row["uuid"],
        key=values.get("key") or "",
        title=values.get("title") or "",
        uri=values.get("uri") or "",
        number=values.get("number"),
        description=values.get("description") or "",
        sensitive=bool(values.get("sensitive")),
        delegated_from_cvr=values.get("delegated_from_cvr"),
        delegated_to_cvr=values.get("delegated_to_cvr"),
        until=_day(row["to"]),
    )
