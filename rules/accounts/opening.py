"""On which days an account is to be open: a rule's days, with lead time, days after the end, and gaps bridged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from graph.time import ALWAYS, FOREVER, Period, union
from rules.accounts.facts import AccountRule, Tie


@dataclass(frozen=True, slots=True)
class Given:
    """Days on which a rule gives an account through a tie."""

    period: Period
    tie: Tie
    rule: AccountRule


def chosen(given: Sequence[Given]) -> list[Given]:
    """Of several ties on the same day, the one with the largest weight, in order of days."""
    if len(given) == 1:
        return list(given)
    cuts = sorted({day for each in given for day in (each.period.start, each.period.last)})
    found: list[Given] = []
    for start, last in pairwise(cuts):
        here = [each for each in given if each.period.start <= start < each.period.last]
        if not here:
            continue
        best = max(here, key=lambda each: (each.tie.weight, each.tie.uuid))
        end = None if last == FOREVER else last
        before = found[-1] if found else None
        if before and before.tie is best.tie and before.rule is best.rule and before.period.last == start:
            found[-1] = Given(Period(before.period.start, end), best.tie, best.rule)
        else:
            found.append(Given(Period(start, end), best.tie, best.rule))
    return found


def open_days(given: Iterable[Given]) -> tuple[Period, ...]:
    """The days with the rules' lead time before, days after, and gaps of up to the grace closed."""
    widened = union(
        Period(_earlier(each.period.start, each.rule.lead), _later(each.period.end, each.rule.after)) for each in given
    )
    if len(widened) < 2:
        return widened
    raw = sorted(given, key=lambda each: (each.period.start, each.period.last))
    bridges = []
    last = raw[0]
    for each in raw[1:]:
        gap = (each.period.start - last.period.last).days if last.period.last < each.period.start else 0
        if 0 < gap <= last.rule.grace:
            bridges.append(Period(last.period.last, each.period.start))
        if each.period.last > last.period.last:
            last = each
    return union((*widened, *bridges))


def _earlier(day: date, days: int) -> date:
    return day if day == ALWAYS or not days else day - timedelta(days=min(days, (day - ALWAYS).days))


def _later(day: date | None, days: int) -> date | None:
    return None if day is None else days_after(day, days)


def days_after(day: date, days: int) -> date:
    """So many days later, as far as there are dates; FOREVER stays."""
    return day if day == FOREVER or not days else day + timedelta(days=min(days, (FOREVER - day).days - 1))


def cut(period: Period, borders: Sequence[date]) -> tuple[Period, ...]:
    """The period in parts, each between two of these days."""
    inside = [each for each in borders if period.start < each < period.last]
    if not inside:
        return (period,)
    cuts = [period.start, *inside, period.last]
    return tuple(Period(start, None if last == FOREVER else last) for start, last in pairwise(cuts))
