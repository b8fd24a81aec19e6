"""The nearest manager of everyone: ``questions.nearest`` against the best by hand, with the same answers.

By hand means one Cypher statement, or six flat reads with a walk in Python; the faster one counts.
"""

from datetime import date

import neo4j

from benchmarks.cpu_time import in_turns, ratios
from benchmarks.measured import Measured
from benchmarks.nearest_by_hand import Answer, by_hand
from benchmarks.nearest_by_ids import by_ids
from graph.questions.nearest import Nearest, nearest_managers_of_all

GOAL = 1.3
ROUNDS = 7


def measure(driver: neo4j.Driver, size: str, today: date) -> Measured:
    """The fastest of the rounds, in turns. Raises RuntimeError if the answers differ."""
    answers: dict[str, dict[str, Answer]] = {}

    def ours() -> None:
        found = nearest_managers_of_all(driver, today)
        answers["ours"] = {employment: _plain(each) for employment, each in found.items()}

    def statement() -> None:
        answers["by hand"] = by_hand(driver, today)

    def reads() -> None:
        answers["by ids"] = by_ids(driver, today)

    (our, one, six), _ = in_turns(driver, ROUNDS, ours, statement, reads)
    for other in ("by hand", "by ids"):
        _compare(answers["ours"], answers[other], other)
    name, best = min((("one statement", one), ("six flat reads", six)), key=lambda each: min(each[1].wall))
    ratio, notes = ratios(our, best)
    return Measured(
        "nearest manager of all", f"the best by hand: {name}", size, "s", min(our.wall), min(best.wall), ratio, GOAL,
        True, {"answers": len(answers["ours"]), **notes},
    )  # fmt: skip


def _compare(ours: dict[str, Answer], theirs: dict[str, Answer], name: str) -> None:
    nobody: Answer = (None, None, ())
    differing = [each for each in {*ours, *theirs} if ours.get(each, nobody) != theirs.get(each, nobody)]
    if differing:
        one = differing[0]
        raise RuntimeError(f"{len(differing)} answers differ; {one}: {ours.get(one)} / {theirs.get(one)} {name}")


def _plain(found: Nearest) -> Answer:
    return found.level_unit, found.steps, tuple(sorted({each.person for each in found.holders}))
