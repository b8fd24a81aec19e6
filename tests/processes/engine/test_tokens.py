"""Which paths a case is on, step by step, as BPMN 2.0 says of tokens."""

from collections.abc import Iterable
from datetime import timedelta
from random import Random

import pytest

from processes.engine.case import Case
from processes.engine.definition import Definition
from tests.processes.engine.drawn import (
    END,
    NOW,
    START,
    again,
    begin,
    boundary,
    elements,
    flow,
    read,
    timer,
    user,
    when,
)

MESSAGE = (
    '<message id="ping" name="ping"><extensionElements><reconnect:data name="days"/></extensionElements></message>'
)
PING = '<messageEventDefinition messageRef="ping"/>'


def gateway(kind: str, id: str) -> str:
    return f'<{kind}Gateway id="{id}"/>'


def finish(definition: Definition, case: Case, *steps: str) -> Case:
    """Complete one task of each of these elements, in their order."""
    for element in steps:
        case.complete(next(each.id for each in case.work() if each.element == element), {}, NOW)
        case = again(definition, case)
    return case


def two_to_a_join(kind: str) -> Definition:
    """Two paths come to the join by the same flow, and one by another."""
    return read(
        START, gateway("parallel", "split"), user("x"), user("y"), user("z"), gateway("exclusive", "either"),
        user("b"), gateway(kind, "join"), user("w"), END,
        flow("start", "split", "x", "either", "b", "join", "w", "end"), flow("split", "y", "either"),
        flow("split", "z", "join"),
    )  # fmt: skip


def test_a_join_that_has_gone_on_keeps_what_follows_when_another_path_comes() -> None:
    definition = two_to_a_join("inclusive")
    case = finish(definition, begin(definition), "x", "y", "z", "b")
    (first,) = (each for each in case.work() if each.element == "w")
    case = finish(definition, case, "b")
    assert elements(case) == ["w", "w"] and case.work()[0].id == first.id
    case = finish(definition, case, "w", "w")
    assert case.finished


def test_a_parallel_join_takes_one_path_of_each_flow_at_a_time() -> None:
    definition = two_to_a_join("parallel")
    for order in (("x", "y", "z", "b", "b"), ("x", "y", "b", "b", "z")):
        case = finish(definition, begin(definition), *order)
        assert elements(case) == ["w"]
        case = finish(definition, case, "w")
        assert not case.finished and "join" in {each.element for each in case.incidents}, "a path waits for another"


def test_an_inclusive_join_waits_for_every_path_that_can_come() -> None:
    """Also for one that leads over an element to which a path that nobody took leads first."""
    definition = read(
        START, gateway("parallel", "split"), user("x"), user("y"), gateway("exclusive", "left"),
        gateway("exclusive", "right"), gateway("exclusive", "either"), user("b"), gateway("inclusive", "join"),
        user("w"), END, '<endEvent id="other"/>', flow("start", "split", "x", "left"), flow("split", "y", "right"),
        when("left", "either", 'unit == "none"'), when("left", "join", 'unit != "none"'),
        when("right", "either", 'unit != "none"'), when("right", "other", 'unit == "none"'),
        flow("either", "b", "join", "w", "end"),
    )  # fmt: skip
    case = finish(definition, begin(definition), "x")
    assert elements(case) == ["y"]
    case = finish(definition, case, "y")
    assert elements(case) == ["b"]
    assert elements(finish(definition, case, "b")) == ["w"]


def test_an_inclusive_join_does_not_wait_for_an_event_that_has_not_happened() -> None:
    definition = read(
        START, gateway("parallel", "split"), user("x"), user("y"), boundary("late", "y", timer("timeDuration", "P1D")),
        gateway("inclusive", "join"), user("w"), END, '<endEvent id="other"/>',
        flow("start", "split", "x", "join", "w", "end"), flow("split", "y", "other"), flow("late", "join"),
    )  # fmt: skip
    case = finish(definition, begin(definition), "x")
    assert sorted(elements(case)) == ["w", "y"]
    case.pass_time(NOW + timedelta(days=2))
    assert elements(again(definition, case)) == ["w", "w"]


