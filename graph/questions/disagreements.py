"""Where sources claim different values, of which only one can be effective (architecture.md §4 "Merge")."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import neo4j

from graph.model import KINDS
from graph.questions.provenance import Claims, claims_of
from graph.questions.readable import Readable
from graph.statements.precedence import SourceOrder
from graph.writing.loading import KeptRecord

AT_A_TIME = 1000  # things; bounds memory


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A property of a thing for which two sources claim different values."""

    uuid: str
    claims: Claims


def disagreements(
    driver: neo4j.Driver,
    order: SourceOrder,
    kind: str,
    day: date,
    *,
    name: str | None = None,
    source: str | None = None,
    after: str = "",
    readable: Readable | None = None,
) -> Iterator[Disagreement]:
    """Those of one kind, by uuid, found one batch after the other.

    ``name``: only of this property or link. ``source``: only where it takes part. ``after``: go on after this uuid.
    ``readable``: only of things that may be read; None = of all.
    """
    while True:
        batch = _of_several_records(driver, kind, after, None if readable is None else readable.things)
        for uuid, records in batch:
            if source is not None and not any(each.source == source for each in records):
                continue
            for claims in claims_of(KINDS[kind], records, order, day):
                takes_part = source is None or any(each.source == source for each in claims.claims)
                if claims.disagree and takes_part and (name is None or claims.name == name):
                    yield Disagreement(uuid, claims)
        if len(batch) < AT_A_TIME:
            return
        after = batch[-1][0]


def _of_several_records(
    driver: neo4j.Driver, kind: str, after: str, things: Sequence[str] | None
) -> list[tuple[str, Sequence[KeptRecord]]]:
    rows, _, _ = driver.execute_query(
        f"""
        MATCH (n:{kind})
        WHERE n.uuid > $after AND ($things IS NULL OR n.uuid IN $things) AND COUNT {{ (n)<-[:TELLS]-() }} > 1
        WITH n ORDER BY n.uuid LIMIT $most
        RETURN n.uuid AS uuid, COLLECT {{
            MATCH (r:SourceRecord)-[:TELLS]->(n)
            RETURN [r.source, r.key, coalesce(r.hash, ''), r.values, coalesce(toString(r.learnt), ''), r.since]
        }} AS records
        """,
        after=after,
        things=things,
        most=AT_A_TIME,
        routing_=neo4j.RoutingControl.READ,
    )
    return [(row["uuid"], [KeptRecord(*each) for each in row["records"]]) for row in rows]
