"""Departments that can't be read as SD sends them now: they stay in the organisation as they were known before.

So one invalid date neither ends nor moves the unit, the units below it or their people. The unit itself is a bad record
until payroll corrects it.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from graph.statements.statement import Problem, Statement
from graph.time import Period
from importers.sd.answers import NO_ADDRESS, NO_CONTACT, DepartmentPeriod
from importers.sd.organisation import Department, ParentAnswer


def unreadable(key: str, field: str, text: str) -> Problem:
    """``key``: of the unit; empty if SD does not identify it."""
    return Problem("Unit", key, field, "unreadable", text)


def as_known(uuid: str, kept: Statement | None, problem: Problem, raw: bytes = b"") -> Department:
    """What the graph has of the department, over time; without periods if it has nothing (``kept`` is None)."""
    if kept is None:
        return Department(uuid, (), (), raw, problem)
    return Department(uuid, tuple(_periods(kept)), tuple(_parents(kept)), raw, problem)


def parents_known(kept: Statement) -> tuple[ParentAnswer, ...]:
    """Its parents over time, as the graph has them."""
    return tuple(_parents(kept))


def has_code(kept: Statement, institution: str, code: str) -> bool:
    """Whether the unit had the code at any time."""
    return any(answer.value == f"{institution}-{code}" for answer in kept.values.get("number", ()))


def _periods(kept: Statement) -> Iterator[DepartmentPeriod]:
    answer = [each for name in ("number", "level", "name") for each in kept.values.get(name, ())]
    borders = {border for each in answer for border in (each.period.start, each.period.last)}
    for life in kept.exists or ():
        for part in _pieces(life, borders):
            number, level, name = (_on(kept, name, part) for name in ("number", "level", "name"))
            code = number.partition("-")[2]
            yield DepartmentPeriod(part, code, level, name, "", NO_ADDRESS, NO_CONTACT)


def _pieces(life: Period, borders: Iterable[date]) -> Iterator[Period]:
    days = [life.start, *sorted(day for day in borders if life.start < day < life.last)]
    yield from (Period(first, last) for first, last in pairwise(days))
    yield Period(days[-1], life.end)


def _on(kept: Statement, name: str, part: Period) -> str:
    return next((str(answer.value) for answer in kept.values.get(name, ()) if answer.period.holds(part.start)), "")


def _parents(kept: Statement) -> Iterator[ParentAnswer]:
    """Beside the line, the unit that it counts as takes the parent's place, since its people belong there."""
    for name in ("parent", "counts_as"):
        for answer in kept.links.get(name, ()):
            yield ParentAnswer(answer.period, answer.to.key.partition(":")[2])
