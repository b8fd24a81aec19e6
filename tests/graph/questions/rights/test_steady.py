"""What is read in several steps is of one state of the graph."""

from typing import Any

from graph.questions.rights.steady import TRIES, steadily


class Log:
    """In place of a session: a change log that stands at one number after another."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)

    def run(self, query: str, **parameters: Any) -> "Log":
        return self

    def single(self) -> dict[str, int]:
        return {"number": self.numbers.pop(0) if len(self.numbers) > 1 else self.numbers[0]}


def test_what_was_changed_meanwhile_is_read_again() -> None:
    log: Any = Log(8, 8)
    readings = iter([("torn", 7), ("whole", 8), ("never", 8)])
    assert steadily(log, lambda: next(readings)) == "whole"


def test_an_end_comes_where_changes_never_do() -> None:
    log: Any = Log(*range(100))
    readings = iter((each, -1) for each in range(100))
    assert steadily(log, lambda: next(readings)) == TRIES - 1
