"""The entry point of the ``reconnect`` command: it answers help itself, and leaves everything else to
``reconnect.cli``."""

import sys

import typer


def main() -> None:
    """Run what was typed."""
    from reconnect.root import app, asks_for_help, command_named

    if asks_for_help(sys.argv[1:]):
        if sys.argv[1:] and (context := command_named(sys.argv[1:-1])) is not None:
            typer.echo(context.get_help())
        else:
            app()
    else:
        from reconnect import cli

        cli.main()
