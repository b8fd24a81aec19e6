"""The sample municipality, generated from a seed, in the payroll systems' own formats.

It makes files as Opus does, and the state of the stand-in for SD's web services.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from sample.changes import days
from sample.municipality import Municipality
from sample.opus_file import write_file
from sample.sd_service.state import State
from sample.sd_state import register, state_of


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
    folder: Path, count: int, size: str = "S", seed: int = 42, today: date = date(2026, 11, 24)
) -> list[Path]:
    """Write the file of ``today`` and those of the ``count`` working days after it, each with its changes."""
    municipality = Municipality(size, seed, today)
    return [
        write_file(municipality, folder),
        *(write_file(municipality, folder) for _ in days(municipality, count)),
    ]


def sd_state(size: str = "S", seed: int = 42, today: date = date(2026, 11, 24), days_passed: int = 0) -> State:
    """The stand-in's state on ``today``, or ``days_passed`` working days later, with their registrations."""
    municipality = Municipality(size, seed, today)
    state = state_of(municipality)
    for day in days(municipality, days_passed):
        register(state, municipality, day)
    return state
