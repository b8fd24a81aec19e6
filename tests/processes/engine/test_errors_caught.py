"""Errors go outward only: to the edge of what is around the end that throws them; what nothing catches is a fault."""

import re

import pytest

from processes.engine.definition import read_definition
from processes.engine.errors import DefinitionRejected
from tests.processes.engine.drawn import (
    END,
    KNOWN,
    NOW,
    START,
    again,
    begin,
    boundary,
    done,
    elements,
    flow,
    process,
    read,
    user,
    when,
)

OUTSIDE = '<error id="e" errorCode="refused"/><error id="f" errorCode="late"/>'
BY_E, BY_F, BY_ALL = (f"<errorEventDefinition{stated}/>" for stated in (' errorRef="e"', ' errorRef="f"', ""))


def asked(prefix: str = "", error: str = BY_E) -> str:
    """A task, and an end with an error where its answer is no."""
    p = prefix
    return (
        f'<startEvent id="{p}s"/>{user(p + "ask")}<exclusiveGateway id="{p}which" default="{p}which_{p}ok"/>'
        f'<endEvent id="{p}ok"/><endEvent id="{p}no">{error}</endEvent>'
        + flow(f"{p}s", f"{p}ask", f"{p}which", f"{p}ok")
        + when(f"{p}which", f"{p}no", 'decision == "no"')
    )


def sub(id: str, *parts: str) -> str:
    return f'<subProcess id="{id}">{"".join(parts)}</subProcess>'


def caught(id: str, at: str, event: str = BY_E, *, interrupts: bool = True) -> str:
    """An event at an edge, with a task behind it."""
    after = f'{user(f"after_{id}", "answer")}<endEvent id="end_{id}"/>{flow(id, f"after_{id}", f"end_{id}")}'
    return boundary(id, at, event, interrupts=interrupts) + after


AFTER = (START, user("hired", "answer"), END, flow("start", "inner", "hired", "end"))


def found(*parts: str, **more: bytes) -> set[tuple[str, str]]:
    with pytest.raises(DefinitionRejected) as refused:
        read(*parts, outside=OUTSIDE, more=more)
    return {(each.element, each.rule) for each in refused.value.faults}


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ((START, user("ask"), f'<endEvent id="end">{BY_E}</endEvent>', flow("start", "ask", "end")),
         ("end", "not_caught")),
        ((*AFTER, sub("inner", asked())), ("no", "not_caught")),
        ((*AFTER, sub("inner", asked()), caught("b", "inner", BY_F)), ("no", "not_caught")),
        ((*AFTER, sub("inner", asked()), caught("b", "inner", BY_F)), ("b", "unreachable")),
        ((*AFTER, sub("inner", asked(error=BY_ALL)), caught("b", "inner")), ("no", "missing_error")),
        ((*AFTER, sub("inner", asked(error='<errorEventDefinition errorRef="g"/>')), caught("b", "inner")),
         ("no", "missing_error")),
        ((*AFTER, sub("inner", asked()), caught("a", "inner", BY_ALL),
          caught("b", "inner", '<errorEventDefinition errorRef="g"/>')), ("b", "missing_error")),
        ((*AFTER, sub("inner", asked()), caught("b", "inner"), caught("c", "inner")), ("c", "caught_twice")),
        ((*AFTER, sub("inner", asked()), caught("b", "inner", interrupts=False)), ("b", "unsupported")),
        # Beside it, further in, and at an event's own edge is not around it.
        ((START, '<parallelGateway id="both"/><parallelGateway id="joined"/>', END, sub("inner", asked()),
          sub("other", asked("o")), caught("b", "other"), flow("start", "both", "inner", "joined", "end"),
          flow("both", "other", "joined")), ("no", "not_caught")),
        ((*AFTER, sub("inner", '<startEvent id="s1"/>', sub("deep", asked("d")), caught("b", "deep"),
                      '<parallelGateway id="g"/>', f'<endEvent id="e1">{BY_E}</endEvent>',
                      flow("s1", "deep", "g", "e1"))), ("e1", "not_caught")),
    ],
)  # fmt: skip
def test_an_error_that_is_not_caught_around_its_end_is_refused(parts: tuple[str, ...], fault: tuple[str, str]) -> None:
    assert fault in found(*parts)


def test_each_way_out_of_a_called_process_catches_its_error() -> None:
    called = process(asked("c"), id="called", outside=OUTSIDE.replace('id="', 'id="c'))
    called = called.replace(b'errorRef="e"', b'errorRef="ce"')
    calls = '<callActivity id="inner" calledElement="called"/><callActivity id="second" calledElement="called"/>'
    parts = (START, calls, END, flow("start", "inner", "second", "end"), caught("b", "inner"))
    assert found(*parts, called=called) == {("cno", "not_caught")}
    definition = read(*parts, caught("b2", "second"), outside=OUTSIDE, more={"called": called})
    case = done(definition, again(definition, begin(definition)), "cask", decision="yes")
    assert elements(done(definition, case, "cask", decision="no")) == ["after_b2"]


def test_an_error_leaves_what_is_beside_its_way_as_it_is() -> None:
    """As is at the edge: what was deployed before it was refused must not end a neighbour, either."""
    definition = read(
        START, '<parallelGateway id="both"/><parallelGateway id="joined"/>', END,
        sub("outer", '<startEvent id="s1"/>', sub("inner", asked()), '<endEvent id="e1"/>', flow("s1", "inner", "e1")),
        sub("other", asked("o")), caught("b", "other"), caught("a", "outer"),
        flow("start", "both", "outer", "joined", "end"), flow("both", "other", "joined"), outside=OUTSIDE,
    )  # fmt: skip
    case = done(definition, again(definition, begin(definition)), "ask", decision="no")
    assert sorted(elements(case)) == ["after_a", "oask"] and case.incidents == ()
    case = done(definition, case, "oask", decision="no")
    assert sorted(elements(case)) == ["after_a", "after_b"] and case.incidents == ()


