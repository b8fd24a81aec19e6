"""The check of a definition: every fault at once, each with its element."""

import re

import pytest

from processes.engine.case import Case
from processes.engine.definition import read_definition
from processes.engine.errors import DefinitionRejected
from processes.engine.known import Known
from processes.package import read_package
from tests.processes.engine.drawn import (
    END,
    HEAD,
    KNOWN,
    NOW,
    PLACE,
    START,
    begin,
    boundary,
    done,
    elements,
    faults,
    flow,
    process,
    read,
    script,
    service,
    timer,
    user,
    when,
)

PLAIN = (START, user("approve"), END, flow("start", "approve", "end"))


def found(*parts: str, outside: str = "", **more: bytes) -> set[tuple[str, str]]:
    return {(each.element, each.rule) for each in faults(*parts, outside=outside, **more)}


def with_place(place: str) -> tuple[str, ...]:
    return (START, user("approve", place=place), END, flow("start", "approve", "end"))


def test_who_did_a_task_is_excluded_by_a_task_that_there_is() -> None:
    place = '<reconnect:place role="manager" unit="unit" excludeWhoDid="{}"/>'
    assert found(*with_place(place.format("start approve"))) == {("approve", "unknown_task")}
    one, other = user("one"), user("other", place=place.format("one other"))
    definition = read(START, one, other, END, flow("start", "one", "other", "end"))
    assert definition.nodes["other"].place.exclude_who_did == ("one", "other")


def test_who_owns_a_process_is_stated_with_role_and_unit() -> None:
    def owned(stated: str) -> tuple[str, ...]:
        return (f"<extensionElements><reconnect:owner {stated}/></extensionElements>", *PLAIN)

    owner = read(*owned('role="administrator" unit="unit" responsibility="function:payroll_reporting"')).owner
    assert owner is not None and (owner.role, owner.unit) == ("administrator", "unit")
    assert read(*PLAIN).owner is None
    assert found(*owned('role="king" unit="town"')) == {("main", "unknown_role"), ("main", "expression")}
    assert found(*owned("")) == {("main", "no_role"), ("main", "no_unit")}
    call = (START, '<callActivity id="call" calledElement="other"/>', END, flow("start", "call", "end"))
    other = process(
        '<extensionElements><reconnect:owner role="manager" unit="unit"/></extensionElements>',
        '<startEvent id="s"/>', '<endEvent id="e"/>', flow("s", "e"), id="other",
    )  # fmt: skip
    assert found(*call, other=other) == {("other", "misplaced_extension")}


def test_who_starts_it_is_stated_with_a_role_and_what_the_start_gives() -> None:
    def start(*stated: str) -> str:
        return START.replace("<extensionElements>", f"<extensionElements>{''.join(stated)}")

    manager = '<reconnect:starter role="manager" unit="unit"/>'
    keeper = '<reconnect:starter role="key_keeper" responsibility="function:payroll_reporting"/>'
    rest = PLAIN[1:]
    stated = read(start(manager, keeper), *rest).starters
    assert [(each.role, each.responsibility, each.unit) for each in stated] == [
        ("manager", "", "unit"), ("key_keeper", "function:payroll_reporting", ""),
    ]  # fmt: skip
    assert read(*PLAIN).starters == ()
    boss = '<reconnect:starter role="boss" responsibility="function:cooking" unit="decision"/>'
    assert found(start(boss), *rest) == {
        ("start", "unknown_role"), ("start", "unknown_responsibility"), ("start", "expression"),
    }  # fmt: skip
    assert found(start('<reconnect:starter unit="unit"/>'), *rest) == {("start", "no_role")}
    inner = start(manager).replace('"start"', '"s"')
    within = ("<subProcess id='sub'>", inner, END.replace('"end"', '"e"'), flow("s", "e"), "</subProcess>")
    assert found(START, *within, END, flow("start", "sub", "end")) == {("s", "misplaced_extension")}


TRIGGERS = {
    'kind="Unit" on="created"': {"trigger"},
    'kind="Person"': {"trigger"},
    'kind="Person" on="created vanished"': {"trigger"},
    'kind="Person" on="created" condition="person.age > 67"': {"expression"},
    'kind="Person" on="created" every="1 year"': {"trigger"},
    'every="now and then"': {"timer"},
}


