"""``client``: OAuth 2 clients of the API."""

from typing import Annotated

import typer
from rich.table import Table

from reconnect.context import of
from reconnect.exits import CommandFailed, Exit
from reconnect.limited_roles import Fields, Processes, Roles, Within, in_words, units_of
from reconnect.terminal import terminal

group = typer.Typer(
    no_args_is_help=True,
    help="Manage OAuth 2 clients of the API: machines that get short-lived access tokens at /oauth/token.",
)
Id = Annotated[str, typer.Argument(help="The client id; in the change log as client:ID.")]


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    app.add_typer(group, name="client")


@group.command()
def create(
    context: typer.Context,
    id: Id,
    role: Roles,
    within: Within = None,
    fields: Fields = None,
    process: Processes = None,
) -> None:
    """Create a client and print its secret. It can't be shown again: only a hash is kept."""
    from api.access import clients
    from api.access.tokens import TokenError
    from graph.errors import Ambiguous, Unknown

    driver = of(context).driver()
    try:
        with driver.session(default_access_mode="READ") as session:
            units = units_of(session, within)
        secret = clients.create(driver, id, role, units, fields or None, process or None)
    except (TokenError, Unknown, Ambiguous) as error:
        raise CommandFailed(str(error), Exit.USAGE) from error
    print(secret)


@group.command("list")
def list_clients(context: typer.Context) -> None:
    """List the clients, without their secrets."""
    from api.access import clients

    table = Table("Id", "System roles", "Made", "State", box=None)
    for each in clients.clients(of(context).driver()):
        state = "revoked" if each.revoked else "valid"
        table.add_row(
            each.id, in_words(each.roles, each.within, each.fields, each.processes), f"{each.created:%Y-%m-%d}", state
        )
    terminal().print(table)


@group.command()
def revoke(context: typer.Context, id: Id) -> None:
    """Revoke a client; its access tokens end within seconds."""
    from api.access import clients

    if not clients.revoke(of(context).driver(), id):
        raise CommandFailed(f"There is no client {id!r}; `reconnect client list` shows all.")
    terminal().print(f"{id} is revoked.")
