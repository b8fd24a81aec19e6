"""Withdraws the decision on an ambiguous record: the record waits again, and loses its effect at once."""

import neo4j

from graph.change_log import Origin, now, take_numbers
from graph.corrections.reassigning import Reassigning, Reassignment
from graph.cpr.keyring import Keyring
from graph.errors import Unknown
from graph.identity.known_keys import RecordId
from graph.statements.precedence import SourceOrder
from graph.statements.statement import Ref


def withdraw(driver: neo4j.Driver, keyring: Keyring, order: SourceOrder, decision: str, origin: Origin) -> None:
    """Withdraw a ``MatchDecision`` by id. Raises Unknown (unknown_decision).

    A thing that was created by the decision, and that no other record is about, ceases to exist. The record comes again
    with the source's next whole reading.
    """
    with driver.session() as session:

        def work(tx: neo4j.ManagedTransaction) -> None:
            take_numbers(tx, 0)
            kept = tx.run(_DECISION, id=decision).single()
            if kept is None:
                raise Unknown(
                    "unknown_decision", f"there is no decision {decision!r}; decisions {{ id }} lists them", decision
                )
            record = RecordId(kept["source"], kept["kind"], kept["key"])
            if kept["giving"] is not None:

                def address(source: str, ref: Ref) -> str | None:
                    """References by the record's own key find nothing until it is decided anew."""
                    known_by = f"{source}:{ref.key}" if ref.by == "source" else ref.key
                    by_record = ref.by in ("source", "other") and known_by == f"{record.source}:{record.key}"
                    return None if by_record else str(kept["giving"])

                what = Reassignment(record.kind, kept["giving"], {decision: None}, address)
                Reassigning(tx, keyring, order, what).write(origin)
            tx.run(_WAITS, id=decision, source=record.source, kind=record.kind, key=record.key, at=now()).consume()

        session.execute_write(work)


_DECISION = """
MATCH (d:MatchDecision {id: $id})
OPTIONAL MATCH (r:SourceRecord {id: $id})-[:TELLS]->(n)
WITH n, split($id, '|') AS parts
RETURN parts[0] AS source, parts[1] AS kind, substring($id, size(parts[0]) + size(parts[1]) + 2) AS key,
    n.uuid AS giving
"""
_WAITS = """
MATCH (d:MatchDecision {id: $id})
MERGE (a:Ambiguity {id: $id})
SET a.source = $source, a.kind = $kind, a.key = $key, a.candidates = coalesce(d.candidates, []), a.learnt = $at
DELETE d
"""
