"""A limit that was to hold and is put off, or withdrawn, leaves nothing open meanwhile."""

from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graph.as_of import Day
from graph.identity.lookup import find
from graph.questions.rights import reading
from graph.questions.rights.asking import evaluation
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.review import review
from graph.time import today
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow
LIMIT: dict[str, Any] = {
    "id": "c_area", "of": "job_function_role:sapa_case_worker", "system_role": "sapa_read", "type": "area",
    "fixed": ["N"],
}  # fmt: skip


def limited(driver: neo4j.Driver) -> list[str]:
    """Areas of what Anna holds; the reasons for what is left out."""
    with driver.session() as session:
        anna = find(session, "Person", "anna").uuid
        alone = evaluation(session, anna, today()).of(anna)
        day = Day(False, "$at")
        assert Evaluation(reading.of_everybody(session, day, today())).of(anna) == alone
        held = [limit for each in alone.held for one in each.included for limit in one.limits]
    areas = [value for limit in held if limit.type.key == "area" for value in limit.wire]
    return areas or [each.reason for each in alone.omitted] or ["open"]


def test_a_limit_that_is_put_off_leaves_nothing_open(clean_graph: neo4j.Driver, tmp_path: Path) -> None:
    def state(*settings: dict[str, Any]) -> list[str]:
        content = deepcopy(TOWN)
        content["constraint_settings"] += settings
        assert imported(clean_graph, content, tmp_path).problems == []
        return limited(clean_graph)

    later = (today() + timedelta(days=30)).isoformat()
    assert state({**LIMIT, "from": later}) == ["open"], "nobody has limited it before"
    assert state(LIMIT) == ["N"]
    assert state({**LIMIT, "from": later}) == ["mandatory_not_configured"]
    assert state(LIMIT) == ["N"]
    assert state() == ["mandatory_not_configured"], "it is ended, or withdrawn"


def test_a_system_role_that_is_granted_by_itself_is_listed_where_it_is_not_limited(
    clean_graph: neo4j.Driver, tmp_path: Path
) -> None:
    content = deepcopy(TOWN)
    content["system_roles"]["mail_box"]["optional"] = ["unit"]
    content["grants"].append({"id": "g_box", "title": "Postkasser", "gives": "system_role:mail_box",
                              "given_to": ["unit:job"]})  # fmt: skip
    assert imported(clean_graph, content, tmp_path).problems == []
    with clean_graph.session() as session:
        found = review(Evaluation(reading.of_everybody(session, Day(False, "$at"), today())))
    assert ("Grant", "Postkasser is not limited by Enhed") in {
        (each.about.kind, each.text) for each in found if each.finding == "left_open"
    }
