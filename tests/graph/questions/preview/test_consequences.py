"""What a change would do is what comparing everybody before and after it finds; and nothing of it stays."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import neo4j
import pytest
import yaml

from graph.as_of import Day
from graph.change_log import turned_day
from graph.questions.preview import coming
from graph.questions.preview.consequences import Consequence, compared, joined, preview
from graph.questions.preview.standing import Held, standings
from graph.questions.rights import reading
from graph.questions.rights.evaluate import Evaluation
from graph.statements.precedence import SourceOrder
from graph.time import today
from importers.facts.settings import FactsSettings
from importers.facts.source import Facts
from importers.pipeline.import_run import run_import
from importers.pipeline.report import ImportReport
from tests.emptied import empty
from tests.graph.questions.rights.imported import RING, imported
from tests.graph.questions.rights.town import TOWN

pytestmark = pytest.mark.slow

MOVES = today() + timedelta(days=30)
ENDS = today() + timedelta(days=60)
BEGINS, COMES, LEAVES, GRANTED, MANAGES, CLOSES = (today() + timedelta(days=each) for each in (10, 20, 35, 40, 50, 70))
"""What is known already begins or ends on these days."""
ROLE = "job_function_role:sapa_case_worker"


def _town() -> dict[str, Any]:
    """The town, with managers, somebody on leave, stand-ins, pay, and limits that look above and below."""
    town = deepcopy(TOWN)
    town["units"] += [
        {"id": "team", "name": "Team Unge", "parents": [{"unit": "job"}], "performs": ["32.24"]},
        {"id": "desk", "name": "Skranke", "parents": [{"unit": "citizen"}], "paid_out_by": "center"},
    ]
    for number, unit in enumerate(("town", "center", "citizen", "team", "desk", "job")):
        town["persons"].append({"id": f"p{number}", "name": f"Person {number}"})
        town["employments"].append({
            "id": f"e{number}", "person": f"p{number}", "title": "Medarbejder", "units": [{"unit": unit}],
            "type": "monthly_full",
        })  # fmt: skip
    town["assignments"] += [
        {"id": "m_town", "holder": {"employment": "e0"}, "role": "manager", "for": [{"unit": "town"}]},
        {"id": "m_center", "holder": {"employment": "e1"}, "role": "manager", "for": [{"unit": "center"}]},
        {"id": "m_citizen", "holder": {"employment": "e2"}, "role": "manager", "for": [{"unit": "citizen"}]},
        {"id": "w_team", "holder": {"employment": "e3"}, "role": "case_worker", "for": [{"unit": "team"}]},
        {"id": "w_desk", "holder": {"employment": "e4"}, "role": "case_worker", "for": [{"unit": "desk"}]},
    ]
    town["substitutes"] = [
        {"id": "s1", "assignment": "m_center", "person": "p5", "rank": 1},
        {"id": "s2", "assignment": "m_town", "person": "carl", "rank": 1, "scope": {"units": ["job"]}},
    ]
    town["system_roles"]["staff"] = {
        "title": "Se ansatte", "uri": "http://mail.example/roles/staff/1", "system": "mail", "required": ["unit"],
    }  # fmt: skip
    limits = {"below": "unit_and_below", "managed": "managed_units_and_below", "level": "unit_at_level(2)",
              "paid": "units_paid_out_by"}  # fmt: skip
    for name, derived in limits.items():
        town["job_function_roles"][name] = {
            "title": name, "uri": f"http://solbjerg.example/roles/jobrole/{name}/1", "includes": ["system_role:staff"],
        }  # fmt: skip
        town["constraint_settings"].append({
            "id": f"c_{name}", "of": f"job_function_role:{name}", "system_role": "staff", "type": "unit",
            "derived": derived, "parameter": f"http://solbjerg.example/{name}/1/parametric",
        })  # fmt: skip
    given = {"below": "role:case_worker", "managed": "role:manager", "level": "unit:job", "paid": "unit:center"}
    town["grants"] += [
        {"id": f"g_{name}", "title": name, "gives": f"job_function_role:{name}", "given_to": [to], "inherit": True}
        for name, to in given.items()
    ]
    # What he has follows from a scope: he works elsewhere, and manages nothing.
    town["grants"].append({"id": "g_carl", "gives": "job_function_role:managed", "given_to": ["person:carl"]})
    return _with_what_is_known(town)


def _with_what_is_known(town: dict[str, Any]) -> dict[str, Any]:
    """Somebody is hired, gets a role, moves, goes on leave, becomes a manager; a unit closes."""
    town["persons"].append({"id": "p6", "name": "Person 6"})
    ties = {each["id"]: each for each in town["employments"]}
    town["employments"].append({**ties["e2"], "id": "e6", "person": "p6", "from": BEGINS})
    ties["e4"]["units"] = [{"unit": "desk", "to": LEAVES}, {"unit": "job", "from": LEAVES}]
    ties["e1"]["leave"] = [{"from": LEAVES, "to": MANAGES}]
    town["assignments"] += [
        {"id": "w_soon", "holder": {"employment": "e5"}, "role": "case_worker", "for": [{"unit": "team"}],
         "from": COMES},
        {"id": "m_team", "holder": {"employment": "e2"}, "role": "manager", "for": [{"unit": "team"}],
         "from": MANAGES},
    ]  # fmt: skip
    town["grants"].append({
        "id": "g_soon", "gives": "job_function_role:everyone", "given_to": ["role:manager"], "from": GRANTED,
        "to": CLOSES,
    })  # fmt: skip
    next(each for each in town["units"] if each["id"] == "canteen")["to"] = CLOSES
    return town


CHANGES: dict[str, dict[str, Any]] = {
    "a unit moves": {
        "units": [{"id": "x", "adds_to": "facts:job", "parents": [{"unit": "facts:citizen", "from": MOVES}]}]
    },
    "a unit moves for a while, and one performs more, which is passed down": {
        "units": [
            {"id": "x", "adds_to": "facts:team", "parents": [{"unit": "facts:town", "from": MOVES, "to": ENDS}]},
            {"id": "y", "adds_to": "facts:citizen", "performs": ["15"], "passes_kle_down": True},
        ]
    },
    "a unit is paid by another, and a person is granted something": {
        "units": [{"id": "x", "adds_to": "facts:canteen", "paid_out_by": "facts:center"}],
        "grants": [
            {"id": "g", "gives": "job_function_role:everyone", "given_to": ["person:facts:bo"], "from": MOVES,
             "to": ENDS},
        ],
    },
    "two rights must not meet for a while": {
        "rights_conflicts": {
            "c": {"first": "job_function_role:everyone", "second": "system_role:sapa_read", "from": MOVES, "to": ENDS},
        },
    },
    "a request is approved, and a right becomes sensitive": {
        "rights_requests": [
            {"id": "q", "given_to": "employment:facts:e_carl", "gives": "system_role:mail_box", "from": MOVES,
             "to": ENDS, "requested_by": "facts:bo", "state": "approved", "decided_by": "facts:dora", "reason": "x"},
        ],
        "job_function_roles": {"everyone": {"adds_to": "everyone", "sensitive": True}},
    },
    "a unit is made, somebody moves there, and others manage": {
        "units": [{"id": "new", "name": "Ny", "from": MOVES, "parents": [{"unit": "facts:job", "from": MOVES}]}],
        "employments": [
            {"id": "x", "adds_to": "facts:e4", "person": "facts:p4", "units": [{"unit": "new", "from": MOVES}]},
        ],
        "assignments": [
            {"id": "m", "holder": {"employment": "facts:e5"}, "role": "manager", "for": [{"unit": "facts:job"}],
             "from": MOVES, "to": ENDS},
        ],
    },
    "a manager goes on leave": {
        "employments": [
            {"id": "x", "adds_to": "facts:e1", "person": "facts:p1", "leave": [{"from": MOVES, "to": ENDS}]}
        ]
    },
    "a role is granted something, and so is somebody who has not begun": {
        "grants": [
            {"id": "g", "gives": "job_function_role:below", "given_to": ["role:manager"]},
            {"id": "h", "gives": "job_function_role:level", "given_to": ["employment:facts:e6"], "to": ENDS},
        ],
    },
    "another manages, of whom only they see something who come later": {
        "assignments": [
            {"id": "m", "holder": {"employment": "facts:e3"}, "role": "manager", "for": [{"unit": "facts:team"}]},
            {"id": "n", "holder": {"employment": "facts:e3"}, "role": "manager", "for": [{"unit": "facts:job"}]},
        ],
    },
    "a unit is granted something, and a role gets one more limit": {
        "grants": [
            {"id": "g", "gives": "job_function_role:below", "given_to": ["unit:facts:citizen"], "inherit": True}
        ],
        "constraint_settings": [
            {"id": "c", "of": ROLE, "system_role": "sapa_read", "type": "area", "fixed": ["N"], "from": MOVES}
        ],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def graph(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> neo4j.Driver:
    empty(driver)
    assert imported(driver, _town(), tmp_path_factory.mktemp("town")).problems == []
    return driver


@pytest.fixture
def change(tmp_path: Path) -> Iterator[Callable[[dict[str, Any]], Callable[[neo4j.Driver], ImportReport]]]:
    """Imports a file's content, which outranks what is known."""

    def of(content: dict[str, Any]) -> Callable[[neo4j.Driver], ImportReport]:
        file = tmp_path / "change.yaml"
        file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        source = Facts(FactsSettings(path=file, name="change", whole=False))
        return lambda driver: run_import(driver, source, RING, order=SourceOrder(("change", "facts")))

    yield of


