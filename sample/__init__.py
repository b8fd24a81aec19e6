"""The sample municipality, made from a seed, in the payroll systems' own formats.

What the program asks of it: ``write_opus`` and ``write_opus_days`` for files.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from sample.changes import advance
from sample.municipality import Municipality
from sample.opus_file import write_file


def write_opus(
    folder: Path,
    size: str = "S",
    seed: int = 42,
    today: date = date(2026, 11, 24),
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Write the Opus file of ``today`` and return its path. ``size``: XS, S, L or XL."""
    return write_file(Municipality(size, seed, today), folder, progress)


def write_opus_days(
    folder: Path, days: int, size: str = "S", seed: int = 42, today: date = date(2026, 11, 24)
) -> list[Path]:
    """Write the file of ``today`` and those of the ``days`` working days after it, each with its changes."""
    municipality = Municipality(size, seed, today)
    paths = [write_file(municipality, folder)]
    for _ in range(days):
        advance(municipality)
        paths.append(write_file(municipality, folder))
    return paths
