"""``client``: OAuth 2 clients of the API."""

from typing import Annotated

import typer
from rich.table import Table

from api.access.rights import ROLES
from reconnect.context import of
from reconnect.exits import CommandFailed, Exit
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
    role: Annotated[list[str], typer.Option(help=f"A system role: {', '.join(ROLES)}. May be repeated.")],
) -> None:
    """Create a client and print its secret. It can't be shown again: only a hash is kept."""
    from api.access import clients
    from api.access.tokens import TokenError

    try:
        print(clients.create(of(context).driver(), id, role))
    except TokenError as error:
        raise CommandFailed(str(error), Exit.USAGE) from error


@group.command("list")
def list_clients(context: typer.Context) -> None:
    """List the clients, without their secrets."""
    from api.access import clients

    table = Table("Id", "System roles", "Made", "State", box=None)
    for each in clients.clients(of(context).driver()):
        state = "revoked" if each.revoked else "valid"
        table.add_row(each.id, ", ".join(each.roles), f"{each.created:%Y-%m-%d}", state)
    terminal().print(table)


@group.command()
def revoke(context: typer.Context, id: Id) -> None:
    """Revoke a client; its access tokens end within seconds."""
    from api.access import clients

    if not clients.revoke(of(context).driver(), id):
        raise CommandFailed(f"There is no client {id!r}; `reconnect client list` shows all.")
    terminal().print(f"{id} is revoked.")
