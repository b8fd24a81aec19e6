"""What was stated of a planned account before: its days, its employments and affiliations, its rule."""

from collections.abc import Iterable, Sequence
from datetime import date

from graph.statements.statement import DatedLink, Statement
from graph.time import Period
from rules.accounts.facts import AccountRule
from rules.accounts.opening import Given

TIE_LINKS = {"Employment": "employment", "Affiliation": "affiliation"}


def tie_links(kept: Statement) -> list[DatedLink]:
    return [each for name in TIE_LINKS.values() for each in kept.links.get(name, ())]


def days_of(kept: Statement | None) -> tuple[Period, ...]:
    return () if kept is None else kept.exists or ()


def is_usable(kept: Statement, today: date) -> bool:
    """It is not deleted yet."""
    deleted = kept.values.get("delete_on", ())
    gone = bool(deleted) and date.fromisoformat(str(deleted[-1].value)) <= today
    return not gone


def ties_of(kept: Statement, today: date) -> set[str]:
    """The ties that it is used for from today on, and the last one that it was used for."""
    links = tie_links(kept)
    last = max(links, key=lambda each: each.period.start, default=None)
    return {each.to.key for each in links if each is last or each.period.last > today}


def last_rule(
    chain: Sequence[Given], kept: Statement | None, rules: Sequence[AccountRule], today: date
) -> AccountRule | None:
    """The rule that gives it last; of what none gives any more, the one that did, as it is or was last."""
    if chain:
        return chain[-1].rule
    links = kept.links.get("rule", ()) if kept is not None else ()
    was = [each for each in rules if links and each.uuid == links[-1].to.key]
    return max(was, key=lambda each: (each.life.start <= today, each.life.start), default=None)


def holds_day(periods: Iterable[Period], day: date) -> bool:
    return any(each.holds(day) for each in periods)
