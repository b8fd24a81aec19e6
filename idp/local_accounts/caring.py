"""Who cares for whose login: the nearest manager invites and unlocks, the nearest administrator resets.

Asked for the place of the account's owner in the organisation on the day, by the rule that every nearest question
follows. The administrator is the nearest holder of the role ``administrator`` about the login's IT system.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal

import neo4j

from graph.errors import Unknown
from graph.questions.nearest import nearest, nearest_manager

Care = Literal["invite", "unlock", "reset"]
ADMINISTRATOR = "administrator"


def carers(driver: neo4j.Driver, care: Care, person: str, system: str, day: date) -> frozenset[str]:
    """The persons who may do it for ``person`` today; never the person's own self. ``system``: key of the IT system."""
    return frozenset(_asked(driver, care, person, system, day)) - {person}


def _asked(driver: neo4j.Driver, care: Care, person: str, system: str, day: date) -> Iterator[str]:
    try:
        managers, _ = nearest_manager(driver, person, day)
    except Unknown:
        return
    if care in ("invite", "unlock"):
        for each in managers:
            yield from (holder.person for holder in each.nearest.holders)
    for each in managers:
        for unit in each.nearest.path[:1]:
            try:
                found, _ = nearest(driver, ADMINISTRATOR, unit, day, f"system:{system}")
            except Unknown:
                continue  # there is no such role, or system, yet
            yield from (holder.person for holder in found.holders)
