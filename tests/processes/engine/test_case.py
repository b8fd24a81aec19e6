"""Cases: started, completed, kept and read again; each step is read back from JSON."""

import pytest

from processes.engine.case import Case
from processes.engine.errors import NotOpen, NotWaiting, StateRejected, ValuesRejected
from tests.processes.engine.drawn import (
    END,
    NOW,
    PLACE,
    START,
    again,
    at,
    begin,
    boundary,
    done,
    elements,
    flow,
    one,
    process,
    read,
    script,
    service,
    timer,
    user,
    when,
)  # fmt: skip

WORKER = '<reconnect:place role="case_worker" responsibility="function:payroll_reporting" unit="unit"/>'
KEEPER = '<reconnect:place role="key_keeper" unit="unit" fallbackRole="administrator" fallbackUnit="&quot;town&quot;"/>'
APPROVAL = (
    START, user("approve", place='<reconnect:place role="manager" unit="unit" exclude="person"/>'),
    boundary("later", "approve", timer("timeDuration", "3 working days"), interrupts=False,
             extension="<reconnect:escalation/>"),
    '<endEvent id="escalated"/>', '<exclusiveGateway id="which" default="which_no"/>', '<endEvent id="no"/>',
    '<parallelGateway id="both"/>', user("report", "answer", WORKER), user("keys", "answer", KEEPER),
    '<parallelGateway id="joined"/>', END,
    flow("start", "approve", "which", "no"), flow("later", "escalated"), when("which", "both", 'decision == "yes"'),
    flow("both", "report", "joined"), flow("both", "keys", "joined"), flow("joined", "end"),
)  # fmt: skip


def test_the_process_of_the_acceptance_cases_runs() -> None:
    definition = read(*APPROVAL)
    case = again(definition, begin(definition))
    approve = one(case, "approve")
    assert (approve.type, approve.form, approve.place.role, case.value(approve.place.unit, approve)) == (
        "user", "approval", "manager", "nursing",
    )  # fmt: skip
    assert [case.value(each, approve) for each in approve.place.exclude] == ["tage"]
    case = done(definition, case, "approve", decision="yes")
    assert elements(case) == ["report", "keys"]
    keys = one(case, "keys")
    assert (keys.place.fallback_role, case.value(keys.place.fallback_unit, keys)) == ("administrator", "town")
    case = done(definition, case, "keys", answer="given")
    assert not case.finished
    case = done(definition, case, "report")
    assert case.finished and case.work() == () and case.data["answer"] == "given"


def test_no_ends_it() -> None:
    definition = read(*APPROVAL)
    case = done(definition, begin(definition), "approve", decision="no")
    assert case.finished and case.next_due() is None


def test_the_second_who_completes_is_refused_and_changes_nothing() -> None:
    definition = read(*APPROVAL)
    case = begin(definition)
    id = one(case, "approve").id
    case.complete(id, {"decision": "yes"}, NOW)
    before = case.kept()
    with pytest.raises(NotOpen):
        case.complete(id, {"decision": "no"}, NOW)
    assert case.kept() == before


@pytest.mark.parametrize(
    ("last", "due", "escalations"),
    [("2027-04-01T08:59", "2027-04-01T09:00", 0), ("2027-04-01T09:00", None, 1), ("2027-05-01T00:00", None, 1)],
)
def test_three_working_days_over_easter(last: str, due: str | None, escalations: int) -> None:
    """processes.yaml t08; read anew at each look."""
    definition = read(*APPROVAL)
    case = again(definition, begin(definition, at("2027-03-24T09:00")))
    case.pass_time(at("2027-03-25T09:00"))
    case = again(definition, case)
    case.pass_time(at(last))
    assert one(case, "approve").escalations == escalations
    assert case.next_due() == (at(due) if due else None)


def test_time_does_not_go_back() -> None:
    definition = read(*APPROVAL)
    case = begin(definition, at("2027-03-24T09:00"))
    case.pass_time(at("2027-04-01T09:00"))
    case.pass_time(at("2027-03-24T09:00"))
    assert one(case, "approve").escalations == 1


def test_a_task_takes_only_the_fields_of_its_form() -> None:
    definition = read(*APPROVAL)
    case = begin(definition)
    before = case.kept()
    for values in ({"unit": "town"}, {"decision": object()}, {"decision": float("nan")}, {"decision": "x" * 200_001}):
        with pytest.raises(ValuesRejected):
            case.complete(one(case, "approve").id, values, NOW)
    with pytest.raises(ValuesRejected, match="starter"):
        Case.start(definition, {"starter": "sif"}, NOW)
    assert case.kept() == before


