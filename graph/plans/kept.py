"""Plans as the graph keeps them: one node a plan, changed under the change log's lock.

The lock makes decisions follow one another: of two workers that apply a plan, one finds it applied.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar
from uuid import uuid4

import neo4j
import orjson

from graph.change_log import now, take_numbers
from graph.connection import Run
from graph.errors import Ambiguous, ChangeRejected, Unknown
from graph.identity.lookup import canonical
from graph.identity.user_names import names_of_same
from graph.plans.plan import OPEN, Draft, Failure, NotInState, Plan, change_of, checked, form_of

T = TypeVar("T")


# -- reading ----------------------------------------------------------------------------------------------------------


def plans(run: Run, states: Collection[str] = ()) -> list[Plan]:
    """By day and name; ``states``: only those in one of them."""
    rows = run.run(
        """
        MATCH (p:Plan)
        WHERE $states = [] OR p.state IN $states
        RETURN p
        ORDER BY p.day, p.name, p.id
        """,
        states=sorted(states),
    )
    return [plan_of(row["p"]) for row in rows]


def found(run: Run, name: str, readable: Callable[[Sequence[Plan]], Sequence[Plan]] = lambda plans: plans) -> Plan:
    """The plan with this id, whatever others are called; else the one of the name, of several the one that is open.

    ``readable``: those of several plans that count; any other is as if it were not there. Raises Unknown, Ambiguous.
    """
    id_ = canonical(name) or name
    rows = run.run("MATCH (p:Plan) WHERE p.id = $id OR p.name = $name RETURN p", id=id_, name=name)
    fitting = [*readable([plan_of(row["p"]) for row in rows])]
    fitting = [each for each in fitting if each.id == id_] or fitting
    chosen = fitting if len(fitting) < 2 else [each for each in fitting if each.state in OPEN] or fitting
    if not chosen:
        raise Unknown("unknown_plan", f"there is no plan {name!r}; plans {{ name }} lists them", name)
    if len(chosen) > 1:
        ids = tuple(sorted(each.id for each in chosen))
        raise Ambiguous(f"several plans are called {name!r}: give the id, one of {', '.join(ids)}", ids)
    return chosen[0]


def due(session: neo4j.Session) -> list[str]:
    """Ids of approved plans whose day has been turned, in the order in which they are applied.

    The turned day counts, not the clock: a turn by several days waits for a person, and so do these plans.
    """
    rows = session.run(
        """
        MATCH (c:Clock)
        MATCH (p:Plan {state: 'approved'})
        WHERE p.day <= c.today
        RETURN p.id AS id
        ORDER BY p.day, p.name, p.id
        """
    )
    return [row["id"] for row in rows]


def plan_of(node: Mapping[str, Any]) -> Plan:
    failure = orjson.loads(node["failure"]) if node.get("failure") else None
    failed_at = node.get("failed")
    applied = node.get("applied")
    return Plan(
        name=node["name"],
        day=node["day"].to_native(),
        reason=node["reason"],
        changes=tuple(change_of(each) for each in orjson.loads(node["changes"])),
        id=node["id"],
        state=node["state"],
        authors=tuple(node["authors"]),
        changed=node["changed"].to_native(),
        approved_by=node.get("approved_by"),
        approved_digest=node.get("approved_digest"),
        approved_in_part=bool(node.get("approved_in_part")),
        applied_by=node.get("applied_by"),
        applied=applied and applied.to_native(),
        closed_by=node.get("closed_by"),
        failure=None if failure is None else Failure(**failure, at=failed_at and failed_at.to_native()),
        stays=tuple(node.get("stays") or ()),
    )


# -- deciding ---------------------------------------------------------------------------------------------------------


def create(driver: neo4j.Driver, draft: Draft, author: str) -> Plan:
    """A new plan. Raises ChangeRejected: what ``checked`` does, and taken where an open plan has the name."""
    whole, id_ = checked(draft), str(uuid4())

    def work(tx: neo4j.ManagedTransaction) -> Plan:
        take_numbers(tx, 0)
        _refuse_taken(tx, whole.name, id_)
        tx.run("CREATE (:Plan {id: $id, state: 'draft', authors: []})", id=id_).consume()
        return put(tx, id_, _content(whole, (author,)))

    with driver.session() as session:
        return session.execute_write(work)


def change(driver: neo4j.Driver, plan: Plan, draft: Draft, author: str) -> Plan:
    """Other content. An approval lapses, unless nothing is different.

    Raises NotInState, and ChangeRejected: as ``create``, and plan_changed where the plan is not as in ``plan`` now.
    """
    whole = checked(draft)

    def work(tx: neo4j.ManagedTransaction, now_is: Plan) -> Plan:
        require(now_is, OPEN, "it can no longer be changed; make another plan")
        refuse_changed(now_is, plan.digest)
        if whole.digest == now_is.digest:
            return now_is
        _refuse_taken(tx, whole.name, plan.id)
        authors = (*(each for each in now_is.authors if each != author), author)
        return put(tx, plan.id, {"state": "draft", **UNDECIDED, **_content(whole, authors)})

    return decided(driver, plan.id, work)


def approve(driver: neo4j.Driver, plan: Plan, user: str, reason: str, *, in_part: bool = False) -> Plan:
    """Allow exactly what ``plan`` says to be applied on its day.

    ``in_part``: the approver's rights hold in a part of the organisation, and are looked at again on that day.
    Raises NotInState, and ChangeRejected: own_plan for its authors, plan_changed.
    """

    def work(tx: neo4j.ManagedTransaction, now_is: Plan) -> Plan:
        require(now_is, OPEN, "it can't be approved")
        refuse_changed(now_is, plan.digest)
        if not names_of_same(tx, user).isdisjoint(now_is.authors):
            text = f"{user} has written the plan {now_is.name!r}: another person must approve it"
            raise ChangeRejected("own_plan", text, field="plan")
        told = {"approved_by": user, "approved_digest": now_is.digest, "approved": now(), "approval_reason": reason}
        return put(tx, plan.id, {"state": "approved", **told, "approved_in_part": in_part or None, **NOT_FAILED})

    return decided(driver, plan.id, work)


def withdraw(driver: neo4j.Driver, plan: Plan, user: str, reason: str) -> Plan:
    """It will not be applied. Raises NotInState."""

    def work(tx: neo4j.ManagedTransaction, now_is: Plan) -> Plan:
        what = "take it back instead" if now_is.state == "applied" else "there is nothing to withdraw"
        require(now_is, OPEN, what)
        return put(tx, plan.id, {"state": "withdrawn", **closed(user, reason)})

    return decided(driver, plan.id, work)


def keep_failure(driver: neo4j.Driver, plan: Plan, failure: Failure) -> None:
    """Why the plan could not be applied; unless it has been changed or decided otherwise since."""

    def work(tx: neo4j.ManagedTransaction, now_is: Plan) -> Plan:
        if now_is.state not in ("approved", "failed") or now_is.digest != plan.digest:
            return now_is
        told = {name: getattr(failure, name) for name in ("change", "mutation", "code", "text")}
        return put(tx, plan.id, {"state": "failed", "failure": orjson.dumps(told).decode(), "failed": now()})

    decided(driver, plan.id, work)


def decided(driver: neo4j.Driver, id_: str, work: Callable[[neo4j.ManagedTransaction, Plan], T]) -> T:
    """What ``work`` makes of the plan as it is now, while no other writer decides."""

    def locked(tx: neo4j.ManagedTransaction) -> T:
        take_numbers(tx, 0)
        return work(tx, found(tx, id_))

    with driver.session() as session:
        return session.execute_write(locked)


def require(plan: Plan, states: Collection[str], what: str) -> None:
    """Raises NotInState."""
    if plan.state not in states:
        raise NotInState(plan, what)


def refuse_changed(plan: Plan, digest: str) -> None:
    """Raises ChangeRejected (plan_changed) where the plan says something else than what was read."""
    if plan.digest != digest:
        text = f"the plan {plan.name!r} was changed by {plan.author} since it was read: read it again, then decide"
        raise ChangeRejected("plan_changed", text, field="digest")


def put(run: Run, id_: str, properties: Mapping[str, Any]) -> Plan:
    """Set properties of the plan; None takes one away."""
    row = run.run("MATCH (p:Plan {id: $id}) SET p += $told RETURN p", id=id_, told=dict(properties)).single(strict=True)
    return plan_of(row["p"])


def closed(user: str, reason: str) -> dict[str, Any]:
    """Who has ended the plan, and why, as properties."""
    return {"closed_by": user, "closed": now(), "closing_reason": reason}


NOT_FAILED: Mapping[str, Any] = {"failure": None, "failed": None}
UNDECIDED: Mapping[str, Any] = {
    "approved_by": None, "approved_digest": None, "approved": None, "approval_reason": None, "approved_in_part": None,
    **NOT_FAILED,
}  # fmt: skip


def _content(draft: Draft, authors: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": draft.name,
        "day": draft.day,
        "reason": draft.reason,
        "changes": orjson.dumps([form_of(each) for each in draft.changes]).decode(),
        "authors": list(authors),
        "changed": now(),
    }


def _refuse_taken(tx: neo4j.ManagedTransaction, name: str, id_: str) -> None:
    rows = tx.run(
        "MATCH (p:Plan {name: $name}) WHERE p.id <> $id AND p.state IN $open RETURN p.id AS id LIMIT 1",
        name=name, id=id_, open=list(OPEN),
    )  # fmt: skip
    if (row := rows.single()) is not None:
        raise ChangeRejected("taken", f"name: the plan {row['id']} has this name, and is open", field="name")
