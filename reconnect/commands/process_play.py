"""``processes play``: what the cases of a file do, beside what the file expects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reconnect.exits import CommandFailed, Exit
from reconnect.terminal import print_json, terminal

if TYPE_CHECKING:
    from rich.console import Console

    from processes.play.file import Step
    from processes.play.playing import Played, PlayedThrough

_GIVEN = ("by", "to", "from", "until", "with")
"""Fields of a step that its result repeats."""


def play(
    file: Annotated[Path, typer.Argument(help="Facts, processes and cases, as YAML or JSON.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Play cases of a process on a clock of their own, and show which steps differ from what the file expects.

    It happens in a scratch instance, which is removed afterwards; the instance of RECONNECT_HOME is not touched.
    Exit code 0: every step holds; 1: some differ; 2: the file can't be played.
    """
    from processes.play.errors import PlayRejected
    from reconnect.logs.redaction import redact_text
    from reconnect.playing import play_in_scratch

    try:
        played = play_in_scratch(file)
    except PlayRejected as wrong:
        if as_json:
            print_json({"faults": [redact_text(each) for each in wrong.faults]})
        raise CommandFailed(f"{file}: {wrong}", Exit.USAGE) from wrong
    differing = [each for case in played for each in case.steps if not each.holds]
    if as_json:
        print_json(json_form({
            "cases": [_form(each) for each in played],
            "steps": sum(len(each.steps) for each in played),
            "differing": len(differing),
        }))  # fmt: skip
    else:
        _show(played, terminal())
    if differing:
        steps = sum(len(each.steps) for each in played)
        raise CommandFailed(f"{len(differing)} of {steps} steps differ from what {file} expects.")


def _show(played: Sequence[PlayedThrough], console: Console) -> None:
    for case in played:
        console.print(f"{case.case.id}  {'holds' if case.holds else 'DIFFERS'}  {case.case.why}".rstrip())
        for each in case.steps:
            if not each.holds:
                console.print(f"  step {each.step.number}, {_what(each.step)}")
                for name in each.expected:
                    console.print(f"    {name}: expected {_text(each.expected[name])}, got {_text(each.got[name])}")
    held = sum(each.holds for each in played)
    console.print(f"{held} of {len(played)} cases hold.")


def _what(step: Step) -> str:
    by = f" by {step.fields['by']}" if "by" in step.fields else ""
    return f"{step.at:%Y-%m-%d %H:%M}: {step.verb} {step.named}{by}"


def _form(played: PlayedThrough) -> dict[str, Any]:
    return {
        "case": played.case.id,
        "why": played.case.why,
        "holds": played.holds,
        "steps": [_step_form(each) for each in played.steps],
    }


def _step_form(played: Played) -> dict[str, Any]:
    step = played.step
    given = {name: step.fields[name] for name in _GIVEN if name in step.fields}
    form = {"step": step.number, "at": step.at, step.verb: step.named, **given, "holds": played.holds}
    if not played.holds:
        return {**form, "expected": played.expected, "got": played.got}
    return {**form, "got": played.answer} if played.answer else form


def _text(value: Any) -> str:
    import orjson

    return "nothing" if value is None else orjson.dumps(json_form(value)).decode()


def json_form(value: Any) -> Any:
    """As JSON has it: moments in Copenhagen's time, as the file has them."""
    if isinstance(value, Mapping):
        return {str(name): json_form(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [json_form(each) for each in value]
    if not isinstance(value, datetime):
        return value
    return f"{value:%Y-%m-%dT%H:%M:%S}" if value.second else f"{value:%Y-%m-%dT%H:%M}"
