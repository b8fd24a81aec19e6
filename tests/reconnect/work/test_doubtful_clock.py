"""While a person is to look at the machine's clock, nothing is done by it that can't be taken back."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import neo4j
import pytest

from api.login.settings import LoginSettings
from graph.time import today
from idp import audit
from reconnect.settings.tree import ProcessSettings
from reconnect.work import case_times, worker

_OLD = """
MERGE (c:Clock) SET c.today = $day
CREATE (:PersonRead {at: $long_ago}), (:LoginEvent {at: $long_ago}), (:Process {id: 'hire'}),
    (:Case {id: 'a', process: 'hire', open: false, ended: $long_ago})
"""
_LEFT = "MATCH (n:PersonRead|LoginEvent|Case) RETURN count(n) AS count"


@pytest.mark.parametrize(("behind", "is_done"), [(2, False), (400, False), (1, True), (0, True), (-1, True)])
def test_time_passes_where_it_is_not_in_doubt(
    clean_graph: neo4j.Driver, monkeypatch: pytest.MonkeyPatch, behind: int, is_done: bool
) -> None:
    """Before the day turn, and after a clock that was ahead has been put right, all goes on."""
    passed: list[str] = []
    for name in ("pass_time", "start_due"):
        monkeypatch.setattr(case_times, name, lambda context, name=name: passed.append(name))
    settings = SimpleNamespace(processes=ProcessSettings(), login=LoginSettings())
    context: Any = SimpleNamespace(driver=lambda: clean_graph, settings=settings)
    oldest = max(timedelta(days=max(settings.processes.kept_days, settings.login.reads_kept_days)), audit.KEPT)
    long_ago = datetime.now(UTC) - oldest - timedelta(days=1)
    clean_graph.execute_query(_OLD, day=today() - timedelta(days=behind), long_ago=long_ago)
    chores = {each.name: each.look for each in worker.Jobs(context)._chores()}
    for name in (
        "let time pass in cases", "start cases by what happens", "delete ended cases", "remove what is over of logins",
    ):  # fmt: skip
        chores[name]()
    assert passed == (["pass_time", "start_due"] if is_done else [])
    assert clean_graph.execute_query(_LEFT).records[0]["count"] == (0 if is_done else 3)
