"""``up``, ``down``, ``status``: the embedded Neo4j and Valkey."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from reconnect.context import of
from reconnect.embedded import Instance
from reconnect.exits import Exit
from reconnect.progress import progress


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(up)
    app.command()(down)
    app.command()(status)


def up(context: typer.Context) -> None:
    """Start Neo4j and Valkey in RECONNECT_HOME (default: the folder .reconnect), if they don't run.

    The first start on a machine fetches Neo4j (190 MB) into RECONNECT_CACHE. Ports are chosen once and remembered; the
    servers listen on this machine only and go on running when the command ends. Data survives `down` and a crash.
    """
    with progress() as report:
        of(context).instance.start(report)
    show(of(context).instance)


def down(context: typer.Context) -> None:
    """Stop Neo4j and Valkey. The data stays, and `reconnect up` goes on with it."""
    with progress() as report:
        had = of(context).instance.stop(report)
    Console().print("Neo4j and Valkey are stopped." if had else "Neither Neo4j nor Valkey was running.")


def status(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Show what runs, where it answers, and where it keeps its data. Exit code 1 unless both servers run."""
    found = of(context).instance.status()
    if as_json:
        shown = {
            "home": str(found.home),
            "running": found.running,
            "neo4j": found.neo4j_pid,
            "valkey": found.valkey_pid,
            "bolt_uri": found.addresses.bolt_uri if found.addresses else None,
            "browser_url": found.addresses.browser_url if found.addresses else None,
        }
        print(json.dumps(shown, indent=2))
    else:
        table = Table("Server", "State", title=str(found.home))
        for name, pid in (("Neo4j", found.neo4j_pid), ("Valkey", found.valkey_pid)):
            table.add_row(name, f"runs, process {pid}" if pid else "stopped")
        Console().print(table)
        if found.running and found.addresses:
            show(of(context).instance)
    if not found.running:
        raise typer.Exit(Exit.FAILURE)


def show(instance: Instance) -> None:
    """Tell where the servers of ``instance`` answer, and where the password is."""
    addresses = instance.addresses()
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"Neo4j    {addresses.bolt_uri}")
    console.print(f"Browser  {addresses.browser_url}")
    console.print(f"         user {addresses.user}, password in the file {instance.home.secrets / 'neo4j_password'}")
