"""What a change would do, for terminals and scripts."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer

from reconnect.exits import Exit

if TYPE_CHECKING:
    from rich.console import Console

    from graph.questions.preview.consequences import Consequence, Preview
    from importers.pipeline.report import ImportReport


def show_preview(found: Preview[ImportReport], console: Console) -> None:
    """Print what an import would do, after what is wrong with its records."""
    for problem in found.outcome.problems:
        console.print(f"{problem.kind} {problem.key}: {problem.field}: {problem.text}", highlight=False, soft_wrap=True)
    for reason in found.outcome.reasons:
        console.print(f"The import would wait for an approval: {reason}", highlight=False, soft_wrap=True)
    show_consequences(found, console)


def exit_for_bad_records(found: Preview[ImportReport]) -> None:
    """What they would do is not shown. Raises Exit, as the import itself would."""
    if any(each.severity == "bad" for each in found.outcome.problems):
        raise typer.Exit(Exit.BAD_RECORDS)


def show_consequences(found: Preview[Any], console: Console) -> None:
    """Print what a change would do, counted, and for each person."""
    from graph.questions.preview.standing import WHAT

    days = ", ".join(map(str, found.days)) or "no day from today on"
    console.print(f"Changes: {found.changes}, in effect from {days}.", highlight=False, soft_wrap=True)
    if found.days:
        text = f"What is known to begin or end otherwise was taken into account up to {found.looked_until}."
        console.print(text, highlight=False, soft_wrap=True)
    text = f"People touched: {found.touched}, of whom {found.persons} would gain or lose something."
    console.print(text, highlight=False)
    for what in WHAT:
        gained, lost = (found.counts.get((what, change), 0) for change in ("gained", "lost"))
        if gained or lost:
            console.print(f"  {what}: {gained} gained, {lost} lost", highlight=False)
    for (name, person), of_person in groupby(found.consequences, key=lambda each: (each.name, each.person)):
        console.print(f"{name}  {person}", highlight=False)
        for each in of_person:
            console.print(in_words(each), highlight=False, soft_wrap=True, markup=False)


def in_words(each: Consequence) -> str:
    """A consequence as a line below its person's."""
    until = "" if each.until is None else f" until {each.until}"
    return f"  {each.change} from {each.since}{until}: {each.what} {each.text}"


def previewed_import(found: Preview[ImportReport]) -> dict[str, Any]:
    """The preview of an import as JSON, with what is wrong with its records."""
    return {
        **preview_form(found),
        "problems": [
            {"kind": each.kind, "key": each.key, "field": each.field, "rule": each.rule, "text": each.text}
            for each in found.outcome.problems
        ],
        "reasons": found.outcome.reasons,
    }


def preview_form(found: Preview[Any]) -> dict[str, Any]:
    """A preview as JSON."""
    return {
        "changes": found.changes,
        "days": found.days,
        "looked_until": found.looked_until,
        "touched": found.touched,
        "persons": found.persons,
        "counts": [{"what": what, "change": change, "count": count} for (what, change), count in found.counts.items()],
        "consequences": [consequence_form(each) for each in found.consequences],
    }


def consequence_form(each: Consequence) -> dict[str, Any]:
    """A consequence as JSON."""
    return {
        "person": each.person,
        "change": each.change,
        "what": each.what,
        "about": each.about,
        "text": each.text,
        "since": each.since,
        "until": each.until,
    }
