"""A plan holds personal data where it names a person: that goes when the person is erased (GDPR article 17)."""

from collections.abc import Collection
from typing import Any

import neo4j
import orjson

from graph.plans.kept import UNDECIDED, plan_of, put
from graph.plans.plan import OPEN, PlannedChange, form_of, mentions

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
            put(tx, plan.id, _without(plan.id, plan.changes, gone, is_open=plan.state in OPEN))


def _without(id_: str, changes: Collection[PlannedChange], gone: Collection[bool], *, is_open: bool) -> dict[str, Any]:
    left = [
        PlannedChange(each.mutation, {}, each.name, erased=True) if is_gone else each
        for each, is_gone in zip(changes, gone, strict=True)
    ]
    told: dict[str, Any] = {
        "changes": orjson.dumps([form_of(each) for each in left]).decode(),
        "name": id_,
        "reason": NOTHING_LEFT,
        "approval_reason": None,
        "closing_reason": None,
        "failure": None,
        "stays": None,
    }
    return {**told, "state": "draft", **UNDECIDED} if is_open else told
