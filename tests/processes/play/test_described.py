"""What a described process means: each flow is read, and played in the engine without a graph."""

from typing import Any

import pytest

from processes.engine.case import Case
from processes.engine.definition import Definition, read_definition
from processes.engine.known import Known
from processes.play.described import Described, read_described
from tests.processes.engine.drawn import NOW, again, done, elements


def described(flow: str, *tasks: str, name: str = "p", **more: Any) -> tuple[Described | None, list[str]]:
    faults: list[str] = []
    each = {"role": "manager", "unit": "unit", "not": "starter", **more}
    form = {"unit": "unit", "person": "person", "note": "text"}
    content = {"start": {"form": form}, "tasks": dict.fromkeys(tasks, each), "flow": flow}
    return read_described(name, content, ("care",), ("nora", "1001"), faults), faults


def definition(found: Described) -> Definition:
    forms = {name: tuple(schema["properties"]) for name, schema in found.schemas.items()}  # type: ignore[index]
    return read_definition(found.id, found.documents, Known(("manager",), (), forms))


def played(flow: str, way: str, *tasks: str, name: str = "p") -> str:
    """What is open after each of some tasks is completed ("approve yes, report"); "end" where nothing is."""
    found, faults = described(flow, *tasks, name=name)
    assert found is not None, faults
    runs = definition(found)
    names = {element: task for task, element in found.tasks.items()}
    case = Case.start(runs, {"unit": "care", "starter": None}, NOW)
    for each in way.split(", "):
        task, _, decision = each.partition(" ")
        values = {"decision": decision} if decision else {}
        case = done(runs, again(runs, case), found.tasks[task], NOW, **values)
        assert case.incidents == ()
    assert case.finished == (not elements(case))
    return " ".join(sorted(names[each] for each in elements(case))) or "end"


TWO_BY_NAME = "start → approve; approve yes → second; approve no → end; second yes → report → end; second no → end"
JOINED = "start → approve; yes → report → archive → end; no → archive"
BESIDE = "start → approve; yes → report and keys beside each other → archive → end; no → archive → end"
AGAIN = "start → report and keys beside each other → approve; yes → end; no → report and keys beside each other"
LATER = "start → approve; yes → second; no → archive; yes → report → archive → end; no → end"
INSIDE = "start → approve; yes → second;"
ONE_BY_ONE = f"{INSIDE} no → end; yes → report → end; no → end"


@pytest.mark.parametrize(
    ("flow", "way", "then"),
    [
        (JOINED, "approve no", "archive"),
        (JOINED, "approve yes, report", "archive"),
        (JOINED, "approve yes, report, archive", "end"),
        (f"{JOINED} → end", "approve no, archive", "end"),
        (BESIDE, "approve yes", "keys report"),
        (BESIDE, "approve yes, keys", "report"),
        (BESIDE, "approve yes, keys, report", "archive"),
        (BESIDE, "approve no, archive", "end"),
        (LATER, "approve no", "archive"),
        (LATER, "approve yes, second yes, report", "archive"),
        (AGAIN, "keys, report, approve no", "keys report"),
        (AGAIN, "keys, report, approve no, report, keys", "approve"),
        (AGAIN, "keys, report, approve no, report, keys, approve yes", "end"),
        (TWO_BY_NAME, "approve yes, second yes", "report"),
        (ONE_BY_ONE, "approve yes, second yes", "report"),
        (ONE_BY_ONE, "approve no", "end"),
        (f"{INSIDE} yes → report → end; no → approve; no → end", "approve yes, second no", "approve"),
        (f"{INSIDE} good → report → end; bad → end; no → end", "approve yes, second good", "report"),
        (f"{INSIDE} no → end; good → report → end; bad → end", "approve no", "end"),
        ("start → approve; yes → report; no → end; report → archive → end", "approve yes, report", "archive"),
        ("start → approve; approve → report → end", "approve", "report"),
        ("start → approve; no → fix → approve; yes → end", "approve no, fix, approve yes", "end"),
        ("start -> approve; 'send back' -> fix -> approve; yes -> end;", "approve send back, fix", "approve"),
        ("start → approve; yes → report → end; later → approve; no → end.", "approve later", "approve"),
    ],
)  # fmt: skip
def test_a_flow_leads_where_it_is_written_to(flow: str, way: str, then: str) -> None:
    tasks = ("approve", "second", "report", "keys", "archive", "fix")
    assert played(flow, way, *(each for each in tasks if each in flow)) == then


