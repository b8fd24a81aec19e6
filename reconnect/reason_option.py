"""Reasons on the command line. They are kept with what is done, and everybody who reads that is shown them."""

from typing import Any

import typer


def reason_option(help: str) -> Any:
    """``--reason``, a text in the form in which the API takes one; None or empty if it is not given."""
    return typer.Option("--reason", callback=_checked, help=help)


def _checked(value: str | None) -> str | None:
    from graph.statements.normal_text import CONTROLS, CPR_IN_TEXT, has_controls, has_number, normal  # for --help

    if not value:
        return value
    if not normal(value):
        raise typer.BadParameter("it is blank; say why")
    if has_controls(value):
        raise typer.BadParameter(f"{CONTROLS}; write it without them")
    if has_number(value):
        raise typer.BadParameter(CPR_IN_TEXT)
    return normal(value)
