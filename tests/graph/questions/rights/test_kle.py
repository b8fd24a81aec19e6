"""KLE as constraint values: the wire forms, and collapsing by parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.questions.rights.kle import NotKle, collapse, covers, is_wire, plain, wire

_PART = st.integers(0, 3).map(lambda n: f"{n:02}")
NUMBERS = st.lists(_PART, min_size=1, max_size=3).map(".".join)


@pytest.mark.parametrize(
    ("number", "on_the_wire"),
    [("27", "27.*"), ("27.24", "27.24.*"), ("27.24.03", "27.24.03"), ("27.*", "27.*"), ("27.24.*", "27.24.*")],
)
def test_wire_form_of_each_level(number: str, on_the_wire: str) -> None:
    assert wire(number) == on_the_wire
    assert is_wire(on_the_wire)
    assert wire(plain(number)) == on_the_wire


def test_everything_is_a_star() -> None:
    assert wire("*") == "*" == plain("*")
    assert collapse(["27", "*", "32.03"]) == ("*",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "270",
        "27*",
        "27.",
        "27.*.*",
        ".*",
        "27.2",
        "27.24.03.*",
        "27.24.03.01",
        " 27",
        "27\n",
        "27,32",
        "٢٧",
        "kle",
    ],
)
def test_what_is_not_a_kle_number_is_refused(text: str) -> None:
    with pytest.raises(NotKle, match="is not a KLE number"):
        wire(text)
    assert not is_wire(text)


def test_27_without_the_star_is_not_a_wire_value() -> None:
    """kombit_access.md pitfall 8: a receiver that compares whole codes matches nothing with 27."""
    assert not is_wire("27")
    assert not is_wire("27.24")


def test_collapse_compares_parts_not_characters() -> None:
    """kombit_access.md pitfall 9: as characters 15.2 would swallow 15.20; 15.20 does not cover 15.21."""
    assert collapse(["15.20", "15.20.03", "15.21", "15.21.01"]) == ("15.20.*", "15.21.*")
    assert not covers("15.20", "15.21")
    assert not covers("15.20.01", "15.20")
    assert covers("15", "15.20.01")


@given(st.lists(NUMBERS))
def test_collapsed_numbers_cover_the_same_and_no_two_overlap(numbers: list[str]) -> None:
    collapsed = collapse(numbers)
    assert all(any(covers(wide, each) for wide in collapsed) for each in numbers)
    assert all(any(plain(wide) == plain(each) for each in numbers) for wide in collapsed)
    assert not any(covers(one, other) for one in collapsed for other in collapsed if one != other)
    assert list(collapsed) == sorted(collapsed)
    assert collapse(collapsed) == collapsed
    assert collapse(reversed(numbers)) == collapsed
