"""Who gains and who loses an account by a rule or an exception, before it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import neo4j

from graph.time import Period, today, until, within, without
from rules.accounts.facts import AccountException
from rules.accounts.planning import Plan, plan
from rules.accounts.reading import persons_of, rule_of, rules_of
from rules.accounts.run import read_all
from rules.accounts.stating import deletion_day


@dataclass(frozen=True, slots=True)
class RulePreview:
    """uuids of persons, sorted; what they have counts from the day on, so that hires to come are among them.

    ``changes``: who has an account with it and without it, open on other days (lead time, gaps), with another licence,
    or with another end (expiry, deletion).
    ``same``: who has the same one. ``failed``: persons for whom a condition can't be evaluated.
    """

    gains: tuple[str, ...]
    loses: tuple[str, ...]
    changes: tuple[str, ...]
    same: tuple[str, ...]
    failed: tuple[str, ...]


def preview(
    session: neo4j.Session, day: date, key: str, values: Mapping[str, Any], links: Mapping[str, str], life: Period
) -> RulePreview:
    """What a rule would do from a day on if it were as given, instead of the one with this key.

    ``values`` as in the graph; ``links``: uuids by AT, RULES_IN, NAMED_BY, NEEDS. ``life``: the days on which it is as
    given, of those from today on; where none is left, the rule ends. Raises ExpressionRejected.
    """
    known = rules_of(session)
    same = next((each.uuid for each in known if each.key == key), f"preview:{key}")
    start = max(life.start, today())
    # Its own past stays: it opened accounts that stay open for a while, or that a gap is bridged from.
    changed = [
        replace(each, life=left)
        for each in known
        for left in (until((each.life,), start) if each.key == key else (each.life,))
    ]
    if start < life.last:
        changed.append(rule_of(same, key, values, links, Period(start, life.end)))
    read = read_all(session, today(), None, [*known, *changed])
    before, after = (plan(replace(read.facts, rules=rules), read.kept, read.people) for rules in (known, changed))
    system = links["AT"]
    failed = {each.person for each in after.failed if each.system == system}
    had, has = (_open(made, system, day) for made in (before, after))
    both = (had.keys() & has.keys()) - failed
    changes = {each for each in both if had[each] != has[each]}
    return RulePreview(
        tuple(sorted(has.keys() - had.keys() - failed)),
        tuple(sorted(had.keys() - has.keys() - failed)),
        tuple(sorted(changes)),
        tuple(sorted(both - changes)),
        tuple(sorted(failed)),
    )


@dataclass(frozen=True, slots=True)
class _Account:
    """``days``: from the day on; ``deleted``: when it may be."""

    days: tuple[Period, ...]
    licences: tuple[str | None, ...]
    expires: bool
    deleted: date | None


def _open(made: Plan, system: str, day: date) -> dict[str, set[_Account]]:
    """The accounts in the system that are open on the day or later, by person."""
    found: dict[str, set[_Account]] = {}
    for each in made.wanted.values():
        days = within(each.opens, (Period(day),)) if each.system == system else ()
        if days:
            licences = tuple(dict.fromkeys(one.rule.licence for one in each.chain if one.period.last > day))
            ends = days[-1].end is not None
            account = _Account(
                days,
                licences,
                ends and each.rule is not None and each.rule.expiry,
                deletion_day(each, each.opens) if ends else None,
            )
            found.setdefault(each.person.uuid, set()).add(account)
    return found


@dataclass(frozen=True, slots=True)
class ExceptionEffect:
    """What an exception would do to one account. ``account``: uuid; None: there is none yet. ``opens``, ``closes``: the
    first day, today or later, on which it would be open, or not be open, and is otherwise without the exception."""

    system: str
    account: str | None
    opens: date | None
    closes: date | None


def preview_exception(
    session: neo4j.Session, person: str, effect: str, system: str | None, life: Period
) -> list[ExceptionEffect]:
    """Of each account of the person that an exception would open or close. ``system``: uuid; None: all."""
    known = read_all(session, today(), [person])
    facts, people = known.facts, {**persons_of(session, [person], today()), **known.people}
    excepted = AccountException("preview", person, system, effect, "", life)
    own = [*facts.exceptions.get(person, ()), excepted]
    changed = replace(facts, exceptions={**facts.exceptions, person: own})
    before, after = (plan(each, known.kept, people).wanted for each in (facts, changed))
    rows = session.run("UNWIND $keys AS key MATCH (a:PlannedAccount {key: key}) RETURN key, a.uuid", keys=[*after])
    accounts = dict(rows.values())
    found = []
    for key, each in after.items():
        had = before[key].opens if key in before else ()
        opened, closed = without(each.opens, had), without(had, each.opens)
        if opened or closed:
            first = (days[0].start if days else None for days in (opened, closed))
            found.append(ExceptionEffect(each.system, accounts.get(key), *first))
    return found
