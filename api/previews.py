"""What a change would do, in the form in which the API gives it: for a mutation, and for a plan."""

from typing import Any

from graph.questions.preview.consequences import Consequence, Preview

MOST = 2_000
"""Consequences that are listed; all are counted."""


def consequence_form(each: Consequence) -> dict[str, Any]:
    """As ``PlanConsequence`` has it."""
    return {
        "person": each.person,
        "name": each.name,
        "change": each.change,
        "what": each.what,
        "about": list(each.about),
        "text": each.text,
        "since": each.since.isoformat(),
        "until": None if each.until is None else each.until.isoformat(),
    }


def preview_form(found: Preview[Any]) -> dict[str, Any]:
    """With the consequences counted, and listed as far as ``MOST``."""
    return {
        "changes": found.changes,
        "days": [each.isoformat() for each in found.days],
        "touched": found.touched,
        "persons": found.persons,
        "counts": [{"what": what, "change": change, "count": count} for (what, change), count in found.counts.items()],
        "consequences": [consequence_form(each) for each in found.consequences[:MOST]],
        "leftOff": max(len(found.consequences) - MOST, 0),
    }
