"""Everything without a match, in one list: records that wait, and accounts and employments without a person."""

from collections.abc import Iterator
from dataclasses import dataclass

import neo4j

from graph.as_of import exists, in_force
from graph.statements.precedence import MANUAL
from graph.time import today


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A record that waits (``thing`` None), or a thing that lacks its person. ``candidates``: uuids it may be of.

    ``decide``: id for ``decide_match`` where a person is to decide; empty otherwise.
    """

    source: str
    kind: str
    key: str
    why: str
    thing: str | None
    candidates: tuple[str, ...]
    decide: str


def unmatched(driver: neo4j.Driver, kind: str | None = None, source: str | None = None) -> Iterator[Unmatched]:
    """By source, kind and key; only things that exist today."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        for row in session.run(_LIST, kind=kind, source=source, manual=MANUAL, today=today()):
            yield Unmatched(
                row["source"],
                row["kind"],
                row["key"],
                row["why"],
                row["thing"],
                tuple(row["candidates"]),
                row["decide"],
            )


_LIST = f"""
CALL () {{
    MATCH (a:Ambiguity)
    RETURN a.source AS source, a.kind AS kind, a.key AS key, null AS thing, a.candidates AS candidates, a.id AS decide,
        CASE WHEN size(a.candidates) = 0 THEN 'only people can decide what it is' ELSE 'it fits several' END AS why
    UNION ALL
    MATCH (b:BadRecord {{rule: 'unknown_reference', field: 'about'}})
    RETURN b.source AS source, b.kind AS kind, b.key AS key, null AS thing, [] AS candidates, '' AS decide,
        b.text AS why
    UNION ALL
    MATCH (n:Account)
    WHERE {exists("n")} AND NOT EXISTS {{
        MATCH (n)<-[owns:OWNS]-(:Person)
        WHERE {in_force("owns", "$today")}
    }}
    MATCH (r:SourceRecord)-[:TELLS]->(n)
    WHERE r.source <> $manual
    RETURN r.source AS source, 'Account' AS kind, r.key AS key, n.uuid AS thing, [] AS candidates, '' AS decide,
        'the account has no owner' AS why
    UNION ALL
    MATCH (n:Employment|Affiliation)
    WHERE {exists("n")} AND NOT EXISTS {{
        MATCH (n)<-[has:HAS]-(:Person)
        WHERE {in_force("has", "$today")}
    }}
    MATCH (r:SourceRecord)-[:TELLS]->(n)
    WHERE r.source <> $manual
    RETURN r.source AS source, labels(n)[0] AS kind, r.key AS key, n.uuid AS thing, [] AS candidates, '' AS decide,
        'its person is not known' AS why
}}
WITH source, kind, key, thing, candidates, decide, why
WHERE ($kind IS NULL OR kind = $kind) AND ($source IS NULL OR source = $source)
RETURN source, kind, key, thing, candidates, decide, why
ORDER BY source, kind, key
"""
