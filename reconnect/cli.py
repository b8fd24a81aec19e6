"""The ``reconnect`` command: puts the command groups together."""

import sys

import typer
from rich.console import Console

from reconnect.commands import instance
from reconnect.embedded import EmbeddedError
from reconnect.exits import CommandFailed, Exit

app = typer.Typer(
    name="reconnect",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=(
        "REConnect knows the municipality's organisation: payroll in, one graph, every consumer system supplied.\n\n"
        "Begin with `reconnect up` (Neo4j and Valkey in the folder .reconnect) or `reconnect demo`.\n\n"
        "Exit codes: 0 done; 1 failed; 2 wrong argument or setting; 3 stopped by the brake, waits for approval; "
        "4 done, but some records were bad and are kept with their reason."
    ),
)
instance.register(app)


def main() -> None:
    """Run the command; errors that a person can do something about end it with one text and an exit code."""
    try:
        app()
    except CommandFailed as error:
        _say(str(error))
        sys.exit(error.code)
    except EmbeddedError as error:
        _say(str(error))
        sys.exit(Exit.FAILURE)


def _say(text: str) -> None:
    Console(stderr=True, highlight=False).print(text, style="red", markup=False)
