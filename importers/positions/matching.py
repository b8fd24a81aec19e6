"""Matches an employment with a position of the list, and records how (positions.md §5).

On each day the valid rows are tried in four steps, and the first step with a match wins: payroll's key, KRL's code, the
exact title, text rules. Two positions at one step are ambiguous: no match. A choice by hand outranks all of this when
statements are merged, and needs no rule here.

Pure, and independent of the order of rows: the same list gives the same result.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from graph.statements.written_numbers import only_digits
from graph.time import Period, stretches
from importers.positions.patterns import Pattern, folded, pattern
from importers.positions.rows import OPUS, PositionRow

How = Literal["payroll", "stk", "title"]


@dataclass(frozen=True, slots=True, order=True)
class PayrollPosition:
    """Payroll's data on an employment's position in a period. Missing texts are empty.

    ``sources``: of the employment, sorted. ``institution``: SD's institution, Opus's client.
    """

    sources: tuple[str, ...]
    institution: str = ""
    code: str = ""
    stk: str = ""
    title: str = ""

    @property
    def same_work(self) -> tuple[tuple[str, ...], str, str]:
        """The value that stays the same as long as the position does: its code, otherwise its title."""
        return self.sources, self.institution, self.code or folded(self.title)


@dataclass(frozen=True, slots=True)
class Found:
    """A match. ``ended``: the row is no longer valid, but the employment keeps it (pitfall 6)."""

    code: str
    how: How
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Several positions fit at one step."""

    codes: tuple[str, ...]
    how: How


Answer = Found | Doubtful | None


@dataclass(frozen=True, slots=True)
class _Rank:
    """``step`` 1 payroll, 2 stk, 3 exact title, 4 rules; then the better ``weight`` first."""

    step: int
    weight: int
    how: How


