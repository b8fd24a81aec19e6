"""What the delivered processes that state a trigger start by, once they are switched on."""

from copy import deepcopy
from pathlib import Path

import neo4j
import pytest

import processes
from api.mutations.services import wanted
from graph.change_log import LOG
from graph.identity.lookup import find
from processes.cases import by_itself, definitions, kept, tasks
from processes.package import read_package
from processes.services import OWN
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.test_by_itself import ENDS, LAST, NOW, cases, changed, town, uuid

__all__ = ["town"]
pytestmark = pytest.mark.slow


def switched_on(driver: neo4j.Driver, name: str) -> None:
    """A delivered process in use, which starts by itself."""
    folder = Path(processes.__file__).parent / "definitions" / name
    read = read_package({each.name: each.read_bytes() for each in folder.iterdir()})
    services = {**wanted(), **OWN}
    definitions.deploy(driver, name, read.documents, read.schemas, "test", NOW, services, texts=read.texts)
    by_itself.switch(driver, name, "test", "Prøve", NOW, on=True)


def test_the_delivered_leave_starts_when_the_last_day_becomes_known(town: neo4j.Driver, tmp_path: Path) -> None:
    more = {"roles": {**TOWN["roles"], "administrator": {"title": "Administrator"}},
            "functions": ["staff_management", "it_service", "building"]}  # fmt: skip
    imported(town, {**TOWN, **more}, tmp_path)
    switched_on(town, "leave")
    content = {**changed(anna=ENDS, carl=ENDS), **more}
    content["employments"] += [
        {"id": "e_carl_2", "person": "carl", "title": "Kok", "units": [{"unit": "job"}]},
        {"id": "e_anna_2", "person": "anna", "title": "Vikar", "units": [{"unit": "job"}], "to": ENDS},
    ]
    imported(town, content, tmp_path)
    assert by_itself.start_due(town, NOW).failed == {}
    assert cases(town) == [("Anna Berg", "Jobcenter")], "Carl goes on elsewhere; both of Anna's end on one day"
    with town.session() as session:
        anna = find(session, "Person", "anna").uuid
        (task,) = [each for each in kept.open_tasks(session) if each.element == "handover"]
        _, engine = kept.engine_of(session, kept.case(session, task.case))
    assert engine.variables["last_day"] == LAST and task.asked.exclude == {anna}


def test_the_delivered_vacancy_starts_when_a_unit_is_to_be_without_a_manager(
    town: neo4j.Driver, tmp_path: Path
) -> None:
    content = deepcopy(TOWN)
    content["functions"] = ["staff_management"]
    lead = {"role": "manager", "holder": {"person": "dora"}, "from": "2020-01-01"}
    content["assignments"] += [
        {**lead, "id": f"m_{unit}", "for": [{"unit": unit}]} for unit in ("town", "job", "citizen", "canteen")
    ]
    content["assignments"].append({**lead, "id": "m_second", "holder": {"person": "bo"}, "for": [{"unit": "citizen"}]})
    content["assignments"].append({**lead, "id": "m_nowhere"})
    assert imported(town, content, tmp_path).problems == []
    switched_on(town, "vacancy")
    ending = {"m_job", "m_citizen", "m_canteen", "m_nowhere"}
    for each in content["assignments"]:
        if each["id"] in ending:
            each["to"] = ENDS
    for each in content["units"]:
        if each["id"] == "canteen":
            each["to"] = ENDS
    assert imported(town, content, tmp_path).problems == []
    for _ in range(2):
        assert by_itself.start_due(town, NOW).failed == {}
    assert cases(town) == [("Dora Kjær", "Jobcenter")], "the citizen service has Bo, and the canteen closes"
    with town.session() as session:
        (task,) = kept.open_tasks(session)
        _, engine = kept.engine_of(session, kept.case(session, task.case))
    assert task.element == "appoint" and engine.variables["day"] == ENDS


def test_the_delivered_kle_release_starts_for_each_number_that_units_lose(town: neo4j.Driver, tmp_path: Path) -> None:
    more = {
        "roles": {**TOWN["roles"], "administrator": {"title": "Administrator"}, "manager": {"title": "Leder"}},
        "functions": ["kle"],
        "assignments": [
            *TOWN["assignments"],
            {"id": "a_kle", "role": "administrator", "holder": {"person": "dora"}, "about": ["function:kle"],
             "for": [{"unit": "town"}]},
        ],
    }  # fmt: skip
    assert imported(town, {**TOWN, **more}, tmp_path).problems == []
    switched_on(town, "kle_release")
    town.execute_query(
        """
        MATCH (log:ChangeLog {name: $log})
        SET log.number = log.number + 1
        CREATE (:Change {number: log.number, kind: 'KleNode', operation: 'ended', source: 'kle', uuid: $uuid})
        """,
        log=LOG,
        uuid=uuid(town, "KleNode", "27"),
    )
    found = by_itself.start_due(town, NOW)
    assert (found.cases, found.failed) == (1, {})
    with town.session() as session:
        (task,) = kept.open_tasks(session)
        _, engine = kept.engine_of(session, kept.case(session, task.case))
    assert task.asked.unit == uuid(town, "Unit", "citizen")
    assert engine.variables["numbers"].startswith("27 ") and engine.variables["starter"] is None
    tasks.complete(town, task.id, "dora", {"changed": "Intet"}, NOW)
    with town.session() as session:
        case = kept.case(session, task.case)
    assert not case.is_open and case.incidents == (), "nobody has started it, so nobody gets a mail"


def test_the_delivered_vacancy_starts_when_the_employment_of_the_last_manager_ends(
    town: neo4j.Driver, tmp_path: Path
) -> None:
    content = deepcopy(TOWN)
    content["functions"] = ["staff_management"]
    lead = {"role": "manager", "from": "2020-01-01"}
    content["assignments"] += [
        {**lead, "id": "m_town", "holder": {"person": "dora"}, "for": [{"unit": "town"}]},
        {**lead, "id": "m_job", "holder": {"employment": "e_anna"}, "for": [{"unit": "job"}]},
        {**lead, "id": "m_citizen", "holder": {"employment": "e_bo"}, "for": [{"unit": "citizen"}]},
        {**lead, "id": "m_second", "holder": {"person": "dora"}, "for": [{"unit": "citizen"}]},
        {**lead, "id": "m_canteen", "holder": {"employment": "e_carl"}, "for": [{"unit": "canteen"}]},
    ]
    assert imported(town, content, tmp_path).problems == []
    switched_on(town, "vacancy")
    for each in content["employments"]:
        each["to"] = ENDS
    content["units"][-1]["to"] = ENDS
    assert imported(town, content, tmp_path).problems == []
    for _ in range(2):
        assert by_itself.start_due(town, NOW).failed == {}
    assert cases(town) == [("Anna Berg", "Jobcenter")], "the citizen service has Dora, and the canteen closes"
    with town.session() as session:
        (task,) = kept.open_tasks(session)
        _, engine = kept.engine_of(session, kept.case(session, task.case))
    assert task.element == "appoint" and engine.variables["day"] == ENDS
