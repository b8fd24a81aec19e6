"""Which units a receiver knows: those that a target's ledger has as delivered (kombit_access.md pitfall 13)."""

import neo4j
import pytest

from idp.claims.person_claims import _units_at

pytestmark = pytest.mark.slow


def test_pitfall_13_only_delivered_units_of_that_target_are_known(clean_graph: neo4j.Driver) -> None:
    clean_graph.execute_query("""
        UNWIND [
            ['fk', 'delivered', 'there'], ['fk', 'pending', 'on its way'], ['fk', 'failed', 'refused'],
            ['fk', 'closed', 'removed'], ['fk', 'parked', 'held'], ['other', 'delivered', 'elsewhere'],
            ['fk', 'delivered', 'not asked for']
        ] AS entry
        CREATE (:LedgerEntry {id: entry[0] + entry[2], target: entry[0], state: entry[1], key: entry[2]})
    """)
    with clean_graph.session() as session:
        asked = ["there", "on its way", "refused", "removed", "held", "elsewhere", "never exported"]
        assert _units_at(session, "fk", asked) == {"there"}
        assert _units_at(session, "nothing delivered yet", asked) == frozenset()
