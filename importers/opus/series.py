"""The series of files: names, order, and which of them are due (opus.md §1, §1.1)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from graph.statements.statement import Problem
from importers.source import SourceError

_NAME = re.compile(r"^[A-Z]{4}(\d{8})(\d{4}(\d{2})?)?(_delta)?\.xml$")
_SEEN = 500  # names kept, about two years of working days; older files are history


_AHEAD = timedelta(days=31)
"""Files may be made ahead of time, but not by more."""


@dataclass(frozen=True, slots=True, order=True)
class FileName:
    """``moment``: when payroll made it, according to its name; its date is the day of everything in it (§4.3)."""

    moment: datetime
    name: str

    @property
    def day(self) -> date:
        return self.moment.date()


def parse(name: str) -> FileName | None:
    """None for other files. Parts of the time that are missing are 0."""
    found = _NAME.match(name)
    if found is None:
        return None
    try:
        return FileName(datetime.strptime(found[1] + (found[2] or "").ljust(6, "0"), "%Y%m%d%H%M%S"), name)
    except ValueError:
        return None


def ordered(names: Iterable[str]) -> list[FileName]:
    """The files of the series, by their own time, without other files."""
    return sorted(each for name in names if (each := parse(name)) is not None)


@dataclass(slots=True)
class Plan:
    """``due``: files to apply, oldest first. ``seen``: names to keep in the cursor, besides those of applied files."""

    due: list[FileName]
    seen: frozenset[str]
    problems: list[Problem] = field(default_factory=list)
    is_overdue: bool = False
    """The newest file is older than payroll's should be."""


def planned(
    files: list[FileName],
    cursor: Mapping[str, str],
    *,
    history: bool,
    today: date,
    warn_after_days: int,
    rerun_from: str | None = None,
    named: bool = False,
) -> Plan:
    """The files due after ``cursor``. A file that arrives late, older than the last applied one, is refused and listed;
    so is one whose name is of a day more than a month ahead: payroll's clock was wrong, and all files until then would
    come too late.

    ``rerun_from``: that file and all later ones, applied or not. ``named``: the command names the one file, so it is
    listed even if it is history.
    """
    last = parse(cursor.get("file", ""))
    early = [each for each in files if each.day > today + _AHEAD]
    files = files[: len(files) - len(early)]
    if rerun_from is not None:
        first = parse(rerun_from)
        if first in early:
            raise SourceError(f"the file {rerun_from} from which the import must run again is more than a month ahead")
        if first not in files:
            raise SourceError(f"the file {rerun_from} from which the import must run again does not exist")
        plan = Plan([each for each in files if each >= first], frozenset(each.name for each in files))
    elif last is None:
        due = files if history else files[-1:]
        plan = Plan(due, frozenset(each.name for each in files))
    else:
        seen = frozenset(cursor.get("seen", "").split())
        horizon = min(filter(None, map(parse, seen)), default=last)
        plan = Plan([each for each in files if each.moment > last.moment], seen)
        for each in files:
            is_new_here = horizon < each and each.name not in seen
            if each.moment <= last.moment and each != last and (is_new_here or named):
                plan.problems.append(_late(each, last))
    plan.problems += map(_early, early)
    newest = files[-1] if files else last  # what comes early is no sign that the days before it were delivered
    if newest is not None and not named and today - newest.day > timedelta(days=warn_after_days):
        text = f"The newest file is {newest.name}. Payroll makes one on each working day: has the delivery stopped?"
        plan.problems.append(Problem("Folder", "", "newest", "no_new_file", text, "notice"))
        plan.is_overdue = True
    return plan


def twins(files: Iterable[FileName]) -> list[tuple[FileName, FileName]]:
    """Files of the same moment."""
    return [(one, other) for one, other in pairwise(files) if one.moment == other.moment]


def remembered(plan: Plan, applied: FileName) -> str:
    """The names that the cursor keeps after ``applied``: those seen before, and all files due until it."""
    names = {*plan.seen, *(each.name for each in plan.due if each <= applied)}
    return " ".join(each.name for each in ordered(names)[-_SEEN:])


def _early(file: FileName) -> Problem:
    text = f"{file.name} is more than a month ahead, and waits for its day. If payroll's clock was wrong, remove it."
    return Problem("Folder", "", file.name, "early_file", text, "notice")


def _late(file: FileName, last: FileName) -> Problem:
    text = (
        f"{file.name} is older than the last applied file, {last.name}, and was not applied. "
        f"If it matters, import again from it (rerun_from)."
    )
    return Problem("Folder", "", file.name, "late_file", text, "notice")