def test_values_come_back_as_they_were_whatever_they_say() -> None:
    """SpiffWorkflow's own states make objects of what has a typename; ours are JSON."""
    definition = read(*APPROVAL)
    value = {"typename": "UUID", "value": "no uuid", "__class__": [1, 1.0, True, None, {"a.b": "æøå"}]}
    case = done(definition, begin(definition, person=value), "approve", decision="yes")
    assert one(case, "report").data["person"] == value
    case = done(definition, case, "keys", answer=1)
    case = done(definition, case, "report", answer=True)
    assert case.data["answer"] is True


LATE = (
    START, user("approve"), boundary("late", "approve", timer("timeDate", "14 days before days at 12:00")),
    user("ask", "answer"), END, flow("start", "approve", "end"), flow("late", "ask", "end"),
)  # fmt: skip


def test_a_boundary_timer_that_interrupts_takes_the_task_away() -> None:
    definition = read(
        START, user("first"), flow("start", "first", "approve"), *LATE[1:-2], flow("approve", "end"), LATE[-1]
    )
    case = done(definition, begin(definition), "first", days="2027-02-15")
    approve = one(case, "approve")
    assert case.next_due() == at("2027-02-01T12:00")
    case.pass_time(at("2027-02-01T12:00"))
    case = again(definition, case)
    assert elements(case) == ["ask"]
    with pytest.raises(NotOpen):
        case.complete(approve.id, {}, NOW)
    assert done(definition, case, "ask").finished


def test_a_timer_without_its_date_is_an_incident() -> None:
    definition = read(*LATE)
    case = again(definition, begin(definition))
    assert [each.element for each in case.incidents] == ["approve"]
    assert "days" in case.incidents[0].text and case.work() == ()


def test_a_date_of_the_case_is_waited_for() -> None:
    definition = read(
        START, user("approve"), f'<intermediateCatchEvent id="wait">{timer("timeDate", "2 days before days")}'
        "</intermediateCatchEvent>", user("greet", "answer"), END, flow("start", "approve", "wait", "greet", "end"),
    )  # fmt: skip
    case = done(definition, begin(definition), "approve", days="2027-02-10")
    assert (elements(case), case.next_due()) == ([], at("2027-02-08T00:00"))
    case.pass_time(at("2027-02-08T00:00"))
    assert elements(again(definition, case)) == ["greet"]


def test_a_reminder_repeats_as_often_as_it_says() -> None:
    definition = read(
        START, user("approve"), boundary("again", "approve", timer("timeCycle", "R3/2 days"), interrupts=False),
        service("remind"), '<endEvent id="reminded"/>', END, flow("start", "approve", "end"),
        flow("again", "remind", "reminded"),
    )  # fmt: skip
    case = again(definition, begin(definition))
    found = []
    for day in range(12, 22):
        case.pass_time(at(f"2027-01-{day}T09:00"))
        case = again(definition, case)
        found.append(elements(case).count("remind"))
    assert found == [0, 1, 1, 2, 2, 3, 3, 3, 3, 3]
    assert case.next_due() is None
    case = begin(definition)
    case.pass_time(at("2027-03-01T09:00"))
    assert elements(case).count("remind") == 3, "all that was due since"
    for _ in range(3):
        case.complete(next(each.id for each in case.work() if each.element == "remind"), {}, NOW)
    case = done(definition, case, "approve")
    assert case.finished


