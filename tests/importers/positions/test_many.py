"""Pitfall 15: 5,000 rows and 50,000 employments in one run, in a time that grows with their number and no faster."""

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from graph.time import Period
from importers.positions.lookup import Employed
from importers.positions.matching import PayrollPosition
from importers.positions.settings import PositionsSettings
from importers.positions.source import Positions
from tests.importers.known import InMemory
from tests.importers.positions.town import TODAY, row, text

ROWS, FEW, MANY = 5_000, 5_000, 50_000


def title(number: int) -> str:
    return f"Medarbejder {number:04d} i driften"


class Employments:
    """Found by payroll's code, by a title of their own, by a rule, or not at all; ``asked``: how often."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked = 0

    def employments(self) -> Iterator[Employed]:
        self.asked += 1
        start = Period(date(2020, 1, 1))
        for each in range(self.count):
            number = each % ROWS
            codes, ending = ("", f"{number:04d}")[each % 2], ("", " (vikar)", " og mere")[each % 3]
            yield Employed(f"e{each}", [(start, PayrollPosition(("sd",), "XY", codes, "", title(number) + ending))])


def taken(count: int, folder: Path) -> tuple[float, InMemory]:
    """Seconds of the processor for a first import, and what is known then."""
    employments, known = Employments(count), InMemory()
    source = Positions(PositionsSettings(path=folder), employments, day=lambda: TODAY)
    started = time.process_time()
    known.take(source)
    seconds = time.process_time() - started
    assert employments.asked == 1
    return seconds, known


def test_pitfall_15_five_thousand_rows_and_fifty_thousand_employments(tmp_path: Path) -> None:
    rows = (
        row(f"P{each}", title(each), payroll=f"sd:XY:{each:04d}", match=f"medarbejder {each:04d}*mere")
        for each in range(ROWS)
    )
    (tmp_path / "positions.csv").write_text(text(*rows), encoding="utf-8")
    few, _ = taken(FEW, tmp_path)
    many, known = taken(MANY, tmp_path)
    # Found by nothing: without a code, and with a title that no rule fits.
    found = MANY - len([each for each in range(MANY) if each % 2 == 0 and each % 3 == 1])
    assert len(list(known.keys("Employment"))) == found
    assert known.link("Employment", "e1", "position", TODAY) == "P1"
    assert known.link("Employment", "e2", "position", TODAY) == "P2"
    assert many < 3 * few * MANY / FEW
