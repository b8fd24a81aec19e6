"""Cron expressions of the schedule."""

import pytest

from reconnect.cron import Times, parse


def test_every_field_is_read() -> None:
    assert parse("*/15 5-7 1,15 */6 *") == Times(
        minutes=frozenset({0, 15, 30, 45}),
        hours=frozenset({5, 6, 7}),
        days=frozenset({1, 15}),
        months=frozenset({1, 7}),
        weekdays=None,
    )


def test_weekdays_count_from_monday_inside() -> None:
    assert parse("0 5 * * 1-5").weekdays == frozenset({0, 1, 2, 3, 4})
    assert parse("0 5 * * 0").weekdays == parse("0 5 * * 7").weekdays == frozenset({6})


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 5 * *", "has 4 fields"),
        ("60 5 * * *", "'60' is no minute; allowed are 0-59"),
        ("0 x * * *", "'x' is no hour"),
        ("0 7-5 * * *", "'7-5' is no hour"),
        ("*/0 * * * *", "is no minute"),
        ("0 5 1 * 1", "restricts both day and weekday"),
    ],
)
def test_a_wrong_expression_names_the_field(expression: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".*") as refused:
        parse(expression)
    assert words in str(refused.value)
