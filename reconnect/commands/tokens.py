"""``token``: access to the API."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from reconnect.context import of
from reconnect.exits import CommandFailed, Exit
from reconnect.limited_roles import Fields, Processes, Roles, Within, in_words, units_of
from reconnect.terminal import terminal

group = typer.Typer(no_args_is_help=True, help="Manage access to the API: bearer tokens and their system roles.")


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    app.add_typer(group, name="token")


@group.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Owner, as shown in the change log.")],
    role: Roles,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until the token expires.")] = 90,
    person: Annotated[
        str | None,
        typer.Option(help="UUID or key of the person who uses it; it then acts under that name.", show_default=False),
    ] = None,
    within: Within = None,
    fields: Fields = None,
    process: Processes = None,
) -> None:
    """Create a token and print it. It can't be shown again: only a hash is kept."""
    from api.access import tokens
    from graph.errors import Ambiguous, Unknown
    from graph.identity.lookup import find

    driver = of(context).driver()
    try:
        with driver.session(default_access_mode="READ") as session:
            uuid = None if person is None else find(session, "Person", person).uuid
            units = units_of(session, within)
        secret = tokens.create(driver, name, role, timedelta(days=days), units, uuid, fields or None, process or None)
    except (tokens.TokenError, Unknown, Ambiguous) as error:
        raise CommandFailed(str(error), Exit.USAGE) from error
    print(secret)


@group.command("list")
def list_tokens(context: typer.Context) -> None:
    """List the tokens, without their secrets."""
    from api.access import tokens

    table = Table("Name", "System roles", "Acts as", "Made", "Ends", "State", box=None)
    now = datetime.now(UTC)
    for each in tokens.tokens(of(context).driver()):
        state = "revoked" if each.revoked else "expired" if each.expires <= now else "valid"
        days = (f"{day:%Y-%m-%d}" for day in (each.created, each.expires))
        table.add_row(
            each.name, in_words(each.roles, each.within, each.fields, each.processes), each.person or "", *days, state
        )
    terminal().print(table)


@group.command()
def revoke(context: typer.Context, name: Annotated[str, typer.Argument(help="The token's name.")]) -> None:
    """Revoke a token immediately."""
    from api.access import tokens

    if not tokens.revoke(of(context).driver(), name):
        raise CommandFailed(f"There is no token {name!r}; `reconnect token list` shows all.")
    terminal().print(f"{name} is revoked.")
