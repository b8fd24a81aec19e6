"""A value as sources know it: for what those must not decide who set values by hand."""

from datetime import date

import neo4j

from graph.as_of import in_force
from graph.statements.precedence import MANUAL
from graph.statements.statement import Value
from graph.statements.stored_record import statement_in


def value_of_sources(
    run: neo4j.Session | neo4j.ManagedTransaction, kind: str, uuid: str, name: str, day: date
) -> Value | None:
    """The value of a property on a day. None: there is none, or people have set it by hand."""
    row = run.run(
        f"""
        MATCH (n:{kind} {{uuid: $uuid}})-[s:STATE]->(v)
        WHERE {in_force("s", "$day")}
        RETURN v[$name] AS value, COLLECT {{
            MATCH (r:SourceRecord {{source: $manual}})-[:TELLS]->(n)
            RETURN r.values
        }} AS by_hand
        """,
        uuid=uuid,
        name=name,
        day=day,
        manual=MANUAL,
    ).single()
    if row is None:
        return None
    for text in row["by_hand"]:
        dated = () if text is None else statement_in(kind, "", text).values.get(name, ())
        if any(each.period.holds(day) for each in dated):
            return None
    value: Value | None = row["value"]
    return value
