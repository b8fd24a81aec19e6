"""The files of a definition: which process is run, and what a file is refused for."""

import pytest

from processes.engine.errors import DefinitionRejected
from processes.package import read_package
from tests.processes.engine.drawn import HEAD


def drawn(*processes: str) -> bytes:
    return f"{HEAD}{''.join(processes)}</definitions>".encode()


CALLS = '<process id="hire" isExecutable="true"><callActivity id="c" calledElement="card"/></process>'
CALLED = '<process id="card" isExecutable="true"/>'


def test_the_process_that_no_other_one_calls_is_run() -> None:
    found = read_package({"hire.bpmn": drawn(CALLS), "card.bpmn": drawn(CALLED), "request.json": b'{"type": "object"}'})
    assert found.process == "hire"
    assert (set(found.documents), dict(found.schemas)) == ({"hire.bpmn", "card.bpmn"}, {"request": {"type": "object"}})
    assert read_package({"all.bpmn": drawn(CALLS, CALLED)}, "card").process == "card"


@pytest.mark.parametrize(
    ("files", "faults"),
    [
        ({"a.bpmn": drawn(CALLED), "b.bpmn": drawn(CALLED.replace("card", "key"))}, [("", "", "missing_process")]),
        ({}, [("", "", "missing_process")]),
        ({"a.bpmn": b"<definitions", "f.json": b"\n{", "notes.txt": b""},
         [("a.bpmn", "line 1", "not_well_formed"), ("f.json", "line 2", "wrong_form"),
          ("notes.txt", "", "unknown_file")]),
        ({"a.bpmn": b" " * 8_000_001}, [("", "", "too_large")]),
    ],
)  # fmt: skip
def test_each_fault_names_its_file(files: dict[str, bytes], faults: list[tuple[str, str, str]]) -> None:
    with pytest.raises(DefinitionRejected) as refused:
        read_package(files)
    assert [(each.document, each.element, each.rule) for each in refused.value.faults] == faults
