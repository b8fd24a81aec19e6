"""Reasons on the command line are taken as the API takes them, by every command that has one."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from reconnect.reason_option import _checked
from reconnect.root import app


def commands(group: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command, by its name in full."""
    if not isinstance(group, TyperGroup):
        yield name, group
        return
    context = typer.Context(group)
    for each in group.list_commands(context):
        found = group.get_command(context, each)
        yield from commands(found, f"{name} {each}".strip())


def test_every_command_with_a_reason_takes_it_so() -> None:
    asked = {
        name: (command, option)
        for name, command in commands(get_command(app))
        for option in command.params
        if option.name == "reason"
    }
    assert len(asked) > 10
    for name, (command, option) in asked.items():
        context = typer.Context(command)
        assert option.process_value(context, " Efter aftale\u00a0 med  HR ") == "Efter aftale med HR", name
        with pytest.raises(typer.BadParameter, match="CPR number"):
            option.process_value(context, "Aftalt med 010190-1234")


@pytest.mark.parametrize(("written", "why"), [("  ", "blank"), ("a\u2028b", "control"), ("0101 90 1234", "CPR number")])
def test_what_the_api_would_refuse_is_refused(written: str, why: str) -> None:
    with pytest.raises(typer.BadParameter, match=why):
        _checked(written)


@pytest.mark.parametrize("nothing", ["", None])
def test_none_is_none(nothing: str | None) -> None:
    assert _checked(nothing) == nothing
