"""Days on the command line."""

from datetime import date
from typing import Any

import typer

from graph.time import written_day


def day_option(*names: str, help: str, show_default: bool = True) -> Any:
    """An option whose value is a day, written YYYY-MM-DD. ``names``: of the option; default: its parameter's name."""
    return typer.Option(*names, parser=_day, metavar="YYYY-MM-DD", help=help, show_default=show_default)


def _day(value: str | date) -> date:
    """Click parses defaults too; these are days already."""
    try:
        return value if isinstance(value, date) else written_day(value)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
