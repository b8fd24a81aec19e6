"""``keys``: the keys that CPR numbers are encrypted with."""

from typing import Annotated

import typer

from reconnect.context import of
from reconnect.terminal import terminal

group = typer.Typer(no_args_is_help=True, help="Manage the keys that CPR numbers are encrypted with.")


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    app.add_typer(group, name="keys")


@group.command()
def rotate(
    context: typer.Context,
    new_key: Annotated[bool, typer.Option("--new-key/--no-new-key", help="Make a new key first.")] = True,
) -> None:
    """Make a new key, and encrypt every CPR number with it.

    If the keys are in RECONNECT_HOME, the service and the worker can keep running; keys in the settings are read at
    start. Keep old keys for as long as you keep backups that need them. If it was interrupted, run it again with
    --no-new-key. The lookup key (hash_key) is never changed: persons are found by it.
    """
    from graph.cpr.keyring import require_keys_of
    from graph.cpr.keyring import rotate as encrypt_anew
    from reconnect import keys

    of_run = of(context)
    require_keys_of(of_run.driver(), keys.keyring(of_run.settings.cpr_keys, of_run.instance.home))
    if new_key:
        keys.add_key(of_run.settings.cpr_keys, of_run.instance.home)
    ring = of_run.keyring
    count = encrypt_anew(of_run.driver(), ring)
    terminal().print(f"{count} CPR numbers are now encrypted with key {ring.current}.")
