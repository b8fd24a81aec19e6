"""Since when an account was to be closed."""

from datetime import UTC, date, datetime, time

import neo4j
import pytest

from exporters.objects.closing_times import asked_at
from graph.time import COPENHAGEN

pytestmark = pytest.mark.slow
JANUARY = datetime(2026, 1, 5, 9, tzinfo=UTC)
END = date(2026, 3, 1)


def test_a_stop_an_end_known_before_and_one_that_became_known_late(clean_graph: neo4j.Driver) -> None:
    late = datetime(2026, 3, 4, 12, tzinfo=UTC)
    clean_graph.execute_query(
        """
        CREATE (:PlannedAccount {uuid: 'known', to: $end})-[:OF_PERSON]->(:Person {uuid: 'a'}),
            (:PlannedAccount {uuid: 'late', to: $end})-[:OF_PERSON]->(:Person {uuid: 'b'}),
            (:PlannedAccount {uuid: 'stopped', to: $end})-[:OF_PERSON]->(:Person {uuid: 'c', stopped: true}),
            (:Person {uuid: 'd'})-[:HAS]->(:Employment {uuid: 'd1', to: $end})
        WITH 1 AS one
        UNWIND [['known', $january, ''], ['late', $late, ''], ['stopped', $january, ''], ['c', $late, '"stopped"'],
            ['d1', $january, '']] AS row
        CREATE (:Change {uuid: row[0], at: row[1], after: row[2]})
        """,
        end=END,
        january=JANUARY,
        late=late,
    )
    day = datetime.combine(END, time(), COPENHAGEN)
    assert asked_at(clean_graph, ["known", "late", "stopped", "d", "unknown"]) == {
        "known": day, "late": late, "stopped": late, "d": day,
    }  # fmt: skip