@pytest.mark.parametrize("stated", TRIGGERS)
def test_by_what_a_case_starts_is_checked(stated: str) -> None:
    happens = Known(
        KNOWN.roles, KNOWN.responsibilities, KNOWN.forms, changes={"Person": ("created", "ended")},
        happened={"person": {"uuid": {}}, "today": {}},
    )  # fmt: skip

    def started(extension: str) -> tuple[str, ...]:
        return (START.replace("<extensionElements>", f"<extensionElements>{extension}"), *PLAIN[1:])

    wrong = faults(*started(f"<reconnect:trigger {stated}/>"), known=happens)
    assert {each.rule for each in wrong} == TRIGGERS[stated] and {each.element for each in wrong} == {"start"}
    given = "<reconnect:argument name='{}' value='person.uuid'/>"
    good = "<reconnect:trigger kind='Person' on='created' condition='today > \"2026\"'/>"
    assert read(*started(good + given.format("person")), known=happens).given == {"person": "person.uuid"}
    assert [each.rule for each in faults(*started(good + given.format("age")), known=happens)] == ["unknown_argument"]
    assert [each.rule for each in faults(*started(given.format("person")), known=happens)] == ["misplaced_extension"]


def test_all_faults_are_found_at_once_and_say_what_is_allowed() -> None:
    places = (
        '<reconnect:place role="boss" responsibility="function:cooking" unit="uni" fallbackRole="king" '
        'fallbackUnit="crown"/>'
    )
    seen = faults(
        START, user("approve", "no_form", places), service("send"), script("count", "x = y"), user("alone"), END,
        flow("start", "approve", "send", "count"),
    )  # fmt: skip
    assert {(each.element, each.rule) for each in seen} == {
        ("approve", "unknown_role"), ("approve", "unknown_responsibility"), ("approve", "expression"),
        ("approve", "missing_form"), ("count", "script"), ("count", "no_end"), ("alone", "unreachable"),
        ("alone", "no_end"), ("end", "unreachable"),
    }  # fmt: skip
    texts = "\n".join(map(str, seen))
    assert "there is no role 'boss'; there is: administrator, case_worker, key_keeper, manager" in texts
    assert "there is no form 'no_form'; there is: answer, approval, request" in texts
    assert "uni: uni is not known; allowed: days, decision, person, unit, x" in texts
    assert seen == tuple(sorted(seen))


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        (with_place(""), ("approve", "no_role")),
        (with_place('<reconnect:place role="manager"/>'), ("approve", "no_unit")),
        (with_place('<reconnect:place unit="unit"/>'), ("approve", "no_role")),
        (with_place('<reconnect:place role="manager" unit="unit" fallbackRole="manager"/>'), ("approve", "no_role")),
        (with_place('<reconnect:place role="manager" unit="unit" lane="x"/>'), ("approve", "unknown_extension")),
        (with_place(PLACE + PLACE), ("approve", "unknown_extension")),
        (with_place(PLACE + "<reconnect:priority/>"), ("approve", "unknown_extension")),
        (with_place(PLACE + "<reconnect:escalation/>"), ("approve", "misplaced_extension")),
        ((*PLAIN, '<endEvent id="e2" colour="red"/>'), ("line 1", "not_bpmn")),
        (('<laneSet id="l"><lane id="lane"><flowNodeRef>approve</flowNodeRef></lane></laneSet>', *PLAIN),
         ("lane", "no_role")),
        ((*PLAIN, '<endEvent id="approve"/>'), ("approve", "duplicate_id")),
        ((START, user("a.b"), END, flow("start", "a.b", "end")), ("a.b", "reserved_id")),
        ((START, user("Start"), END, flow("start", "Start", "end")), ("Start", "reserved_id")),
        ((START, '<callActivity id="call" calledElement="gone"/>', END, flow("start", "call", "end")),
         ("call", "missing_process")),
        ((START, '<callActivity id="call" calledElement="main"/>', END, flow("start", "call", "end")),
         ("call", "calls_itself")),
        ((START, '<task id="t"/>', END, flow("start", "t", "end")), ("t", "unsupported")),
        ((START, '<complexGateway id="t"/>', END, flow("start", "t", "end")), ("t", "unsupported")),
        ((START, '<transaction id="t"/>', END, flow("start", "t", "end")), ("t", "unsupported")),
        ((START, user("approve", more='<standardLoopCharacteristics/>'), END, flow("start", "approve", "end")),
         ("approve", "unsupported")),
        ((*PLAIN, '<dataObject id="data"/><manualTask id="m"><dataOutputAssociation id="d"><targetRef>data</targetRef>'
          "<transformation>1</transformation></dataOutputAssociation></manualTask>"), ("m", "unsupported")),
        ((*PLAIN, '<manualTask id="m" isForCompensation="true"/>'), ("m", "unsupported")),
        ((*PLAIN, '<manualTask id="m" startQuantity="2"/>'), ("m", "unsupported")),
        ((*PLAIN, '<manualTask id="m" completionQuantity="2"/>'), ("m", "unsupported")),
        ((*PLAIN, '<eventBasedGateway id="m" eventGatewayType="Parallel"/>'), ("m", "unsupported")),
        ((START, user("approve", more='<multiInstanceLoopCharacteristics id="m" behavior="None"><loopCardinality>2'
                      "</loopCardinality></multiInstanceLoopCharacteristics>"), END, flow("start", "approve", "end")),
         ("m", "unsupported")),
        ((START, END, '<endEvent id="end2"/>', flow("start", "end"), flow("start", "end2")), ("start", "unsupported")),
        ((*PLAIN, '<startEvent id="s2"/>', flow("s2", "approve")), ("main", "no_start")),
        ((user("approve"), END, flow("approve", "end")), ("main", "no_start")),
        ((START, user("approve"), flow("start", "approve")), ("approve", "no_end")),
        ((START, '<exclusiveGateway id="g"/>', script("s", "n = 1"), flow("start", "g", "s", "g")), ("g", "no_end")),
        ((*PLAIN, boundary("late", "approve", timer("timeDuration", "soon")), flow("late", "end")), ("late", "timer")),
        ((*PLAIN, boundary("late", "approve", timer("timeDate", "2 days before monday")), flow("late", "end")),
         ("late", "timer")),
        ((*PLAIN, boundary("late", "approve", timer("timeCycle", "R3/P1D")), flow("late", "end")), ("late", "timer")),
        ((*PLAIN, boundary("late", "approve", "<timerEventDefinition/>"), flow("late", "end")), ("late", "timer")),
        ((*PLAIN, boundary("late", "approve", timer("timeDuration", "P1D"))), ("late", "no_end")),
        ((*PLAIN, boundary("b", "approve", '<signalEventDefinition/>'), flow("b", "end")), ("b", "unsupported")),
        ((*PLAIN, boundary("b", "approve", '<errorEventDefinition/>'), flow("b", "end")), ("b", "unsupported")),
        ((*PLAIN, boundary("b", "end", timer("timeDuration", "P1D")), flow("b", "end")), ("b", "crosses")),
        ((*PLAIN, boundary("b", "approve", '<messageEventDefinition/>'), flow("b", "end")), ("b", "missing_message")),
        ((START, '<exclusiveGateway id="g"/>', END, '<endEvent id="e2"/>', flow("start", "g", "end"), flow("g", "e2")),
         ("g_end", "no_condition")),
        ((START, '<exclusiveGateway id="g" default="g_end"/>', END, '<endEvent id="e2"/>', flow("start", "g", "end"),
          when("g", "e2", "unit ==")), ("g_e2", "expression")),
        ((START, user("approve"), END, flow("start", "approve"), when("approve", "end", "true")),
         ("approve_end", "unsupported")),
        ((START, '<subProcess id="sub"><startEvent id="s"/><endEvent id="e"/></subProcess>', END,
          flow("start", "sub", "end"), flow("s", "e")), ("s_e", "crosses")),
        ((START, '<serviceTask id="call"/>', END, flow("start", "call", "end")), ("call", "missing_service")),
        ((START, '<businessRuleTask id="rule"/>', END, flow("start", "rule", "end")), ("rule", "missing_decision")),
        ((START, '<userTask id="ask"/>', END, flow("start", "ask", "end")), ("ask", "missing_form")),
        ((START, '<scriptTask id="s"/>', END, flow("start", "s", "end")), ("s", "script")),
    ],
)  # fmt: skip
def test_a_definition_that_cannot_run_is_refused_with_its_element(
    parts: tuple[str, ...], fault: tuple[str, str]
) -> None:
    assert fault in found(*parts)


