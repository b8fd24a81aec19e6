"""``analyst-copy``: a database for analysts."""

import typer

from reconnect.context import of
from reconnect.progress import progress
from reconnect.terminal import terminal


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("analyst-copy")(analyst_copy)


def analyst_copy(context: typer.Context) -> None:
    """Make or refresh a copy of the graph for analysts: a second embedded server with its own login.

    It has no CPR numbers, private addresses, phones or e-mail, no claims of sources and no change log. For people with
    a protected name, it has no name, e-mail, phone, photo or login either. Changes that an analyst makes there affect
    nothing else, and are lost at the next copy. To stop it: `RECONNECT_HOME=<home>/analyst reconnect down`.
    """
    from graph.connection import connect
    from reconnect import analyst
    from reconnect.commands.instance import show
    from reconnect.embedded import Instance

    of_run = of(context)
    source = of_run.driver()
    copy_of = Instance(of_run.instance.home.path / analyst.FOLDER)
    with progress() as report:
        addresses = copy_of.start(report)
        with connect(addresses.bolt_uri, addresses.user, addresses.password) as target:
            counts = analyst.copy(source, target, report)
    console = terminal()
    console.print(", ".join(f"{count} {kind}" for kind, count in counts.items() if count) or "The graph is empty.")
    show(copy_of)