@pytest.mark.parametrize(
    ("flow", "fault"),
    [
        ("start → approve; yes → report → end", "'yes' is the only decision of approve"),
        ("start → approve; approve=yes → report → end; no → end", "'approve=yes' is not read"),
        ("start → approve; if yes → report → end; if no → end", "'if yes' is not read"),
        ("start → approve; yes → report; no → end", "the path stops at report"),
        ("start → approve; yes → report → end; yes → end", "'yes' of approve leads somewhere already"),
        ("start → approve → end; yes → report → end; no → end", "'yes' is a decision of no task"),
        ("start → approve → end; approve yes → report → end", "approve goes on already, whatever is decided"),
        ("start → approve; yes → report → approve → end; no → end", "approve is decided; a path from it begins with"),
        ("start → approve → report → end; approve → end", "approve leads somewhere else already"),
        ("start → approve and report beside each other", "after approve and report comes a task or end"),
        ("start → approve and approve beside each other → report → end", "several tasks are beside each other"),
        ("start → approve; yes → aproval → end; no → report → end", "'aproval' is not one of its tasks"),
    ],
)
def test_a_flow_that_is_not_certain_is_refused(flow: str, fault: str) -> None:
    found, faults = described(flow, "approve", "report")
    assert found is None and any("process p, flow" in each and fault in each for each in faults), faults


def test_where_two_tasks_may_be_meant_a_decision_needs_the_name() -> None:
    flow = "start → approve; yes → second; no → report; yes → end; no → end; yes → end; no → end"
    _, faults = described(flow, "approve", "second", "report")
    assert "'yes' may be a decision of second or report" in faults[0] and "as in second yes → …" in faults[0]


@pytest.mark.parametrize("name", ["access", "start", "end", "Start", "flow", "adgang-ø"])
def test_ids_of_the_diagram_are_apart_from_the_names(name: str) -> None:
    tasks = ("access", "Root", "flow", "access_decided", "åbn-dør")
    flow = "start → access; yes → Root → flow → åbn-dør → access_decided → end; no → end"
    if name != "Start":
        assert played(flow, "access yes, Root, flow, åbn-dør", *tasks, name=name) == "access_decided"
    else:
        found, faults = described(flow, *tasks, name=name)
        assert found is not None, faults


def test_only_the_fields_by_which_a_task_finds_its_person_are_needed() -> None:
    for more, needed in (({}, ["unit"]), ({"not": ["person", "1001", 1001]}, ["unit", "person"])):
        found, faults = described("start → a → end", "a", **more)
        assert found is not None, faults
        assert found.schemas["p_start"]["required"] == needed  # type: ignore[index]


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"unit": ["care"]}, "task a, unit: ['care'] is neither a field"),
        ({"not": [["nora"]]}, "task a, not: ['nora'] is neither starter"),
        ({"fallback": {"role": "manager", "unit": {}}}, "task a, fallback, unit: {} is neither"),
        ({"form": {"days": {"type": "number"}}}, "task a, form, days: {'type': 'number'} is not one of"),
        ({"escalate": {"after": ["3"]}}, "task a, escalate, after"),
    ],
)
def test_what_is_no_name_is_refused_at_its_place(more: dict[str, Any], fault: str) -> None:
    found, faults = described("start → a → end", "a", **more)
    assert found is None and fault in faults[0]
