"""Diagrams as other tools write them: taken with the meaning that BPMN gives them, or refused with what to do."""

import pytest

from processes.engine.definition import read_definition
from processes.engine.errors import DefinitionRejected
from processes.package import read_package
from tests.processes.engine.drawn import (
    END,
    HEAD,
    KNOWN,
    NOW,
    START,
    again,
    begin,
    boundary,
    done,
    elements,
    faults,
    flow,
    process,
    read,
    timer,
    user,
    when,
)

PLAIN = (START, user("approve"), END, flow("start", "approve", "end"))


def test_what_many_elements_have_of_another_engine_is_one_fault_that_names_them() -> None:
    tasks = [f"t{number}" for number in range(9)]
    tool = 'xmlns:tool="urn:tool"'
    drawn = "".join(
        user(id).replace("<userTask ", f'<userTask {tool} tool:colour="red" ', 1).replace(
            "</extensionElements>", "<tool:note/><tool:note/></extensionElements>"
        )
        for id in tasks
    )  # fmt: skip
    found = faults(START, drawn, END, flow("start", *tasks, "end"))
    assert [(each.element, each.rule) for each in found] == [("t0", "unsupported")] * 2
    rest = "is another engine's; leave it out, here and in t1, t2, t3, t4, t5 and 3 more"
    assert [each.text for each in found] == [
        f"the attribute {{urn:tool}}colour {rest}",
        f"the extension {{urn:tool}}note {rest}",
    ]


@pytest.mark.parametrize(
    "note",
    [
        '<s:signavioMetaData xmlns:s="http://www.signavio.com/" metaKey="bgcolor"/><s:x xmlns:s="http://www.signavio.com"/>',
        '<y:label xmlns:y="http://bpmn.sourceforge.net" x="1"/><y:style xmlns:y="http://bpmn.sourceforge.net"/>',
        '<w:graphStyle xmlns:w="http://www.w4.eu/spec/BPMN/20110930/GRAPH"/>',
        '<i:translation xmlns:i="http://www.omg.org/spec/BPMN/non-normative/extensions/i18n/1.0" lang="da">Godkend'
        "</i:translation>",
    ],
)
def test_how_a_tool_draws_or_translates_an_element_is_its_own(note: str) -> None:
    task = user("approve").replace("</extensionElements>", f"{note}</extensionElements>")
    definition = read(START, task, END, flow("start", "approve", "end"))
    assert done(definition, begin(definition), "approve").finished


def test_names_with_the_prefix_of_the_document_are_names() -> None:
    """Eclipse and Activiti write them so."""
    outside = '<message id="m" name="ping"/><error id="e" errorCode="late"/>'
    inside = (
        '<subProcess id="sub"><startEvent id="in"/><receiveTask id="ask" messageRef="tns:m"/>'
        '<endEvent id="out"><errorEventDefinition errorRef="tns:e"/></endEvent>'
        + flow("in", "ask", "out")
        + "</subProcess>"
    )
    caught = boundary("caught", "tns:sub", '<errorEventDefinition errorRef="tns:e"/>')
    called = (
        HEAD + '<process id="other" isExecutable="true"><startEvent id="s"/><manualTask id="by_hand"/>'
        + '<endEvent id="e2"/>' + flow("s", "by_hand", "e2") + "</process></definitions>"
    )  # fmt: skip
    body = "".join((
        START, inside, caught, '<callActivity id="call" calledElement="tns:other"><extensionElements>'
        '<reconnect:place role="manager" unit="unit"/></extensionElements></callActivity>', END,
        flow("start", "sub", "end"), flow("caught", "call", "end"),
    ))  # fmt: skip
    head = HEAD.replace("<definitions", '<definitions xmlns:tns="urn:test"')
    main = f'{head}{outside}<process id="main" isExecutable="true">{body}</process></definitions>'
    package = read_package({"main.bpmn": main.encode(), "other.bpmn": called.encode()})
    assert package.process == "main", "the other one is called"
    definition = read_definition("main", package.documents, KNOWN)
    case = begin(definition)
    case.deliver("ping", {}, NOW)
    case = again(definition, case)
    assert elements(case) == ["by_hand"]
    wrong = main.replace("tns:m", "bpmn:m").replace("<definitions", '<definitions xmlns:bpmn="urn:elsewhere"')
    with pytest.raises(DefinitionRejected) as refused:
        read_definition("main", {"main.bpmn": wrong.encode(), "other.bpmn": called.encode()}, KNOWN)
    assert [(each.element, each.rule) for each in refused.value.faults] == [("ask", "missing_message")]


def test_what_stands_beside_the_processes_and_nothing_uses_is_taken() -> None:
    outside = (
        '<signal id="s" name="Strike"/><escalation id="e" name="Up"/><dataStore id="d" name="Archive"/>'
        '<resource id="r" name="HR"/><partnerEntity id="p" name="Bank"/><timerEventDefinition id="t"/>'
        '<message id="m" name="Order received"/>'
        '<collaboration id="c"><participant id="us" processRef="main"/><participant id="bank" name="Bank"/>'
        '<messageFlow id="f" sourceRef="bank" targetRef="us" messageRef="m"/></collaboration>'
    )
    definition = read(*PLAIN, outside=outside)
    assert done(definition, begin(definition), "approve").finished
    event = '<intermediateCatchEvent id="wait"><eventDefinitionRef>t</eventDefinitionRef></intermediateCatchEvent>'
    found = faults(START, event, END, flow("start", "wait", "end"), outside=outside)
    texts = {each.text for each in found if each.element == "wait"}
    assert (
        "eventDefinitionRef in a intermediateCatchEvent is not supported; write what it waits for into the event itself"
        in texts
    )


