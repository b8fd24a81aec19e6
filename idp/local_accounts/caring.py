"""Who cares for whose login: the nearest manager invites and unlocks, the nearest administrator resets.

Asked today, from each place where the account's owner works; of a person whose work is to come, from where it begins,
so that the manager can invite a newcomer. The rule is that of every nearest question, and nobody is nearest to
themselves. The administrator is the nearest holder of the role ``administrator`` about the login's IT system.
"""

from collections.abc import Iterator
from datetime import date
from typing import Literal

import neo4j

from graph.as_of import not_over
from graph.errors import Unknown
from graph.questions.nearest import MANAGER, nearest

Care = Literal["invite", "unlock", "reset"]
ADMINISTRATOR = "administrator"
_PLACES = f"""
MATCH (:Person {{uuid: $person}})-[has:HAS]->(:Employment|Affiliation)-[at:IN]->(u:Unit)
WHERE {not_over("has")} AND {not_over("at")}
WITH u.uuid AS unit, CASE WHEN has.from > at.from THEN has.from ELSE at.from END AS begins
WITH collect({{unit: unit, begins: begins}}) AS places, min(begins) AS first
UNWIND [each IN places WHERE each.begins <= $today OR each.begins = first] AS place
RETURN DISTINCT place.unit
ORDER BY place.unit
"""


def carers(driver: neo4j.Driver, care: Care, person: str, system: str, day: date) -> frozenset[str]:
    """The persons who may do it for ``person`` today; never the person's own self. ``system``: key of the IT system."""
    return frozenset(_asked(driver, care, person, system, day))


def _asked(driver: neo4j.Driver, care: Care, person: str, system: str, day: date) -> Iterator[str]:
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        units = session.run(_PLACES, person=person, today=day).value()
    roles = {ADMINISTRATOR: f"system:{system}"} | ({} if care == "reset" else {MANAGER: None})
    for unit in units:
        for role, responsibility in roles.items():
            try:
                found, _ = nearest(driver, role, unit, day, responsibility, leaving_out=frozenset({person}))
            except Unknown:
                continue  # there is no such role, or system, yet
            yield from (holder.person for holder in found.holders)
