"""What is too much is refused with what to do instead."""

from collections.abc import Iterator

import pytest

from api.limits import Limits
from tests.api.read.asking import Asking

DEEP = "{ units { nodes { " + "children { " * 11 + "name" + " }" * 11 + " } } }"
WIDE = "query($first: Int) { persons(first: $first) { nodes { employments { unit { employments { number } } } } } }"


@pytest.fixture
def limited(asking: Asking) -> Iterator[Asking]:
    usual = asking.reader.limits
    yield asking
    asking.reader.limits = usual


def test_depth(asking: Asking) -> None:
    error = asking.refusal(DEEP)
    assert error.extensions == {"code": "over_limit"}
    assert "12 are allowed" in error.message and "descendants" in error.message


def test_cost_is_that_of_each_asking(asking: Asking) -> None:
    """The plan is the same; the cost is not."""
    assert "data" in asking.text(WIDE, {"first": 10}).decode()
    error = asking.refusal(WIDE, {"first": 100_000})
    assert error.extensions == {"code": "over_limit"}
    assert "first" in error.message
    assert "data" in asking.text(WIDE, {"first": 11}).decode()


def test_time(limited: Asking) -> None:
    limited.reader.limits = Limits(seconds=0.001)
    slow = (
        "{ units(first: 1000) { nodes { " + "descendants { ancestors { name } employments { person { name } } } } } }"
    )
    error = limited.refusal(slow)
    assert error.extensions == {"code": "time_limit"}
    assert "first" in error.message


def test_a_document_of_too_many_tokens(asking: Asking) -> None:
    assert "token" in str(asking.refusal("{ " + "__typename " * 30_000 + "}"))


def test_depth_of_a_tree(asking: Asking) -> None:
    question = 'query($depth: Int) { unit(key: "social") { descendants(depth: $depth) { keys } } }'
    assert asking.code(question, {"depth": 0}) == "over_limit"
    assert asking.code(question, {"depth": 101}) == "over_limit"
    below = [len(asking.data(question, {"depth": each})["unit"]["descendants"]) for each in (1, 2, 100)]
    assert below[0] == 2 < below[1] == below[2]
