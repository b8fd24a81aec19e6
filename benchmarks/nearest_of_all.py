"""The nearest manager of everyone: ``questions.nearest`` against the best Cypher by hand, with the same answers."""

import time
from datetime import date

import neo4j

from benchmarks.measured import Measured
from benchmarks.nearest_by_hand import Answer, by_hand
from graph.questions.nearest import Nearest, nearest_managers_of_all

GOAL = 1.5
ROUNDS = 3


def measure(driver: neo4j.Driver, size: str, today: date) -> Measured:
    """The fastest of three rounds each, in turns. Raises RuntimeError where the answers differ."""
    ours, theirs = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        expected = by_hand(driver, today)
        between = time.perf_counter()
        found = nearest_managers_of_all(driver, today)
        ended = time.perf_counter()
        theirs.append(between - started)
        ours.append(ended - between)
    answers = {employment: _plain(each) for employment, each in found.items()}
    nobody: Answer = (None, None, ())
    differing = [
        employment
        for employment in {*answers, *expected}
        if answers.get(employment, nobody) != expected.get(employment, nobody)
    ]
    if differing:
        one = differing[0]
        raise RuntimeError(f"{len(differing)} answers differ; {one}: {answers.get(one)} / {expected.get(one)} by hand")
    return Measured(
        "nearest manager of all", "the best hand-written Cypher", size, "s", min(ours), min(theirs),
        min(ours) / min(theirs), GOAL, True, {"answers": len(found), "first round": ours[0]},
    )  # fmt: skip


def _plain(found: Nearest) -> Answer:
    return found.level_unit, found.steps, tuple(sorted({each.person for each in found.holders}))
