"""An applied plan is taken back: what it has changed is as it was, where nothing newer stands upon it.

Newer is a value or link that people have changed since, or a thing that leads to one the plan has made. That stays, and
is listed. What sources have learned meanwhile counts again by itself, as after any release of a change by hand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import neo4j
import orjson

from graph.as_of import exists_or_will, not_over
from graph.change_log import Origin
from graph.errors import ChangeRejected, GraphError
from graph.model import KINDS
from graph.plans import kept
from graph.plans.applying import NOTHING, differing
from graph.plans.plan import Plan
from graph.statements.precedence import MANUAL
from graph.statements.statement import Statement
from graph.statements.stored_record import from_text
from graph.time import today
from graph.writing.amending import Amendment
from graph.writing.graph_writer import GraphWriter
from graph.writing.retrying import Stale


@dataclass(frozen=True, slots=True)
class Effect:
    """What a plan has done to people's record of one thing. ``made``: the plan has made the thing.

    ``difference``: see ``graph.plans.applying.differing``.
    """

    kind: str
    uuid: str
    made: bool
    difference: Mapping[str, Sequence[Any]]


Allow = Callable[[Sequence[Amendment]], None]
"""Raises where who takes a plan back may not make these changes, which are changes by hand as any others. Each has what
it undoes, and nothing else."""


def take_back(writer: GraphWriter, plan: Plan, user: str, reason: str, allow: Allow | None = None) -> Plan:
    """Undo the plan as far as that is possible; ``stays`` of the answer lists what could not be undone.

    ``allow``: asked before anything is undone; None: whoever runs the program may. A process that is killed in the
    middle has undone a part; taken back again, the rest follows. Raises NotInState, and what ``allow`` raises.
    """
    driver = writer.driver
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        kept.require(kept.found(session, plan.id), ("applied",), "only an applied plan can be taken back")
        effects = _effects(session, plan.id)
        current = _records(session, effects)
    stays: list[str] = []
    undoing: dict[str, tuple[Effect, Amendment]] = {}
    for effect in effects:
        amendment = _undone(effect, current.get(effect.uuid), stays)
        if amendment is not None:
            undoing[effect.uuid] = (effect, amendment)
    _without_leaned_upon(driver, undoing, stays)
    if allow is not None:
        allow([_by_hand(effect, amendment, current.get(uuid)) for uuid, (effect, amendment) in undoing.items()])
    _undo(writer, undoing, Origin(MANUAL, user=user, reason=reason), stays)

    def work(tx: neo4j.ManagedTransaction, now_is: Plan) -> Plan:
        kept.require(now_is, ("applied",), "only an applied plan can be taken back")
        return kept.put(tx, plan.id, {"state": "taken_back", "stays": stays, **kept.closed(user, reason)})

    return kept.decided(driver, plan.id, work)


def _effects(session: neo4j.Session, id_: str) -> list[Effect]:
    """In the order in which kinds are written."""
    rows = session.run("MATCH (:Plan {id: $id})-[:DID]->(e:PlanEffect) RETURN e", id=id_)
    found = [
        Effect(row["e"]["kind"], row["e"]["uuid"], row["e"]["made"], orjson.loads(row["e"]["difference"]))
        for row in rows
    ]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(found, key=lambda each: (order[each.kind], each.uuid))


def _records(session: neo4j.Session, effects: Sequence[Effect]) -> dict[str, str]:
    """People's own record of each thing, as JSON text."""
    found: dict[str, str] = {}
    for kind in dict.fromkeys(each.kind for each in effects):
        rows = session.run(
            f"""
            UNWIND $uuids AS uuid
            MATCH (:{kind} {{uuid: uuid}})<-[:TELLS]-(r:SourceRecord {{source: $manual}})
            RETURN uuid, r.values AS text
            """,
            uuids=[each.uuid for each in effects if each.kind == kind],
            manual=MANUAL,
        )
        found |= {row["uuid"]: row["text"] for row in rows}
    return found


def _undone(effect: Effect, current: str | None, stays: list[str]) -> Amendment | None:
    """How the record becomes what it was; None where there is nothing to undo. What is newer is added to ``stays``."""
    record: dict[str, Any] = dict(NOTHING) if current is None else orjson.loads(current)
    restored = {"exists": record["exists"], "values": dict(record["values"]), "links": dict(record["links"])}
    newer = []
    for field, (was, left) in effect.difference.items():
        part, _, name = field.partition(".")
        found = record[part].get(name) if name else record[part]
        if found == was:
            continue
        if found != left:
            newer.append(name or part)
        elif not name:
            restored[part] = was
        elif was is None:
            del restored[part][name]
        else:
            restored[part][name] = was
    if effect.made and not newer:
        # What people have entered about it since stands upon it too.
        newer = sorted({each.partition(".")[2] or each for each in _added(effect, current)})
    if newer:
        stays.append(f"{effect.kind} {effect.uuid}: {', '.join(newer)}: changed since the plan was applied")
    if restored == record or (newer and effect.made):
        return None
    text = orjson.dumps(restored).decode()

    def edit(now_is: Statement) -> Statement:
        if now_is != from_text(effect.kind, now_is.key, orjson.dumps(record).decode())[0]:
            raise ChangeRejected("plan_changed", "changed while the plan was taken back")
        return from_text(effect.kind, now_is.key, text)[0]

    return Amendment(effect.kind, effect.uuid, edit)