def test_ids_are_unique_over_all_documents() -> None:
    other = process('<startEvent id="start"/>', '<endEvent id="e1"/>', flow("start", "e1"), id="other")
    assert ("start", "duplicate_id") in found(*PLAIN, other=other)


def test_a_circle_of_calls_is_refused() -> None:
    other = process(
        '<startEvent id="s1"/>', '<callActivity id="back" calledElement="main"/>', '<endEvent id="e1"/>',
        flow("s1", "back", "e1"), id="other",
    )  # fmt: skip
    call = '<callActivity id="call" calledElement="other"/>'
    assert {("call", "calls_itself"), ("back", "calls_itself")} <= found(
        START, call, END, flow("start", "call", "end"), other=other
    )


def test_a_called_process_has_a_role_or_each_caller_has_one() -> None:
    other = process(
        '<startEvent id="s1"/>', user("ask", place=""), '<endEvent id="e1"/>', flow("s1", "ask", "e1"), id="other"
    )
    call = '<callActivity id="call" calledElement="other"/>'
    assert ("ask", "no_role") in found(START, call, END, flow("start", "call", "end"), other=other)


@pytest.mark.parametrize(
    "start",
    [
        '<startEvent id="s2"><messageEventDefinition messageRef="m"/></startEvent>',
        '<startEvent id="s2" isInterrupting="false"/>',
        f'<startEvent id="s2" isInterrupting="false">{timer("timeDuration", "P1D")}</startEvent>',
        '<startEvent id="s2" isInterrupting="false"><errorEventDefinition/></startEvent>',
    ],
)
def test_an_event_sub_process_that_would_not_do_what_it_says_is_refused(start: str) -> None:
    inner = f'<subProcess id="w" triggeredByEvent="true">{start}<endEvent id="e2"/>{flow("s2", "e2")}</subProcess>'
    assert ("s2", "unsupported") in found(*PLAIN, inner, outside='<message id="m" name="withdrawn"/>')


