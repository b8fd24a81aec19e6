"""``login``: local accounts and the identity provider's keys, for administrators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from reconnect.context import Context, of
from reconnect.exits import CommandFailed, Exit
from reconnect.terminal import terminal

if TYPE_CHECKING:
    from idp.local_accounts.account import LocalAccount

Login = Annotated[str, typer.Argument(help="The user name of the local account.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(help="Invite people to log in, reset their login, and roll keys over.", no_args_is_help=True)
    group.command()(invite)
    group.command()(reset)
    group.command("roll-key")(roll_key)
    group.command("farm-key")(farm_key)
    group.command("farm-keys")(farm_keys)
    group.command("revoke-farm-key")(revoke_farm_key)
    app.add_typer(group, name="login")


def invite(context: typer.Context, login: Login) -> None:
    """Print a code with which the account's owner chooses a password. An earlier code ends.

    It can't be shown again. Hand it over in person, or by a channel that only the owner reads.
    """
    from reconnect.identity_provider import local_logins

    run = of(context)
    account = _account(run, login)
    if account.state in ("ended", "stopped"):
        what = "is over" if account.state == "ended" else "is closed: its owner is stopped"
        raise CommandFailed(f"The account {account.login} {what}. A code would not be accepted.")
    print(local_logins(run).invite(account, datetime.now(UTC), by="command line"))


def reset(context: typer.Context, login: Login) -> None:
    """Take the password and the second factor away, end every session, and print a new code."""
    from reconnect.identity_provider import local_logins

    run = of(context)
    print(local_logins(run).reset(_account(run, login), datetime.now(UTC), by="command line"))


def roll_key(
    context: typer.Context,
    now: Annotated[
        bool,
        typer.Option("--now", help="Sign with the published key at once; peers that don't know it yet refuse."),
    ] = False,
) -> None:
    """Publish a new signing key in the metadata; it signs by itself when peers have had a week to read it."""
    from reconnect.identity_provider import NO_SYSTEM, login_pages

    run = of(context)
    pages = login_pages(run, "http://localhost")
    if pages is None:
        raise CommandFailed(NO_SYSTEM, Exit.USAGE)
    keys = pages.single_sign_on.keys
    moment = datetime.now(UTC)
    if now:
        if not keys.promote(moment):
            raise CommandFailed("There is no new key yet: publish one first, without --now.")
        terminal().print("The new key signs now, and the one before is no longer published.")
        return
    terminal().print(f"The new key is in the metadata, and signs from {keys.roll_over(moment):%Y-%m-%d}.")


def farm_key(
    context: typer.Context,
    farm: Annotated[str, typer.Argument(help="The name of the ADFS farm.")],
    network: Annotated[
        list[str] | None,
        typer.Option(help="An address or range that the key may be used from; may be repeated.", show_default=False),
    ] = None,
) -> None:
    """Print a new key with which an ADFS farm asks for claims. It can't be shown again."""
    from idp.claims import farm_keys

    try:
        print(farm_keys.create(of(context).driver(), farm, network or [], datetime.now(UTC)))
    except farm_keys.FarmKeyRejected as rejected:
        raise CommandFailed(str(rejected)) from rejected


def farm_keys(context: typer.Context) -> None:
    """List the keys of ADFS farms, without their secrets."""
    from rich.table import Table

    from idp.claims import farm_keys

    table = Table("Id", "Farm", "From", "Made", box=None)
    for each in farm_keys.keys(of(context).driver()):
        table.add_row(each.id, each.farm, ", ".join(each.networks) or "anywhere", f"{each.created:%Y-%m-%d}")
    terminal().print(table)


def revoke_farm_key(
    context: typer.Context, identity: Annotated[str, typer.Argument(metavar="ID", help="The id in `farm-keys`.")]
) -> None:
    """End a key of an ADFS farm at once."""
    from idp.claims import farm_keys

    if not farm_keys.revoke(of(context).driver(), identity):
        raise CommandFailed(f"There is no key with the id {identity}.")


def _account(run: Context, login: str) -> LocalAccount:
    from graph.time import today
    from idp.local_accounts.account import account_by_login
    from reconnect.identity_provider import system_of

    with run.driver().session() as session:
        found = session.execute_read(account_by_login, system_of(run.settings.idp), login, today())
    if found is None:
        raise CommandFailed(f"There is no local account with the user name {login}.")
    return found
