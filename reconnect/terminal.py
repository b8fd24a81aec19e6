"""Output of the commands."""

import os
import sys
from typing import Any

from rich.console import Console

WAIT = "If the same job is already running, wait for it to end instead of failing (exit code 1)."
"""Help of the option --wait of every command that runs a job."""

_UNBROKEN = 10_000
"""Columns outside of a terminal: lines in a file or a pipe are not broken, so that they can be searched and copied."""


def terminal(*, stderr: bool = False) -> Console:
    """Prints text verbatim: brackets, ``:names:`` and numbers in it are data, not markup.

    Lines are broken by the terminal, never by us, and tables fit it; elsewhere nothing is broken.
    """
    stream = sys.stderr if stderr else sys.stdout
    fits = stream.isatty() or "COLUMNS" in os.environ
    return Console(
        stderr=stderr,
        width=None if fits else _UNBROKEN,
        soft_wrap=True,
        markup=False,
        emoji=False,
        highlight=False,
    )


def print_json(answer: Any) -> None:
    """Print what ``--json`` asks for, as orjson writes it."""
    import orjson

    print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())


def tell_of_the_rest(count: int, console: Console) -> None:
    """Print that ``count`` lines of a list were left out, if any: lists are never cut silently."""
    if count:
        console.print(f"  … and {count} more; redirect the output to a file (> FILE) to see all of them")