def test_a_message_whose_name_the_engine_uses_is_refused() -> None:
    asked = (START, '<receiveTask id="ask" messageRef="m"/>', END, flow("start", "ask", "end"))
    for name in ("answered", "Answer from payroll"):
        assert found(*asked, outside=f'<message id="m" name="{name}"/>') == {("m", "no_name")}


@pytest.mark.parametrize(
    ("service", "rule"),
    [
        ('<reconnect:service name="fax"/>', "missing_service"),
        ('<reconnect:service name="account"/>', "missing_argument"),
        ('<reconnect:service name="account"/><reconnect:argument name="persn" value="person"/>', "unknown_argument"),
        ('<reconnect:service name="account"/><reconnect:argument name="person" value="persn"/>', "expression"),
        ('<reconnect:service name="mail" result="a.b"/>', "no_name"),
        ('<reconnect:service name="mail"/>' + '<reconnect:argument name="to" value="person"/>' * 2, "unknown_argument"),
    ],
)
def test_a_service_that_could_not_be_called_is_refused(service: str, rule: str) -> None:
    task = f'<serviceTask id="s"><extensionElements>{service}</extensionElements></serviceTask>'
    assert ("s", rule) in found(START, task, END, flow("start", "s", "end"))


def test_the_answer_of_a_service_is_a_variable() -> None:
    stated = '<reconnect:service name="account" result="made"/><reconnect:argument name="person" value="person"/>'
    task = f'<serviceTask id="s"><extensionElements>{stated}</extensionElements></serviceTask>'
    case = Case.start(read(START, task, script("n", "copy = made"), END, flow("start", "s", "n", "end")), {}, NOW)
    (work,) = case.work()
    assert (work.type, work.service, work.result, case.arguments(work)) == (
        "service",
        "account",
        "made",
        {"person": None},
    )
    case.complete(work.id, {"made": "x"}, NOW)
    assert case.finished and case.data["copy"] == "x"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "not_well_formed"),
        (b"<definitions", "not_well_formed"),
        (b"<definitions/>", "not_bpmn"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>' + process(*PLAIN), "not_utf8"),
        (('<?xml version="1.0" encoding="UTF-16"?>' + process(*PLAIN).decode()).encode("utf-16"), "not_utf8"),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>', "document_type"),
        (b'<!DOCTYPE d SYSTEM "file:///etc/passwd"><d/>', "document_type"),
        (b"<d>" * 300 + b"</d>" * 300, "not_well_formed"),
        (b"<d>" + b"<e/>" * 20_001 + b"</d>", "too_large"),
        (b"<d>" + b" " * 2_000_001 + b"</d>", "too_large"),
    ],
)
def test_a_document_that_is_not_safe_is_refused(content: bytes, rule: str) -> None:
    with pytest.raises(DefinitionRejected) as refused:
        read_definition("main", {"main.bpmn": content}, KNOWN)
    assert [each.rule for each in refused.value.faults] == [rule]


