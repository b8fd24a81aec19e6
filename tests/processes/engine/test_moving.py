"""A case is moved to another version, and goes on as that one says; or it is told why it can't be."""

from collections.abc import Callable
from typing import Any

import pytest

from processes.engine.case import Case
from processes.engine.definition import Definition
from processes.engine.errors import NotMovable
from processes.engine.moving import moved
from tests.processes.engine.drawn import (
    END,
    NOW,
    START,
    again,
    begin,
    boundary,
    done,
    elements,
    flow,
    read,
    script,
    timer,
    user,
    when,
)

PLAIN = (START, user("approve"), user("report"), END, flow("start", "approve", "report", "end"))
SPLIT, JOIN = '<parallelGateway id="split"/>', '<parallelGateway id="join"/>'


def both(after: str) -> tuple[str, ...]:
    """Two tasks beside each other, and something after them."""
    ways = flow("start", "split", "a", "join", after, "end") + flow("split", "b", "join")
    return (START, SPLIT, JOIN, user("a"), user("b"), user(after), END, ways)


def on_new(case: Case, old: Definition, new: Definition) -> Case:
    return again(new, moved(case.kept(), old, new))


def test_what_comes_after_the_open_task_is_that_of_the_new_version() -> None:
    old = read(*PLAIN)
    new = read(START, user("approve"), script("n", "days = 3"), user("check"), END,
               flow("start", "approve", "n", "check", "end"))  # fmt: skip
    case = begin(old)
    (work,) = case.work()
    there = on_new(case, old, new)
    assert elements(there) == ["approve"] and there.work()[0].id == work.id, "the same task, with what it has"
    there = done(new, there, "approve", decision="yes")
    assert elements(there) == ["check"] and there.work()[0].data["days"] == 3
    assert done(new, there, "check").finished


def test_branches_meet_in_the_new_version() -> None:
    old, new = read(*both("report")), read(*both("check"))
    case = done(old, begin(old), "a")
    there = on_new(case, old, new)
    assert elements(there) == ["b"]
    there = done(new, there, "b")
    assert elements(there) == ["check"] and done(new, there, "check").finished


def test_a_timer_at_the_open_task_goes_on() -> None:
    late = boundary("late", "approve", timer("timeDuration", "P1D"), interrupts=False)
    parts = (START, user("approve"), late, user("nudge"), END, '<endEvent id="e2"/>', flow("late", "nudge", "e2"))
    old = read(*parts, flow("start", "approve", "end"))
    new = read(*parts, user("check"), flow("start", "approve", "check", "end"))
    case = begin(old)
    there = on_new(case, old, new)
    assert there.next_due() == case.next_due()
    there.pass_time(there.next_due() or NOW)
    assert sorted(elements(there)) == ["approve", "nudge"]
    assert sorted(elements(done(new, again(new, there), "approve"))) == ["check", "nudge"]


def refusing(*caught: str) -> Definition:
    """A sub-process that ends with an error; the events at its edge that catch errors, in order."""
    errors = "".join(f'<error id="{each}" errorCode="{each}"/>' for each in ("refused", "other"))
    edges = [
        boundary(f"at_{each}", "inner", f'<errorEventDefinition errorRef="{each}"/>') + flow(f"at_{each}", "explain")
        for each in caught
    ]
    return read(
        START, '<subProcess id="inner"><startEvent id="s1"/>', user("approve"), '<exclusiveGateway id="which"/>',
        '<endEvent id="no"><errorEventDefinition errorRef="refused"/></endEvent>',
        '<endEvent id="else"><errorEventDefinition errorRef="other"/></endEvent>',
        flow("s1", "approve", "which"), when("which", "no", 'decision == "no"'),
        when("which", "else", 'decision != "no"'), "</subProcess>", *edges, user("explain", "answer"), END,
        flow("inner", "end"), flow("start", "inner"), flow("explain", "end"), outside=errors, deployed=True,
    )  # fmt: skip


@pytest.mark.parametrize("before", [(), ("other",)])
def test_an_error_that_nothing_caught_is_caught_in_the_new_version(before: tuple[str, ...]) -> None:
    old, new = refusing(*before), refusing("other", "refused")
    case = done(old, begin(old), "approve", decision="no")
    assert [each.element for each in case.incidents] == ["no"]
    there = on_new(case, old, new)
    (incident,) = there.incidents
    there.retry(incident.task, NOW)
    there = again(new, there)
    assert (elements(there), there.incidents) == (["explain"], ())
    assert done(new, there, "explain").finished


