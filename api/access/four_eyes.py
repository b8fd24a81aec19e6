"""Four eyes: what one person must not do alone.

- ``approve_brake``, ``erase_person``: two people ask for the same within a day, and the second request is carried out.
- ``end_stop``: another than who has stopped the person ends it. The stop itself is immediate.

Grants of sensitive rights, and so of every right to REConnect but reader, need another's approval in any case
(``approveGrant``), and so do plans. A caller is told apart by the name in the change log: a token that belongs to a
person has that person's. A municipality with only one such person turns single rules off (setting ``api.four_eyes``).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, get_args

import neo4j
import orjson

from graph.change_log import now

if TYPE_CHECKING:
    from graphql import GraphQLError

Rule = Literal["approve_brake", "end_stop", "erase_person"]
RULES: frozenset[Rule] = frozenset(get_args(Rule))
WITHIN = timedelta(days=1)
"""In which the second person must ask for the same."""
_STOPS = """
MATCH (:Person {uuid: $person})<-[:CONCERNS]-(c:Change)
RETURN c.user AS user, c.before AS before, c.after AS after
ORDER BY c.number DESC
"""


def require_second(driver: neo4j.Driver, rules: Collection[Rule], rule: Rule, thing: str, by: str) -> None:
    """The request of the second person passes. That of the first is noted, and refused: GraphQLError (second_person).

    ``thing``: what exactly it is about.
    """
    if rule not in rules:
        return
    moment = now()
    rows, _, _ = driver.execute_query(
        """
        MERGE (r:FirstRequest {key: $key})
        SET r.touched = $now
        WITH r, r.by <> $by AND r.at > $since AS is_second
        FOREACH (_ IN CASE WHEN is_second THEN [] ELSE [1] END | SET r.by = $by, r.at = $now)
        FOREACH (_ IN CASE WHEN is_second THEN [1] ELSE [] END | DETACH DELETE r)
        RETURN coalesce(is_second, false) AS is_second
        """,
        key=f"{rule}\n{thing}",
        by=by,
        now=moment,
        since=moment - WITHIN,
    )
    if not rows[0]["is_second"]:
        hours = int(WITHIN.total_seconds() // 3600)
        raise _second_person(
            "This needs two people. Your request is noted; it is carried out when another person asks for the same "
            f"within {hours} hours."
        )


def require_other_than_stopper(session: neo4j.Session, rules: Collection[Rule], person: str, by: str) -> None:
    """Whoever has stopped a person does not end it. Raises GraphQLError (second_person)."""
    if "end_stop" not in rules:
        return
    for row in session.run(_STOPS, person=person):
        if _stops(row["after"]) and not _stops(row["before"]):
            if row["user"] == by:
                raise _second_person("You have stopped this person: another person must end the stop.")
            return


def _second_person(text: str) -> GraphQLError:
    from graphql import GraphQLError  # only here: the settings name the rules, and load none of the API

    return GraphQLError(text, extensions={"code": "second_person"})


def _stops(told: str) -> bool:
    return any(state.get("stopped") for state in orjson.loads(told).get("states", ()))
