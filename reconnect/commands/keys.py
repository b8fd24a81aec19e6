"""``keys``: the keys that CPR numbers are encrypted with."""

from typing import Annotated

import typer

from reconnect.context import of
from reconnect.terminal import terminal

group = typer.Typer(no_args_is_help=True, help="The keys that CPR numbers are encrypted with.")


def register(app: typer.Typer) -> None:
    """Add the group to ``app``."""
    app.add_typer(group, name="keys")


@group.command()
def rotate(
    context: typer.Context,
    new_key: Annotated[bool, typer.Option("--new-key/--no-new-key", help="Make a new key first.")] = True,
) -> None:
    """Encrypt every CPR number anew with the current key; by default with a new one that is made now.

    The program may run meanwhile, where the keys are those of RECONNECT_HOME; keys in the settings are read when it
    starts. Keep the old keys as long as backups that need them. May be repeated when interrupted
    (then with --no-new-key). The key for looking up (hash_key) is never changed: persons are found by it.
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