def _by_hand(effect: Effect, amendment: Amendment, current: str | None) -> Amendment:
    """What is undone, as a mutation would state it."""
    text = orjson.dumps(dict(NOTHING)).decode() if current is None else current
    restored = amendment.edit(from_text(effect.kind, effect.uuid, text)[0])
    fields = [each.partition(".") for each in effect.difference]
    stated = Statement(
        effect.kind,
        effect.uuid,
        exists=restored.exists,
        values={name: tuple(restored.values.get(name, ())) for part, _, name in fields if part == "values"},
        links={name: tuple(restored.links.get(name, ())) for part, _, name in fields if part == "links"},
    )
    is_relived = any(part == "exists" for part, _, _ in fields)
    life = (lambda thing: restored.exists or ()) if is_relived else None
    return Amendment(effect.kind, effect.uuid, lambda _: stated, life=life)


def _added(effect: Effect, current: str | None) -> set[str]:
    """Fields that people's record of a thing has now, and had not when the plan had made it."""
    return {*differing(effect.kind, None, current)} - {*effect.difference} if current is not None else set()


# -- what stands upon what the plan has made ---------------------------------------------------------------------------

_LEADING = {
    kind.name: [(each.name, link) for each in KINDS.values() for link in each.links if kind.name in link.targets]
    for kind in KINDS.values()
}
"""Of each kind the links that lead to it, with the kind that states them."""


def _without_leaned_upon(driver: neo4j.Driver, undoing: dict[str, tuple[Effect, Amendment]], stays: list[str]) -> None:
    """Leave what the plan has made where something that is not undone leads to it, today or later."""
    while True:
        leaned = [
            (uuid, other)
            for uuid, (effect, _) in undoing.items()
            if effect.made and (other := _leaning(driver, effect, [*undoing])) is not None
        ]
        if not leaned:
            return
        for uuid, other in leaned:
            effect, _ = undoing.pop(uuid)
            stays.append(f"{effect.kind} {uuid}: {other} leads to it")


def _leaning(driver: neo4j.Driver, effect: Effect, undone: Sequence[str]) -> str | None:
    for kind, link in _LEADING[effect.kind]:
        arrow = f"-[r:{link.type}]->" if link.incoming else f"<-[r:{link.type}]-"
        rows, _, _ = driver.execute_query(
            f"""
            MATCH (:{effect.kind} {{uuid: $uuid}}){arrow}(n:{kind})
            WHERE NOT n.uuid IN $undone AND {not_over("r")} AND {exists_or_will("n")}
            RETURN n.uuid AS uuid
            ORDER BY uuid
            LIMIT 1
            """,
            uuid=effect.uuid,
            undone=list(undone),
            today=today(),
            routing_=neo4j.RoutingControl.READ,
        )
        if rows:
            return f"the {kind} {rows[0]['uuid']}"
    return None


# -- writing ----------------------------------------------------------------------------------------------------------


def _undo(
    writer: GraphWriter, undoing: Mapping[str, tuple[Effect, Amendment]], origin: Origin, stays: list[str]
) -> None:
    """All at once; where that breaks a rule, one by one, the last first, as often as that brings something."""
    waiting = [*undoing.values()]
    if not waiting:
        return
    try:
        writer.amend_all([amendment for _, amendment in waiting], origin)
        return
    except (GraphError, Stale):
        waiting.reverse()
    why: dict[str, str] = {}
    while waiting:
        left = []
        for effect, amendment in waiting:
            try:
                if effect.made and (other := _leaning(writer.driver, effect, [])) is not None:
                    why[effect.uuid] = f"{other} leads to it"
                    left.append((effect, amendment))
                    continue
                writer.amend_all([amendment], origin)
            except (GraphError, Stale) as refused:
                why[effect.uuid] = str(refused) or type(refused).__name__
                left.append((effect, amendment))
        if len(left) == len(waiting):
            break
        waiting = left
    stays.extend(f"{effect.kind} {effect.uuid}: {why[effect.uuid]}" for effect, _ in waiting)
