"""Text rules and the order of steps, pure (positions.md §5; pitfalls 11 to 13)."""

import random

import pytest

from graph.time import Period
from importers.positions.matching import Doubtful, Found, Matcher, PayrollPosition
from importers.positions.patterns import WrongPattern, folded, pattern
from importers.positions.rows import PositionRow


def entry(code: str, title: str, *match: str, payroll: tuple[str, ...] = (), stk: tuple[str, ...] = ()) -> PositionRow:
    return PositionRow("", code, title, "", None, "", stk, "", payroll, match, None, Period(), "")


def found(rows: list[PositionRow], title: str, code: str = "", stk: str = "") -> object:
    (_, answer), *rest = Matcher(rows).answers(PayrollPosition(("sd",), "XY", code, stk, title))
    assert not rest
    return answer


@pytest.mark.parametrize(
    ("rule", "title", "fits"),
    [
        ("pæd*leder", "Pædagogisk  LEDER", True),
        ("pæd*leder", "pædagogisk leder, vikar", False),
        ("leder", "afdelingsleder", False),
        ("*leder*", "lederassistent", True),
        ("?ærer", "Lærer", True),
        ("a[bc]d", "abd", False),
        ("abc.*", "abcd", False),
        ("abc**def", "abcxdef", True),
        ("a*b*cde", "a b c cde", True),
    ],
)
def test_a_pattern_is_of_the_whole_title(rule: str, title: str, fits: bool) -> None:
    assert pattern(rule).fits(folded(title)) is fits


@pytest.mark.parametrize("rule", ["*", "", "ab*", "!*", "!ab", "*?a?b*", "  *  "])
def test_a_pattern_that_fits_nearly_everything_is_refused(rule: str) -> None:
    """Pitfall 13."""
    with pytest.raises(WrongPattern):
        pattern(rule)


def test_a_pattern_never_runs_away() -> None:
    assert not pattern("*a*a*a*a*a*a*a*a*a*a*a*a*b").fits("a" * 5000)


def test_the_steps_in_their_order() -> None:
    rows = [
        entry("KEY", "Et", payroll=("sd:XY:10",)),
        entry("STK", "To", stk=("264-05",)),
        entry("TITLE", "Lærer i musik"),
        entry("LONG", "Tre", "lærer i *"),
        entry("SHORT", "Fire", "lærer*"),
    ]
    assert found(rows, "Lærer i musik", "10", "2640599") == Found("KEY", "payroll")
    assert found(rows, "Lærer i musik", "11", "2640599") == Found("STK", "stk")
    assert found(rows, "lærer  i MUSIK") == Found("TITLE", "title")
    assert found(rows, "Lærer i dansk") == Found("LONG", "title")
    assert found(rows, "Lærervikar") == Found("SHORT", "title")
    assert found(rows, "Pædagog") is None


def test_an_exclusion_is_the_rows_own() -> None:
    rows = [entry("P1", "Leder", "*leder*", "!*stedfortræder*", "!lederassistent", "!*uden ledelse*")]
    for title in ("Afdelingsleder, stedfortræder", "Lederassistent", "Leder uden ledelsesansvar"):
        assert found(rows, title) is None, "pitfall 11"
    assert found(rows, "Afdelingsleder") == Found("P1", "title")


def test_the_answer_does_not_depend_on_the_order_of_rows() -> None:
    """Pitfall 12."""
    rows = [
        entry(f"P{n}", f"Titel {n}", rule) for n, rule in enumerate(("pæda*", "*assistent", "*ssistent", "pæd*ent"))
    ]
    rows += [entry("P8", "Ens"), entry("P9", "Ens")]
    titles = ("Pædagogisk assistent", "Pædagog", "Kontorassistent", "Ens")
    expected = [Found("P1", "title"), Found("P0", "title"), Found("P1", "title"), Doubtful(("P8", "P9"), "title")]
    for seed in range(20):
        random.Random(seed).shuffle(rows)
        assert [found(rows, title) for title in titles] == expected
    rows.append(entry("P7", "Ny", "pædag*tent"))
    assert found(rows, "Pædagogisk assistent") == Doubtful(("P1", "P7"), "title")


def test_letters_are_compared_composed() -> None:
    assert pattern("A\u030aben*skole").fits(folded("Åben  skole"))
    assert pattern("Åben*skole").fits(folded("A\u030aben skole"))