@pytest.mark.parametrize("first", ["named", "all"])
def test_the_event_that_names_an_error_goes_before_one_that_catches_all(first: str) -> None:
    events = [caught("all", "inner", BY_ALL), caught("named", "inner")]
    ordered = events if first == "all" else events[::-1]
    definition = read(*AFTER, sub("inner", asked()), *ordered, outside=OUTSIDE)
    assert elements(done(definition, begin(definition), "ask", decision="no")) == ["after_named"]
    definition = read(*AFTER, sub("inner", asked()), *reversed(ordered[:1]), outside=OUTSIDE)
    assert elements(done(definition, begin(definition), "ask", decision="no")) == [f"after_{first}"]


def test_an_error_goes_out_over_several_levels_and_takes_along_what_was_answered() -> None:
    inner = sub("inner", asked())
    outer = sub("outer", '<startEvent id="s1"/>', inner, '<endEvent id="e1"/>', flow("s1", "inner", "e1"))
    definition = read(START, outer, caught("b", "outer"), END, flow("start", "outer", "end"), outside=OUTSIDE)
    case = done(definition, again(definition, begin(definition)), "ask", decision="no", days="3")
    assert elements(case) == ["after_b"]
    assert (case.variables["decision"], case.variables["days"]) == ("no", "3")


@pytest.mark.parametrize("order", ["", ' isSequential="true"'])
def test_an_error_of_one_instance_ends_them_all(order: str) -> None:
    kind = "multiInstanceLoopCharacteristics"
    several = f"<{kind}{order}><loopCardinality>3</loopCardinality></{kind}>"
    definition = read(*AFTER, sub("inner", several, asked()), caught("b", "inner"), outside=OUTSIDE)
    case = again(definition, begin(definition))
    case.complete(case.work()[0].id, {"decision": "no"}, NOW)
    assert elements(again(definition, case)) == ["after_b"]


@pytest.mark.parametrize("error", [BY_E, BY_ALL])
def test_an_error_that_nothing_catches_is_an_incident_of_what_is_deployed(error: str) -> None:
    """It was deployed before this was refused. Nothing goes on as if all were well, and a neighbour is left alone."""
    content = process(
        START, '<parallelGateway id="both"/><parallelGateway id="joined"/>', END, sub("inner", asked(error=error)),
        user("hired", "answer"), sub("other", asked("o")), caught("b", "other"),
        flow("start", "both", "inner", "hired", "joined", "end"), flow("both", "other", "joined"), outside=OUTSIDE,
    )  # fmt: skip
    definition = read_definition("main", {"main.bpmn": content}, KNOWN, deployed=True)
    case = done(definition, again(definition, begin(definition)), "ask", decision="no")
    assert elements(case) == ["oask"]
    (incident,) = case.incidents
    assert incident.element == "no" and incident.text.startswith("no event around it catches")
    case.retry(incident.task, NOW)
    assert [each.element for each in case.incidents] == ["no"]
    assert elements(done(definition, case, "oask", decision="no")) == ["after_b"]


DRAWN = {
    "bpmn.io": ("bpmn:", "", ""),  # its demo draws errors without a reference
    "Camunda Modeler": ("bpmn:", ' errorRef="Error_0k"', '<error id="Error_0k" name="Afvist" errorCode="afvist"/>'),
    "Signavio": ("", ' errorRef="sid-1F"', '<error errorCode="afvist" id="sid-1F" name="Afvist"/>'),
}


@pytest.mark.parametrize("modeller", DRAWN)
def test_errors_as_modellers_write_them(modeller: str) -> None:
    prefix, reference, error = DRAWN[modeller]
    text = process(
        START.replace("</extensionElements>", "</extensionElements><outgoing>start_inner</outgoing>"),
        '<subProcess id="inner" name="Godkend"><incoming>start_inner</incoming><outgoing>inner_end</outgoing>',
        '<startEvent id="s"><outgoing>s_no</outgoing></startEvent><endEvent id="no" name="Afvist">',
        f'<incoming>s_no</incoming><errorEventDefinition id="d1"{reference}/></endEvent>{flow("s", "no")}</subProcess>',
        '<boundaryEvent id="b" name="Afvist" attachedToRef="inner"><outgoing>b_tell</outgoing>',
        f'<errorEventDefinition id="d2"{reference}/></boundaryEvent>', user("tell", "answer"), END,
        '<endEvent id="told"/>', flow("start", "inner", "end"), flow("b", "tell", "told"),
    ).decode()  # fmt: skip
    text = text.replace("</definitions>", f"{error}</definitions>")  # modellers write it behind the process
    if prefix:
        text = re.sub(r"<(/?)(?!reconnect:)", rf"<\1{prefix}", text).replace("xmlns=", "xmlns:bpmn=")
    documents = {"main.bpmn": text.encode()}
    if not reference:
        with pytest.raises(DefinitionRejected) as refused:
            read_definition("main", documents, KNOWN)
        assert [(each.element, each.rule) for each in refused.value.faults] == [("no", "missing_error")]
        return
    definition = read_definition("main", documents, KNOWN)
    assert elements(again(definition, begin(definition))) == ["tell"]