@dataclass
class Matcher:
    """Matches with one list. They are kept: the same code and title occur on thousands of employments."""

    rows: Iterable[PositionRow]
    _valid: dict[str, list[Period]] = field(default_factory=dict)
    _by_key: dict[str, list[PositionRow]] = field(default_factory=dict)
    _by_stk: dict[str, list[PositionRow]] = field(default_factory=dict)
    _by_title: dict[str, list[PositionRow]] = field(default_factory=dict)
    _rules: dict[str, list[tuple[PositionRow, Pattern]]] = field(default_factory=dict)  # by their longest part
    _lengths: set[int] = field(default_factory=set)  # of those parts
    _excluded: dict[PositionRow, list[Pattern]] = field(default_factory=dict)
    _kept: dict[PayrollPosition, Sequence[tuple[Period, Answer]]] = field(default_factory=dict)
    _titles: dict[str, Sequence[tuple[_Rank, PositionRow]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.rows:
            self._valid.setdefault(row.code, []).append(row.period)
            for key in row.payroll:
                self._by_key.setdefault(key, []).append(row)
            for code in row.stk:
                self._by_stk.setdefault(code, []).append(row)
            self._by_title.setdefault(folded(row.title), []).append(row)
            for each in map(pattern, row.match):
                if each.excludes:
                    self._excluded.setdefault(row, []).append(each)
                else:
                    self._rules.setdefault(each.longest, []).append((row, each))
                    self._lengths.add(len(each.longest))

    def answers(self, listed: PayrollPosition) -> Sequence[tuple[Period, Answer]]:
        """The result for each day, over all time, in order and without gaps."""
        if listed not in self._kept:
            self._kept[listed] = tuple(_over_time(list(self._fitting(listed))))
        return self._kept[listed]

    def is_valid(self, code: str, day: date) -> bool:
        """Whether the list has the position on the day."""
        return any(period.holds(day) for period in self._valid.get(code, ()))

    # -- what fits at any time --------------------------------------------------------------------------------------

    def _fitting(self, listed: PayrollPosition) -> Iterator[tuple[_Rank, PositionRow]]:
        for weight, key in _keys(listed):
            for row in self._by_key.get(key, ()):
                yield _Rank(1, weight, "payroll"), row
        if listed.stk:
            # KRL's register shows 3 + 2 of the seven digits.
            shown = f"{listed.stk[:3]}-{listed.stk[3:5]}" if only_digits(listed.stk) else listed.stk
            for weight, code in enumerate(dict.fromkeys((shown, listed.stk)), start=1):
                for row in self._by_stk.get(code, ()):
                    yield _Rank(2, weight, "stk"), row
        if title := folded(listed.title):
            yield from self._titled(title)

    def _titled(self, title: str) -> Sequence[tuple[_Rank, PositionRow]]:
        if title not in self._titles:
            exact = [(_Rank(3, 0, "title"), row) for row in self._by_title.get(title, ())]
            rules = (rule for part in self._parts(title) for rule in self._rules.get(part, ()))
            by_rule = [(_Rank(4, each.fixed, "title"), row) for row, each in rules if each.fits(title)]
            self._titles[title] = [(rank, row) for rank, row in (*exact, *by_rule) if not self._excludes(row, title)]
        return self._titles[title]

    def _parts(self, title: str) -> set[str]:
        """Candidates for the longest part of a matching rule, so that the work does not grow with the number of
        rules."""
        return {title[at : at + length] for length in self._lengths for at in range(len(title) - length + 1)}

    def _excludes(self, row: PositionRow, title: str) -> bool:
        return any(each.fits(title) for each in self._excluded.get(row, ()))


def _keys(listed: PayrollPosition) -> Iterator[tuple[int, str]]:
    """Keys in payroll that represent it, with their weights: the one with the client outranks the other."""
    if not listed.code:
        return
    for source in listed.sources:
        yield 2, f"{source}:{listed.institution}:{listed.code}"
        if source == OPUS:
            yield 1, f"{source}:{listed.code}"


def _over_time(fitting: Sequence[tuple[_Rank, PositionRow]]) -> Iterator[tuple[Period, Answer]]:
    for each in stretches([Period(), *(row.period for _, row in fitting)]):
        yield each, _on_a_day(rank_and_row for rank_and_row in fitting if rank_and_row[1].period.holds(each.start))


def _on_a_day(fitting: Iterable[tuple[_Rank, PositionRow]]) -> Answer:
    ranked = sorted(fitting, key=lambda each: (each[0].step, -each[0].weight))
    if not ranked:
        return None
    best = ranked[0][0]
    codes = sorted({row.code for rank, row in ranked if (rank.step, rank.weight) == (best.step, best.weight)})
    return Found(codes[0], best.how) if len(codes) == 1 else Doubtful(tuple(codes), best.how)


# -- an employment over time ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placed:
    """A match for an employment in a period, and the data that led to it."""

    period: Period
    listed: PayrollPosition
    answer: Answer


def placed(periods: Iterable[tuple[Period, PayrollPosition]], matcher: Matcher) -> list[Placed]:
    """The positions of an employment; ``periods`` in order.

    If the row has ended and no other one matches, the employment keeps it as long as its work stays the same: its code
    or, without one, its title.
    """
    found: list[Placed] = []
    for period, listed in periods:
        for days, answer in matcher.answers(listed):
            both = period.overlap(days)
            if both is not None:
                kept = _kept(found[-1], both, listed, matcher) if found and not isinstance(answer, Found) else None
                found.append(Placed(both, listed, kept or answer))
    return found


def _kept(before: Placed, now: Period, listed: PayrollPosition, matcher: Matcher) -> Found | None:
    """The row that the employment had until now, if it is no longer valid."""
    had = before.answer
    if not isinstance(had, Found) or before.period.end != now.start or before.listed.same_work != listed.same_work:
        return None
    return None if matcher.is_valid(had.code, now.start) else Found(had.code, had.how, ended=True)
