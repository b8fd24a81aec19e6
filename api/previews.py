"""What a change would do, in the form in which the API gives it: for a mutation, and for a plan."""

from dataclasses import replace
from typing import Any, TypeVar

import neo4j

from api.access.rights import Access
from api.access.sight import hidden, seen, seen_wholly
from api.enums import enumerated
from graph.identity.lookup import uuids_in
from graph.model.kind import name_of
from graph.questions.preview.consequences import Consequence, Preview
from graph.time import today

MOST = 2_000
"""Consequences that are listed; all are counted."""
_OF_ALL_TIES = ("account", "group")
"""What follows from all that a person has."""


GainOrLoss = enumerated(
    "GainOrLoss",
    "What a change does to what a person has",
    {"gained": "The person gets it", "lost": "The person no longer has it"},
)
ConsequenceType = enumerated(
    "ConsequenceType",
    "What a person gains or loses",
    {
        "manager": "A nearest manager",
        "role": "A role",
        "right": "A right in a system",
        "value": "A value of a limit of a right",
        "account": "A planned account, or its licence",
        "group": "The membership of a group at a target",
    },
)

T = TypeVar("T")


def in_part(driver: neo4j.Driver, access: Access, found: Preview[T], roles: frozenset[str] | None = None) -> Preview[T]:
    """What a caller may be told whose roles hold in a part of the organisation: of people there, and of what a person
    gains or loses only what leads to nothing outside; accounts and groups only of those whom the part has wholly. No
    day tells when something begins or ends of others. The preview must be one without reasons. ``roles``: as in
    ``seen``."""
    if access.scope is None:
        return found
    named = {uuid for each in found.consequences for about in each.about for uuid in uuids_in(about)}
    outside = hidden(driver, access, named, roles)
    people = seen(driver, access, (("Person", each) for each in found.people), roles)
    wholly = seen_wholly(driver, access, people, roles)
    told = tuple(
        each
        for each in found.consequences
        if each.person in (wholly if each.what in _OF_ALL_TIES else people)
        and not any(uuid in outside for about in each.about for uuid in uuids_in(about))
    )
    days = tuple(sorted({*found.own_days, *(each.since for each in told if each.since in found.days)}))
    looked_until = found.looked_until
    if found.is_cut:
        looked_until = max((each for each in days if each <= looked_until), default=today())
    return replace(found, people=people, consequences=told, days=days, looked_until=looked_until)


def consequence_form(each: Consequence) -> dict[str, Any]:
    """As ``PlanConsequence`` has it."""
    return {
        "person": each.person,
        "name": each.name,
        "change": name_of(each.change),
        "what": name_of(each.what),
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
        "lookedUntil": found.looked_until.isoformat(),
        "touched": found.touched,
        "persons": found.persons,
        "counts": [
            {"what": name_of(what), "change": name_of(change), "count": count}
            for (what, change), count in found.counts.items()
        ],
        "consequences": [consequence_form(each) for each in found.consequences[:MOST]],
        "leftOff": max(len(found.consequences) - MOST, 0),
    }
