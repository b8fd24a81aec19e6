"""A plan holds personal data where it names a person: that goes when the person is erased (GDPR article 17)."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import neo4j
import orjson

from graph.plans.kept import UNDECIDED, plan_of, put
from graph.plans.plan import OPEN, PlannedChange, form_of, mark, mentions, renamed

NOTHING_LEFT = "erased"
"""In place of a plan's reason, which may say more than its changes do."""


def forget(tx: neo4j.ManagedTransaction, uuids: Collection[str], keys: Collection[str]) -> None:
    """Take out of all plans what is about erased things: changes that name one of them or have written to it.

    ``keys``: by which these were known. A plan that is not applied yet loses its approval with that, since it says
    something else from now on; it can't be applied with a change that is gone.
    """
    tx.run(
        """
        MATCH (e:PlanEffect)
        WHERE e.uuid IN $uuids OR any(uuid IN $uuids WHERE e.difference CONTAINS uuid)
        DETACH DELETE e
        """,
        uuids=list(uuids),
    ).consume()
    known = frozenset((*uuids, *keys))
    for row in list(tx.run("MATCH (p:Plan) RETURN p")):
        plan = plan_of(row["p"])
        written: list[list[str]] = orjson.loads(row["p"].get("written") or "[]")
        written += [[]] * (len(plan.changes) - len(written))
        gone = [
            mentions(each, known) or not known.isdisjoint(uuids_)
            for each, uuids_ in zip(plan.changes, written, strict=True)
        ]
        if any(gone):
            changed = [uuid for each in written for uuid in each]
            tx.run(_CLEAR_REASONS, id=plan.id, uuids=changed, mark=mark(plan.name)).consume()
            put(tx, plan.id, _without(plan.id, plan.changes, gone, is_open=plan.state in OPEN))


def _without(id_: str, changes: Collection[PlannedChange], gone: Collection[bool], *, is_open: bool) -> dict[str, Any]:
    names = {
        each.name: f"erased-{place}"
        for place, (each, is_gone) in enumerate(zip(changes, gone, strict=True), 1)
        if is_gone and each.name is not None
    }
    left = [
        PlannedChange(each.mutation, {}, names.get(each.name or ""), erased=True)
        if is_gone
        else replace(each, arguments=renamed(each.arguments, names))
        for each, is_gone in zip(changes, gone, strict=True)
    ]
    values: dict[str, Any] = {
        "changes": orjson.dumps([form_of(each) for each in left]).decode(),
        "name": id_,
        "reason": NOTHING_LEFT,
        "approval_reason": None,
        "closing_reason": None,
        "failure": None,
        "stays": None,
    }
    return {**values, "state": "draft", **UNDECIDED} if is_open else values


_CLEAR_REASONS = """
UNWIND $uuids + COLLECT { MATCH (:Plan {id: $id})-[:DID]->(e) RETURN e.uuid } AS uuid
MATCH (c:Change {uuid: uuid})
WHERE c.reason ENDS WITH $mark
SET c.reason = null
"""
"""Of what the plan has changed besides, the log has the plan's name and reason too."""
