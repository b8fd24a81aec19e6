"""The delivered processes: each is drawn for any modeller, can be deployed, and runs as its cases in play.yaml say."""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import neo4j
import pytest
import yaml
from lxml import etree

import processes
from processes.engine import extensions
from processes.engine.diagram import NODES
from processes.engine.extensions import BPMN
from processes.play.playing import PlayedThrough
from reconnect.playing import play_file
from tests.emptied import empty

FOLDER = Path(processes.__file__).parent / "definitions"
NAMES = sorted(each.name for each in FOLDER.iterdir() if each.is_dir())
CONTENT: dict[str, Any] = yaml.safe_load((FOLDER / "play.yaml").read_text(encoding="utf-8"))
_LISTED = f"{{{BPMN}}}loopDataOutputRef"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"


@pytest.mark.parametrize("name", NAMES)
def test_every_element_and_flow_is_drawn(name: str) -> None:
    root = etree.parse(str(FOLDER / name / f"{name}.bpmn")).getroot()
    elements = {each.get("id") for each in root.iter(*(f"{{{BPMN}}}{kind}" for kind in NODES))}
    flows = {each.get("id") for each in root.iter(f"{{{BPMN}}}sequenceFlow")}
    assert {each.get("bpmnElement") for each in root.iter(f"{{{DI}}}BPMNShape")} == elements
    assert {each.get("bpmnElement") for each in root.iter(f"{{{DI}}}BPMNEdge")} == flows
    process = root.find(f"{{{BPMN}}}process")
    assert process is not None and process.get("name") and process.findtext(f"{{{BPMN}}}documentation")
    named = (f"{{{BPMN}}}loopDataInputRef", f"{{{BPMN}}}loopDataOutputRef")
    references = [each.text for each in root.iter(*named)]
    assert set(references) == {each.get("id") for each in process.iter(f"{{{BPMN}}}property")}
    unnamed = [each.get("id") for each in root.iter(f"{{{BPMN}}}userTask") if not each.get("name")]
    assert unnamed == []


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_takes_the_place_of_another(name: str) -> None:
    """Of tasks beside each other no two have a field of the same name; of one that several do there is a list."""
    root = etree.parse(str(FOLDER / name / f"{name}.bpmn")).getroot()
    after: dict[str, set[str]] = {}
    for each in root.iter(f"{{{BPMN}}}sequenceFlow"):
        after.setdefault(str(each.get("sourceRef")), set()).add(str(each.get("targetRef")))

    def reached(start: str) -> set[str]:
        found, left = set[str](), [start]
        while left:
            if (one := left.pop()) not in found:
                found.add(one)
                left += after.get(one, ())
        return found

    fields = {
        str(task.get("id")): set(json.loads((FOLDER / name / f"{form.get('name')}.json").read_text())["properties"])
        for task in root.iter(f"{{{BPMN}}}userTask")
        for form in task.iter("{urn:reconnect:bpmn:1}form")
    }
    for split in root.iter(f"{{{BPMN}}}parallelGateway"):
        for one, other in combinations(sorted(after[str(split.get("id"))]), 2):
            sides = (reached(one) - reached(other), reached(other) - reached(one))
            given = [{field for task in side & fields.keys() for field in fields[task]} for side in sides]
            assert given[0] & given[1] == set()
    assert [
        each for each in root.iter(f"{{{BPMN}}}multiInstanceLoopCharacteristics") if each.find(_LISTED) is None
    ] == []


def test_the_case_of_an_erasure_is_about_no_person_with_whom_it_would_be_erased() -> None:
    forms = [json.loads(each.read_text()) for each in (FOLDER / "erasure").glob("*.json")]
    assert not any("person" in each["properties"] for each in forms)


@pytest.mark.parametrize("name", NAMES)
def test_each_has_an_owner_where_it_runs(name: str) -> None:
    root = etree.parse(str(FOLDER / name / f"{name}.bpmn")).getroot()
    owner = extensions.owner(root.find(f"{{{BPMN}}}process"))
    assert owner is not None and owner.role and owner.unit
    assert (owner.fallback_role, owner.fallback_unit) == ("manager", owner.unit)


def test_each_is_played() -> None:
    started = {step["start"] for case in CONTENT["cases"] for step in case["steps"] if "start" in step}
    assert started == set(NAMES) == set(CONTENT["processes"])


@pytest.fixture(scope="module")
def played(driver: neo4j.Driver) -> Iterator[dict[str, PlayedThrough]]:
    empty(driver)
    yield {each.case.id: each for each in play_file(driver, FOLDER / "play.yaml")}


@pytest.mark.slow
@pytest.mark.parametrize("case", CONTENT["cases"], ids=lambda case: f"{case['id']}: {case['why']}")
def test_a_case_holds(played: dict[str, PlayedThrough], case: dict[str, Any]) -> None:
    found = played[case["id"]]
    assert len(found.steps) == len(case["steps"])
    assert [(each.step.number, each.expected, each.got) for each in found.steps if not each.holds] == []