def test_an_error_is_caught_that_comes_after_the_case_was_moved() -> None:
    old, new = refusing("other"), refusing("other", "refused")
    there = on_new(begin(old), old, new)
    assert elements(done(new, there, "approve", decision="no")) == ["explain"]
    there = on_new(begin(old), old, new)
    assert elements(done(new, there, "approve", decision="yes")) == ["explain"]
    with pytest.raises(NotMovable, match="other events at its edge"):
        moved(begin(new).kept(), new, old)


def test_a_step_that_failed_is_made_again_as_the_new_version_says() -> None:
    parts = (START, user("approve"), END, flow("start", "approve", "n", "end"))
    old, new = read(*parts, script("n", "days = 1 / 0")), read(*parts, script("n", "days = 3"))
    case = done(old, begin(old), "approve")
    there = on_new(case, old, new)
    (incident,) = there.incidents
    there.retry(incident.task, NOW)
    assert there.finished and there.data["days"] == 3


@pytest.mark.parametrize(
    ("new", "text"),
    [
        ((START, user("check"), END, flow("start", "check", "end")), "is at approve"),
        ((START, script("approve", "days = 1"), END, flow("start", "approve", "end")), "is at approve"),
        ((START.replace('id="start"', 'id="begin"'), user("approve"), END, flow("begin", "approve", "end")),
         "has been at start"),
        ((START, user("approve"), boundary("late", "approve", timer("timeDuration", "P1D")), END,
          '<endEvent id="e2"/>', flow("start", "approve", "end"), flow("late", "e2")), "other events at its edge"),
    ],
)  # fmt: skip
def test_what_the_new_version_lacks_is_told(new: tuple[Any, ...], text: str) -> None:
    old = read(*PLAIN)
    with pytest.raises(NotMovable, match=text):
        moved(begin(old).kept(), old, read(*new))


PING = '<message id="ping" name="ping"/>'
MESSAGE = '<messageEventDefinition messageRef="ping"/>'
ONCE, OTHER_MOMENT = timer("timeDuration", "P2D"), timer("timeDate", '"2027-01-20"')
AGAIN = timer("timeCycle", "R3/P1D")


def catch(id: str, event: str) -> str:
    return f'<intermediateCatchEvent id="{id}">{event}</intermediateCatchEvent>'


def at_the_edge(event: str) -> Definition:
    late = boundary("late", "approve", event, interrupts=False)
    ways = flow("start", "approve", "end") + flow("late", "report", "e2")
    return read(START, user("approve"), late, user("report"), END, '<endEvent id="e2"/>', ways, outside=PING)


def between(event: str) -> Definition:
    return read(START, catch("late", event), END, flow("start", "late", "end"), outside=PING)


def behind_a_gateway(*events: str) -> Definition:
    caught = {f"c{number}": event for number, event in enumerate(events)}
    ways = "".join(flow("first", id, "end") for id in caught)
    gateway = '<eventBasedGateway id="first"/>'
    drawn = (catch(id, event) for id, event in caught.items())
    return read(START, gateway, *drawn, END, flow("start", "first"), ways, outside=PING)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (at_the_edge(MESSAGE), at_the_edge(ONCE)),
        (at_the_edge(ONCE), at_the_edge(MESSAGE)),
        (at_the_edge(ONCE), at_the_edge(AGAIN)),
        (at_the_edge(AGAIN), at_the_edge(ONCE)),
        (between(MESSAGE), between(ONCE)),
        (between(ONCE), between(MESSAGE)),
        (behind_a_gateway(MESSAGE, ONCE), behind_a_gateway(MESSAGE, ONCE, OTHER_MOMENT)),
        (behind_a_gateway(MESSAGE, ONCE), behind_a_gateway(MESSAGE)),
        (behind_a_gateway(MESSAGE, ONCE), behind_a_gateway(ONCE, MESSAGE)),
    ],
)
def test_a_case_stays_where_it_waits_for_another_kind_of_event(old: Definition, new: Definition) -> None:
    """A timer would never be due, or its moment would be taken for a message."""
    with pytest.raises(NotMovable, match="waits for another kind of event"):
        moved(begin(old).kept(), old, new)


@pytest.mark.parametrize("drawn", [at_the_edge, between, lambda event: behind_a_gateway(MESSAGE, event)])
def test_a_timer_that_waits_keeps_its_moment(drawn: Callable[[str], Definition]) -> None:
    old, new = drawn(ONCE), drawn(OTHER_MOMENT)
    case = begin(old)
    assert on_new(case, old, new).next_due() == case.next_due() is not None
