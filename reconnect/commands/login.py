"""``login``: local accounts and the identity provider's keys, for administrators."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reconnect.commands.serve import api_port
from reconnect.context import Context, of
from reconnect.exits import CommandFailed, Exit
from reconnect.terminal import terminal

if TYPE_CHECKING:
    from idp.local_account import LocalAccount
    from idp.local_accounts.handing_over import Way

By = Annotated[str, typer.Option("--by", help="How the code reaches its owner: mail, sms or paper.")]
Sheet = Annotated[
    Path | None, typer.Option(help="A new file for the sheet to print, instead of the code alone.", show_default=False)
]
Login = Annotated[str, typer.Argument(help="The user name of the local account.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    group = typer.Typer(help="Invite people to log in, reset their login, and roll keys over.", no_args_is_help=True)
    group.command()(invite)
    group.command()(reset)
    group.command()(unlock)
    group.command("roll-key")(roll_key)
    group.command("adfs-setup")(adfs_setup)
    group.command()(attributes)
    group.command("farm-key")(farm_key)
    group.command("farm-keys")(farm_keys)
    group.command("revoke-farm-key")(revoke_farm_key)
    group.command("break-glass")(break_glass)
    group.command("end-break-glass")(end_break_glass)
    group.command()(sessions)
    group.command()(end)
    app.add_typer(group, name="login")


def invite(context: typer.Context, login: Login, by: By = "paper", sheet: Sheet = None) -> None:
    """Invite an account's owner to choose a password or a passkey. An earlier code ends.

    By mail or SMS the code goes to the private address or telephone that a source knows. Otherwise it is printed, and
    can't be shown again: hand it over in person.
    """
    _hand_over(of(context), login, by, sheet, is_reset=False)


def reset(context: typer.Context, login: Login, by: By = "paper", sheet: Sheet = None) -> None:
    """Take the password, passkeys and second factor away, end every session, and invite anew, as `invite` does."""
    _hand_over(of(context), login, by, sheet, is_reset=True)


def unlock(context: typer.Context, login: Login) -> None:
    """Forget the failed attempts at an account, so that it is locked nowhere."""
    from reconnect.identity_provider import handing_over

    run = of(context)
    account = _account(run, login)
    handing = handing_over(run, "localhost", api_port(run))
    ended = handing is not None and handing.unlock(account, datetime.now(UTC), by="command line")
    terminal().print(f"{account.login} is {'unlocked' if ended else 'not locked'}.")


def _hand_over(run: Context, login: str, by: str, sheet: Path | None, *, is_reset: bool) -> None:
    from idp.local_accounts.handing_over import NotHandedOver
    from reconnect.identity_provider import NO_SYSTEM, handing_over

    account = _account(run, login)
    if by not in ("mail", "sms", "paper"):
        raise CommandFailed("--by is mail, sms or paper.", Exit.USAGE)
    handing = handing_over(run, "localhost", api_port(run))
    if handing is None:
        raise CommandFailed(NO_SYSTEM, Exit.USAGE)
    way: Way = "mail" if by == "mail" else "sms" if by == "sms" else "paper"
    act = handing.reset if is_reset else handing.invite
    try:
        handed = act(account, way, datetime.now(UTC), by="command line")
    except NotHandedOver as wrong:
        raise CommandFailed(str(wrong)) from wrong
    if handed.code is None:
        terminal().print(f"The code for {account.login} is on its way by {'mail' if way == 'mail' else 'SMS'}.")
    elif sheet is not None:
        try:
            with sheet.open("x", encoding="utf-8") as file:  # for this user alone, as every file that a command makes
                file.write(handed.sheet or "")
        except OSError as wrong:
            print(handed.code)  # it can't be shown again
            raise CommandFailed(f"{sheet} can't be written: {wrong.strerror}. The code is above.") from wrong
        terminal().print(f"The sheet for {account.login} is in {sheet}. Print it, and delete the file.")
    else:
        print(handed.code)


def roll_key(
    context: typer.Context,
    now: Annotated[
        bool,
        typer.Option("--now", help="Sign with the published key at once; peers that don't know it yet refuse."),
    ] = False,
) -> None:
    """Publish a new signing key in the metadata; it signs by itself when peers have had a week to read it."""
    from reconnect.identity_provider import NO_KEYS, signing_keys

    run = of(context)
    keys = signing_keys(run, "localhost", api_port(run))
    if keys is None:
        raise CommandFailed(NO_KEYS, Exit.USAGE)
    moment = datetime.now(UTC)
    if now:
        if not keys.promote(moment):
            raise CommandFailed("There is no new key yet: publish one first, without --now.")
        terminal().print("The new key signs now, and the one before is no longer published.")
        return
    terminal().print(f"The new key is in the metadata, and signs from {keys.roll_over(moment):%Y-%m-%d}.")


def adfs_setup(
    context: typer.Context,
    provider: Annotated[
        str | None, typer.Option(help="The name of ADFS in idp.providers; by default the one.", show_default=False)
    ] = None,
    suffix: Annotated[
        str | None,
        typer.Option(help="End of the names that REConnect may state, such as ekstern.kommune.dk.", show_default=False),
    ] = None,
) -> None:
    """Print the PowerShell that makes ADFS know REConnect: a claims provider trust, an attribute store, their rules.

    There is no secret in it. Read it, and try it on a test farm, before you run it.
    """
    from idp.adfs_setup import AdfsSetup, SetupRejected, script

    settings = of(context).settings.idp
    if settings.address is None or not settings.address.startswith("https://"):
        raise CommandFailed("Set idp.address: ADFS reads REConnect's metadata there, over https.", Exit.USAGE)
    farms = [name for name, each in settings.providers.items() if each.profile == "adfs"]
    if provider is not None and provider not in settings.providers:
        raise CommandFailed(f"{provider} is not one of idp.providers.", Exit.USAGE)
    if provider is None and len(farms) > 1:
        raise CommandFailed(f"Give --provider: one of {', '.join(farms)}.", Exit.USAGE)
    named = provider or next(iter(farms), None)
    if (settings.system is None or named is None) and settings.cvr is None:
        raise CommandFailed('There is nothing for ADFS: no provider with profile = "adfs", and no idp.cvr.', Exit.USAGE)
    try:
        print(
            script(
                AdfsSetup(
                    settings.address.rstrip("/"),
                    settings.providers[named].offered if named is not None else (),
                    suffix,
                    settings.cvr,
                    next(iter(settings.domains), None) if len(settings.domains) == 1 else None,
                    is_provider=settings.system is not None and named is not None,
                )
            ),
            end="",
        )
    except SetupRejected as rejected:
        raise CommandFailed(str(rejected)) from rejected


def attributes(
    context: typer.Context,
    provider: Annotated[str, typer.Argument(help="The name of a service provider in idp.providers.")],
    login: Login,
    two_factors: Annotated[bool, typer.Option("--two-factors", help="As after a login with two factors.")] = False,
) -> None:
    """Show what a service provider would get of a person at a login today: name ID and attributes.

    Nothing is sent. CPR numbers are hidden here, and are sent where the settings allow it.
    """
    from graph.cpr.keyring import numbers_hidden
    from graph.expressions import ExpressionFailed
    from graph.time import today
    from idp.claims.subjects import NoClaims
    from reconnect.identity_provider import releasing

    run, console = of(context), terminal()
    settings = run.settings.idp.providers.get(provider)
    if settings is None:
        known = ", ".join(sorted(run.settings.idp.providers)) or "none"
        raise CommandFailed(f"{provider} is not one of idp.providers; there are: {known}.", Exit.USAGE)
    account = _account(run, login)
    try:
        with run.driver().session() as session:
            found = releasing(run).to(settings, session, account, today(), two_factors=two_factors)
    except (ExpressionFailed, NoClaims) as wrong:
        raise CommandFailed(f"A login there would be refused: {wrong}") from wrong
    if not account.is_open:
        console.print(f"The account is not open today ({account.state}): it can't log in.")
    console.print(f"name ID ({found.name_id_format}): {numbers_hidden(found.name_id)}", highlight=False, soft_wrap=True)
    for name, values in sorted(found.attributes.items()):
        shown = ", ".join(map(numbers_hidden, values)) if values else "(no value: not sent)"
        console.print(f"{name}: {shown}", highlight=False, soft_wrap=True, markup=False)


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


def break_glass(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A name for the account, such as the safe that it lies in.")] = "safe",
) -> None:
    """Print the code of an account that works when no other login does. It can't be shown again.

    Seal it in an envelope, and let two people sign it. It has all system roles but cpr, works at /login/break-glass,
    raises an alarm, and closes four hours after its first use. An earlier one of the same name ends.
    """
    from idp import break_glass as accounts

    run = of(context)
    mail = run.settings.mail
    if mail.host is None or not (run.settings.login.alarm_to or mail.to):
        terminal(stderr=True).print("No one gets a mail when it is used: set mail.host, and login.alarm_to or mail.to.")
    print(accounts.make(run.driver(), name, datetime.now(UTC), run.user))


def end_break_glass(
    context: typer.Context, name: Annotated[str, typer.Argument(help="The account's name.")] = "safe"
) -> None:
    """End a break-glass account and its sessions at once."""
    from idp import break_glass as accounts

    if not accounts.end(of(context).driver(), name):
        raise CommandFailed(f"There is no break-glass account {name!r}.")


def sessions(
    context: typer.Context,
    person: Annotated[str | None, typer.Option(help="UUID or key of a person; default: everybody.")] = None,
) -> None:
    """List the browsers in which people are logged in."""
    from rich.table import Table

    from api.access.session_list import open_sessions

    run = of(context)
    table = Table("Id", "Person", "Way", "Began", "Last used", "Ends", box=None)
    for each in open_sessions(run.driver(), None if person is None else _person(run, person)):
        moments = (f"{moment:%Y-%m-%d %H:%M}" for moment in (each.started, each.used, each.ends))
        table.add_row(each.id, each.person or "(break-glass)", each.way, *moments)
    terminal().print(table)


def end(
    context: typer.Context,
    session: Annotated[str | None, typer.Argument(metavar="ID", help="The id in `sessions`.")] = None,
    person: Annotated[str | None, typer.Option(help="UUID or key of a person: all sessions.")] = None,
) -> None:
    """End a session, or all of a person, in every process of the service within seconds."""
    from api.access import session_list

    if (session is None) == (person is None):
        raise CommandFailed("Give the id of a session, or --person.", Exit.USAGE)
    run = of(context)
    of_person = None if person is None else _person(run, person)
    ended = session_list.end(run.driver(), run.user, id=session, person=of_person)
    if session is not None and not ended:
        raise CommandFailed(f"There is no open session {session}; `reconnect login sessions` shows all.")
    terminal().print(f"{ended} ended.")


def _person(run: Context, name: str) -> str:
    """uuid. Raises Unknown."""
    from graph.identity.lookup import find

    with run.driver().session() as session:
        return find(session, "Person", name).uuid


def _account(run: Context, login: str) -> LocalAccount:
    from graph.time import today
    from idp.local_account import account_by_login
    from reconnect.identity_provider import system_of

    with run.driver().session() as session:
        found = session.execute_read(account_by_login, system_of(run.settings.idp), login, today())
    if found is None:
        raise CommandFailed(f"There is no local account with the user name {login}.")
    return found
