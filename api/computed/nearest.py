"""``nearest``, ``nearestManager`` and ``nearestManagers``: the rule's answers, as the parameter of the read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import neo4j

from graph.as_of import in_force
from graph.errors import Unknown
from graph.identity.lookup import find
from graph.questions.nearest import Nearest, OfEmployment, nearest, nearest_manager, nearest_managers_of_all

Answer = Mapping[str, Any]
Asked = Mapping[str, Any]

EVERYBODY = "everybody"


@dataclass(slots=True)
class Everybody:
    """Everybody's nearest manager on a day, kept as long as nothing changes."""

    _kept: tuple[tuple[date, int], Answer] | None = None

    def on(self, driver: neo4j.Driver, day: date) -> Answer:
        """``answers``: the different answers; ``of``: the place of each employment's and affiliation's among them."""
        rows, _, _ = driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
        state = (day, rows[0]["number"])
        kept = self._kept
        if kept is not None and kept[0] == state:
            return kept[1]
        different: dict[int, int] = {}
        told: list[Answer] = []
        of: dict[str, int] = {}
        everybody = nearest_managers_of_all(driver, day)
        for uuid, each in everybody.items():
            # Most share their unit's answer, which is then the same object.
            if id(each) not in different:
                different[id(each)] = len(told)
                told.append(_form(None, each))
            of[uuid] = different[id(each)]
        answer = {"answers": told, "of": of}
        self._kept = (state, answer)
        return answer


def answers(field: str, asked: Asked, driver: neo4j.Driver, day: date) -> list[Answer]:
    """What the rule answers, one map an answer. Raises GraphError (unknown_unit …)."""
    if field == "nearest":
        told, _ = nearest(driver, asked["role"], asked["unit"], day, asked.get("responsibility"))
        return [_form(None, told)]
    of: Callable[[neo4j.Driver, Asked, date], list[OfEmployment]]
    of = _of_person if field == "nearestManager" else _of_all
    return [_form(each.employment, each.nearest) for each in of(driver, asked, day)]


def _form(employment: str | None, told: Nearest) -> Answer:
    return {
        "employment": employment,
        "holders": [{"person": each.person, "assignment": each.assignment, "via": each.via} for each in told.holders],
        "levelUnit": told.level_unit,
        "steps": told.steps,
        "path": list(told.path),
        "reason": told.reason,
    }


def _of_person(driver: neo4j.Driver, asked: Asked, day: date) -> list[OfEmployment]:
    person, employment = asked.get("person"), asked.get("employment")
    if person is None and employment is None:
        raise Unknown("unknown_person", "nearestManager: give person or employment")
    if person is None:
        person = _owner(driver, str(employment))
    elif employment is not None and _person(driver, person) != _owner(driver, employment):
        raise Unknown("unknown_employment", f"the person {person!r} has no employment {employment!r}")
    types = frozenset(asked.get("types") or ())
    told, _ = nearest_manager(driver, person, day, asked.get("responsibility"), types, employment)
    return told


def _person(driver: neo4j.Driver, name: str) -> str:
    """uuid. Raises Unknown (unknown_person)."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return find(session, "Person", name).uuid


def _owner(driver: neo4j.Driver, employment: str) -> str:
    """uuid of the person of an employment or affiliation. Raises Unknown (unknown_employment)."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        try:
            tie = find(session, "Employment", employment)
        except Unknown:
            tie = find(session, "Affiliation", employment)
        row = session.run("MATCH (p:Person)-[:HAS]->({uuid: $uuid}) RETURN p.uuid AS uuid", uuid=tie.uuid).single()
    if row is None:
        raise Unknown("unknown_person", f"nobody has the employment {employment!r}")
    return str(row["uuid"])


def _of_all(driver: neo4j.Driver, asked: Asked, day: date) -> list[OfEmployment]:
    everybody = nearest_managers_of_all(driver, day)
    below = asked.get("below")
    if below is None:
        return [OfEmployment(uuid, each) for uuid, each in everybody.items()]
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        rows = session.run(
            f"""
            MATCH (:Unit {{uuid: $top}})<-[parts:PART_OF*0..]-(:Unit)<-[in:IN]-(tie)
            WHERE all(part IN parts WHERE {in_force("part")}) AND {in_force("in")}
            RETURN tie.uuid AS uuid
            """,
            top=find(session, "Unit", below).uuid,
            at=day,
        )
        wanted = {row["uuid"] for row in rows}
    return [OfEmployment(uuid, each) for uuid, each in everybody.items() if uuid in wanted]
