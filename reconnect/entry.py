"""Where the ``reconnect`` command begins: help is answered at once, and all else by ``reconnect.cli``."""

import sys


def main() -> None:
    """Run what was typed."""
    if sys.argv[1:] in ([], ["-h"], ["--help"]):
        from reconnect.root import app

        app()
    else:
        from reconnect import cli

        cli.main()
