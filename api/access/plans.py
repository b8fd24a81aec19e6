"""Which plans a caller may read whose roles hold in a part of the organisation: those of which all that they name lies
there. A plan that names nothing that lies somewhere is read only with a role that holds everywhere."""

from collections.abc import Sequence

import neo4j

from api.access.places import PLACED
from api.access.rights import READ, Access
from api.access.sight import condition
from graph.identity.lookup import uuids_in
from graph.model import KINDS
from graph.plans.plan import Plan, texts


def readable(driver: neo4j.Driver, access: Access, plans: Sequence[Plan], roles: frozenset[str]) -> list[Plan]:
    """Those that may be read. ``roles``: with one of these."""
    if access.scope is None or roles & access.everywhere:
        return [*plans]
    named = {plan.id: _names(plan) for plan in plans}
    inside, outside = _placed(driver, access, frozenset().union(*named.values()), roles)
    return [each for each in plans if named[each.id] & inside and not named[each.id] & outside]


def _names(plan: Plan) -> frozenset[str]:
    """All by which a plan may name a thing: a text, one after a kind or source, and UUIDs wherever they stand."""
    told = [text for change in plan.changes for text in texts(change.arguments)]
    return frozenset(name for text in told for name in (text, text.partition(":")[2], *uuids_in(text)) if name)


def _placed(
    driver: neo4j.Driver, access: Access, names: frozenset[str], roles: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """(names of what may be read, names of what may not) of all that lies somewhere."""
    inside: set[str] = set()
    outside: set[str] = set()
    for kind in PLACED:
        may = READ[kind] & roles & access.roles
        where, parameters = condition(access, kind, "n", may) if may else ("false", {})
        natural = KINDS[kind].natural
        by_natural = f"UNION MATCH (n:{kind} {{{natural}: name}}) RETURN n" if natural else ""
        rows, _, _ = driver.execute_query(
            f"""
            UNWIND $names AS name
            CALL (name) {{
                MATCH (n:{kind} {{uuid: name}})
                RETURN n
                UNION
                MATCH (:SourceRecord {{key: name, kind: '{kind}'}})-[:TELLS]->(n:{kind})
                RETURN n
                {by_natural}
            }}
            WITH name, n
            RETURN name, collect({where}) AS may
            """,
            {**parameters, "names": sorted(names)},
            routing_=neo4j.RoutingControl.READ,
        )
        for row in rows:
            if True in row["may"]:
                inside.add(row["name"])
            if False in row["may"]:
                outside.add(row["name"])
    return frozenset(inside), frozenset(outside)
