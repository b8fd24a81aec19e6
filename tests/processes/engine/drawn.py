"""Small definitions, written as the elements that matter."""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from graph.time import COPENHAGEN
from processes.engine.case import Case
from processes.engine.definition import Definition, read_definition
from processes.engine.errors import DefinitionRejected, Fault
from processes.engine.known import Arguments, Known
from processes.engine.work import Work

KNOWN = Known(
    roles=("manager", "case_worker", "administrator", "key_keeper"),
    responsibilities=("function:payroll_reporting",),
    forms={"request": ("unit", "person"), "approval": ("decision", "days"), "answer": ("answer",)},
    services={
        "mail": Arguments(),
        "account": Arguments(needed=frozenset({"person"}), possible=frozenset({"person", "system"})),
    },
)
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:reconnect="urn:reconnect:bpmn:1" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:test">'
)
PLACE = '<reconnect:place role="manager" unit="unit"/>'
START = '<startEvent id="start"><extensionElements><reconnect:form name="request"/></extensionElements></startEvent>'
END = '<endEvent id="end"/>'


def flow(*ids: str) -> str:
    """Flows from each to the next."""
    return "".join(
        f'<sequenceFlow id="{one}_{other}" sourceRef="{one}" targetRef="{other}"/>' for one, other in pairwise(ids)
    )


def when(source: str, target: str, condition: str) -> str:
    """A flow with a condition."""
    text = condition.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
        f'<conditionExpression xsi:type="tFormalExpression">{text}</conditionExpression></sequenceFlow>'
    )


def user(id: str, form: str = "approval", place: str = PLACE, more: str = "") -> str:
    extension = f'<extensionElements>{place}<reconnect:form name="{form}"/></extensionElements>'
    return f'<userTask id="{id}">{extension}{more}</userTask>'


def service(id: str, *data: str, idempotency: str = "") -> str:
    declared = "".join(f'<reconnect:data name="{each}"/>' for each in data)
    stated = f'<reconnect:service name="mail" idempotency="{idempotency}"/>'
    return f'<serviceTask id="{id}"><extensionElements>{stated}{declared}</extensionElements></serviceTask>'


def script(id: str, text: str) -> str:
    return f'<scriptTask id="{id}" scriptFormat="cel"><script><![CDATA[{text}]]></script></scriptTask>'


def timer(place: str, text: str) -> str:
    return f"<timerEventDefinition><{place}>{text}</{place}></timerEventDefinition>"


def boundary(id: str, at: str, event: str, *, interrupts: bool = True, extension: str = "") -> str:
    own = f"<extensionElements>{extension}</extensionElements>" if extension else ""
    head = f'<boundaryEvent id="{id}" attachedToRef="{at}" cancelActivity="{str(interrupts).lower()}">'
    return f"{head}{own}{event}</boundaryEvent>"


def process(*parts: str, id: str = "main", outside: str = "") -> bytes:
    return f'{HEAD}{outside}<process id="{id}" isExecutable="true">{"".join(parts)}</process></definitions>'.encode()


def read(
    *parts: str,
    outside: str = "",
    more: Mapping[str, bytes] | None = None,
    known: Known = KNOWN,
    deployed: bool = False,
) -> Definition:
    """``deployed``: as an earlier release took it."""
    documents = {"main.bpmn": process(*parts, outside=outside), **(more or {})}
    return read_definition("main", documents, known, deployed=deployed)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=COPENHAGEN)


NOW = at("2027-01-11T09:00")


def begin(definition: Definition, now: datetime = NOW, **values: Any) -> Case:
    return Case.start(definition, {"unit": "nursing", "person": "tage", **values}, now)


def again(definition: Definition, case: Case) -> Case:
    """The case as another process reads it."""
    return Case.read(definition, case.kept())


def elements(case: Case) -> list[str]:
    return [each.element for each in case.work()]


def one(case: Case, element: str) -> Work:
    found = [each for each in case.work() if each.element == element]
    assert len(found) == 1, elements(case)
    return found[0]


def done(definition: Definition, case: Case, element: str, now: datetime = NOW, **values: Any) -> Case:
    """Complete the one task of an element, and read the case anew."""
    case.complete(one(case, element).id, values, now)
    return again(definition, case)


def faults(*parts: str, outside: str = "", known: Known = KNOWN, **more: bytes) -> tuple[Fault, ...]:
    """All that is wrong with a definition. ``more``: other documents."""
    with pytest.raises(DefinitionRejected) as refused:
        read(*parts, outside=outside, more=more, known=known)
    return refused.value.faults
