"""``day-turn``: changes that start or end on a day take effect."""

from datetime import date
from typing import Annotated

import typer

from graph.time import today
from reconnect.context import of
from reconnect.day_option import day_option
from reconnect.exits import CommandFailed, Exit
from reconnect.progress import progress
from reconnect.terminal import WAIT, terminal


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("day-turn")(day_turn)


def day_turn(
    context: typer.Context,
    day: Annotated[
        date | None,
        day_option("--date", help="Turn up to this day; default today.", show_default=False),
    ] = None,
    approve: Annotated[
        str | None,
        typer.Option("--approve", help="Approve the stopped turn with this id.", metavar="ID", show_default=False),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help=WAIT)] = False,
) -> None:
    """Let everything that starts or ends today take effect: refresh today's values, and log the changes.

    The worker does this every night. A turn by more than one day, or backwards, waits until a person approves it. If a
    day was turned by mistake, turn it back with --date.
    """
    from graph.runs.brakes import StaleApproval
    from graph.writing.day_turn import TurnWaits
    from reconnect.locks import LockLost, LockTaken
    from reconnect.work import jobs

    until = day or today()
    of_run = of(context)
    try:
        with progress() as report:
            turned = jobs.turn_day(of_run, jobs.Caller(report, wait=wait), until, approve=approve, user=of_run.user)
    except TurnWaits as waits:
        raise CommandFailed(str(waits), Exit.BRAKE) from waits
    except (LockTaken, LockLost, StaleApproval) as error:
        raise CommandFailed(str(error)) from error
    console = terminal()
    if not turned:
        console.print(f"The day was already turned to {until}.")
    for at, count in turned.items():
        console.print(f"{at}  {count} changed")
