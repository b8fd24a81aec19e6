"""``up``, ``down``: the embedded Neo4j and Valkey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from reconnect.context import of
from reconnect.progress import progress
from reconnect.terminal import terminal

if TYPE_CHECKING:
    from reconnect.embedded import Instance


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.command()(up)
    app.command()(down)


def up(context: typer.Context) -> None:
    """Start Neo4j and Valkey in RECONNECT_HOME (default: the folder .reconnect) if they are not running.

    The first start on a machine downloads Neo4j (190 MB) into RECONNECT_CACHE. Ports are chosen once and remembered.
    The servers listen on this machine only, and keep running when the command ends. Data survives `down` and a crash.
    """
    with progress() as report:
        of(context).instance.start(report)
    show(of(context).instance)


def down(context: typer.Context) -> None:
    """Stop Neo4j, Valkey and the demo's web service. The data is kept for the next `reconnect up`."""
    from reconnect.service import BackgroundService

    instance = of(context).instance
    if instance.home.path.exists():
        BackgroundService(instance.home).stop()
    with progress() as report:
        had = instance.stop(report)
    terminal().print("Neo4j and Valkey are stopped." if had else "Neither Neo4j nor Valkey was running.")


def show(instance: Instance) -> None:
    """Print the addresses of the servers of ``instance``, and where their password is."""
    addresses = instance.addresses()
    console = terminal()
    console.print(f"Neo4j    {addresses.bolt_uri}")
    console.print(f"Browser  {addresses.browser_url}")
    console.print(f"         user {addresses.user}, password in the file {instance.home.secrets / 'neo4j_password'}")
