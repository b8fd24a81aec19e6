"""A process that is drawn, as play takes it: the tasks and forms of its files."""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from processes.engine import extensions
from processes.engine.diagram import parse
from processes.engine.errors import Fault
from processes.engine.extensions import BPMN
from processes.package import Package
from processes.play.described import Described
from processes.play.flow import START


def from_package(package: Package) -> Described:
    """The process. Whether it can run is checked when it is deployed."""
    forms: dict[str, Mapping[str, str]] = {START: {}}
    services: list[str] = []
    for element in _elements(package):
        kind, id_ = etree.QName(element).localname, element.get("id", "")
        fields = _fields(package, extensions.attribute(element, "form", "name"))
        if kind in ("userTask", "manualTask"):
            forms[id_] = fields
        elif kind == "serviceTask":
            services.append(id_)
        elif kind == "startEvent" and fields:
            forms[START] = fields
    tasks = {each: each for each in forms if each != START}
    return Described(package.process, tasks, forms, package.documents, package.schemas, tuple(services), package.texts)


def _elements(package: Package) -> Iterator[etree._Element]:
    faults: list[Fault] = []  # become faults when it is deployed
    for name, content in package.documents.items():
        root = parse(name, content, faults)
        if root is not None:
            yield from root.iter(
                *(f"{{{BPMN}}}{kind}" for kind in ("startEvent", "userTask", "manualTask", "serviceTask"))
            )


def _fields(package: Package, form: str) -> dict[str, str]:
    """The fields of a form, and what they are, in play's words."""
    schema: Any = package.schemas.get(form, {})
    properties = schema.get("properties", {}) if isinstance(schema, Mapping) else {}
    return {str(name): _type(each) for name, each in properties.items()} if isinstance(properties, Mapping) else {}


def _type(field: Any) -> str:
    told = field if isinstance(field, Mapping) else {}
    if told.get("format") in ("unit", "person", "date"):
        return str(told["format"])
    return {"number": "number", "integer": "number", "boolean": "boolean"}.get(str(told.get("type")), "text")
