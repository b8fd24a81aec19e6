"""``demo``: from nothing to pages that can be opened."""

from typing import Annotated

import typer
from rich.console import Console

from graph.time import today
from importers.report import ImportReport
from reconnect import demo as steps
from reconnect.commands.sample import Size
from reconnect.context import Context, of
from reconnect.demo import Demo
from reconnect.exits import CommandFailed, Exit
from reconnect.progress import progress


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(demo)


def demo(
    context: typer.Context,
    size: Annotated[Size, typer.Option(help="XS 60, S 5,000, L 50,000, XL 1,000,000 employments.")] = Size.S,
    seed: Annotated[int, typer.Option(help="Another seed is another municipality.")] = 42,
) -> None:
    """Show it all: servers up, a sample municipality imported from its payroll, a target supplied, pages to open.

    Everything is kept in RECONNECT_HOME (default .reconnect); run it again and it goes on from there.
    `reconnect down` stops what it started.
    """
    console = Console(highlight=False, soft_wrap=True)
    instance = of(context).instance
    with progress() as report:
        instance.start(report)
    made = Demo(instance.home.path)
    steps.prepare(made)
    # Read anew: the settings file may have been written just now.
    run = Context(made.settings_file)
    try:
        with progress() as report:
            steps.make_payroll(made, size.value, seed, today(), run.keyring, report)
            imports = list(steps.import_all(run, made, report))
        for each in imports:
            _require(each)
            console.print(f"Imported {each.source}: {each.changes} changed, {each.unchanged} as they were")
    finally:
        run.close()


def _require(report: ImportReport) -> None:
    if report.brake:
        raise CommandFailed(
            f"The brake stopped the import of {report.source}: {'; '.join(report.reasons)}. "
            f"reconnect import {report.source} --approve {report.brake} lets it through.",
            Exit.BRAKE,
        )