def test_messages_are_waited_for_and_sent() -> None:
    outside = (
        '<message id="m_in" name="employment_seen"><extensionElements><reconnect:data name="number"/>'
        '</extensionElements></message><message id="m_out" name="hired"/>'
    )
    definition = read(
        START, '<eventBasedGateway id="either"/>',
        '<intermediateCatchEvent id="seen"><messageEventDefinition messageRef="m_in"/></intermediateCatchEvent>',
        f'<intermediateCatchEvent id="late">{timer("timeDuration", "P7D")}</intermediateCatchEvent>',
        user("join", "answer"),
        '<intermediateThrowEvent id="tell"><messageEventDefinition messageRef="m_out"/></intermediateThrowEvent>',
        END, flow("start", "either", "seen", "tell", "end"), flow("either", "late", "join", "end"), outside=outside,
    )  # fmt: skip
    case = again(definition, begin(definition))
    with pytest.raises(NotWaiting):
        case.deliver("hired", {}, NOW)
    with pytest.raises(ValuesRejected):
        case.deliver("employment_seen", {"unit": "town"}, NOW)
    case.deliver("employment_seen", {"number": "12345"}, NOW)
    assert case.finished and case.data["number"] == "12345"
    assert [each.message for each in case.sent()] == ["hired"] and case.sent() == ()
    case = again(definition, begin(definition))
    case.pass_time(at("2027-01-18T09:00"))
    case = again(definition, case)
    assert elements(case) == ["join"]
    with pytest.raises(NotWaiting):
        case.deliver("employment_seen", {"number": "12345"}, NOW)


def test_a_message_at_a_task_interrupts_it() -> None:
    outside = '<message id="m" name="withdrawn"/>'
    definition = read(
        START, user("approve"), boundary("stop", "approve", '<messageEventDefinition messageRef="m"/>'),
        '<endEvent id="stopped"/>', END, flow("start", "approve", "end"), flow("stop", "stopped"), outside=outside,
    )  # fmt: skip
    case = again(definition, begin(definition))
    case.deliver("withdrawn", {}, NOW)
    assert again(definition, case).finished


def test_a_sub_process_is_ended_by_its_error_and_an_event_sub_process_runs_beside_it() -> None:
    outside = '<message id="m" name="withdrawn"/><error id="e" errorCode="refused"/>'
    definition = read(
        START,
        '<subProcess id="inner"><startEvent id="s1"/>', user("approve"),
        '<exclusiveGateway id="which" default="which_ok"/><endEvent id="ok"/>',
        '<endEvent id="refused"><errorEventDefinition errorRef="e"/></endEvent>',
        flow("s1", "approve", "which", "ok"), when("which", "refused", 'decision == "no"'), "</subProcess>",
        boundary("failed", "inner", '<errorEventDefinition errorRef="e"/>'), user("explain", "answer"), END,
        '<subProcess id="withdrawal" triggeredByEvent="true"><startEvent id="s2" isInterrupting="false">'
        '<messageEventDefinition messageRef="m"/></startEvent>', user("clean", "answer"),
        '<endEvent id="e2"/>', flow("s2", "clean", "e2"),
        "</subProcess>", flow("start", "inner", "end"), flow("failed", "explain", "end"), outside=outside,
    )  # fmt: skip
    case = again(definition, begin(definition))
    assert done(definition, again(definition, case), "approve", decision="yes").finished
    refused = done(definition, again(definition, case), "approve", decision="no")
    assert elements(refused) == ["explain"]
    assert done(definition, refused, "explain").finished
    case.deliver("withdrawn", {}, NOW)
    case = again(definition, case)
    assert sorted(elements(case)) == ["approve", "clean"]
    case = done(definition, case, "clean")
    assert done(definition, case, "approve", decision="yes").finished


def test_a_called_process_keeps_its_callers_place() -> None:
    called = process(
        '<startEvent id="s1"/>', user("hand_over", "answer", place=""), '<endEvent id="e1"/>',
        flow("s1", "hand_over", "e1"), id="called",
    )  # fmt: skip
    definition = read(
        f'<laneSet id="lanes"><lane id="lane"><extensionElements>{PLACE}</extensionElements>'
        "<flowNodeRef>call</flowNodeRef></lane></laneSet>",
        START, '<callActivity id="call" calledElement="called"/>', END, flow("start", "call", "end"),
        more={"called.bpmn": called},
    )  # fmt: skip
    case = again(definition, begin(definition))
    work = one(case, "hand_over")
    assert (work.calls, work.place.role, case.value(work.place.unit, work)) == (("call",), "manager", "nursing")
    assert done(definition, case, "hand_over", answer="x").data["answer"] == "x"


