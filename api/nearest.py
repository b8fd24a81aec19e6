"""``nearest``, ``nearestManager`` and ``nearestManagers``: the rule's answer, with the fields that were asked for."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

import anyio.to_thread
import neo4j

from api.selection import Selected
from graph.errors import Unknown
from graph.lookup import find
from graph.nearest import Holder, Nearest, OfEmployment, nearest, nearest_manager, nearest_managers_of_all

NEAREST = frozenset({"nearest", "nearestManager", "nearestManagers"})
Fetch = Callable[[str, Mapping[str, Selected], list[str]], Awaitable[dict[str, Any]]]
"""(kind, selection, uuids) → uuid → the object."""


async def answer_nearest(root: Selected, day: date, driver: neo4j.Driver, fetch: Fetch) -> Any:
    """The value of the root field. Raises GraphError (unknown_unit …)."""
    asked = root.arguments
    if root.name == "nearest":
        found, _ = await anyio.to_thread.run_sync(
            lambda: nearest(driver, asked["role"], asked["unit"], day, asked.get("responsibility"))
        )
        return (await _shaped([(None, found)], root.children["Nearest"], fetch))[0]
    if root.name == "nearestManager":
        answers = await anyio.to_thread.run_sync(lambda: _of_person(driver, asked, day))
    else:
        answers = await anyio.to_thread.run_sync(lambda: _of_all(driver, asked, day))
    pairs: list[tuple[str | None, Nearest]] = [(each.employment, each.nearest) for each in answers]
    return await _shaped(pairs, root.children["ManagerOfEmployment"], fetch)


def _of_person(driver: neo4j.Driver, asked: Mapping[str, Any], day: date) -> list[OfEmployment]:
    person, employment = asked.get("person"), asked.get("employment")
    if person is None and employment is not None:
        person = _owner(driver, employment)
    types = frozenset(asked.get("types") or ())
    answers, _ = nearest_manager(driver, person or "", day, asked.get("responsibility"), types, employment)
    return answers


def _owner(driver: neo4j.Driver, employment: str) -> str:
    """uuid of the person of an employment or affiliation."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        try:
            tie = find(session, "Employment", employment)
        except Unknown:
            tie = find(session, "Affiliation", employment)
        row = session.run("MATCH (p:Person)-[:HAS]->({uuid: $uuid}) RETURN p.uuid AS uuid", uuid=tie.uuid).single()
    return "" if row is None else str(row["uuid"])


def _of_all(driver: neo4j.Driver, asked: Mapping[str, Any], day: date) -> list[OfEmployment]:
    everybody = nearest_managers_of_all(driver, day)
    below = asked.get("below")
    if below is None:
        return [OfEmployment(uuid, each) for uuid, each in everybody.items()]
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        top = find(session, "Unit", below).uuid
        rows = session.run(
            """
            MATCH (:Unit {uuid: $top})<-[parts:PART_OF*0..]-(:Unit)<-[in:IN]-(tie)
            WHERE all(part IN parts WHERE part.from <= $at AND (part.to IS NULL OR part.to > $at))
              AND in.from <= $at AND (in.to IS NULL OR in.to > $at)
            RETURN tie.uuid AS uuid
            """,
            top=top,
            at=day,
        )
        wanted = {row["uuid"] for row in rows}
    return [OfEmployment(uuid, each) for uuid, each in everybody.items() if uuid in wanted]


async def _shaped(
    answers: list[tuple[str | None, Nearest]], selected: Mapping[str, Selected], fetch: Fetch
) -> list[dict[str, Any]]:
    """Fetches each kind of thing once for all answers, then writes every answer with it."""
    shaped: list[dict[str, Any]] = [{} for _ in answers]
    for each in selected.values():
        if each.name == "holders":
            holders = [holder for _, found in answers for holder in found.holders]
            written = await _holders(holders, each.children["NearestHolder"], fetch)
            for place, (_, found) in enumerate(answers):
                shaped[place][each.key] = [written[holder] for holder in found.holders]
        elif each.name in ("levelUnit", "path"):
            units = sorted({unit for _, found in answers for unit in found.path})
            shown = await fetch("Unit", each.children["Unit"], units) if units else {}
            for place, (_, found) in enumerate(answers):
                if each.name == "path":
                    shaped[place][each.key] = [shown[unit] for unit in found.path]
                else:
                    shaped[place][each.key] = shown.get(found.level_unit or "")
        elif each.name == "employment":
            ties = sorted({uuid for uuid, _ in answers if uuid is not None})
            shown = {}
            for kind in ("Employment", "Affiliation"):
                left = [uuid for uuid in ties if uuid not in shown]
                shown |= await fetch(kind, each.children[kind], left) if left else {}
            for place, (uuid, _) in enumerate(answers):
                shaped[place][each.key] = shown.get(uuid or "")
        else:
            for place, (_, found) in enumerate(answers):
                shaped[place][each.key] = _plain(each.name, found)
    return shaped


def _plain(name: str, found: Nearest) -> Any:
    return {"steps": found.steps, "reason": found.reason, "__typename": "Nearest"}[name]


async def _holders(
    holders: list[Holder], selected: Mapping[str, Selected], fetch: Fetch
) -> dict[Holder, dict[str, Any]]:
    written: dict[Holder, dict[str, Any]] = {holder: {} for holder in holders}
    for each in selected.values():
        if each.name == "__typename":
            for holder in written:
                written[holder][each.key] = "NearestHolder"
            continue
        kind = {"person": "Person", "assignment": "Assignment", "via": "Substitution"}[each.name]
        uuids = sorted({uuid for holder in written if (uuid := getattr(holder, each.name)) is not None})
        shown = await fetch(kind, each.children[kind], uuids) if uuids else {}
        for holder in written:
            written[holder][each.key] = shown.get(getattr(holder, each.name) or "")
    return written