class Tokens:
    """A process of an inclusive split, choices and merges, and an inclusive join, as the standard walks through it."""

    def __init__(self, random: Random) -> None:
        self.leads: dict[str, list[str]] = {}
        """From each element to the next; from a choice, first where it leads."""
        branches = [f"t{number}" for number in range(random.randint(2, 4))]
        self.active = [each for each in branches if random.random() < 0.7] or branches[:1]
        self.taken = tuple(self.active)
        self.at_join: list[str] = []
        merges = [f"m{number}" for number in range(random.randint(1, 2))]
        for each in branches:
            targets = random.sample([*merges, "join", "end"], 2)
            if random.random() < 0.6:
                self.leads[each] = [f"q{each}"]
                self.leads[f"q{each}"] = targets
            else:
                self.leads[each] = targets[:1]
        for merge, after in zip(merges, [*merges[1:], "join"], strict=True):
            self.leads[merge] = [f"b{merge}"]
            self.leads[f"b{merge}"] = ["join" if random.random() < 0.6 else after]
        self.leads |= {"join": ["w"], "w": ["end"]}
        self.branches = branches
        random.shuffle(merges)

    def drawn(self, random: Random) -> Definition:
        flows = [when("split", each, str(each in self.taken).lower()) for each in self.branches]
        for source, targets in self.leads.items():
            conditions = ("true", "false") if len(targets) == 2 else ("",)
            flows += [
                when(source, to, text) if text else flow(source, to)
                for to, text in zip(targets, conditions, strict=True)
            ]
        random.shuffle(flows)
        kinds = {"m": "exclusive", "q": "exclusive", "j": "inclusive"}
        nodes = [gateway(kinds[each[0]], each) if each[0] in kinds else user(each) for each in self.leads]
        return read(START, gateway("inclusive", "split"), *nodes, END, flow("start", "split"), *flows)

    @property
    def is_drawable(self) -> bool:
        """Whether a path leads to every element."""
        return self._reached(self.branches) >= self.leads.keys()

    def complete(self, task: str) -> None:
        self.active.remove(task)
        place = task
        while (after := self.leads[place][0]) not in ("join", "end"):
            if self.leads[after] and after[0] in "tbw":
                self.active.append(after)
                break
            place = after
        if after == "join":
            self.at_join.append(place)
        while self.at_join and all(map(self._is_not_waited_for, self.active)):
            for each in set(self.at_join):
                self.at_join.remove(each)
            self.active.append("w")

    def _is_not_waited_for(self, task: str) -> bool:
        before = {each for each in self._reached([task]) if "join" in self.leads.get(each, ())}
        return task == "w" or not before or bool(before & set(self.at_join))

    def _reached(self, places: Iterable[str]) -> set[str]:
        seen, waiting = set(places), list(places)
        while waiting:
            place = waiting.pop()
            new = set(self.leads.get(place, ())) - seen
            seen |= new
            waiting += new - {"join"} if place != "join" else new
        return seen | ({"w", "end"} if "join" in seen else set())


@pytest.mark.parametrize("seed", range(40))
def test_drawn_at_random_it_goes_as_the_standard_says(seed: int) -> None:
    random = Random(seed)
    tokens = Tokens(random)
    while not tokens.is_drawable:
        tokens = Tokens(random)
    definition = tokens.drawn(random)
    case = begin(definition)
    while tokens.active:
        assert sorted(elements(case)) == sorted(tokens.active)
        task = random.choice(tokens.active)
        tokens.complete(task)
        case = finish(definition, case, task)
    assert case.finished and not tokens.at_join


def test_a_message_that_does_not_interrupt_is_taken_as_often_as_it_comes() -> None:
    definition = read(
        START, user("x"), boundary("asked", "x", PING, interrupts=False), user("r", "answer"), END,
        '<endEvent id="other"/>', flow("start", "x", "end"), flow("asked", "r", "other"), outside=MESSAGE,
    )  # fmt: skip
    case = begin(definition)
    for days in (1, 2):
        assert case.messages == {"ping"}
        case.deliver("ping", {"days": days}, NOW)
        case = again(definition, case)
    assert [(each.element, each.data.get("days")) for each in case.work()] == [("x", None), ("r", 1), ("r", 2)]
    case = finish(definition, case, "x")
    assert (elements(case), case.messages) == (["r", "r"], set())
    assert finish(definition, case, "r", "r").finished


def test_what_a_message_or_a_timer_has_begun_goes_on_when_the_activity_has_ended() -> None:
    inside = (
        f'<subProcess id="x"><startEvent id="in"/>{user("y")}<endEvent id="out"/>{flow("in", "y", "out")}</subProcess>'
    )
    definition = read(
        START, inside, boundary("asked", "x", PING, interrupts=False),
        boundary("again", "x", timer("timeCycle", "R3/1 day"), interrupts=False),
        boundary("late", "x", timer("timeDuration", "P10D")), user("r"), user("s"), user("t"), END,
        flow("start", "x", "end"), flow("asked", "r", "end"), flow("again", "s", "end"), flow("late", "t", "end"),
        outside=MESSAGE,
    )  # fmt: skip

    def halfway() -> Case:
        case = begin(definition)
        case.deliver("ping", {}, NOW)
        case.pass_time(NOW + timedelta(days=2, hours=1))
        case = again(definition, case)
        assert sorted(elements(case)) == ["r", "s", "s", "y"]
        return case

    case = finish(definition, halfway(), "y")
    assert (sorted(elements(case)), case.next_due()) == (["r", "s", "s"], None)
    assert finish(definition, case, "s", "r", "s").finished
    case = halfway()
    case.pass_time(NOW + timedelta(days=11))
    assert sorted(elements(again(definition, case))) == ["r", "s", "s", "s", "t"], "what interrupts ends what is inside"


@pytest.mark.parametrize("days", [2, 9])
def test_of_what_is_due_by_now_the_earlier_happens_first(days: int) -> None:
    two = [
        f'<intermediateCatchEvent id="{id}">{timer("timeDuration", f"P{number}D")}</intermediateCatchEvent>'
        for id, number in (("later", 3), ("sooner", 2))
    ]
    message = f'<intermediateCatchEvent id="asked">{PING}</intermediateCatchEvent>'
    definition = read(
        START, '<eventBasedGateway id="either"/>', *two, message, user("a"), user("b"), user("c"), END,
        flow("start", "either", "later", "a", "end"), flow("either", "sooner", "b", "end"),
        flow("either", "asked", "c", "end"), outside=MESSAGE,
    )  # fmt: skip
    moment = NOW + timedelta(days=days)
    case = begin(definition)
    case.pass_time(moment)
    assert elements(again(definition, case)) == ["b"]
    case = begin(definition)
    case.deliver("ping", {}, moment)
    assert elements(again(definition, case)) == ["b"]
    case = begin(definition)
    case.deliver("ping", {}, NOW)
    assert elements(again(definition, case)) == ["c"]