def test_a_task_in_a_sub_process_has_the_lane_in_which_it_is_drawn() -> None:
    """Modellers name the sub-process in the lane, and not what is in it."""
    innermost = f'<subProcess id="innermost"><startEvent id="s2"/>{user("approve", "answer", place="")}'
    definition = read(
        f'<laneSet id="lanes"><lane id="lane"><extensionElements>{PLACE}</extensionElements>'
        "<flowNodeRef>inner</flowNodeRef></lane></laneSet>", START,
        '<subProcess id="inner"><startEvent id="s1"/>', innermost, '<endEvent id="e2"/>', flow("s2", "approve", "e2"),
        '</subProcess><endEvent id="e1"/>', flow("s1", "innermost", "e1"), "</subProcess>", END,
        flow("start", "inner", "end"),
    )  # fmt: skip
    case = again(definition, begin(definition))
    work = one(case, "approve")
    assert (work.place.role, case.value(work.place.unit, work)) == ("manager", "nursing")


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_one_task_for_each_of_a_list(sequential: str) -> None:
    multiple = (
        f'<multiInstanceLoopCharacteristics isSequential="{sequential}"><loopDataInputRef>units</loopDataInputRef>'
        '<loopDataOutputRef>answers</loopDataOutputRef><inputDataItem id="each_unit"/><outputDataItem id="answer"/>'
        "</multiInstanceLoopCharacteristics>"
    )
    definition = read(
        START, script("list", 'units = ["a", "b", unit]'),
        user("ask", "answer", '<reconnect:place role="manager" unit="each_unit"/>', multiple), END,
        flow("start", "list", "ask", "end"),
    )  # fmt: skip
    case = again(definition, begin(definition))
    seen = []
    while not case.finished:
        work = case.work()[0]
        assert len(case.work()) == (1 if sequential == "true" else 3 - len(seen))
        seen.append(case.value(work.place.unit, work))
        case.complete(work.id, {"answer": f"of {seen[-1]}"}, NOW)
        case = again(definition, case)
    assert seen == ["a", "b", "nursing"]
    assert case.data["answers"] == ["of a", "of b", "of nursing"]


@pytest.mark.parametrize("sequential", ["true", "false"])
@pytest.mark.parametrize("output", ["", "answers"])
def test_instances_are_made_again_when_the_activity_is_reached_again(sequential: str, output: str) -> None:
    listed, item = "<loopDataOutputRef>answers</loopDataOutputRef>", '<outputDataItem id="answer"/>'
    multiple = (
        f'<multiInstanceLoopCharacteristics isSequential="{sequential}"><loopDataInputRef>units</loopDataInputRef>'
        f'{listed * bool(output)}<inputDataItem id="each_unit"/>{item * bool(output)}'
        "</multiInstanceLoopCharacteristics>"
    )
    definition = read(
        START, script("list", 'units = ["a", "b", unit]'), '<exclusiveGateway id="back"/>',
        user("ask", "answer", '<reconnect:place role="manager" unit="each_unit"/>', multiple), user("more"),
        '<exclusiveGateway id="which" default="which_end"/>', END,
        flow("start", "list", "back", "ask", "more", "which", "end"), when("which", "back", 'decision == "again"'),
    )  # fmt: skip
    case = again(definition, begin(definition))
    for _ in range(2):
        seen = []
        while elements(case) != ["more"]:
            work = case.work()[0]
            seen.append(case.value(work.place.unit, work))
            case.complete(work.id, {"answer": f"of {seen[-1]}"}, NOW)
            case = again(definition, case)
            assert case.incidents == ()
        assert seen == ["a", "b", "nursing"]
        if output:
            assert case.variables["answers"] == ["of a", "of b", "of nursing"]
        case = done(definition, case, "more", decision="again")
    assert case.incidents == ()


def test_instances_by_number_are_made_again_with_an_empty_list() -> None:
    multiple = (
        "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
        '<loopDataOutputRef>answers</loopDataOutputRef><outputDataItem id="answer"/></multiInstanceLoopCharacteristics>'
    )
    definition = read(
        START, '<exclusiveGateway id="back"/>', user("ask", "answer", more=multiple), user("more"),
        '<exclusiveGateway id="which" default="which_end"/>', END, flow("start", "back", "ask", "more", "which", "end"),
        when("which", "back", 'decision == "again"'),
    )  # fmt: skip
    case = begin(definition)
    for time in ("first", "second"):
        for work in case.work():
            case.complete(work.id, {"answer": time}, NOW)
        assert case.variables["answers"] == [time, time]
        case = done(definition, case, "more", decision="again")
    assert elements(case) == ["ask", "ask"]


