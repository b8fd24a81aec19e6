"""What is too much is refused with what to do instead."""

from dataclasses import replace
from time import monotonic, sleep
from typing import Any

import neo4j
import pytest

from api.reads.limits import Limits
from tests.api.reads.asking import Asking

DEEP = "{ units { nodes { " + "children { " * 11 + "name" + " }" * 11 + " } } }"
WIDE = "query($first: Int) { persons(first: $first) { nodes { employments { unit { employments { number } } } } } }"


def some_fields(number: int) -> str:
    """Other fields of a unit for each number: what differs in its fields is another statement."""
    fields = ("name", "type", "level", "tags", "version", "existsFrom", "existsTo", "uuid")
    return " ".join(field for place, field in enumerate(fields) if number >> place & 1)


def test_depth(asking: Asking) -> None:
    error = asking.refusal(DEEP)
    assert error.extensions == {"code": "over_limit"}
    assert "12 are allowed" in error.message and "descendants" in error.message


@pytest.mark.parametrize(
    "many",
    [
        "{ " + " ".join(f"a{n}: units(first: 1) {{ nodes {{ {some_fields(n)} }} }}" for n in range(1, 152)) + " }",
        "{ units(first: 1) { nodes { " + " ".join(f"a{n}: parent {{ n{n}: name }}" for n in range(300)) + " } } }",
        "{ units(first: 1) { nodes { ...A } } } fragment A on Unit { "
        + " ".join(f"a{n}: parent {{ b{n}: parent {{ name }} c: parent {{ n{n}: name }} }}" for n in range(110))
        + " }",
    ],
    ids=["beside_each_other", "of_one_thing", "in_a_fragment"],
)
def test_too_many_things_beside_each_other(asking: Asking, many: str) -> None:
    """Each is planned by itself; Neo4j would do so for minutes, and no time limit ends that."""
    error = asking.refusal(many)
    assert error.extensions == {"code": "over_limit"}
    assert "300 are allowed" in error.message and "filter" in error.message


def test_cost_is_that_of_each_asking(asking: Asking) -> None:
    """The plan is the same; the cost is not."""
    assert "data" in asking.text(WIDE, {"first": 10}).decode()
    error = asking.refusal(WIDE, {"first": 100_000})
    assert error.extensions == {"code": "over_limit"}
    assert "first" in error.message
    assert "data" in asking.text(WIDE, {"first": 11}).decode()


class Silent:
    """A driver whose every statement is endless, so that Neo4j is heard of no more."""

    def __init__(self, driver: neo4j.AsyncDriver) -> None:
        self._driver = driver

    def session(self, **options: Any) -> Any:
        session = self._driver.session(**options)
        run = session.run

        async def endless(query: Any, parameters: Any) -> neo4j.AsyncResult:
            result = await run("UNWIND range(1, 10000000000) AS i RETURN count(i) AS endless")
            await result.peek()
            return result

        session.run = endless  # type: ignore[method-assign,assignment]
        return session


def test_time(asking: Asking) -> None:
    """It is counted here, and what has no more time is ended in Neo4j too."""
    impatient = replace(asking, reader=replace(asking.reader))
    impatient.data("{ __typename units { totalCount } }")  # the clock is known
    impatient.reader.limits = Limits(seconds=0.7)
    impatient.reader.reading = Silent(asking.reader.reading)  # type: ignore[assignment]
    error = impatient.refusal("{ units { nodes { name } } }")
    assert error.extensions == {"code": "time_limit"}
    assert "0.7 seconds" in error.message and "first" in error.message
    running = "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery CONTAINS 'AS endless' RETURN currentQuery"
    deadline = monotonic() + 120
    while any("SHOW" not in row["currentQuery"] for row in asking.reader.driver.execute_query(running)[0]):
        assert monotonic() < deadline, "the statement runs on"
        sleep(0.1)


def test_a_document_of_too_many_tokens(asking: Asking) -> None:
    assert "token" in str(asking.refusal("{ " + "__typename " * 30_000 + "}"))


def test_depth_of_a_tree(asking: Asking) -> None:
    question = 'query($depth: Int) { unit(key: "social") { descendants(depth: $depth) { keys } } }'
    assert asking.code(question, {"depth": 0}) == "over_limit"
    assert asking.code(question, {"depth": 101}) == "over_limit"
    below = [len(asking.data(question, {"depth": each})["unit"]["descendants"]) for each in (1, 2, 100)]
    assert below[0] == 2 < below[1] == below[2]
