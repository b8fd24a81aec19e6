"""``restored``: what a restore of a back-up has brought back, and that a person has looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reconnect.context import of
from reconnect.exits import CommandFailed, Exit
from reconnect.terminal import terminal

if TYPE_CHECKING:
    from reconnect.context import Context


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("restored")(restored)


def restored(
    context: typer.Context,
    declare: Annotated[
        bool, typer.Option("--declare", help="The whole folder or machine was put back, with what remembers it.")
    ] = False,
    stop_again: Annotated[
        bool, typer.Option("--stop-again", help="Stop those again whom the restore has let in.")
    ] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="You have looked: targets are supplied as usual from now on.")
    ] = False,
    leave_open: Annotated[
        bool, typer.Option("--leave-open", help="With --confirm: even if people who were stopped no longer are.")
    ] = False,
) -> None:
    """Look at what a restore of a back-up has brought back, and let targets be supplied again.

    Until then nothing is opened at targets: exports only disable. Exit code 3: a restore waits to be confirmed. A
    restore of the whole folder or machine can't be seen at once: say so with --declare, before the worker starts.
    """
    from graph.errors import ChangeRejected
    from graph.runs.restores import still_open
    from reconnect.work import restores
    from rules.accounts.following import confirm_restore

    run, console = of(context), terminal()
    found = restores.declare(run) if declare else restores.look(run)
    if found is None:
        console.print("No restore waits to be confirmed.")
        return
    console.print(found.text, highlight=False, soft_wrap=True)
    driver = run.driver()
    if stop_again:
        _stop(run, [uuid for uuid, _ in still_open(driver, found.stopped)])
    left = still_open(driver, found.stopped)
    if left:
        people = "1 person was stopped, and is" if len(left) == 1 else f"{len(left)} people were stopped, and are"
        console.print(f"{people} not any more (--stop-again):")
        for uuid, name in left:
            console.print(f"  {uuid}  {name}", highlight=False)
    if not confirm:
        raise typer.Exit(Exit.BRAKE)
    try:
        confirm_restore(driver, found.id, run.user, leave_open=leave_open)
    except ChangeRejected as rejected:
        hint = " Add --stop-again or --leave-open." if rejected.code == "still_open" else ""
        raise CommandFailed(f"{rejected}{hint}", Exit.BRAKE) from rejected
    if (another := restores.look(run)) is not None:
        raise CommandFailed(f"Another restore was found meanwhile. {another.text}", Exit.BRAKE)
    console.print("Confirmed. Targets are supplied again as usual.")


def _stop(run: Context, persons: list[str]) -> None:
    from graph.change_log import Origin
    from graph.statements.precedence import MANUAL
    from graph.time import Period, today
    from graph.writing.graph_writer import GraphWriter
    from graph.writing.stopping import stopped

    reason = "Stopped again: the STOP was lost by a restore of a back-up"
    writer = GraphWriter(run.driver(), run.keyring, run.order)
    for uuid in persons:
        edit = stopped(Period(today()), reason)
        writer.amend("Person", uuid, edit, Origin(MANUAL, user=run.user, reason=reason))