@pytest.mark.parametrize("called", [True, False])
def test_a_timer_at_the_edge_ends_all_that_runs_within_the_instances(called: bool) -> None:
    multiple = (
        "<multiInstanceLoopCharacteristics><loopDataInputRef>units</loopDataInputRef>"
        '<inputDataItem id="each_unit"/></multiInstanceLoopCharacteristics>'
    )
    within = (
        '<startEvent id="s1"/>', user("ask", "answer", '<reconnect:place role="manager" unit="&quot;town&quot;"/>'),
        boundary("soon", "ask", timer("timeDuration", "P20D"), interrupts=False), '<endEvent id="e1"/>',
        flow("s1", "ask", "e1"), flow("soon", "e1"),
    )  # fmt: skip
    each = (
        f'<callActivity id="each" calledElement="called">{multiple}</callActivity>' if called
        else f'<subProcess id="each">{multiple}{"".join(within)}</subProcess>'
    )  # fmt: skip
    definition = read(
        START, script("list", 'units = ["a", "b"]'), each, boundary("late", "each", timer("timeDuration", "P10D")),
        user("remind", "answer"), END, flow("start", "list", "each", "end"), flow("late", "remind", "end"),
        more={"called.bpmn": process(*within, id="called")} if called else None,
    )  # fmt: skip
    case = again(definition, begin(definition))
    assert elements(case) == ["ask", "ask"]
    case.pass_time(at("2027-01-22T09:00"))
    assert (elements(case), case.incidents, case.next_due()) == (["remind"], (), None)
    assert done(definition, again(definition, case), "remind").finished


def test_a_fault_of_the_library_is_an_incident_of_the_case(monkeypatch: pytest.MonkeyPatch) -> None:
    definition = read(START, user("ask"), script("next", "n = 1"), END, flow("start", "ask", "next", "end"))
    case = begin(definition)

    def broken(*_: object) -> None:
        raise NameError("data_ouput")

    monkeypatch.setattr("processes.engine.spiff.Evaluation.execute", broken)
    case.complete(one(case, "ask").id, {}, NOW)
    (incident,) = case.incidents
    assert incident.element == "next" and "NameError" in incident.text
    monkeypatch.undo()
    case.retry(incident.task, NOW)
    assert case.finished


def test_a_round_over_many_units_begins() -> None:
    multiple = (
        "<multiInstanceLoopCharacteristics><loopDataInputRef>unit</loopDataInputRef>"
        '<inputDataItem id="each_unit"/></multiInstanceLoopCharacteristics>'
    )
    ask = user("ask", "answer", '<reconnect:place role="manager" unit="each_unit"/>', multiple)
    definition = read(START, ask, END, flow("start", "ask", "end"))
    case = begin(definition, unit=[f"u{number}" for number in range(301)])
    assert case.incidents == ()
    assert [case.value(each.place.unit, each) for each in (case.work()[0], case.work()[-1])] == ["u0", "u300"]


@pytest.mark.parametrize("number", ["5001", "-1", '"many"', "true", "1.5"])
def test_too_many_instances_are_an_incident_before_one_is_made(number: str) -> None:
    kind = "multiInstanceLoopCharacteristics"
    multiple = f"<{kind}><loopCardinality>{number}</loopCardinality></{kind}>"
    definition = read(START, user("ask", more=multiple), END, flow("start", "ask", "end"))
    case = again(definition, begin(definition))
    assert (case.work(), [each.element for each in case.incidents]) == ((), ["start"])
    assert "instances" in case.incidents[0].text


def test_instances_that_would_each_copy_much_are_an_incident_before_one_is_made() -> None:
    kind = "multiInstanceLoopCharacteristics"
    multiple = f"<{kind}><loopCardinality>5000</loopCardinality></{kind}>"
    definition = read(START, user("ask", more=multiple), END, flow("start", "ask", "end"))
    case = begin(definition, unit=[{"name": "x", "number": number} for number in range(1000)])
    assert (case.work(), [each.element for each in case.incidents]) == ((), ["start"])
    assert "make these smaller" in case.incidents[0].text


@pytest.mark.parametrize(
    "text",
    ['a = "abcdefgh"\n' + "a = a + a\n" * 40, 'a = "' + "x" * 900 + '"\n' + "b = a + a + a\na = b + b + b\n" * 5],
)
def test_a_script_that_makes_more_and_more_stops_with_an_incident(text: str) -> None:
    definition = read(START, script("grow", text), END, flow("start", "grow", "end"))
    case = begin(definition)
    assert [each.element for each in case.incidents] == ["grow"]
    assert "200000" in case.incidents[0].text