def test_data_that_goes_in_and_out_is_drawn_for_people() -> None:
    """As bpmn.io, ADONIS and Signavio write it."""
    data = """<ioSpecification id="io"><dataInput id="di" name="Application"/><dataOutput id="do" name="Letter"/>
        <inputSet id="is"><dataInputRefs>di</dataInputRefs></inputSet>
        <outputSet id="os"><dataOutputRefs>do</dataOutputRefs></outputSet></ioSpecification>
        <dataInputAssociation id="a"><sourceRef>paper</sourceRef><targetRef>di</targetRef></dataInputAssociation>
        <dataOutputAssociation id="b"><sourceRef>do</sourceRef><targetRef>paper</targetRef></dataOutputAssociation>"""
    paper = '<dataObject id="o"/><dataObjectReference id="paper" dataObjectRef="o"/>'
    definition = read(paper, START, user("approve", more=data), END, flow("start", "approve", "end"))
    case = done(definition, begin(definition), "approve", decision="yes")
    assert case.finished and case.data == {"unit": "nursing", "person": "tage", "decision": "yes"}
    said = data.replace("<targetRef>di</targetRef>", "<targetRef>di</targetRef><transformation>1</transformation>")
    found = faults(paper, START, user("approve", more=said), END, flow("start", "approve", "end"))
    assert {(each.element, each.rule) for each in found} == {("approve", "unsupported")}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("${approved}", "write it without ${"),
        ("#{approved}", "write it without #{"),
        ("= approved", "write it without ="),
    ],
)
def test_conditions_of_camunda_say_how_they_are_written_here(text: str, hint: str) -> None:
    choice = ('<exclusiveGateway id="choose" default="choose_other"/>', '<endEvent id="other"/>')
    (found,) = faults(START, *choice, END, flow("start", "choose", "other"), when("choose", "end", text))
    assert (found.element, found.rule) == ("choose_end", "expression") and found.text.endswith(hint)


def test_an_expression_in_another_language_is_refused_wherever_it_stands() -> None:
    cycle = timer("timeDuration", "P1D").replace(
        "<timeDuration", '<timeDuration language="FEEL" xsi:type="tFormalExpression"'
    )
    late = boundary("late", "approve", cycle)
    (found,) = faults(*PLAIN, late, flow("late", "end"))
    assert (found.element, found.text) == ("late", "the timeDuration is in FEEL, not in CEL")
    ask = (START, user("approve"), boundary("late", "approve", timer("timeDuration", "P1D")), END)
    drawn = (*ask, flow("start", "approve", "end"), flow("late", "end"))
    for language, is_taken in (
        ("http://www.w3.org/1999/XPath", True),
        ("https://www.omg.org/spec/DMN/20191111/FEEL/", False),
    ):
        content = process(*drawn).replace(
            b"<definitions", f'<definitions id="all" expressionLanguage="{language}"'.encode()
        )
        if is_taken:
            assert read_definition("main", {"main.bpmn": content}, KNOWN)
        else:
            with pytest.raises(DefinitionRejected, match="expressionLanguage") as refused:
                read_definition("main", {"main.bpmn": content}, KNOWN)
            assert [each.element for each in refused.value.faults] == ["all"]


def test_what_lies_at_an_unknown_kind_is_no_fault_of_its_own() -> None:
    alone = '<transaction id="buy"><startEvent id="s"/><endEvent id="e"/>' + flow("s", "e") + "</transaction>"
    late = boundary("late", "buy", timer("timeDuration", "P1D"))
    (found,) = faults(START, alone, late, END, flow("start", "buy", "end"), flow("late", "end"))
    assert (found.element, found.text) == ("buy", "transaction is not supported; draw a sub-process")


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ("signal", "signal is not supported in this startEvent; a case is started by a person"),
        ("timer", "timer is not supported in this startEvent; a case is started by a person"),
    ],
)
def test_a_start_by_an_event_says_by_what_cases_start(event: str, text: str) -> None:
    start = f'<startEvent id="start"><{event}EventDefinition/></startEvent>'
    (found,) = faults(start, END, flow("start", "end"))
    assert found.element == "start" and found.text.startswith(text)


@pytest.mark.parametrize("event", ["signal", "escalation", "compensate"])
def test_no_message_is_proposed_where_a_case_would_send_it(event: str) -> None:
    end = f'<endEvent id="end"><{event}EventDefinition/></endEvent>'
    (found,) = faults(START, user("approve"), end, flow("start", "approve", "end"))
    assert found.text == f"{event} is not supported in this endEvent; supported: error, message, terminate"


def test_the_category_of_an_element_is_drawn() -> None:
    category = '<category id="c"><categoryValue id="v" value="HR"/></category>'
    task = user("approve").replace("</extensionElements>", "</extensionElements><categoryValueRef>v</categoryValueRef>")
    definition = read(START, task, END, flow("start", "approve", "end"), outside=category)
    assert done(definition, begin(definition), "approve").finished
