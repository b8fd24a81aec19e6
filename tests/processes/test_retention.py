"""Ended cases are deleted after their time, with all parts, by several workers; open ones never are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import neo4j
import pytest
from pydantic import ValidationError

from graph.questions.rights.authors import authors
from processes.cases import retention
from reconnect.settings.tree import ProcessSettings
from reconnect.work import case_times

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
_MADE = """
UNWIND $cases AS each
MERGE (p:Process {id: each.process})
CREATE (c:Case {id: each.id, process: each.process, open: each.ended IS NULL, ended: each.ended, due: null})
CREATE (t:Task {id: each.id + '-task', state: 'done'})-[:OF_CASE]->(c)
CREATE (:TaskDraft {id: each.id})-[:OF_TASK]->(t)
CREATE (:ServiceTask {id: each.id + '-service', state: 'done'})-[:OF_CASE]->(c)
CREATE (:CaseEntry {number: 1, action: 'started'})-[:OF_CASE]->(c)
"""


def made(driver: neo4j.Driver, **ended: int | None) -> None:
    """Cases by their names, whose first part is their process: so many days ago each has ended; None = it goes on."""
    cases = [
        {"id": name, "process": name.partition("_")[0], "ended": None if days is None else NOW - timedelta(days=days)}
        for name, days in ended.items()
    ]
    driver.execute_query(_MADE, cases=cases)


def left(driver: neo4j.Driver) -> set[str]:
    rows, _, _ = driver.execute_query("MATCH (c:Case) RETURN c.id AS id")
    parts, _, _ = driver.execute_query("MATCH (n:Task|ServiceTask|CaseEntry|TaskDraft) RETURN count(n) AS parts")
    found = {row["id"] for row in rows}
    assert parts[0]["parts"] == 4 * len(found), "the parts go with their case, and no others"
    return found


def test_what_has_ended_long_ago_is_deleted_and_nothing_else(
    clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    made(clean_graph, hire_open=None, hire_new=80, hire_a=91, hire_b=200, hire_c=4000, move_a=91, move_b=731)
    settings = SimpleNamespace(processes=ProcessSettings(kept_days_of={"hire": 90}))
    context: Any = SimpleNamespace(driver=lambda: clean_graph, settings=settings)
    for _ in range(2):
        case_times.delete_ended(context)
        assert left(clean_graph) == {"hire_open", "hire_new", "move_a"}


def test_several_workers_delete_each_case_once(clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    made(clean_graph, hire_open=None, **{f"hire_{number}": 100 + number for number in range(20)})
    with ThreadPoolExecutor(4) as workers:
        found = list(workers.map(lambda _: retention.delete_ended(clean_graph, NOW, {}).get("hire", 0), range(4)))
    assert sum(found) == 20 and left(clean_graph) == {"hire_open"}


def test_who_had_a_part_in_a_case_stays_an_author_of_what_it_wrote(clean_graph: neo4j.Driver) -> None:
    made(clean_graph, hire_a=100)
    clean_graph.execute_query(
        """
        MATCH (c:Case {id: 'hire_a'})<-[:OF_CASE]-(e:CaseEntry), (c)<-[:OF_CASE]-(s:ServiceTask)
        SET e.by = 'anna', s.wrote = ['given']
        CREATE (:CaseEntry {number: 2, action: 'repaired', user: 'keeper'})-[:OF_CASE]->(c)
        CREATE (:Grant {uuid: 'given'})<-[:CONCERNS]-(:Change {
            number: 7, uuid: 'given', user: 'process:hire', reason: 'x (case hire_a)', before: '{}', after: '{}'
        })
        """
    )
    with clean_graph.session() as session:
        before = authors(session, "given")
        assert retention.delete_ended(clean_graph, NOW, {}) == {"hire": 1}
        assert authors(session, "given") == before == {"process:hire", "person:anna", "keeper"}


@pytest.mark.parametrize("days", [0, 29, -1, 36526])
def test_days_that_would_delete_what_is_still_needed_are_refused(days: int) -> None:
    with pytest.raises(ValidationError):
        ProcessSettings(kept_days=days)
    with pytest.raises(ValidationError):
        ProcessSettings(kept_days_of={"hire": days})
