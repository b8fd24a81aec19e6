"""The files of a definition as people keep them: diagrams (.bpmn), decision tables (.dmn), forms (.json), and
the texts that it sends (.mail, .letter).

A form is named by its file: ``approval.json`` is the form ``approval``; a text by key and language: ``told.da.mail``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

import orjson

from processes.engine.diagram import LARGEST, MOST_DOCUMENTS, is_executable, parse
from processes.engine.errors import DefinitionRejected, Fault
from processes.engine.extensions import BPMN
from processes.templates import SUFFIXES as OF_TEMPLATES

SUFFIXES = (".bpmn", ".dmn", ".json", *OF_TEMPLATES)
_DIAGRAMS = (".bpmn", ".dmn")


@dataclass(frozen=True, slots=True)
class Package:
    """A definition before its check. ``schemas``: the forms by their names; ``texts``: templates by their files."""

    process: str
    documents: Mapping[str, bytes]
    schemas: Mapping[str, object]
    texts: Mapping[str, str]


def read_package(files: Mapping[str, bytes], process: str | None = None) -> Package:
    """The definition that some files make.

    ``process``: the one that cases run; by default the one that no other one calls. Raises DefinitionRejected.
    """
    faults: list[Fault] = []
    if len(files) > 3 * MOST_DOCUMENTS or sum(map(len, files.values())) > 4 * LARGEST:
        text = f"at most {3 * MOST_DOCUMENTS} files of {4 * LARGEST} bytes together are allowed"
        raise DefinitionRejected((Fault("", "", "too_large", text),))
    documents: dict[str, bytes] = {}
    schemas: dict[str, object] = {}
    texts: dict[str, str] = {}
    for name, content in sorted(files.items()):
        suffix = PurePath(name).suffix.lower()
        if suffix in _DIAGRAMS:
            documents[name] = content
        elif suffix == ".json":
            try:
                schemas[PurePath(name).stem] = orjson.loads(content)
            except orjson.JSONDecodeError as wrong:
                faults.append(Fault(name, f"line {wrong.lineno}", "wrong_form", f"it is not JSON: {wrong.msg}"))
        elif suffix in OF_TEMPLATES:
            try:
                texts[name] = content.decode()
            except UnicodeDecodeError:
                faults.append(Fault(name, "", "not_utf8", "the file is not in UTF-8"))
        else:
            faults.append(Fault(name, "", "unknown_file", f"its name ends with one of {', '.join(SUFFIXES)}"))
    found = process or _called_by_none(documents, faults)
    if faults:
        raise DefinitionRejected(tuple(sorted(faults)))
    return Package(found, documents, schemas, texts)


def _called_by_none(documents: Mapping[str, bytes], faults: list[Fault]) -> str:
    """The process that no other one calls; empty, and a fault, unless there is exactly one."""
    processes: dict[str, bool] = {}
    called: set[str] = set()
    for name, content in documents.items():
        for id_, runs, calls in _processes(name, content, faults):
            processes[id_] = runs
            called |= calls - {id_}
    left = sorted(processes.keys() - called)
    if len(left) > 1:  # others are drawn only, such as what another party does
        left = [each for each in left if processes[each]] or left
    if len(left) == 1:
        return left[0]
    if not faults:
        shown = ", ".join(left) or "none"
        text = f"name the process with which cases start; no other process calls these: {shown}"
        faults.append(Fault("", "", "missing_process", text))
    return ""


def _processes(name: str, content: bytes, faults: list[Fault]) -> Iterator[tuple[str, bool, set[str]]]:
    """Of each process its id, whether it is executable, and what it calls."""
    root = parse(name, content, faults)
    if root is None:
        return
    for each in root.iter(f"{{{BPMN}}}process"):
        calls = {call.get("calledElement", "") for call in each.iter(f"{{{BPMN}}}callActivity")}
        yield each.get("id", ""), is_executable(each), calls