def test_a_loop_that_makes_more_and_more_stops_with_an_incident() -> None:
    definition = read(
        START, script("first", 'a = "abcdefgh"'), '<exclusiveGateway id="back"/>', script("grow", "a = a + a"),
        '<exclusiveGateway id="more" default="more_end"/>', END,
        flow("start", "first", "back", "grow", "more"), when("more", "back", "size(a) > 0"), flow("more", "end"),
    )  # fmt: skip
    case = again(definition, begin(definition))
    assert [each.element for each in case.incidents] == ["grow"]
    assert len(case.kept()) < 2_000_000


def test_a_case_takes_no_more_than_it_can_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    definition = read(START, user("one"), user("two"), END, flow("start", "one", "two", "end"))
    case = begin(definition)
    monkeypatch.setattr("processes.engine.case.LARGEST_STATE", 10_000)
    kept = case.kept()
    with pytest.raises(ValuesRejected, match="10000 are allowed"):
        case.complete(one(case, "one").id, {"days": "x" * 20_000}, NOW)
    assert elements(done(definition, Case.read(definition, kept), "one", days="x")) == ["two"]


def test_a_loop_without_an_end_stops_with_an_incident() -> None:
    definition = read(
        START, '<exclusiveGateway id="back"/>', script("add", "n = 1"),
        '<exclusiveGateway id="enough" default="enough_back"/>',
        END, flow("start", "back", "add", "enough", "back"), when("enough", "end", "n > 1"),
    )  # fmt: skip
    case = again(definition, begin(definition))
    assert len(case.incidents) == 1 and "no end" in case.incidents[0].text and not case.finished
    case.pass_time(at("2027-02-01T09:00"))
    assert len(case.incidents) == 1


