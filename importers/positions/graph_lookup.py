"""``Lookup`` over Neo4j: one query for all employments."""

from collections.abc import Iterator, Mapping

import neo4j

from graph.statements.precedence import MANUAL, RULE_PREFIX
from graph.time import Period
from importers.positions.lookup import Employed
from importers.positions.matching import PayrollPosition

OWN = "positions"

# In blocks, since a row of a result costs two reads of the socket, whatever its size.
EMPLOYMENTS = """
MATCH (e:Employment)
WITH e,
    COLLECT {
        MATCH (r:SourceRecord)-[:TELLS]->(e)
        WHERE r.source <> $own AND r.source <> $manual AND NOT r.source STARTS WITH $rules
        RETURN DISTINCT r.source AS source
        ORDER BY source
    } AS sources,
    COLLECT {
        MATCH (e)-[state:STATE]->(told)
        WHERE told.position_code IS NOT NULL OR told.title IS NOT NULL OR told.stk IS NOT NULL
        RETURN [state.from, state.to, coalesce(told.institution, ''), coalesce(told.position_code, ''),
            coalesce(told.stk, ''), coalesce(told.title, '')]
        ORDER BY state.from
    } AS periods
WITH collect([e.uuid, sources, periods]) AS found
UNWIND range(0, size(found), 2000) AS start
RETURN found[start..start + 2000] AS rows
"""

# Payroll's own positions, which have an institution: (institution, code) → name.
NAMES = """
MATCH (p:Position)
WHERE p.institution IS NOT NULL AND p.code IS NOT NULL AND p.title IS NOT NULL
RETURN collect([p.institution, p.code, p.title]) AS names
"""


class GraphLookup:
    """The effective values, from any source: a title that was corrected by hand counts; without a title of its own, an
    employment has the name of payroll's position."""

    def __init__(self, driver: neo4j.Driver) -> None:
        self._driver = driver

    def employments(self) -> Iterator[Employed]:
        with self._driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            named = session.run(NAMES).single(strict=True)["names"]
            names = {(institution, code): title for institution, code, title in named}
            for block in session.run(EMPLOYMENTS, own=OWN, manual=MANUAL, rules=RULE_PREFIX):
                for uuid, sources, periods in block["rows"]:
                    yield Employed(uuid, [_period(each, tuple(sources), names) for each in periods])


def _period(
    row: list[object], sources: tuple[str, ...], names: Mapping[tuple[object, object], str]
) -> tuple[Period, PayrollPosition]:
    start, end, *position = row
    institution, code, _, title = position
    position[-1] = title or names.get((institution, code), "")
    period = Period(start.to_native(), None if end is None else end.to_native())  # type: ignore[attr-defined]
    return period, PayrollPosition(sources, *position)  # type: ignore[arg-type]
