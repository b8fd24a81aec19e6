"""Things of rights as the graph has them, and as what is being saved wants them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import neo4j

from graph.as_of import exists_or_will, not_over
from graph.identity.statement_matching import MatchedStatement
from graph.model import KINDS
from graph.model.rights import HOLDERS
from graph.statements.precedence import MANUAL
from graph.statements.statement import Ref
from graph.time import today
from graph.writing.rights_things import Thing

DEFINED = ("ConstraintType", "SystemRole", "JobFunctionRole", "Grant", "ConstraintSetting", "RightsConflict")
DECIDED = ("RightsRequest", "AccountRequest", "Attestation", "ManualStep")
"""Kinds of which there are many: only those that are saved are looked at."""
_TIES = tuple(each for each in HOLDERS if each != "Person")
Resolve = Callable[[Ref, str], str | None]


def read_owners(driver: neo4j.Driver, requests: Iterable[MatchedStatement], resolve: Resolve) -> dict[str, str]:
    """The persons of employments and affiliations that requests are for."""
    refs = ((each.source, link.to) for each in requests for link in each.statement.links.get("given_to", ()))
    ties = sorted({uuid for source, each in refs if each.kind in _TIES and (uuid := resolve(each, source))})
    if not ties:
        return {}
    rows, _, _ = driver.execute_query(
        "UNWIND $ties AS tie MATCH (p:Person)-[:HAS]->({uuid: tie}) RETURN tie, p.uuid AS person",
        ties=ties,
        routing_=neo4j.RoutingControl.READ,
    )
    return {row["tie"]: row["person"] for row in rows}


def read_kept(driver: neo4j.Driver, decided: Sequence[str]) -> dict[str, Thing]:
    """Everything that defines rights, what has ended as well: no parameter is used again.

    ``decided``: uuids of others.
    """
    link = "[type(r), x.uuid]"
    of_decided = " ".join(f"UNION MATCH (n:{kind}) WHERE n.uuid IN $decided RETURN n" for kind in DECIDED)
    rows, _, _ = driver.execute_query(
        f"""
        CALL () {{
            MATCH (n:{"|".join(DEFINED)})
            RETURN n
            {of_decided if decided else ""}
        }}
        RETURN n.uuid AS uuid, labels(n)[0] AS kind, properties(n) AS values, NOT {exists_or_will("n")} AS over,
            COLLECT {{ MATCH (n)-[r]->(x) WHERE x.uuid IS NOT NULL AND {not_over("r")} RETURN {link} }} AS links
        """,
        today=today(),
        decided=list(decided),
        routing_=neo4j.RoutingControl.READ,
    )
    found = {}
    for row in rows:
        names = {each.type: each.name for each in KINDS[row["kind"]].links}
        links: dict[str, list[str]] = {}
        for type_, uuid in row["links"]:
            if type_ in names:
                links.setdefault(names[type_], []).append(uuid)
        values = dict(row["values"])
        since, until = (None if values.get(each) is None else values[each].to_native() for each in ("from", "to"))
        found[row["uuid"]] = Thing(row["kind"], values, links, row["over"], since=since, until=until)
    return found


def as_stated(place: int, matched: MatchedStatement, known: Thing | None, resolve: Resolve) -> Thing:
    """The thing as it is to be. A source states all of it; by hand only some of it may be stated."""
    statement = matched.statement
    adds = matched.source == MANUAL or statement.exists is None
    made = Thing(statement.kind, place=place, by_hand=matched.source == MANUAL)
    if known is not None and adds:
        made.values, made.links = dict(known.values), dict(known.links)
        made.since, made.until = known.since, known.until
    if statement.exists:
        made.since, made.until = statement.exists[0].start, statement.exists[-1].end
    for name, values in statement.values.items():
        made.values[name] = values[-1].value if values else None
    for name, links in statement.links.items():
        uuids = (resolve(each.to, matched.source) for each in links if each.period.last > today())
        made.links[name] = [uuid for uuid in uuids if uuid is not None]
    return made


def is_same(stated: Thing, known: Thing | None) -> bool:
    """It is stated again as it is: it is not refused for what became invalid by a change elsewhere."""
    if known is None:
        return False
    kind = KINDS[stated.kind]
    same_values = all(
        _plain(stated.values.get(each.name)) == _plain(known.values.get(each.name))
        for each in kind.properties
        if not each.own  # what was approved is filled in after this
    )
    return same_values and all(
        set(stated.links.get(each.name, ())) == set(known.links.get(each.name, ())) for each in kind.links
    )


def _plain(value: Any) -> Any:
    return list(value) or None if isinstance(value, list | tuple) else value
