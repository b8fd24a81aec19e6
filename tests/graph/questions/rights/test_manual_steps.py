"""What must be done by hand, from what is needed and what was done, on plain values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.questions.rights.manual_steps import Key, Step, Todo, Wanted, todo

KEY = ("anna", "key")
NORTH, SOUTH = Wanted("keys", ("N",), ("Nord",)), Wanted("keys", ("S",), ("Syd",))


def step(number: int, action: str, state: str, compared: tuple[str, ...] = ("N",)) -> Step:
    return Step(f"s{number}", *KEY, number, action, state, "keys", compared)


@pytest.mark.parametrize(
    ("needed", "known", "expected"),
    [
        (NORTH, [], (1, "add", None)),
        (NORTH, [step(1, "add", "open")], None),
        (NORTH, [step(1, "add", "done")], None),
        (SOUTH, [step(1, "add", "done")], (2, "change", None)),
        (SOUTH, [step(1, "add", "open")], (1, "add", "s1")),
        (None, [step(1, "add", "open")], (1, None, "s1")),
        (None, [step(1, "add", "done")], (2, "remove", None)),
        (None, [step(1, "add", "done"), step(2, "change", "open", ("S",))], (2, "remove", "s2")),
        (None, [step(1, "add", "done"), step(2, "remove", "open", ())], None),
        (NORTH, [step(1, "add", "done"), step(2, "remove", "open", ())], (2, None, "s2")),
        (None, [step(1, "add", "done"), step(2, "remove", "done", ())], None),
        (NORTH, [step(1, "add", "done"), step(2, "remove", "done", ())], (3, "add", None)),
        (NORTH, [step(1, "add", "dropped")], (2, "add", None)),
        (None, [step(1, "add", "dropped")], None),
    ],
)
def test_what_differs(needed: Wanted | None, known: list[Step], expected: tuple[int, str | None, str | None]) -> None:
    found = list(todo({} if needed is None else {KEY: needed}, known))
    told = [(each.number, each.action, each.opened) for each in found]
    assert told == ([] if expected is None else [expected])
    assert all(each.system == "keys" for each in found)


def test_nothing_is_asked_for_in_a_system_that_is_not_manual_any_more() -> None:
    assert list(todo({}, [step(1, "add", "done")], ["key"])) == []
    (dropped,) = todo({}, [step(1, "add", "open")], ["key"])
    assert (dropped.action, dropped.opened) == (None, "s1")


@pytest.mark.parametrize("needed", [{}, {KEY: NORTH}])
def test_of_two_open_steps_for_the_same_one_is_dropped(needed: dict[Key, Wanted]) -> None:
    """As where two persons were joined, and each had one."""
    found = list(todo(needed, [step(1, "add", "open"), step(2, "add", "open")]))
    assert [(each.opened, each.action) for each in found] == [("s1", None), ("s2", None)][: 1 if needed else 2]


def carried_out(known: list[Step], found: list[Todo], *, close: bool) -> list[Step]:
    """The steps after what was asked for was written, and done where it is closed."""
    steps = {each.uuid: each for each in known}
    for each in found:
        uuid = each.opened or f"s{each.number}"
        state = "dropped" if each.action is None else "done" if close else "open"
        compared = each.wanted.compared if each.wanted is not None else ()
        steps[uuid] = Step(uuid, *each.key, each.number, each.action or "add", state, each.system, compared)
    return list(steps.values())


@given(st.lists(st.tuples(st.sampled_from([None, NORTH, SOUTH]), st.booleans()), max_size=8))
def test_the_next_comparison_of_the_same_asks_for_nothing(days: list[tuple[Wanted | None, bool]]) -> None:
    known: list[Step] = []
    for needed, close in days:
        wanted: dict[Key, Wanted] = {} if needed is None else {KEY: needed}
        found = list(todo(wanted, known))
        known = carried_out(known, found, close=close)
        assert list(todo(wanted, known)) == []
        assert sum(each.state == "open" for each in known) <= 1