def everybody(session: neo4j.Session, at: date) -> Held:
    day = Day.of(at, turned_day(session))
    work = Evaluation(reading.of_everybody(session, day, at))
    return standings(session, day, at, [*work.organisation.persons], work)


def by_comparing_everybody(before: neo4j.Driver, after: neo4j.Driver) -> list[Consequence]:
    days = []
    with before.session() as was, after.session() as would_be:
        for day in sorted((today(), MOVES, ENDS, BEGINS, COMES, LEAVES, GRANTED, MANAGES, CLOSES)):
            sides = everybody(was, day), everybody(would_be, day)
            days.append((day, compared(*sides, {person for each in sides for person in each.standings})))
    return joined(days)


def content(driver: neo4j.Driver) -> list[Any]:
    rows, _, _ = driver.execute_query(
        """
        MATCH (n)
        RETURN labels(n) AS labels, count(*) AS count, sum(size(keys(n))) AS keys, sum(COUNT { (n)--() }) AS links
        ORDER BY labels
        """
    )
    numbers, _, _ = driver.execute_query("MATCH (log:ChangeLog) RETURN properties(log) AS log")
    return [*(row.data() for row in rows), *(row.data() for row in numbers)]


@pytest.mark.parametrize("told", CHANGES.values(), ids=CHANGES)
def test_it_is_what_comparing_everybody_finds(graph: neo4j.Driver, change: Any, told: dict[str, Any]) -> None:
    before = content(graph)

    def made(rehearsal: neo4j.Driver) -> tuple[ImportReport, list[Consequence]]:
        return change(told)(rehearsal), by_comparing_everybody(graph, rehearsal)

    found = preview(graph, made)
    report, expected = found.outcome
    assert report.problems == []
    assert found.consequences
    assert list(found.consequences) == expected
    assert content(graph) == before


