"""The graph as something that can be compared between runs: by the sources' keys instead of uuids and moments."""

from typing import Any

import neo4j
import orjson

HIDDEN = {"uuid", "version", "cpr_cipher", "cpr_key"}


def snapshot(driver: neo4j.Driver, *, changes: bool = False) -> list[Any]:
    """Every thing with its keys, values over time, links over time, and what each source says of it."""
    rows, _, _ = driver.execute_query(
        """
        MATCH (n)<-[:TELLS]-(:SourceRecord)
        WITH DISTINCT n
        RETURN n.uuid AS uuid, labels(n)[0] AS kind, properties(n) AS node,
            COLLECT { MATCH (r:SourceRecord)-[:TELLS]->(n) RETURN [r.source, r.key, r.hash, r.values] } AS records,
            COLLECT { MATCH (n)-[s:STATE]->(x) RETURN [toString(s.from), toString(s.to), properties(x)] } AS states,
            COLLECT { MATCH (n)-[r]->(m) WHERE type(r) <> 'STATE' AND NOT type(r) STARTS WITH 'WAS_'
                      RETURN [type(r), toString(r.from), toString(r.to), m.uuid] } AS links,
            COLLECT { MATCH (c:Change)-[:CONCERNS]->(n) RETURN [c.operation, c.source] } AS log
        """
    )
    names = {row["uuid"]: "+".join(sorted(f"{r[0]}|{row['kind']}|{r[1]}" for r in row["records"])) for row in rows}
    things = []
    for row in rows:
        node = {key: str(value) for key, value in sorted(row["node"].items()) if key not in HIDDEN}
        records = sorted((r[0], r[1], r[2], _named(r[3], names)) for r in row["records"])
        links = sorted((r[0], str(r[1]), str(r[2]), names.get(r[3], r[3])) for r in row["links"])
        states = sorted((str(s[0]), str(s[1]), orjson.dumps(s[2], option=orjson.OPT_SORT_KEYS)) for s in row["states"])
        thing: list[Any] = [names[row["uuid"]], node, records, states, links]
        if changes:
            thing.append(sorted(map(tuple, row["log"])))
        things.append(thing)
    return sorted(things, key=lambda each: each[0])


def _named(values: str, names: dict[str, str]) -> str:
    form = orjson.loads(values)
    for tolds in form["links"].values():
        for told in tolds:
            told[-1] = names.get(told[-1], told[-1])
    return orjson.dumps(form).decode()


def change_numbers(driver: neo4j.Driver) -> list[int]:
    rows, _, _ = driver.execute_query("MATCH (c:Change) RETURN c.number AS number ORDER BY number")
    return [row["number"] for row in rows]


def everything(driver: neo4j.Driver) -> list[str]:
    """Each node and relationship as it is: equal before and after = nothing was kept.

    ``last_write`` is not for what is rolled back: Neo4j keeps the names of new properties and types all the same.
    """
    rows, _, _ = driver.execute_query(
        """
        MATCH (n)
        RETURN elementId(n) AS id, labels(n) AS types, properties(n) AS properties
        UNION ALL
        MATCH (a)-[r]->(b)
        RETURN elementId(r) AS id, [type(r), elementId(a), elementId(b)] AS types, properties(r) AS properties
        """
    )
    return sorted(f"{row['id']} {row['types']} {sorted(row['properties'].items())}" for row in rows)


def last_write(driver: neo4j.Driver) -> frozenset[str]:
    """A mark of the last transaction that wrote anything: equal before and after = nothing was written."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        session.run("RETURN 1").consume()
        return frozenset(session.last_bookmarks().raw_values)
