"""A plan is carried out: all of it or nothing, and once, by the first who tries.

Everything is written in one transaction, the plan's own state too. A process that is killed in the middle has done
nothing; of two, the second finds the plan applied. What has stood in people's own records before is kept, for who
takes the plan back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import neo4j
import orjson

from graph.change_log import now
from graph.errors import ChangeRejected, GraphError
from graph.model import KINDS
from graph.plans import kept
from graph.plans.plan import Draft, Failure, Plan, filled
from graph.rehearsal import all_or_none
from graph.retry import NEXT
from graph.statements.precedence import MANUAL
from graph.time import today

CarryOut = Callable[[neo4j.Driver, str, Mapping[str, Any]], Sequence[str]]
"""Makes one change by hand: driver, mutation, its arguments → uuids of what it has written. Raises GraphError."""


class DoesNotFit(GraphError):
    """A change of the plan can't be made as things are. Nothing of the plan was done."""

    code = "plan_does_not_fit"
    retry = NEXT

    def __init__(self, plan: str, failure: Failure) -> None:
        super().__init__(
            f"the plan {plan!r} does not fit: change {failure.change}, {failure.mutation}: {failure.text}. "
            "Nothing of it was done."
        )
        self.failure = failure


def carried_out(driver: neo4j.Driver, plan: Plan | Draft, carry_out: CarryOut) -> list[list[str]]:
    """Make all changes in their order; of each the uuids that it has written. Raises DoesNotFit.

    ``driver``: one of ``graph.rehearsal``, which undoes what was made before.
    """
    made: dict[str, str] = {}
    written: list[list[str]] = []
    for place, change in enumerate(plan.changes, 1):
        try:
            if change.erased:
                text = "it was about a person who has been erased: take it out of the plan"
                raise ChangeRejected("erased", text)
            uuids = list(carry_out(driver, change.mutation, filled(change.arguments, plan.day, made)))
        except GraphError as refused:
            failure = Failure(place, change.mutation, refused.code, str(refused))
            raise DoesNotFit(plan.name, failure) from refused
        written.append(uuids)
        if change.name is not None and uuids:
            made[change.name] = uuids[0]
    return written


def apply(driver: neo4j.Driver, plan: Plan, carry_out: CarryOut, user: str) -> Plan:
    """Carry out an approved plan whose day has come.

    ``plan``, ``carry_out``: the plan as it was read, and how its changes are made. Raises DoesNotFit, which is kept
    with the plan; NotInState; ChangeRejected: too_early, not_approved, plan_changed where it says something else now.
    """

    def work(one: neo4j.Driver) -> Plan:
        with one.session() as after, driver.session(default_access_mode=neo4j.READ_ACCESS) as before:
            current = kept.found(after, plan.id)
            refuse_to_apply(current)
            kept.refuse_changed(current, plan.digest)
            last = _last_number(before)
            written = carried_out(one, current, carry_out)
            for effect in _effects(before, after, last, {uuid for each in written for uuid in each}):
                after.run(_KEEP, id=plan.id, effect=effect).consume()
            told = {"applied": now(), "applied_by": user, "written": orjson.dumps(written).decode()}
            return kept.put(after, plan.id, {"state": "applied", **told, **kept.NOT_FAILED})

    try:
        return all_or_none(driver, work)
    except DoesNotFit as misfit:
        kept.keep_failure(driver, plan, misfit.failure)
        raise


def refuse_to_apply(plan: Plan) -> None:
    """Raises NotInState, ChangeRejected (not_approved, too_early)."""
    kept.require(plan, ("draft", "approved", "failed"), "it can't be applied")
    if not plan.is_approved:
        text = f"the plan {plan.name!r} is not approved as it is now: a person who has not written it approves it first"
        raise ChangeRejected("not_approved", text)
    if plan.day > today():
        raise ChangeRejected("too_early", f"the plan {plan.name!r} is for {plan.day}: change its day, or wait")


# -- what it has changed ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Side:
    """People's own record of each thing, as JSON text; and which things there are."""

    records: Mapping[str, str]
    things: frozenset[str]


def _last_number(session: neo4j.Session) -> int:
    return int(session.run("MATCH (log:ChangeLog) RETURN log.number AS number").single(strict=True)["number"])


def _effects(before: neo4j.Session, after: neo4j.Session, last: int, written: set[str]) -> list[dict[str, Any]]:
    """Of each thing what people's own record of it said before and says now, where that differs."""
    rows = after.run("MATCH (c:Change) WHERE c.number > $last RETURN DISTINCT c.uuid AS uuid", last=last)
    uuids = sorted(written | {row["uuid"] for row in rows})
    found = []
    for kind in KINDS:
        was, now_is = _side(before, kind, uuids), _side(after, kind, uuids)
        for uuid in sorted(now_is.things):
            difference = differing(kind, was.records.get(uuid), now_is.records.get(uuid))
            if difference:
                found.append(
                    {
                        "uuid": uuid,
                        "kind": kind,
                        "made": uuid not in was.things,
                        "difference": orjson.dumps(difference, option=orjson.OPT_SORT_KEYS).decode(),
                    }
                )
    return found


def _side(session: neo4j.Session, kind: str, uuids: Sequence[str]) -> _Side:
    rows = list(
        session.run(
            f"""
            UNWIND $uuids AS uuid
            MATCH (n:{kind} {{uuid: uuid}})
            OPTIONAL MATCH (r:SourceRecord {{source: $manual}})-[:TELLS]->(n)
            RETURN uuid, r.values AS text
            """,
            uuids=list(uuids),
            manual=MANUAL,
        )
    )
    told = {row["uuid"]: row["text"] for row in rows if row["text"] is not None}
    return _Side(told, frozenset(row["uuid"] for row in rows))


NOTHING: Mapping[str, Any] = {"exists": None, "values": {}, "links": {}}


def differing(kind: str, was: str | None, now_is: str | None) -> dict[str, list[Any]]:
    """``exists``, ``values.name`` or ``links.name`` → [what the record said, what it says].

    Values that not everybody may read are left out: a plan changes none, and keeps none.
    """
    one, other = (NOTHING if text is None else orjson.loads(text) for text in (was, now_is))
    hidden = {each.name for each in KINDS[kind].properties if each.access != "open"}
    found: dict[str, list[Any]] = {}
    if one["exists"] != other["exists"]:
        found["exists"] = [one["exists"], other["exists"]]
    for part in ("values", "links"):
        for name in sorted({*one[part], *other[part]}):
            sides = [one[part].get(name), other[part].get(name)]
            if sides[0] != sides[1] and not (part == "values" and name in hidden):
                found[f"{part}.{name}"] = sides
    return found


_KEEP = """
MATCH (p:Plan {id: $id})
CREATE (p)-[:DID]->(e:PlanEffect)
SET e = $effect
"""
