"""Messages to cases: what waits for one gets it, once, with what it brings; nobody else does, and not about oneself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import neo4j
import pytest

from graph.errors import ChangeRejected, Unknown
from processes.cases import case_log, definitions, ending, kept, tasks
from processes.cases.messages import deliver
from processes.engine.errors import NotWaiting
from processes.errors import FormRejected, NotCandidate, ToOneself
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.town import TOWN
from tests.processes.engine.drawn import END, START, boundary, flow, process, user

pytestmark = pytest.mark.slow
NOW = datetime.now(UTC)
FORM = {
    "type": "object",
    "properties": {
        "unit": {"format": "unit"}, "person": {"format": "person"}, "day": {"type": "string", "format": "date"},
        "note": {"type": "string"},
    },
}  # fmt: skip
MESSAGE = """<message id="m" name="hired"><extensionElements><reconnect:data name="day"/><reconnect:data name="number"/>
    <reconnect:data name="person"/></extensionElements></message>"""
PLACE = '<reconnect:place role="case_worker" unit="unit"/>'
EVENT = '<messageEventDefinition messageRef="m"/>'
RECEIVED = ('<receiveTask id="wait" messageRef="m"/>', flow("start", "wait", "see", "end"))
BETWEEN = (f'<intermediateCatchEvent id="wait">{EVENT}</intermediateCatchEvent>', flow("start", "wait", "see", "end"))
AT_EDGE = (
    user("ask", "request", PLACE), boundary("wait", "ask", EVENT), flow("start", "ask", "end"),
    flow("wait", "see", "end"),
)  # fmt: skip


@pytest.fixture(scope="module")
def town(driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Driver]:
    empty(driver)
    assert imported(driver, TOWN, tmp_path_factory.mktemp("town")).problems == []
    yield driver


def started(driver: neo4j.Driver, drawn: tuple[str, ...] = RECEIVED, person: str = "dora") -> str:
    content = process(START, user("see", "request", PLACE), END, *drawn, outside=MESSAGE)
    definitions.deploy(driver, "main", {"main.bpmn": content}, {"request": FORM}, "test", NOW)
    return tasks.start(driver, "main", {"unit": "job", "person": person}, None, NOW)


def open_tasks(driver: neo4j.Driver, case: str) -> list[str]:
    with driver.session() as session:
        return [each.element for each in kept.tasks_of(session, case) if each.state == "open"]


def log(driver: neo4j.Driver, case: str) -> list[tuple[str, str | None, str, dict[str, Any]]]:
    with driver.session() as session:
        entries = case_log.log_of(session, case)
    return [(each.action, each.by, each.user, dict(each.values)) for each in entries if each.action == "delivered"]


@pytest.mark.parametrize("drawn", [RECEIVED, BETWEEN, AT_EDGE])
def test_what_waits_for_a_message_goes_on_with_what_it_brings(town: neo4j.Driver, drawn: tuple[str, ...]) -> None:
    case = started(town, drawn)
    brings = {"day": "2027-03-01", "number": "12345"}
    assert deliver(town, case, "hired", brings, None, NOW, "Fra løn", user="payroll")
    assert open_tasks(town, case) == ["see"]
    assert log(town, case) == [("delivered", None, "payroll", brings)]
    with town.session() as session:
        _, engine = kept.engine_of(session, kept.case(session, case))
    assert (engine.variables["day"], engine.variables["number"]) == ("2027-03-01", "12345")
    with pytest.raises(NotWaiting):
        deliver(town, case, "hired", {}, None, NOW, "Igen", user="payroll")


def test_a_repeated_call_is_delivered_once(town: neo4j.Driver) -> None:
    case = started(town)
    call: dict[str, Any] = {"user": "payroll", "key": "a-1", "process": "main"}
    assert deliver(town, case, "hired", {"number": "1"}, None, NOW, "x", **call)
    assert not deliver(town, case, "hired", {"number": "1"}, None, NOW, "x", **call)
    with pytest.raises(ChangeRejected, match="Idempotency-Key"):
        deliver(town, case, "hired", {"number": "2"}, None, NOW, "x", **call)
    assert len(log(town, case)) == 1
    with pytest.raises(NotWaiting):  # another's key is another one
        deliver(town, case, "hired", {"number": "1"}, None, NOW, "x", user="other", key="a-1")


@pytest.mark.parametrize(("keys", "results"), [(("a", "a"), [False, True]), (("a", "b"), ["not_waiting", True])])
def test_of_two_deliveries_at_once_one_counts(
    town: neo4j.Driver, keys: tuple[str, str], results: list[bool | str]
) -> None:
    case = started(town)
    both = Barrier(len(keys))

    def one(key: str) -> bool | str:
        both.wait()
        try:
            return deliver(town, case, "hired", {"number": "1"}, None, NOW, "x", user="payroll", key=key)
        except NotWaiting as late:
            return late.code

    with ThreadPoolExecutor() as threads:
        assert sorted(threads.map(one, keys), key=str) == sorted(results, key=str)
    assert (open_tasks(town, case), len(log(town, case))) == (["see"], 1)


@pytest.mark.parametrize(
    ("values", "error"),
    [({"note": "x"}, FormRejected), ({"day": "soon"}, FormRejected), ({"starter": "bo"}, FormRejected),
     ({"person": "nobody"}, FormRejected)],
)  # fmt: skip
def test_what_a_message_does_not_bring_is_refused(
    town: neo4j.Driver, values: dict[str, Any], error: type[Exception]
) -> None:
    case = started(town)
    with pytest.raises(error):
        deliver(town, case, "hired", values, None, NOW, "x", user="payroll")
    assert (open_tasks(town, case), log(town, case)) == ([], [])


def test_nobody_delivers_one_about_themselves(town: neo4j.Driver) -> None:
    with pytest.raises(NotCandidate):
        deliver(town, started(town, person="bo"), "hired", {}, "bo", NOW, "x")
    with pytest.raises(ToOneself):
        deliver(town, started(town), "hired", {"person": "bo"}, "bo", NOW, "x")


def test_a_case_that_has_ended_or_is_anothers_gets_none(town: neo4j.Driver) -> None:
    case = started(town)
    with pytest.raises(Unknown):
        deliver(town, case, "hired", {}, None, NOW, "x", user="payroll", process="other")
    ending.end(town, case, None, NOW, "Forkert")
    with pytest.raises(ChangeRejected) as refused:
        deliver(town, case, "hired", {}, None, NOW, "x", user="payroll")
    assert refused.value.code == "wrong_state"
