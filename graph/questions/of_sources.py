"""A person's value as sources know it: for what those must not decide who set values by hand, or join persons."""

from collections.abc import Iterable
from datetime import date

import neo4j

from graph.as_of import in_force
from graph.statements.precedence import MANUAL
from graph.statements.statement import Value
from graph.statements.stored_record import statement_in

_KNOWN = f"""
MATCH (p:Person {{uuid: $uuid}})-[s:STATE]->(v)
WHERE {in_force("s", "$day")}
RETURN v[$name] AS value,
    COLLECT {{
        MATCH (r:SourceRecord)-[:TELLS]->(p)
        RETURN [r.id, r.source, r.values]
        ORDER BY r.id
    }} AS records,
    COLLECT {{
        MATCH ()-[joined:JOINED_INTO]->()-[:JOINED_INTO*0..]->(p)
        RETURN joined.records
    }} AS joined,
    COLLECT {{
        MATCH (d:MatchDecision {{uuid: p.uuid}})
        RETURN d.id
    }} AS decided
"""


def values_of_sources(
    run: neo4j.Session | neo4j.ManagedTransaction, person: str, name: str, day: date
) -> list[Value | None]:
    """A property of a person on a day: of each part of the person that people have put together by hand, by joining
    persons or by deciding whose a record is. Usually there is one part, with the value that is in force.

    Empty: people have set it by hand, or the person does not exist on the day.
    """
    row = run.run(_KNOWN, uuid=person, name=name, day=day).single()
    if row is None:
        return []
    parts: dict[frozenset[str], list[Value | None]] = {}
    for id_, source, text in row["records"]:
        values = [] if text is None else _stated(text, name, day)
        if source == MANUAL:
            if values:
                return []
            continue
        moved = {f"joined {place}" for place, moving in enumerate(row["joined"]) if id_ in (moving or ())}
        by_hand = {f"decided {id_}"} if id_ in row["decided"] else set()
        parts.setdefault(frozenset(moved | by_hand), []).extend(values)
    if len(parts) < 2:
        return [row["value"]]
    return [_first(row["value"], values) for values in parts.values()]


def agreed(values: Iterable[Value | None]) -> Value | None:
    """The value that all parts have; None where they differ. Whose the other value is isn't sure."""
    different = set(values)
    return different.pop() if len(different) == 1 else None


def _stated(text: str, name: str, day: date) -> list[Value | None]:
    return [each.value for each in statement_in("Person", "", text).values.get(name, ()) if each.period.holds(day)]


def _first(in_force: Value | None, values: list[Value | None]) -> Value | None:
    """Of what several sources state, the value that is in force."""
    return in_force if in_force in values else next(iter(values), None)
