"""The time that something takes: seconds on the clock, and of the processors, including Neo4j's.

On a shared machine, the processors' seconds are the steadier figure.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import neo4j

T = TypeVar("T")


@dataclass(slots=True)
class Taken:
    """The times of some rounds: ``wall`` and ``processor``, seconds of each."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def in_turns(
    driver: neo4j.Driver, rounds: int, *several: Callable[[], object], warm: int = 1
) -> tuple[list[Taken], list[object]]:
    """Do several things in turns, for a number of rounds after ``warm`` uncounted ones. Returns their times, and the
    last result of each."""
    taken = [Taken() for _ in several]
    given: list[object] = [None for _ in several]
    for number in range(warm + rounds):
        for place, do in enumerate(several):
            processor, wall = _processor(driver), time.perf_counter()
            given[place] = do()
            ended = time.perf_counter()
            if number >= warm:
                taken[place].wall.append(ended - wall)
                taken[place].processor.append(_processor(driver) - processor)
    return taken, given


def ratios(ours: Taken, theirs: Taken) -> tuple[float, Mapping[str, float]]:
    """The figure of the fastest rounds, with notes: the same for the processors, and for the median round."""
    middle = len(ours.wall) // 2
    return min(ours.wall) / min(theirs.wall), {
        "ratio of processors": round(min(ours.processor) / min(theirs.processor), 2),
        "ratio of medians": round(sorted(ours.wall)[middle] / sorted(theirs.wall)[middle], 2),
    }


def _processor(driver: neo4j.Driver) -> float:
    """Processor seconds of this process and Neo4j."""
    rows, _, _ = driver.execute_query(
        """
        CALL dbms.queryJmx('java.lang:type=OperatingSystem')
        YIELD attributes
        RETURN attributes.ProcessCpuTime.value AS nanoseconds
        """
    )
    return time.process_time() + float(rows[0]["nanoseconds"]) / 1e9
