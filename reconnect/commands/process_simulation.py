"""``processes simulate``: who would have the tasks of a process, before a case of it is started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconnect.exits import CommandFailed, Exit
from reconnect.process_refusals import refusing
from reconnect.terminal import print_json, terminal

if TYPE_CHECKING:
    from graph.connection import Run
    from processes.engine.definition import Definition
    from processes.forms import Form
    from processes.simulation import Simulated


def simulate(
    context: typer.Context,
    process: Annotated[str | None, typer.Argument(metavar="PROCESS", help="Id of the process.")] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="The unit for which it would be started; by default all are looked at.")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="The day; by default today.")
    ] = None,
    values: Annotated[
        str, typer.Option("--values", help='More of what its start form takes, as JSON: {"person": …}.')
    ] = "{}",
    files: Annotated[
        list[Path] | None,
        typer.Option("--from", help="A folder or file of a definition that isn't deployed; may be given again."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show who would have each task of a process, without starting it.

    Without --unit it is a report on the whole organisation: the units in which nobody is found for a task, so that the
    fall-back would have it, or nobody.
    """

    from api.computed.task_answers import names_of
    from graph.identity.lookup import find
    from graph.time import today
    from processes.cases.tasks import by_name, checked_values
    from processes.simulation import gaps
    from processes.simulation import simulate as simulated
    from reconnect.context import of
    from reconnect.process_files import values_given

    if (process is None) == (not files):
        raise CommandFailed("Name a process, or the files of a definition with --from.", Exit.USAGE)
    given, day = values_given(values), today() if at is None else at.date()
    with of(context).driver().session(default_access_mode="READ") as session:
        with refusing():
            definition, form = _definition(session, process, files or [])
            told = checked_values(session, form, given, by_name)
            if unit is None:
                found = list(gaps(session, definition, form, day, told))
            else:
                found = list(simulated(session, definition, form, [find(session, "Unit", unit).uuid], day, told))
        names = names_of(session, set(_named(found)))
    if as_json:
        print_json([_form(each, names) for each in found])
        return
    _show(definition, found, names, day, every=unit is None)


def _definition(run: Run, process: str | None, files: list[Path]) -> tuple[Definition, Form | None]:
    """The definition, and its start form. Raises GraphError, ProcessError, CommandFailed."""
    from processes.cases import definitions
    from reconnect.process_files import package, wanted

    if process is not None:
        version = definitions.current(run, process)
        definition, forms = version.definition, version.forms
    else:
        read = package(files, None)
        checked = definitions.check(run, read.process, read.documents, read.schemas, wanted(), read.texts)
        definition, forms = checked.definition, checked.forms
    return definition, forms.get(definition.start_form)


def _named(found: Iterable[Simulated]) -> Iterable[str]:
    for each in found:
        yield each.unit
        yield from (uuid for uuid in (each.task_unit, each.route.level_unit) if uuid)
        for one in each.route.candidates:
            yield from (who for who in (one.person, one.instead_of) if who)


def _form(each: Simulated, names: Mapping[str, str]) -> dict[str, Any]:
    place, route = each.task.place, each.route
    return {
        "unit": each.unit,
        "unit_name": names.get(each.unit),
        "element": each.task.element,
        "name": each.task.name,
        "role": place.role,
        "responsibility": place.responsibility or None,
        "assumed": each.assumed,
        "level_unit": route.level_unit,
        "steps": route.steps,
        "fault": route.fault or None,
        "candidates": [
            {"person": one.person, "name": names.get(one.person), "as": one.how, "for": one.instead_of}
            for one in route.candidates
        ],
    }


def _show(definition: Definition, found: list[Simulated], names: Mapping[str, str], day: date, *, every: bool) -> None:
    from rich.table import Table

    console = terminal()
    if not found:
        what = "finds somebody for each task, in all units" if every else "has no task for people"
        console.print(f"{definition.name} {what} on {day}.")
        return
    table = Table("Unit", "Task", "Role", "Who", "", box=None)
    for each in found:
        route = each.route
        who = ", ".join(names.get(one.person, one.person) for one in route.candidates) or "nobody"
        where = names.get(route.level_unit or "", "") or f"{route.fault}{', fall-back' if route.candidates else ''}"
        unit = names.get((each.unit if every else each.task_unit) or "", "-")
        table.add_row(unit + (" (assumed)" if each.assumed else ""), each.task.name, each.task.place.role, who, where)
    console.print(table)
