"""The delivered processes: each is drawn for any modeller, can be deployed, and runs as its cases in play.yaml say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
import yaml
from lxml import etree

import processes
from processes.engine.diagram import NODES
from processes.engine.extensions import BPMN
from processes.play.playing import PlayedThrough
from reconnect.commands.processes import play_file
from tests.emptied import empty

FOLDER = Path(processes.__file__).parent / "definitions"
NAMES = sorted(each.name for each in FOLDER.iterdir() if each.is_dir())
CONTENT: dict[str, Any] = yaml.safe_load((FOLDER / "play.yaml").read_text(encoding="utf-8"))
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
    references = [each.text for each in root.iter(f"{{{BPMN}}}loopDataInputRef")]
    assert set(references) == {each.get("id") for each in process.iter(f"{{{BPMN}}}property")}
    unnamed = [each.get("id") for each in root.iter(f"{{{BPMN}}}userTask") if not each.get("name")]
    assert unnamed == []


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
