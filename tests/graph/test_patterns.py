"""Patterns from outside: what compiles, what matches, and that a slow one is really interrupted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.patterns import LIMIT, PatternRejected, PatternTooSlow, check, compiled

_KLE = r"^(\*|[0-9]{2}\.\*|[0-9]{2}\.[0-9]{2}\.\*|[0-9]{2}\.[0-9]{2}\.[0-9]{2})$"


@pytest.mark.parametrize("value", ["*", "27.*", "27.24.*", "27.24.03"])
def test_a_whole_value_matches(value: str) -> None:
    assert check(_KLE).fits(value)


@pytest.mark.parametrize("value", ["", "27", "27.24.03\n", "x27.24.03", "27.24.03,", "٢٧.*"])
def test_a_part_is_not_enough(value: str) -> None:
    assert not check(_KLE).fits(value)


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        (r"(?=.*[0-9])[a-z0-9]+", "abc1", "abc"),  # lookahead
        (r"(?!99)[0-9]{2}", "27", "99"),
        (r"([a-z])-\1", "a-a", "a-b"),  # back reference
        (r"[a-z]++[0-9]", "ab1", "ab"),  # possessive repeat
        (r"(?<area>[0-9]{2})\z", "27", "2"),
        (r"\Q27.*\E", "27.*", "27.x"),
        (r"\p{L}+", "Ærø", "Ær0"),
        (r"\u0041+", "AA", "B"),
        (r"[]a]+", "a]", "b"),
        (r"[[:alpha:]]+", "abc", "1"),
    ],
)
def test_the_flavours_of_java_and_net(pattern: str, fits: str, fits_not: str) -> None:
    assert check(pattern).fits(fits)
    assert not check(pattern).fits(fits_not)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(", "does not compile"),
        ("*a", "does not compile"),
        ("[a", "does not compile"),
        (r"\p{Nowhere}", "does not compile"),
        ("[a-z-[aeiou]]+", "set within a set"),
        ("[a-z&&[^b]]+", "set within a set"),
        ("((a{1000}){1000}){1000}", "multiply to more than 1000"),
        ("(?=a)((a{40}){40})", "multiply to more than 1000"),
        ("(?R)", "write it without"),
        ("(?:27){e<=3}(?=a)", "write it without"),
        ("a" * 1001, "1001 characters"),
        ("(?=a)" + "(" * 490 + ")" * 490, "nested too deep"),
    ],
)
def test_what_does_not_compile_is_refused_with_its_reason(pattern: str, problem: str) -> None:
    with pytest.raises(PatternRejected, match="is not usable") as refused:
        check(pattern)
    assert problem in refused.value.problem


def test_what_backtracks_in_other_engines_is_linear() -> None:
    assert not check(r"(a+)+$").fits("a" * 50_000 + "!")
    assert not check(r"(a|aa)+").fits("a" * 50_000 + "!")


@pytest.mark.parametrize("pattern", [r"(?=a)(a|aa)+", r"(a|b|ab)*+c|(?!x)(a|a|aa)*b"])
def test_catastrophic_backtracking_is_interrupted(pattern: str) -> None:
    """kombit_access.md pitfall 38: without the interruption each of these would take years."""
    with pytest.raises(PatternTooSlow, match="more than 50 ms"):
        compiled(pattern).fits("a" * 200 + "!")
    with pytest.raises(PatternTooSlow):
        check(pattern)


def test_a_slow_pattern_does_not_delay_the_next_one() -> None:
    with pytest.raises(PatternTooSlow):
        compiled(r"(?=a)(a|aa)+").fits("a" * 200 + "!")
    assert compiled(r"(?=a)a+").fits("aaa")
    assert LIMIT == 0.05


@given(st.text(max_size=40))
def test_any_text_is_either_a_pattern_or_refused(text: str) -> None:
    try:
        check(text).fits(text)
    except PatternRejected as refused:
        assert refused.problem
