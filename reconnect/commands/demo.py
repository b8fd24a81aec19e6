"""``demo``: from an empty folder to pages that can be opened."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from graph.time import today
from reconnect import folders
from reconnect.commands.sample import Size
from reconnect.context import Context, of
from reconnect.exits import CommandFailed, Exit
from reconnect.progress import progress
from reconnect.terminal import terminal

if TYPE_CHECKING:
    from importers.pipeline.report import ImportReport
    from reconnect.demo.accounts import Line
    from reconnect.demo.logins import Entrance
    from reconnect.demo.run import Demo
    from reconnect.demo.sources import DemoImport


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(demo)


def demo(
    context: typer.Context,
    size: Annotated[Size, typer.Option(help="XS 60, S 5,000, L 50,000, XL 1,000,000 employments.")] = Size.S,
    seed: Annotated[int, typer.Option(help="A different seed gives a different municipality.")] = 42,
) -> None:
    """Try everything: start the servers, import a sample municipality, supply a target, and open the pages.

    Everything is kept in RECONNECT_HOME (default .reconnect); running it again continues from there.
    `reconnect down` stops the servers.
    """
    from reconnect.commands import exports
    from reconnect.commands.serve import api_port

    # Imported here, since they load every source and the sample.
    from reconnect.demo import accounts, cases, logins, sources
    from reconnect.demo import run as steps
    from reconnect.service import BackgroundService

    console = terminal()
    instance = of(context).instance
    with progress() as report:
        instance.start(report)
    made = steps.Demo(instance.home.path)
    steps.prepare(made)
    # Read again: the settings file may just have been written.
    run = Context(made.settings_file)
    try:
        with progress() as report:
            steps.make_payroll(made, size.value, seed, today(), run.keyring, report)
            imports = list(steps.import_all(run, made, report))
            for each in imports:
                _require(each)
            others = list(sources.import_others(run, made, report))
            supplied = list(steps.supply(run, report))
            shown = list(accounts.scene(run, made, report))
            entrances = list(logins.entrances(run, made, report))
            in_use = cases.bring_into_use(run, made, report) if entrances else None
            report("Starting the web service", 0, 1)
            address = BackgroundService(instance.home).start(api_port(run))
            report("Starting the web service", 1, 1)
        for each in imports:
            console.print(f"Imported {each.source}: {each.changes} changed, {each.unchanged} unchanged")
        for other in others:
            _show_import(other, console)
        for export in supplied:
            exports.show(export, console)
        _show_accounts(shown, console, _command(made.home))
        _show_pages(run, made, address, console)
        _show_entrances(entrances, address, console)
        if in_use is not None:
            waiting = f" Tasks wait for them: {', '.join(in_use.open)}." if in_use.open else ""
            console.print(f"  {in_use.processes} processes are in use.{waiting}", highlight=False)
    finally:
        run.close()


def _show_import(other: DemoImport, console: Console) -> None:
    """Print the result of a source other than payroll, and what to look at."""
    shown = other.shown
    if other.report is None:
        console.print(f"Not imported: {shown.name}: {other.failure}")
        return
    _require(other.report)
    done = f"{other.report.changes} changed, {other.report.unchanged} unchanged, in {other.seconds:.0f} s"
    console.print(f"Imported {shown.name}: {done}")
    doubts = ", ".join(f"{count} {rule}" for rule, count in other.doubts.items())
    console.print(f"  Look at {shown.look}" + (f" ({doubts})." if doubts else "."))
    console.print(f"    {shown.query}")


def _show_accounts(lines: list[Line], console: Console, here: str) -> None:
    """Print what happened to accounts, and how to ask why."""
    for each in lines:
        indent = "  " if each.person else ""
        console.print(f"{indent}{each.what} {each.text}", highlight=False, soft_wrap=True)
    asked = next((each for each in lines if each.person), None)
    if asked is not None:
        console.print("  Look at why each account is there, and at what will happen to accounts in the next 30 days:")
        console.print(f"    {here} accounts why {asked.person}", soft_wrap=True)
        console.print("    { comingAccountChanges { day what account { login owner { name } } } }")


def _show_pages(run: Context, made: Demo, address: str, console: Console) -> None:
    """Print which pages to open, and questions to try."""
    from reconnect.demo import found
    from reconnect.demo import run as steps
    from sample.rights import SYSTEM

    addresses = run.embedded
    here = _command(made.home)
    console.print()
    console.print("Open", style="bold")
    console.print(f"  GraphiQL       {address}/graphql")
    console.print(f"                 token {steps.token(run.driver())}")
    console.print(f"  Neo4j Browser  {addresses.browser_url}")
    console.print(f"                 user {addresses.user}, password {addresses.password}, server {addresses.bolt_uri}")
    for name in found.targets():
        console.print(f"  {folders.target(name).TITLE}'s files are in {made.supplied(name)}")
    asked = steps.questions(run.driver())
    if asked is not None:
        console.print("Ask", style="bold")
        console.print(f"  Who manages {asked.unit_name}, which has no manager of its own?")
        console.print(f"    {here} nearest --role manager --unit {asked.unit}")
        console.print(f"  Who handles KLE {asked.kle} for {asked.cases_name}?")
        console.print(f"    {here} nearest --role case_worker --responsibility kle:{asked.kle} --unit {asked.cases}")
        console.print(f"  Who is the nearest manager of {asked.name}?")
        console.print(f"    {here} nearest-manager --person {asked.person}")
    for may in steps.two_case_workers(run.driver()):
        console.print(f"  What may {may.name}, case worker for {may.unit}, do in SAPA, and why?")
        console.print(f"    {here} rights why {may.person} {SYSTEM}")
    next_month = (today().replace(day=1) + timedelta(days=31)).replace(day=1)
    move = steps.planned_move(run.driver(), made.own_facts / "move.json", next_month)
    if move is not None:
        console.print(f"  {move.unit} is to move below {move.to} on {next_month}: who would gain and lose what?")
        console.print(f"    {here} rights preview {move.file}")
        console.print(f"    {here} plans preview {move.plan}")
        console.print("  It is a plan, which is applied on its day once you approve it:")
        console.print(f"    {here} plans approve {move.plan} --reason 'Decided'")
    console.print("Stop", style="bold")
    console.print(f"  {here} down    (the data stays)")


def _show_entrances(entrances: list[Entrance], address: str, console: Console) -> None:
    """Print who can log in, and where."""
    if not entrances:
        return
    console.print("Log in", style="bold")
    console.print(f"  {address}/")
    for each in entrances:
        who = f"{each.shown.name}, {each.shown.who}"
        console.print(
            f"    {who}: user {each.login}, password {each.password}", highlight=False, markup=False, soft_wrap=True
        )


def _command(home: Path) -> str:
    """How this command was called, so that what is printed can be typed."""
    from reconnect.embedded.home import DEFAULT_HOME

    called = Path(sys.argv[0])
    name = str(called) if called.name == "reconnect" and called.exists() else "reconnect"
    return name if home == Path(DEFAULT_HOME).resolve() else f"{name} --home {home}"


def _require(report: ImportReport) -> None:
    if report.brake:
        raise CommandFailed(
            f"The brake stopped the import of {report.source}: {'; '.join(report.reasons)}. "
            f"To approve it: reconnect import {report.source} --approve {report.brake}",
            Exit.BRAKE,
        )
