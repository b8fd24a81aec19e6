"""``export``: supply a target, now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from reconnect.context import of
from reconnect.day_option import day_option
from reconnect.exits import CommandFailed, Exit
from reconnect.folders import target_names
from reconnect.progress import progress
from reconnect.terminal import WAIT, tell_of_the_rest, terminal

if TYPE_CHECKING:
    from exporters.report import ExportReport

_SHOWN = 50
"""Rows that differ, on a terminal; elsewhere all are shown."""
_EXAMPLES = 3
"""Examples of each rule, on a terminal."""


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("export")(export_target)


def export_target(
    context: typer.Context,
    target: Annotated[str, typer.Argument(help=f"{', '.join(target_names())}.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent, old and new values; send nothing.")
    ] = False,
    approve: Annotated[
        str | None, typer.Option("--approve", metavar="ID", help="Approve the stopped changes with this id.")
    ] = None,
    day: Annotated[
        date | None,
        day_option("--date", help="Export the organisation as of this day; default today."),
    ] = None,
    full: Annotated[
        bool,
        typer.Option("--full", help="Compare every object at the target with what was sent, and show what differs."),
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help=WAIT)] = False,
) -> None:
    """Supply a target with everything that has changed since the last export.

    Running it again sends nothing. Objects that can't be delivered are listed with the reason (exit code 4). If more
    would be removed than the target's brake allows, nothing is sent (exit code 3) until the changes are approved.
    """
    from exporters.errors import ExportError
    from graph.runs.brakes import StaleApproval
    from reconnect.locks import LockLost, LockTaken
    from reconnect.work import jobs

    of_run = of(context)
    try:
        with progress() as report:
            done = jobs.export_target(
                of_run,
                jobs.Caller(report, wait=wait),
                target,
                at=day,
                dry_run=dry_run,
                full=full,
                approve=approve,
                user=of_run.user,
            )
    except StaleApproval as error:
        raise CommandFailed(f"Export to {target}: {error}", Exit.USAGE) from error
    except (ExportError, LockTaken, LockLost) as error:
        raise CommandFailed(f"Export to {target}: {error}") from error
    show(done, terminal())
    if done.brake:
        raise typer.Exit(Exit.BRAKE)
    if done.error:
        raise CommandFailed(f"Export to {target}: {done.error}")
    if done.held and not done.dry_run:
        raise typer.Exit(Exit.BRAKE)
    if done.parked:
        raise typer.Exit(Exit.BAD_RECORDS)


def _show_changes(report: ExportReport, console: Console) -> None:
    """Old and new values, row by row, removed rows first. A terminal shows the first rows, a file or pipe all."""
    if report.unread:
        console.print(f"Old values can't be shown: {report.unread}")
    rows = [(each.name, change) for each in report.files for change in each.changes]
    rows += [(each.kind, change) for each in report.objects for change in each.changes]
    rows.sort(key=lambda row: ("gone", "changed", "new").index(row[1].what))
    shown = rows[:_SHOWN] if console.is_terminal else rows
    for name, change in shown:
        console.print(f"  {name} {change.key}: {change.what}")
        for line in change.lines:
            console.print(f"    {line}")
    tell_of_the_rest(len(rows) - len(shown), console)


def _by_rule(label: str, listed: Sequence[tuple[str, str]], console: Console) -> None:
    """The number of each rule, with a few examples on a terminal, and with all of them elsewhere."""
    by_rule: dict[str, list[str]] = {}
    for rule, text in listed:
        by_rule.setdefault(rule, []).append(text)
    for rule, texts in sorted(by_rule.items()):
        console.print(f"{label}: {rule}, {len(texts)}")
        shown = texts[:_EXAMPLES] if console.is_terminal else texts
        for text in shown:
            console.print(f"  {text}")
        tell_of_the_rest(len(texts) - len(shown), console)


def _show_files(report: ExportReport, console: Console) -> None:
    table = Table("File", "Rows", "New", "Changed", "Gone", "What", box=None)
    for each in report.files:
        numbers = (each.rows, len(each.difference.added), len(each.difference.changed), len(each.difference.gone))
        table.add_row(each.name, *map(str, numbers), f"{each.outcome} ({each.note})" if each.note else each.outcome)
    console.print(table)


def _show_objects(report: ExportReport, console: Console) -> None:
    table = Table("Objects", "All", "New", "Adopted", "Changed", "Disabled", "Deleted", "Parked", "Drift", box=None)
    for each in report.objects:
        numbers = (
            each.total, each.created, each.adopted, each.changed, each.closed, each.deleted, each.parked, each.drift,
        )  # fmt: skip
        table.add_row(each.kind, *map(str, numbers))
    console.print(table)


def show(report: ExportReport, console: Console) -> None:
    """Print what an export did, by file or by kind of object."""
    console.print(f"{'Dry run of export' if report.dry_run else 'Export'} to {report.target}, as of {report.at}")
    if report.files:
        _show_files(report, console)
    if report.objects:
        _show_objects(report, console)
    if report.dry_run or any(each.changes for each in report.objects):
        _show_changes(report, console)
    _by_rule(
        "not delivered", [(each.problem, f"{each.object} {each.key}: {each.reason}") for each in report.parked], console
    )
    _by_rule(
        "notice",
        [(each.rule, f"{each.object} {each.key}, {each.field}: {each.text}") for each in report.notices],
        console,
    )
    if report.reasons:
        done = "Stopped by the brake:" if report.brake else "Approved despite the brake:"
        console.print("The brake would stop this:" if report.dry_run else done)
        for reason in report.reasons:
            console.print(f"  {reason}")
    if report.held:
        console.print(report.held)
    if report.approval:
        console.print(report.approval)
    if report.brake:
        console.print("Nothing was sent. Check the changes with --dry-run. To approve them:")
        console.print(f"  reconnect export {report.target} --approve {report.brake}")
