"""What a case does before anybody has completed a task: only its starter has decided that."""

import pytest

from tests.processes.engine.drawn import END, START, boundary, flow, process, read, service, timer, user

LATE = boundary("late", "ask", timer("timeDuration", "1 working day"), interrupts=False)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ((service("a"), flow("start", "a", "end")), {"mail"}),
        ((user("ask"), service("a"), flow("start", "ask", "a", "end")), set()),
        ((user("ask"), LATE, service("a"), flow("start", "ask", "end"), flow("late", "a", "end")), {"mail"}),
        (("<subProcess id='sub'>", START.replace('"start"', '"s"'), service("a"), END.replace('"end"', '"e"'),
          flow("s", "a", "e"), "</subProcess>", flow("start", "sub", "end")), {"mail"}),
    ],
)  # fmt: skip
def test_what_follows_a_task_follows_a_person_and_a_timer_at_its_edge_does_not(
    parts: tuple[str, ...], found: set[str]
) -> None:
    assert read(START, *parts, END).unattended == found


def test_what_a_called_process_does_at_once_counts() -> None:
    call = '<callActivity id="call" calledElement="called"/>'
    inner = (
        START.replace('"start"', '"first"'),
        service("a"),
        END.replace('"end"', '"last"'),
        flow("first", "a", "last"),
    )
    called = {"called.bpmn": process(*inner, id="called")}
    assert read(START, call, END, flow("start", "call", "end"), more=called).unattended == {"mail"}
    asked = read(START, user("ask"), call, END, flow("start", "ask", "call", "end"), more=called)
    assert asked.unattended == set()


MESSAGE = '<message id="m" name="hired"/>'
WAIT = '<receiveTask id="wait" messageRef="m"/>'


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ((WAIT, service("a"), flow("start", "wait", "a", "end")), {"mail"}),
        ((WAIT, user("ask"), service("a"), flow("start", "wait", "ask", "a", "end")), set()),
        ((service("a"), WAIT, flow("start", "a", "wait", "end")), set()),
        (("<subProcess id='sub'>", START.replace('"start"', '"s"'), WAIT, END.replace('"end"', '"e"'),
          flow("s", "wait", "e"), "</subProcess>", service("a"), flow("start", "sub", "a", "end")), {"mail"}),
    ],
)  # fmt: skip
def test_what_follows_a_message_follows_whoever_delivers_it(parts: tuple[str, ...], found: set[str]) -> None:
    made = read(START, *parts, END, outside=MESSAGE)
    assert (made.unattended_after("hired"), made.unattended_after("other")) == (found, frozenset())