def test_a_case_that_goes_round_too_often_stops_while_its_tasks_can_still_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SpiffWorkflow does not see what is deeper than 1,000: a task would be lost without a word."""
    monkeypatch.setattr("processes.engine.case.DEEPEST", 30)
    definition = read(
        START, '<exclusiveGateway id="back"/>', user("ask", "answer"),
        '<exclusiveGateway id="which" default="which_end"/>', END, flow("start", "back", "ask", "which", "end"),
        when("which", "back", 'answer == "again"'),
    )  # fmt: skip
    case = begin(definition)
    while case.work():
        case = done(definition, case, "ask", answer="again")
    assert "goes round too often" in case.incidents[0].text and not case.finished


def test_after_ten_incidents_the_rest_waits_for_the_next_call() -> None:
    ids = [f"s{number}" for number in range(15)]
    definition = read(
        START, '<parallelGateway id="split"/>', *(script(each, "n = unit + 1") for each in ids),
        '<parallelGateway id="join"/>', END, flow("start", "split"), *(flow("split", each, "join") for each in ids),
        flow("join", "end"),
    )  # fmt: skip
    case = again(definition, begin(definition))
    assert len(case.incidents) == 10
    case.pass_time(NOW)
    assert {each.element for each in case.incidents} == set(ids)


def test_what_fails_is_an_incident_and_the_rest_goes_on() -> None:
    definition = read(
        START, user("approve"), '<parallelGateway id="both"/>', script("count", "rest = days + 1"),
        user("report", "answer"),
        '<parallelGateway id="joined"/>', END, flow("start", "approve", "both", "count", "joined", "end"),
        flow("both", "report", "joined"),
    )  # fmt: skip
    case = done(definition, begin(definition), "approve", days="many")
    assert elements(case) == ["report"]
    incident = case.incidents[0]
    assert (incident.element, incident.at) == ("count", "2027-01-11T09:00:00+01:00")
    case.retry(incident.task, NOW)
    case = again(definition, case)
    assert [each.element for each in case.incidents] == ["count"], "it fails again"
    with pytest.raises(NotOpen):
        case.retry("none", NOW)
    case = done(definition, case, "report")
    assert not case.finished


def test_an_incident_goes_with_its_path() -> None:
    definition = read(
        START, '<parallelGateway id="both"/>', script("count", "rest = person + 1"), user("report", "answer"), END,
        '<endEvent id="stop"><terminateEventDefinition/></endEvent>',
        flow("start", "both", "count", "end"), flow("both", "report", "stop"),
    )  # fmt: skip
    case = again(definition, begin(definition))
    assert [each.element for each in case.incidents] == ["count"]
    case = done(definition, case, "report")
    assert case.finished and case.incidents == ()


def test_a_service_has_the_same_key_at_each_try() -> None:
    definition = read(
        START, service("notify", "sent_at", idempotency="unit + person"), service("again"), END,
        flow("start", "notify", "again", "end"),
    )  # fmt: skip
    case = again(definition, begin(definition))
    work = one(case, "notify")
    assert (work.type, work.service, work.key) == ("service", "mail", "notify:nursingtage")
    case = done(definition, case, "notify", sent_at="2027-01-11")
    key = one(case, "again").key
    case = again(definition, case)
    assert one(case, "again").key == key
    case = done(definition, case, "again")
    assert case.finished and case.data["sent_at"] == "2027-01-11"


@pytest.mark.parametrize(
    "kept",
    [b"", b"[]", b"{}", b"null", b'{"format": 2, "definition": "x"}', b'{"format": 1, "definition": "x"}'],
)
def test_a_state_that_is_not_ours_is_refused(kept: bytes) -> None:
    with pytest.raises(StateRejected):
        Case.read(read(*APPROVAL), kept)


def test_a_state_of_another_version_is_refused() -> None:
    kept = begin(read(*APPROVAL)).kept()
    other = read(*APPROVAL, '<textAnnotation id="note"><text>newer</text></textAnnotation>')
    with pytest.raises(StateRejected, match="belongs to version"):
        Case.read(other, kept)
    with pytest.raises(StateRejected, match="can't be read"):
        Case.read(read(*APPROVAL), kept.replace(b'"approve"', b'"nothing"'))


def test_what_a_done_path_has_is_known_while_others_are_open() -> None:
    definition = read(
        START, '<parallelGateway id="split"/>', user("one"), user("other"), '<parallelGateway id="join"/>', END,
        flow("start", "split", "one", "join", "end"), flow("split", "other", "join"),
    )  # fmt: skip
    case = done(definition, again(definition, begin(definition)), "one", decision="yes")
    assert case.variables["decision"] == "yes" and elements(case) == ["other"]
    case = done(definition, case, "other", days=3)
    assert case.finished and case.data["decision"] == "yes" and case.data["days"] == 3


@pytest.mark.parametrize("sequential", ["true", "false"])
@pytest.mark.parametrize(
    "condition", ['answers.exists(each, each == "no")', "size(answers) == 2", 'answer == "no"'],
)  # fmt: skip
def test_the_rest_of_a_list_is_cancelled_by_what_was_given_so_far(sequential: str, condition: str) -> None:
    multiple = (
        f'<multiInstanceLoopCharacteristics isSequential="{sequential}"><loopCardinality>3</loopCardinality>'
        '<loopDataOutputRef>answers</loopDataOutputRef><outputDataItem id="answer"/>'
        f'<completionCondition xsi:type="tFormalExpression">{condition}</completionCondition>'
        "</multiInstanceLoopCharacteristics>"
    )
    definition = read(START, user("ask", "answer", more=multiple), END, flow("start", "ask", "end"))
    case = again(definition, begin(definition))
    for number, answer in enumerate(("yes", "no"), start=1):
        assert not case.finished and case.incidents == ()
        case.complete(case.work()[0].id, {"answer": answer}, NOW)
        case = again(definition, case)
        assert len(case.data.get("answers", [])) in (0, number)
    assert case.finished and case.data["answers"] == ["yes", "no"]


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_an_instance_that_leaves_out_what_is_listed_has_null_in_the_list(sequential: str) -> None:
    multiple = (
        f'<multiInstanceLoopCharacteristics isSequential="{sequential}"><loopCardinality>2</loopCardinality>'
        '<loopDataOutputRef>answers</loopDataOutputRef><outputDataItem id="answer"/></multiInstanceLoopCharacteristics>'
    )
    definition = read(START, user("ask", "answer", more=multiple), END, flow("start", "ask", "end"))
    case = again(definition, begin(definition))
    for values in ({}, {"answer": "of the second"}):
        case.complete(case.work()[0].id, values, NOW)
        assert case.incidents == ()
        case = again(definition, case)
    assert case.finished and case.data["answers"] == [None, "of the second"]


GATEWAYS = ("parallel", "inclusive")


@pytest.mark.parametrize("kind", GATEWAYS)
@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_what_a_path_has_set_stays_where_it_meets_one_that_has_not(kind: str, order: tuple[str, str]) -> None:
    def split(target: str) -> str:
        return flow("split", target) if kind == "parallel" else when("split", target, "true")

    definition = read(
        START, script("first", 'decision = "old"\ndays = [1, 2, 3]'), f'<{kind}Gateway id="split"/>',
        user("one"), user("two"), f'<{kind}Gateway id="join"/>', user("after"), END,
        flow("start", "first", "split"), split("one"), split("two"), flow("one", "join", "after", "end"),
        flow("two", "join"),
    )  # fmt: skip
    case = begin(definition)
    for element in order:
        case = done(definition, case, element, **({"decision": "new", "days": [3]} if element == "one" else {}))
    assert (one(case, "after").data["decision"], one(case, "after").data["days"]) == ("new", [3])


def test_of_two_paths_the_last_one_counts_also_in_a_later_round() -> None:
    definition = read(
        START, '<exclusiveGateway id="back"/>', '<parallelGateway id="split"/>', user("one"), user("two"),
        '<parallelGateway id="join"/>', '<exclusiveGateway id="which" default="which_end"/>', END,
        flow("start", "back", "split", "one", "join", "which", "end"), flow("split", "two", "join"),
        when("which", "back", 'decision != "done"'),
    )  # fmt: skip
    case = begin(definition)
    case = done(definition, case, "one", days=[1])
    case = done(definition, case, "two", days=[2], decision="again")
    assert one(case, "one").data["days"] == [2]
    case = done(definition, case, "two", days=[2])  # as it was: it sets nothing
    case = done(definition, case, "one", days=[1], decision="done")
    assert (case.finished, case.data["days"]) == (True, [1])


@pytest.mark.parametrize("sequential", ["true", "false"])
def test_what_an_instance_has_set_stays_if_the_next_one_leaves_it_out(sequential: str) -> None:
    kind = "multiInstanceLoopCharacteristics"
    multiple = f'<{kind} isSequential="{sequential}"><loopCardinality>2</loopCardinality></{kind}>'
    definition = read(
        START, script("first", 'decision = "old"\ndays = [0]'), user("ask", more=multiple), user("after"), END,
        flow("start", "first", "ask", "after", "end"),
    )  # fmt: skip
    case = begin(definition)
    for values in ({"decision": "new", "days": [1, 2]}, {"days": [3]}):
        case.complete(case.work()[0].id, values, NOW)
        case = again(definition, case)
    assert (one(case, "after").data["decision"], one(case, "after").data["days"]) == ("new", [3])


def test_a_join_that_waits_for_a_path_that_was_not_taken_is_an_incident() -> None:
    definition = read(
        START, user("ask"), '<exclusiveGateway id="which" default="which_two"/>', user("one"), user("two"),
        '<parallelGateway id="join"/>', END,
        flow("start", "ask", "which"), when("which", "one", "days == 1"), flow("which", "two", "join"),
        flow("one", "join", "end"),
    )  # fmt: skip
    case = done(definition, begin(definition), "ask", days=1)
    assert case.incidents == ()
    case = done(definition, case, "one")
    assert [(each.element, each.text[:31]) for each in case.incidents] == [("join", "it waits for paths that no long")]
    case.retry(case.incidents[0].task, NOW)
    assert [each.element for each in again(definition, case).incidents] == ["join"]


@pytest.mark.parametrize("kind", GATEWAYS)
def test_a_join_waits_for_all_paths_of_each_round_in_any_order(kind: str) -> None:
    def split(target: str) -> str:
        return flow("split", target) if kind == "parallel" else when("split", target, "true")

    definition = read(
        START, '<exclusiveGateway id="back"/>', f'<{kind}Gateway id="split"/>', user("one"), user("two"),
        f'<{kind}Gateway id="join"/>', '<exclusiveGateway id="which" default="which_end"/>', END,
        flow("start", "back", "split"), split("one"), split("two"), flow("one", "join", "which", "end"),
        flow("two", "join"), when("which", "back", 'decision == "again"'),
    )  # fmt: skip
    case = begin(definition)
    for order in (("one", "two"), ("two", "one"), ("two", "one"), ("one", "two")):
        assert sorted(elements(case)) == ["one", "two"]
        case = done(definition, case, order[0], decision="again")
        assert elements(case) == [order[1]]
        case = done(definition, case, order[1], decision="again")
    case = done(definition, done(definition, case, "two"), "one", decision="end")
    assert case.finished
