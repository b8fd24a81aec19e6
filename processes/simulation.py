"""Where the tasks of a process would go: asked of the organisation of a day, before any case is started.

Nothing is written. A case learns some things only on its way, such as each unit of a round, or a unit that somebody
names in a later form. There the unit for which it is simulated stands for them, and the answer says so (``assumed``).
Four eyes are heeded as if the first who has a task did it. Nobody is excluded whom no value names, no task is late, and
delegations count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from graph.as_of import Day
from graph.change_log import turned_day
from graph.collation import SORT_KEY
from graph.connection import Run
from graph.expressions import ExpressionFailed
from processes.cases.places import Naming
from processes.engine.definition import Definition
from processes.engine.drawn_tasks import DrawnTask
from processes.forms import Form
from processes.routing import Asked, Route, routes

AT_ONCE: Final = 200
"""Units whose tasks are routed together."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """A task, and who would have it if the process were started for ``unit`` (UUID).

    ``task_unit``: UUID of the unit that the task is for; None = it names none. ``assumed``: the case would learn it
    only on its way.
    """

    unit: str
    task: DrawnTask
    task_unit: str | None
    assumed: bool
    route: Route


_NAME: Final = f"coalesce(u.{SORT_KEY}, '')"
_ANYWHERE = frozenset({"unknown_role", "unknown_responsibility"})
"""Faults that have nothing to do with a unit."""


@dataclass(slots=True)
class _Round:
    """One unit: the values of the case's start, and who did what, as if the first who has a task did it."""

    unit: str
    values: Mapping[str, Any]
    did: dict[str, set[str]] = field(default_factory=dict)


def simulate(
    run: Run,
    definition: Definition,
    form: Form | None,
    units: Sequence[str],
    at: date,
    values: Mapping[str, Any] | None = None,
) -> Iterator[Simulated]:
    """Who would have each task of a process on a day, for each of some units: unit by unit, as the tasks are drawn.

    Args:
        form: the start form; its fields of units have the unit, unless ``values`` says otherwise.
        units: UUIDs.
        values: what the case is started with, with UUIDs for what they name.
    """
    names = dict.fromkeys(units)
    for start in range(0, len(units), AT_ONCE):
        rounds = [_Round(each, _start(definition, form, each, values or {})) for each in units[start : start + AT_ONCE]]
        yield from _together(Naming(run, at, names), definition, rounds)


def gaps(
    run: Run, definition: Definition, form: Form | None, at: date, values: Mapping[str, Any] | None = None
) -> Iterator[Simulated]:
    """The tasks for which the organisation would have nobody on a day (T9), of all units that are open then, by name
    of the unit. What is so in whatever unit a case is, is told once."""
    told = set[tuple[str, str | None, str]]()
    for each in simulate(run, definition, form, units_open(run, at), at, values):
        fault = each.route.fault
        which = (each.task.element, None if fault in _ANYWHERE else each.task_unit, fault)
        if fault and which not in told:
            told.add(which)
            yield each


def units_open(run: Run, at: date) -> list[str]:
    """UUIDs of all units that are open on a day, by name."""
    day = Day.of(at, turned_day(run))
    rows = run.run(
        day.asked(f"MATCH (u:Unit) WHERE coalesce({day.active('u')}, false) RETURN u.uuid ORDER BY {_NAME}, u.uuid"),
        at=at,
    )
    return rows.value()


def _start(definition: Definition, form: Form | None, unit: str, values: Mapping[str, Any]) -> dict[str, Any]:
    fields = () if form is None else form.fields
    named = {each: unit for each in fields if form is not None and form.kind(each) == "Unit"}
    return {"unit": unit, **named, **values} if "unit" in definition.checked.names else {**named, **values}


def _together(naming: Naming, definition: Definition, rounds: Sequence[_Round]) -> Iterator[Simulated]:
    found: dict[tuple[str, int], Simulated] = {}
    for some in _in_order(definition.tasks):
        asked = [
            (each, number, *_asked(naming, definition, definition.tasks[number], each))
            for each in rounds
            for number in some
        ]
        for (each, number, one, assumed), route in zip(
            asked, routes(naming.run, [one for *_, one, _ in asked], naming.at), strict=True
        ):
            task = definition.tasks[number]
            found[each.unit, number] = Simulated(each.unit, task, one.unit, assumed, route)
            if route.candidates:
                first = route.candidates[0]
                each.did.setdefault(task.element, set()).update({first.person, first.instead_of or first.person})
    for each in rounds:
        yield from (found[each.unit, number] for number in range(len(definition.tasks)))


def _in_order(tasks: Sequence[DrawnTask]) -> Iterator[list[int]]:
    """The numbers of the tasks: those first whose doers may not have later ones. A circle is not heeded."""
    left = set(range(len(tasks)))
    while left:
        waiting = {tasks[number].element for number in left}
        some = [n for n in left if not (waiting - {tasks[n].element}).intersection(tasks[n].place.exclude_who_did)]
        some = sorted(some or left)
        yield some
        left -= set(some)


def _asked(naming: Naming, definition: Definition, task: DrawnTask, of: _Round) -> tuple[Asked, bool]:
    place, process = task.place, definition.process
    unit = _value(definition, place.unit, of.values)
    assumed = unit in (None, "")
    faults = []
    found = of.unit if assumed else naming.unit(unit)
    exclude = set[str]()
    for text in place.exclude:
        named = _value(definition, text, of.values)
        for each in named if isinstance(named, list) else [named]:
            person = naming.person(each)
            if person is not None:
                exclude.add(person)
            elif each not in (None, ""):
                faults.append("unknown_person")
    for element in place.exclude_who_did:
        exclude |= of.did.get(element, set()) if element != task.element else set()
    fallback = _value(definition, place.fallback_unit, of.values) if place.fallback_unit else None
    fallback_unit = naming.unit(fallback) if fallback else (of.unit if place.fallback_unit else None)
    asked = Asked(
        process=process,
        role=place.role,
        responsibility=place.responsibility,
        unit=found,
        exclude=frozenset(exclude),
        fallback_role=place.fallback_role,
        fallback_unit=fallback_unit,
        fault=faults[0] if faults else "",
    )
    return asked, assumed


def _value(definition: Definition, text: str, values: Mapping[str, Any]) -> Any:
    """What an expression gives; None where the start of a case doesn't say it."""
    try:
        return definition.checked.expressions[text].evaluate(values) if text else None
    except ExpressionFailed:
        return None