def test_the_longest_process_that_is_allowed_can_be_read_and_run() -> None:
    ids = [f"t{number}" for number in range(148)]
    steps = [script(id, "n = 1") for id in ids]
    read(START, *steps, END, flow("start", *ids, "end"))
    assert ("main", "too_large") in found(
        START, *steps, script("more", "n = 1"), END, flow("start", *ids, "more", "end")
    )


def test_an_error_is_caught_by_its_code() -> None:
    with pytest.raises(DefinitionRejected) as refused:
        read(*PLAIN, outside='<error id="e" name="refused"/><error id="f" name="late" errorCode="late"/>')
    assert [(each.element, each.rule) for each in refused.value.faults] == [("e", "no_code")]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (process(*PLAIN, outside='<error id="e" name="refused"/>'), "no_code"),
        (process(*PLAIN).replace(b"<userTask ", b'<userTask startQuantity="2" '), "unsupported"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>' + process(*PLAIN), "not_utf8"),
    ],
)
def test_what_is_deployed_is_read_as_it_was_deployed(content: bytes, rule: str) -> None:
    with pytest.raises(DefinitionRejected) as refused:
        read_definition("main", {"main.bpmn": content}, KNOWN)
    assert {each.rule for each in refused.value.faults} == {rule}
    definition = read_definition("main", {"main.bpmn": content}, KNOWN, deployed=True)
    assert elements(begin(definition)) == ["approve"]


def test_what_can_not_be_compiled_is_a_fault_of_what_is_deployed_too() -> None:
    content = process(START, user("approve", place='<reconnect:place role="manager" unit="("/>'), END,
                      flow("start", "approve", "end"))  # fmt: skip
    with pytest.raises(DefinitionRejected) as refused:
        read_definition("main", {"main.bpmn": content}, KNOWN, deployed=True)
    assert [(each.element, each.rule) for each in refused.value.faults] == [("approve", "expression")]


def test_what_modellers_draw_for_people_is_no_fault() -> None:
    drawn = (
        '<dataObject id="data"/><dataObjectReference id="shown" name="Contract" dataObjectRef="data"/>'
        '<dataStoreReference id="store" name="Archive"/>'
    )
    around = '<category id="c"><categoryValue id="value" value="HR"/></category>'
    definition = read(*PLAIN, drawn, '<group id="g" categoryValueRef="value"/>', outside=around)
    assert set(definition.nodes) == {"start", "approve", "end"}
    assert [each.element for each in begin(definition).work()] == ["approve"]


def test_the_drawing_stays_as_it_is() -> None:
    drawing = (
        '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" id="d"><di:BPMNPlane id="p" bpmnElement="main">'
        '<di:BPMNShape id="shape" bpmnElement="approve"><dc:Bounds x="1" y="2" width="3" height="4"/></di:BPMNShape>'
        "</di:BPMNPlane></di:BPMNDiagram></definitions>"
    )
    content = process(*PLAIN).decode().replace("</definitions>", drawing).encode()
    assert content.startswith(HEAD.encode())
    assert read_definition("main", {"main.bpmn": content}, KNOWN).documents["main.bpmn"] == content


