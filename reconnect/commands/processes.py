"""``processes``: definitions of processes, which are played, checked and deployed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from reconnect.commands.process_cases import end, incidents, move, repair, retry, skip
from reconnect.commands.process_play import json_form, play
from reconnect.commands.process_simulation import simulate
from reconnect.commands.process_templates import preview, templates
from reconnect.exits import CommandFailed
from reconnect.process_files import package, wanted
from reconnect.process_refusals import refusing
from reconnect.reason_option import reason_option
from reconnect.terminal import print_json, terminal

Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILES",
        help="Diagrams (.bpmn), tables (.dmn), forms (.json), texts (.mail, .letter); or a folder.",
    ),
]
Main = Annotated[
    str | None,
    typer.Option("--process", help="Id of the process that cases run; by default the one that no other calls."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
group = typer.Typer(no_args_is_help=True, help="Play, check and deploy the definitions of processes.")
group.command()(incidents)
group.command()(retry)
group.command()(skip)
group.command()(repair)
group.command()(end)
group.command()(move)
group.command()(play)
group.command()(simulate)
group.command()(templates)
group.command()(preview)


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    app.add_typer(group, name="processes")


@group.callback()
def processes() -> None:
    """Play, check and deploy the definitions of processes."""


@group.command("list")
def list_processes(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also versions with which no new case starts.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the processes that are deployed, with their versions and how many cases run on each."""
    from rich.table import Table

    from processes.cases.by_itself import switched_on
    from processes.cases.definitions import versions
    from reconnect.context import of

    with of(context).driver().session(default_access_mode="READ") as session:
        on = switched_on(session)
        found = [each for each in versions(session) if everything or each.is_current or each.open_cases]
    if as_json:
        print_json([
            {
                "process": each.process, "version": each.number, "current": each.is_current, "by": each.by,
                "at": json_form(each.at), "open_cases": each.open_cases,
                "starts_by_itself": each.is_current and each.process in on,
            }
            for each in found
        ])  # fmt: skip
        return
    console = terminal()
    if not found:
        console.print("No process is deployed.")
        return
    table = Table("Process", "Version", "Open cases", "Deployed", "By", box=None)
    for each in found:
        version = str(each.number) if each.is_current else f"{each.number} (old)"
        table.add_row(each.process, version, str(each.open_cases), f"{each.at:%Y-%m-%d %H:%M}", each.by)
    console.print(table)
    for process, switched in sorted(on.items()):
        due = f"; the next on {switched.next:%Y-%m-%d}" if switched.next is not None else ""
        since = f"{switched.at:%Y-%m-%d %H:%M}, by {switched.by}"
        console.print(f"{process} starts cases by itself since {since}{due}.")
        if switched.problem:
            console.print(f"  The last that could not start: {switched.problem}")


@group.command()
def check(context: typer.Context, files: Files, process: Main = None, as_json: AsJson = False) -> None:
    """Check a definition against the organisation, and tell everything that is wrong; nothing is deployed.

    Exit code 0: it can be deployed; 1: it has faults; 2: a file can't be read.
    """
    from processes.cases import definitions
    from reconnect.context import of

    with of(context).driver().session(default_access_mode="READ") as session, _faults_shown(as_json):
        read = package(files, process)
        definitions.check(session, read.process, read.documents, read.schemas, wanted(), read.texts)
    if as_json:
        print_json({"process": read.process, "faults": []})
    else:
        terminal().print(f"{read.process} can be deployed.")


@group.command()
def deploy(context: typer.Context, files: Files, process: Main = None, as_json: AsJson = False) -> None:
    """Check a definition, and let new cases start with it. Cases that run stay on the version they have.

    Exit code 0: it is deployed; 1: it has faults, and nothing is; 2: a file can't be read.
    """
    from graph.time import copenhagen_now
    from processes.cases import definitions
    from reconnect.context import of

    run = of(context)
    with _faults_shown(as_json):
        read = package(files, process)
        done = definitions.deploy(
            run.driver(),
            read.process,
            read.documents,
            read.schemas,
            run.user,
            copenhagen_now(),
            wanted(),
            texts=read.texts,
        )
    if as_json:
        told = {"process": read.process, "version": done.version.number, "new": done.is_new, "older_cases": done.older}
        print_json({**told, "faults": []})
        return
    state = "is deployed" if done.is_new else "was deployed already"
    terminal().print(f"{read.process}, version {done.version.number}, {state}.")
    if done.older:
        terminal().print(f"{done.older} open cases stay on the version with which they began.")


@group.command()
def automatic(
    context: typer.Context,
    process: Annotated[str, typer.Argument(metavar="PROCESS", help="Id of the process.")],
    reason: Annotated[str, reason_option("Why; kept with the process.")],
    on: Annotated[bool, typer.Option("--on/--off", help="Whether its cases start by themselves from now on.")],
    first: Annotated[
        datetime | None,
        typer.Option("--first", formats=["%Y-%m-%d"], help="The day on which the first one starts by time."),
    ] = None,
) -> None:
    """Let cases start by what happens, or by time, as the process states it; the worker starts them within a minute."""
    from graph.time import copenhagen_now
    from processes.cases.by_itself import switch
    from reconnect.context import of

    run = of(context)
    day = None if first is None else first.date()
    with refusing():
        due = switch(run.driver(), process, run.user, reason, copenhagen_now(), on=on, first=day)
    state = "start by themselves from now on" if on else "are started by people only"
    terminal().print(f"Cases of {process} {state}.")
    if due is not None:
        terminal().print(f"The first by time: {due:%Y-%m-%d %H:%M}.")


@contextmanager
def _faults_shown(as_json: bool) -> Iterator[None]:
    """What a definition is refused for, as a list of faults. Raises CommandFailed."""
    from processes.engine.errors import DefinitionRejected

    try:
        yield
    except DefinitionRejected as wrong:
        if as_json:
            parts = ("document", "element", "rule", "text")
            print_json({"faults": [{name: getattr(each, name) for name in parts} for each in wrong.faults]})
        lines = "\n".join(f"  {each} ({each.rule})" for each in wrong.faults)
        raise CommandFailed(f"The definition can't run; nothing was deployed:\n{lines}") from wrong