GRANT = {"grants": [{"id": "g", "gives": "job_function_role:level", "given_to": ["role:case_worker"]}]}


def test_it_looks_a_year_ahead(graph: neo4j.Driver, change: Any) -> None:
    found = preview(graph, change(GRANT))
    assert (found.days, found.looked_until) == ((today(),), today() + coming.AHEAD)
    assert COMES in {each.since for each in found.consequences}


@pytest.mark.parametrize(
    ("bound", "most", "last"),
    [
        ("MOST_DAYS", 1, LEAVES - timedelta(days=1)),
        ("MOST_LOOKS", 0, None),
        ("MOST_PEOPLE", 1, today()),
    ],
)
def test_it_says_where_it_looks_no_further(
    graph: neo4j.Driver, change: Any, monkeypatch: pytest.MonkeyPatch, bound: str, most: int, last: date | None
) -> None:
    whole = preview(graph, change(GRANT))
    monkeypatch.setattr(coming, bound, most)
    found = preview(graph, change(GRANT))
    assert found.looked_until < whole.looked_until
    assert last is None or found.looked_until == last
    seen = {each for each in found.consequences if each.since <= found.looked_until}
    assert {replace(each, until=None) for each in seen} == {
        replace(each, until=None) for each in whole.consequences if each.since <= found.looked_until
    }


def test_of_one_day_it_looks_at_no_other(graph: neo4j.Driver, change: Any) -> None:
    found = preview(graph, change(GRANT), COMES)
    assert (found.days, found.looked_until) == ((COMES,), COMES)
    assert {each.since for each in found.consequences} == {COMES}
