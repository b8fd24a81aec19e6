"""Values that must not be found any more, not even in the change log (cpr.md §7: a protected address)."""

from collections.abc import Mapping
from typing import Any

import neo4j
import orjson


def erase(tx: neo4j.ManagedTransaction, names: Mapping[str, frozenset[str]]) -> None:
    """Take the values of these properties out of everything that the change log holds of things, by uuid.

    The entries stay, with their numbers and all else that they tell. A person joined into another is the same person.
    """
    if not names:
        return
    changed = []
    for row in tx.run(
        """
        UNWIND $uuids AS uuid
        CALL (uuid) {
            RETURN uuid AS known
            UNION
            MATCH (:Person {uuid: uuid})<-[:JOINED_INTO*1..]-(former)
            RETURN former.uuid AS known
        }
        MATCH (c:Change {uuid: known})
        RETURN c.number AS number, uuid, c.before AS before, c.after AS after
        """,
        uuids=list(names),
    ):
        texts = {side: row[side] and _without(row[side], names[row["uuid"]]) for side in ("before", "after")}
        if any(texts[side] != row[side] for side in texts):
            changed.append({"number": row["number"], **texts})
    if changed:
        tx.run(
            "UNWIND $rows AS row MATCH (c:Change {number: row.number}) SET c.before = row.before, c.after = row.after",
            rows=changed,
        ).consume()


def _without(text: str, names: frozenset[str]) -> str:
    """An entry's side: of a change (``states``) or of the day turn (``values``)."""
    told: dict[str, Any] | None = orjson.loads(text)
    if told is None:
        return text
    holders = [*told.get("states", ()), *([told["values"]] if "values" in told else [])]
    if not any(name in each for each in holders for name in names):
        return text
    for each in holders:
        for name in names:
            each.pop(name, None)
    return orjson.dumps(told).decode()
