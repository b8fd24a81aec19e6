"""``import``: read a source, now."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from graph.time import today
from reconnect.context import Context, of
from reconnect.exits import CommandFailed, Exit
from reconnect.folders import source_names
from reconnect.progress import progress
from reconnect.terminal import WAIT, tell_of_the_rest, terminal

if TYPE_CHECKING:
    import neo4j

    from graph.batches import Batches
    from graph.statements.statement import Problem
    from graph.writing.difference import Difference
    from importers.pipeline.report import ImportReport

_SHOWN = 50
"""Lines of a list in the terminal; the rest is in the API."""
_EXAMPLES = 3


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("import")(import_source)


def import_source(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help=f"{', '.join(source_names())}.")],
    folder: Annotated[
        Path | None, typer.Option("--from", help="Read the files in this folder, or this file.", exists=True)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, old and new values; write nothing.")
    ] = False,
    consequences: Annotated[
        bool,
        typer.Option(
            "--consequences",
            help="Show who would gain and lose managers, roles, rights, limits, accounts and groups; write nothing.",
        ),
    ] = False,
    approve: Annotated[
        str | None, typer.Option("--approve", metavar="ID", help="Approve the stopped changes with this id.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help=WAIT)] = False,
) -> None:
    """Import everything that has changed in a source.

    Importing the same data again writes nothing. A bad record is kept with the reason, and the rest is imported (exit
    code 4). If more would end or move than the brake in the settings allows, nothing is written (exit code 3) until the
    changes are approved. An import that was killed can safely be run again.
    """
    from graph.runs.brakes import StaleApproval
    from importers.pipeline.report import text_of
    from importers.source import SourceError
    from reconnect.locks import LockLost, LockTaken
    from reconnect.shown_previews import exit_for_bad_records, show_preview
    from reconnect.work import jobs

    of_run = of(context)
    if consequences and (approve or dry_run):
        raise CommandFailed(
            "--consequences shows what an import would do, and writes nothing: give it without --approve or --dry-run.",
            Exit.USAGE,
        )
    try:
        if consequences:
            with progress() as report:
                found = jobs.preview_import(of_run, jobs.Caller(report, wait=wait), source, folder=folder)
            show_preview(found, terminal())
            exit_for_bad_records(found)
            return
        with progress() as report:
            done = jobs.import_source(
                of_run,
                jobs.Caller(report, wait=wait),
                source,
                folder=folder,
                dry_run=dry_run,
                approve=approve,
                user=of_run.user,
            )
    except KeyboardInterrupt as stopped:
        terminal(stderr=True).print(f"Import of {source}: interrupted. {text_of(stopped).strip()}")
        raise
    except StaleApproval as error:
        raise CommandFailed(f"Import of {source}: {error}", Exit.USAGE) from error
    except (SourceError, LockTaken, LockLost) as error:
        raise CommandFailed(f"Import of {source}: {text_of(error)}") from error
    _show(done, _more(of_run, done), of_run.driver())
    if done.brake:
        again = ["reconnect", "import", source, *(["--from", str(folder)] if folder else []), "--approve", done.brake]
        terminal().print(f"Check the changes with --dry-run. To approve them: {shlex.join(again)}")
        raise typer.Exit(Exit.BRAKE)
    if any(problem.severity == "bad" for problem in done.problems):
        raise typer.Exit(Exit.BAD_RECORDS)


def _more(context: Context, report: ImportReport) -> Counter[str]:
    """The changes in the source's own terms: for KLE, the kinds of change that KL publishes."""
    from graph.questions import kle_changes

    if report.source != kle_changes.KLE or (report.run is None and not report.dry_run):
        return Counter()
    if report.dry_run:
        return Counter(kle_changes.foreseen(report.differences.each(), today()))
    return Counter(each.what for each in kle_changes.kle_changes(context.driver(), report.run))


def _show(report: ImportReport, more: Counter[str], driver: neo4j.Driver) -> None:
    console = terminal()
    what = "Dry run of" if report.dry_run else "Import of"
    console.print(f"{what} {report.source}: {report.changes} changed, {report.unchanged} unchanged records")
    if not report.readings:
        console.print("  Nothing new to read.")
    stopped = report.brake is not None and len(report.readings) > 1
    shown = report.readings[-_SHOWN:] if console.is_terminal else report.readings
    tell_of_the_rest(len(report.readings) - len(shown), console)
    for reading in shown:
        console.print(f"  {reading}" + (": applied" if stopped and reading in report.applied else ""))
    if report.counts:
        table = Table("Kind", "What", "Count", box=None)
        for (kind, operation), count in sorted(report.counts.items()):
            table.add_row(kind, operation, str(count))
        console.print(table)
    if more:
        terms = ", ".join(f"{more[what]} {what}" for what in sorted(more))
        console.print(f"  In {report.source}'s own terms: {terms}")
    if report.dry_run:
        _show_differences(report.differences, driver, console)
    _show_problems(report.problems, console)
    if report.approval:
        console.print(report.approval)
    if report.reasons:
        heading = "Stopped by the brake; none of these changes was written:"
        console.print("The brake would stop this:" if report.dry_run else heading)
        for reason in report.reasons:
            console.print(f"  {reason}")


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Things that would end or move first. Can be iterated more than once."""

    differences: Batches[Difference]

    def __iter__(self) -> Iterator[Difference]:
        from importers.pipeline.brake import counts

        yield from (each for each in self.differences.each() if counts(each))
        yield from (each for each in self.differences.each() if not counts(each))


def _show_differences(differences: Batches[Difference], driver: neo4j.Driver, console: Console) -> None:
    """Things that would end or move first. A terminal shows the first of them, a file or pipe all."""
    from graph.writing.difference_text import in_words, names_of
    from graph.writing.protection import protected_among

    ordered = _Ordered(differences)
    first = list(islice(ordered, _SHOWN)) if console.is_terminal else None
    names = names_of(driver, ordered) if first is None else names_of(driver, first, ordered)
    protected = protected_among(driver, ordered)
    for each in ordered if first is None else first:
        console.print(f"  {each.kind} {each.record.key}: {each.operation}")
        for line in in_words(each, names, protected):
            console.print(f"    {line}")
    tell_of_the_rest(0 if first is None else len(differences) - len(first), console)


def _show_problems(problems: Sequence[Problem], console: Console) -> None:
    """By rule, with a few examples on a terminal and all of them elsewhere. The API has them as badRecords, too."""
    by_rule: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        by_rule.setdefault((problem.severity, problem.rule), []).append(problem)
    for (severity, rule), found in sorted(by_rule.items()):
        console.print(f"{severity}: {rule}, {len(found)}")
        shown = found[:_EXAMPLES] if console.is_terminal else found
        for problem in shown:
            console.print(f"  {problem.where()}: {problem.text}")
        tell_of_the_rest(len(found) - len(shown), console)