@pytest.mark.parametrize("within", ["sub", "called"])
def test_an_event_sub_process_that_no_message_would_start_is_refused(within: str) -> None:
    message = '<messageEventDefinition messageRef="answer"/>'
    beside = (
        f'<subProcess id="beside" triggeredByEvent="true"><startEvent id="begins" isInterrupting="false">{message}'
        f'</startEvent>{user("extra")}<endEvent id="beside_end"/>{flow("begins", "extra", "beside_end")}</subProcess>'
    )
    inner = ('<startEvent id="inner_start"/>', user("inner"), '<endEvent id="inner_end"/>', beside)
    paths = flow("inner_start", "inner", "inner_end")
    outside = '<message id="answer" name="answer"/>'
    if within == "sub":
        found = faults(START, f'<subProcess id="sub">{"".join(inner)}{paths}</subProcess>', END,
                        flow("start", "sub", "end"), outside=outside)  # fmt: skip
    else:
        called = {"called.bpmn": process(*inner, paths, id="called")}
        found = faults(START, '<callActivity id="sub" calledElement="called"/>', END, flow("start", "sub", "end"),
                        outside=outside, **called)  # fmt: skip
    assert ("begins", "unsupported") in {(each.element, each.rule) for each in found}


POOLS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:reconnect="urn:reconnect:bpmn:1"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:signavio="http://www.signavio.com" targetNamespace="urn:x">
  <bpmn:itemDefinition id="letter" itemKind="Physical"/>
  <bpmn:collaboration id="together">
    <bpmn:participant id="town" name="Kommunen" processRef="main">
      <bpmn:extensionElements><signavio:signavioMetaData metaKey="bgcolor" metaValue="#fff"/></bpmn:extensionElements>
    </bpmn:participant>
    <bpmn:participant id="citizen" name="Borgeren" processRef="other"/>
    <bpmn:participant id="state" name="Udbetaling Danmark"/>
    <bpmn:messageFlow id="sends" sourceRef="approve" targetRef="reads"/>
  </bpmn:collaboration>
  <bpmn:process id="main" isExecutable="true">
    <bpmn:startEvent id="start">
      <bpmn:extensionElements><reconnect:form name="request"/></bpmn:extensionElements>
    </bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="approve"/>
    <bpmn:userTask id="approve">
      <bpmn:extensionElements>
        <signavio:signavioMetaData metaKey="bgcolor" metaValue="#fff"/>
        <reconnect:place role="manager" unit="unit"/><reconnect:form name="approval"/>
      </bpmn:extensionElements>
      <bpmn:property id="p1" name="__targetRef_placeholder"/>
      <bpmn:dataInputAssociation id="in"><bpmn:sourceRef>paper</bpmn:sourceRef><bpmn:targetRef>p1</bpmn:targetRef>
      </bpmn:dataInputAssociation>
      <bpmn:dataOutputAssociation id="out"><bpmn:targetRef>archive</bpmn:targetRef></bpmn:dataOutputAssociation>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="approve" targetRef="end"/>
    <bpmn:endEvent id="end"/>
    <bpmn:dataObjectReference id="paper" dataObjectRef="paper_1"/><bpmn:dataObject id="paper_1"/>
    <bpmn:dataStoreReference id="archive" name="ESDH"/>
  </bpmn:process>
  <bpmn:process id="other">
    <bpmn:startEvent id="begins" camunda:initiator="me"/>
    <bpmn:sequenceFlow id="o1" sourceRef="begins" targetRef="reads"/>
    <bpmn:task id="reads"/>
  </bpmn:process>
</bpmn:definitions>"""
"""As modellers draw it: what another party does, arrows of data, and how an element is drawn."""


def test_what_is_drawn_beside_the_process_is_for_people() -> None:
    package = read_package({"main.bpmn": POOLS.encode()})
    definition = read_definition(package.process, package.documents, KNOWN)
    case = done(definition, begin(definition), "approve")
    assert (package.process, case.finished, case.incidents) == ("main", True, ())


def test_a_process_that_runs_must_say_so() -> None:
    plain = POOLS.replace(' isExecutable="true"', "").encode()
    with pytest.raises(DefinitionRejected, match=r"Process|main, other"):
        read_package({"main.bpmn": plain})
    with pytest.raises(DefinitionRejected) as refused:
        read_definition("main", {"main.bpmn": plain}, KNOWN)
    assert [(each.element, each.rule) for each in refused.value.faults] == [("main", "unsupported")]


@pytest.mark.parametrize("kind", ["task", "complexGateway", "transaction", "adHocSubProcess"])
def test_an_unknown_kind_is_one_fault_and_says_what_to_draw(kind: str) -> None:
    (fault,) = faults(START, f'<{kind} id="t"/>', END, flow("start", "t", "end"))
    assert (fault.element, fault.rule) == ("t", "unsupported")
    assert re.search(r"; (say|draw)", fault.text)
