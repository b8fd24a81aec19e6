"""Days that exceptions give a person, and through which employment or affiliation."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from graph.model.accounts import GIVE
from graph.time import Period
from rules.accounts.facts import AccountException, AccountRule, Facts, Person, Tie
from rules.accounts.kept import holds_day
from rules.accounts.opening import Given, cut


def given_by_exceptions(
    person: Person, system: str, exceptions: Sequence[AccountException], facts: Facts, ties: Sequence[Tie]
) -> list[Given]:
    """Days that exceptions give: by the system's first rule that gives, and through the tie of these days."""
    given = [each for each in exceptions if each.effect == GIVE]
    rules = sorted((each for each in facts.rules if each.system == system and each.effect == GIVE), key=_order)
    if not given or not rules:
        return []
    nobody = Tie("", "", person.uuid, "", (), ())
    exact = replace(rules[0], lead=0, grace=0, after=0)  # an exception states its days itself
    return [Given(period, tie, exact) for each in given for period, tie in _by_tie(each.life, ties or (nobody,))]


def _by_tie(life: Period, ties: Sequence[Tie]) -> Iterable[tuple[Period, Tie]]:
    """Each of the days with a tie: the largest in force; where none is, the last one before, or the first to come."""
    borders = sorted({day for tie in ties for each in tie.life for day in (each.start, each.last)})
    for period in cut(life, borders):
        here = [each for each in ties if holds_day(each.life, period.start)]
        if here:
            yield period, max(here, key=lambda each: (each.weight, each.uuid))
            continue
        over = [(last, each.weight, each.uuid, each) for each in ties if (last := _last_before(each, period.start))]
        if over:
            yield period, max(over, key=lambda each: each[:3])[-1]
        else:
            yield period, min(ties, key=lambda each: ([one.start for one in each.life], each.uuid))


def _last_before(tie: Tie, day: date) -> date | None:
    return max((each.last for each in tie.life if each.last <= day), default=None)


def _order(rule: AccountRule) -> tuple[int, int, str]:
    return (rule.unit is not None, rule.order, rule.key)
