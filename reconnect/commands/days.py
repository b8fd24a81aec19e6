"""``day-turn``: what starts or ends on a day takes effect."""

from datetime import datetime
from typing import Annotated

import typer

from graph.time import today
from reconnect import work
from reconnect.context import of
from reconnect.exits import CommandFailed
from reconnect.locks import LockLost, LockTaken
from reconnect.progress import progress
from reconnect.terminal import terminal


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("day-turn")(day_turn)


def day_turn(
    context: typer.Context,
    day: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="Turn up to this day; default today.", show_default=False),
    ] = None,
) -> None:
    """Let what starts or ends today take effect: refresh today's values, write the changes that targets hear of.

    Turns every day since the last one that was turned. The worker does this each night; by hand it does no harm.
    """
    until = day.date() if day else today()
    try:
        with progress() as report:
            turned = work.day_turn(of(context), work.Caller(report), until)
    except (LockTaken, LockLost) as error:
        raise CommandFailed(str(error)) from error
    console = terminal()
    if not turned:
        console.print(f"{until} had been turned already.")
    for at, count in turned.items():
        console.print(f"{at}  {count} changed")
