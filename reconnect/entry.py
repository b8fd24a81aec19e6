"""Where the ``reconnect`` command begins: help is answered at once, and all else by ``reconnect.cli``."""

import sys


def main() -> None:
    """Run what was typed."""
    from reconnect.root import app, asks_for_help

    if asks_for_help(sys.argv[1:]):
        app()
    else:
        from reconnect import cli

        cli.main()
