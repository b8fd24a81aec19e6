"""``config``: the effective settings."""

import json
from typing import Annotated

import typer
from rich.table import Table

from reconnect.context import of
from reconnect.terminal import terminal


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(config)


def config(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Show every effective setting and where it comes from. Secrets are masked.

    A wrong key or value is rejected with its name and the allowed values (exit code 2).
    """
    from reconnect.settings.file import shown

    loaded = of(context).loaded
    if as_json:
        rows = {name: {"value": value, "origin": origin} for name, value, origin in shown(loaded)}
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    console = terminal()
    console.print(f"Settings file: {loaded.file or 'none'}")
    table = Table(box=None)
    table.add_column("Setting", no_wrap=True)  # a name that is cut short can't be used
    table.add_column("Value", overflow="fold")
    table.add_column("From", overflow="fold")
    for name, value, origin in shown(loaded):
        table.add_row(name, value, origin, style="" if origin != "default" else "dim")
    console.print(table)
