"""Who gains and who loses an account by a rule, before it is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import neo4j

from graph.time import Period, today, within
from rules.accounts.facts import AccountRule, Facts
from rules.accounts.planning import Plan, plan
from rules.accounts.reading import read, rule_of, rules_of


@dataclass(frozen=True, slots=True)
class RulePreview:
    """uuids of persons, sorted; what they have counts from the day on, so that hires to come are among them.

    ``changes``: who has an account with it and without it, open on other days (lead time, gaps) or with another
    licence.
    ``same``: who has the same one. ``failed``: persons for whom a condition can't be evaluated.
    """

    gains: tuple[str, ...]
    loses: tuple[str, ...]
    changes: tuple[str, ...]
    same: tuple[str, ...]
    failed: tuple[str, ...]


def preview(
    session: neo4j.Session, day: date, key: str, values: Mapping[str, Any], links: Mapping[str, str]
) -> RulePreview:
    """What a rule would do from a day on if it were as given from today on, instead of the one with this key.

    ``values`` as in the graph; ``links``: uuids by AT, RULES_IN, NAMED_BY, NEEDS. Raises ExpressionRejected.
    """
    known = rules_of(session)
    changed = [each for each in known if each.key != key]
    changed.append(rule_of(f"preview:{key}", key, values, links, Period(today())))
    before, after = (_planned(session, rules) for rules in (known, changed))
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


def _planned(session: neo4j.Session, rules: Sequence[AccountRule]) -> Plan:
    facts: Facts = read(session, today(), None, rules)
    return plan(facts, {}, {})


def _open(made: Plan, system: str, day: date) -> dict[str, set[tuple[tuple[Period, ...], tuple[str | None, ...]]]]:
    """By person: days and licences of each account, from the day on."""
    found: dict[str, set[tuple[tuple[Period, ...], tuple[str | None, ...]]]] = {}
    for each in made.wanted.values():
        days = within(each.opens, (Period(day),)) if each.system == system else ()
        if days:
            licences = [one.rule.licence for one in each.chain if one.period.last > day]
            kept = tuple(licence for place, licence in enumerate(licences) if licence not in licences[:place])
            found.setdefault(each.person.uuid, set()).add((days, kept))
    return found
