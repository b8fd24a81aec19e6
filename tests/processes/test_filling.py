"""What the form of a task begins with."""

import neo4j

from processes.cases.filling import values_of


def test_a_draft_stays_its_persons_who_is_joined_into_another(clean_graph: neo4j.Driver) -> None:
    """Of several, the one that was kept last counts; another person's never does."""
    clean_graph.execute_query(
        """
        CREATE (task:Task {id: 't'}), (:Person {uuid: 'old'})-[:JOINED_INTO]->(:Person {uuid: 'new'}),
            (:Person {uuid: 'other'})
        WITH task
        UNWIND [['old', 2, '{"who": "Dora"}'], ['new', 1, '{"who": "Bo"}'], ['other', 3, '{"who": "Ida"}']] AS each
        CREATE (:TaskDraft {by: each[0], at: datetime({epochSeconds: each[1]}), values: each[2]})-[:OF_TASK]->(task)
        """
    )
    with clean_graph.session() as session:
        assert values_of(session, "t", "new") == {"who": "Dora"}
        assert values_of(session, "t", "other") == {"who": "Ida"}
