"""What stays open although no rule gives it now: by KEEP, and on days that could not be decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from graph.model.accounts import PER_EMPLOYMENT
from graph.statements.statement import Statement
from graph.time import Period, union, within, without
from rules.accounts.facts import AccountRule, Facts, Person, Tie
from rules.accounts.kept import TIE_LINKS, days_of, last_rule, tie_links
from rules.accounts.opening import Given


@dataclass(frozen=True, slots=True)
class Undecided:
    """Days of a tie for which a rule could not be evaluated, and why."""

    period: Period
    tie: Tie
    rule: AccountRule
    text: str


def as_before(
    undecided: Sequence[Undecided], given: Sequence[Given], old: Sequence[Statement], facts: Facts
) -> list[Given]:
    """What could not be decided stays as it was planned: open on the days on which an account was to be open, by the
    rule that gave it. So it still ends with the last tie, with death and where an exception withholds it.

    An account of one employment stays for that one; what rules do give to another tie goes first.
    """
    found: list[Given] = []
    for before in old:
        had = last_rule((), before, facts.rules, facts.today)
        for each in undecided:
            rule = had or each.rule
            days = days_of(before)
            if rule.per == PER_EMPLOYMENT:
                days = union(link.period for link in tie_links(before) if link.to.key == each.tie.uuid)
            others = [one.period for one in given if one.tie is each.tie or rule.per != PER_EMPLOYMENT]
            found += [Given(period, each.tie, rule) for period in without(within((each.period,), days), others)]
    return found


def last_of(before: Statement | None, person: Person, facts: Facts) -> list[Given]:
    """Through what an account was open last: what is kept open, and given by nothing any more, stays filled by that."""
    links = (
        []
        if before is None
        else [(kind, each) for kind, name in TIE_LINKS.items() for each in before.links.get(name, ())]
    )
    rule = last_rule((), before, facts.rules, facts.today)
    if not links or rule is None:
        return []
    kind, last = max(links, key=lambda each: each[1].period.start)
    return [Given(last.period, Tie(last.to.key, kind, person.uuid, "", (), ()), rule)]


def with_kept_days(
    opens: tuple[Period, ...], was: Sequence[Period], keep: Sequence[Period], today: date
) -> tuple[Period, ...]:
    """KEEP leaves an account as it is when its days begin: open, if it is open on the day, or was on the day before."""
    for each in keep:
        if each.last <= today:
            continue
        begin = max(each.start, today)
        days = (*opens, *was) if begin == today else opens
        if any(one.holds(begin) or one.end == begin for one in days):
            opens = union((*opens, Period(begin, each.end)))
    return opens
