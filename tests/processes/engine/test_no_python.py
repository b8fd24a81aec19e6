"""No Python in a diagram is evaluated, wherever it stands, and nothing of SpiffWorkflow that could do it is used."""

import builtins
from pathlib import Path
from typing import Any

import pytest

import processes.engine
from processes.engine.case import Case
from processes.engine.errors import DefinitionRejected
from tests.processes.engine.drawn import (
    END,
    NOW,
    PLACE,
    START,
    again,
    begin,
    boundary,
    done,
    flow,
    one,
    read,
    script,
    service,
    timer,
    user,
    when,
)  # fmt: skip

# Valid in Python, and the effect is seen: a file appears.
ATTACKS = (
    "__import__('pathlib').Path('{mark}').touch()",
    "().__class__.__base__.__subclasses__()",
    "[x for x in ().__class__.__base__.__subclasses__()]",
    "(lambda: open('{mark}', 'w'))()",
    "open('{mark}', 'w')",
    "exec(\"open('{mark}', 'w')\")",
    "unit.__class__",
    "unit.format(unit)",
    "print(unit)",
    "globals()",
    "task.workflow.script_engine",
)


def places(text: str) -> list[tuple[str, ...]]:
    """The text in every place where a diagram has an expression."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    gateway = '<exclusiveGateway id="g" default="g_end"/><endEvent id="e2"/>'
    multiple = "<multiInstanceLoopCharacteristics>{}</multiInstanceLoopCharacteristics>"
    foreign = '<spiff:preScript xmlns:spiff="http://spiffworkflow.org/bpmn/schema/1.0/core">{}</spiff:preScript>'
    camunda = '<c:executionListener xmlns:c="http://camunda.org/schema/1.0/bpmn" expression="{}" event="start"/>'
    tail = (END, flow("start", "ask", "end"))
    return [
        (START, gateway, END, flow("start", "g", "end"), when("g", "e2", text)),
        (START, gateway.replace("exclusive", "inclusive"), END, flow("start", "g", "end"), when("g", "e2", text)),
        (START, script("ask", text), *tail),
        (START, script("ask", f"x = {text}"), *tail),
        (START, script("ask", f"x = 1\n{text}"), *tail),
        (START, script("ask", "x = 1").replace('"cel"', '"python"'), *tail),
        (START, user("ask", place=f'<reconnect:place role="manager" unit="{escaped}"/>'), *tail),
        (START, user("ask", place=PLACE.replace("/>", f' exclude="{escaped}"/>')), *tail),
        (START, user("ask", more=multiple.format(f"<loopCardinality>{escaped}</loopCardinality>")), *tail),
        (START, user("ask", more=multiple.format(
            f"<loopCardinality>2</loopCardinality><completionCondition>{escaped}</completionCondition>")), *tail),
        (START, user("ask", more=multiple.format("<loopDataInputRef>unit.__class__</loopDataInputRef>")), *tail),
        (START, service("ask", idempotency=escaped), *tail),
        *((START, user("ask"), boundary("b", "ask", timer(where, text.replace("<", "&lt;")), interrupts=False), *tail,
           flow("b", "end")) for where in ("timeDate", "timeDuration", "timeCycle")),
        (START, user("ask"), boundary("b", "ask", timer("timeDate", f"3 days before {text}")), *tail, flow("b", "end")),
        (START, user("ask", place=PLACE + foreign.format(escaped)), *tail),
        (START, user("ask", place=PLACE + camunda.format(escaped)), *tail),
        (START, user("ask").replace("<userTask ", f'<userTask xmlns:c="urn:c" c:assignee="{escaped}" '), *tail),
        (START, user("ask", more=f"<standardLoopCharacteristics><loopCondition>{escaped}</loopCondition>"
                                 "</standardLoopCharacteristics>"), *tail),
        (START, '<intermediateCatchEvent id="ask"><conditionalEventDefinition>'
                f'<condition xsi:type="tFormalExpression">{escaped}'
                "</condition></conditionalEventDefinition></intermediateCatchEvent>", *tail),
        (START, f'<adHocSubProcess id="ask"><userTask id="t"/><completionCondition>{escaped}</completionCondition>'
                "</adHocSubProcess>", *tail),
    ]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_expression_in_python_is_refused_in_every_place(attack: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for parts in places(attack.format(mark=mark)):
        with pytest.raises(DefinitionRejected):
            read(*parts)
        assert not mark.exists(), parts


def test_the_places_are_otherwise_right() -> None:
    """So that the attacks are refused for the attack, and not for something else."""
    right = [parts for parts in places("unit") if not _refused(parts)]
    assert len(right) >= 7
    assert not _refused(places("first_of = unit")[2])


def test_correlations_evaluate_nothing() -> None:
    outside = (
        '<message id="m" name="seen"/><correlationProperty id="c" name="c"><correlationPropertyRetrievalExpression '
        'messageRef="m"><messagePath>__import__("os").getpid()</messagePath>'
        "</correlationPropertyRetrievalExpression></correlationProperty>"
    )
    parts = (START, '<receiveTask id="wait" messageRef="m"/>', END, flow("start", "wait", "end"))
    with pytest.raises(DefinitionRejected, match="correlationProperty is not supported"):
        read(*parts, outside=outside)


def test_a_case_runs_without_eval_and_exec(monkeypatch: pytest.MonkeyPatch) -> None:
    definition = read(
        START, script("count", 'n = 1\nunits = [unit, "b"]'), user("ask"), '<exclusiveGateway id="g" default="g_end"/>',
        END, boundary("b", "ask", timer("timeDate", '3 days before "2027-02-01"')), '<endEvent id="e2"/>',
        flow("start", "count", "ask", "g", "end"), when("g", "e2", "n > 1 && unit in units"), flow("b", "e2"),
    )  # fmt: skip

    def refuse(*given: Any, **named: Any) -> None:
        raise AssertionError(f"evaluated: {given[:1]}")

    for name in ("eval", "exec", "compile"):
        monkeypatch.setattr(builtins, name, refuse)
    case = again(definition, begin(definition))
    assert done(definition, case, "ask", decision="__import__('os')").finished


def test_values_that_look_like_python_stay_texts() -> None:
    definition = read(START, script("twice", "x = unit + unit"), user("ask"), END, flow("start", "twice", "ask", "end"))
    case = Case.start(definition, {"unit": "__import__('os').system('true')", "person": "{{7*7}}"}, NOW)
    assert one(again(definition, case), "ask").data["x"] == "__import__('os').system('true')" * 2


@pytest.mark.whole
def test_the_engine_uses_nothing_of_spiffworkflow_that_evaluates_python() -> None:
    folder = Path(processes.engine.__file__).parent
    code = "\n".join(each.read_text(encoding="utf-8") for each in folder.glob("*.py"))
    for name in ("PythonScriptEngine", "script_engine.python", "serializer", "SpiffWorkflow.spiff", "SpiffWorkflow.dmn",
                 "SpiffWorkflow.camunda", "import pickle", "eval(", "exec("):  # fmt: skip
        assert name not in code, name


def _refused(parts: tuple[str, ...]) -> bool:
    try:
        read(*parts)
    except DefinitionRejected:
        return True
    return False
