"""What the commands say to the person who typed them."""

import os
import sys

from rich.console import Console

WAIT = "Wait while another run of the same is under way, instead of ending with exit code 1."
"""Help of the option --wait of every command that runs a job."""

_UNBROKEN = 10_000
"""Columns where nobody looks: lines in a file or a pipe stay whole, to be searched and copied."""


def terminal(*, stderr: bool = False) -> Console:
    """Prints every text as it is: brackets, ``:names:`` and numbers in it are data, not markup.

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


def tell_of_the_rest(count: int, console: Console) -> None:
    """That ``count`` lines of a list were left out, if any were: nothing is cut in silence."""
    if count:
        console.print(f"  … and {count} more; written to a file (> FILE) it tells all of them")
