"""No unit below itself on any day (nearest.yaml A15, r01-r04)."""

from datetime import date

from graph.time import Period
from graph.writing.tree import find_cycle

JAN, MAR, APR, MAY, JUN = (date(2027, month, 1) for month in (1, 3, 4, 5, 6))


def test_a_unit_below_itself() -> None:
    refused = find_cycle({"a": [(Period(JAN), "a")]}, ["a"])
    assert refused is not None
    assert (refused.units, refused.start, refused.end) == (("a",), JAN, None)


def test_a_cycle_of_one_month_names_its_units_and_days() -> None:
    tree = {
        "it": [(Period(JAN, MAR), "staff"), (Period(MAR, MAY), "hr"), (Period(MAY), "staff")],
        "hr": [(Period(JAN, APR), "staff"), (Period(APR, JUN), "it"), (Period(JUN), "staff")],
    }
    refused = find_cycle(tree, ["it", "hr"])
    assert refused is not None
    assert (refused.units, refused.start, refused.end) == (("hr", "it"), APR, MAY)


def test_units_that_swap_places_on_a_day_are_no_cycle() -> None:
    tree = {
        "it": [(Period(JAN, MAR), "staff"), (Period(MAR, MAY), "hr"), (Period(MAY), "staff")],
        "hr": [(Period(JAN, MAY), "staff"), (Period(MAY), "it")],
    }
    assert find_cycle(tree, ["it", "hr"]) is None


def test_a_cycle_that_was_there_before_does_not_hang_the_walk() -> None:
    tree = {"a": [(Period(), "b")], "b": [(Period(), "c")], "c": [(Period(), "b")]}
    assert find_cycle(tree, ["a"]) is None
