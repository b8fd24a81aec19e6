"""The table on the terminal, and the JSON beside it."""

import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measured import Measured

RESULTS = Path(__file__).parent / "results"


def show(measured: Sequence[Measured]) -> None:
    """Print the measurements, one per line."""
    table = Table(title="Speed, as ratios within one run")
    for column in ("what", "against", "size", "ours", "theirs", "ratio", "goal", "met"):
        table.add_column(column, justify="right" if column in {"ours", "theirs", "ratio", "goal"} else "left")
    for each in measured:
        table.add_row(
            each.what,
            each.against,
            each.size,
            f"{each.ours:,.2f} {each.unit}",
            f"{each.theirs:,.2f} {each.unit}",
            f"{each.ratio:.2f}",
            f"{'≤' if each.at_most else '≥'} {each.goal:g}",
            "yes" if each.met else "no",
        )
    Console().print(table)


def save(measured: Sequence[Measured]) -> Path:
    """Write the figures, with a description of the machine, to ``results/``. Returns the path."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    path = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    told = {
        "at": now.isoformat(timespec="seconds"),
        "machine": {"processors": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        "load": os.getloadavg(),
        "measured": [each.as_dict() for each in measured],
    }
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
