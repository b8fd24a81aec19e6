"""Who gains and who loses an account by a rule, before it is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import neo4j

from graph.time import Period, today
from rules.accounts.facts import AccountRule, Facts
from rules.accounts.planning import Plan, plan
from rules.accounts.reading import read, rule_of, rules_of


@dataclass(frozen=True, slots=True)
class RulePreview:
    """uuids of persons, sorted. ``same``: how many have an account in the system with it and without it. ``failed``:
    persons for whom a condition can't be evaluated."""

    gains: tuple[str, ...]
    loses: tuple[str, ...]
    same: int
    failed: tuple[str, ...]


def preview(
    session: neo4j.Session, day: date, key: str, values: Mapping[str, Any], links: Mapping[str, str]
) -> RulePreview:
    """What a rule would do on a day if it were as given from today on, instead of the one with this key.

    ``values`` as in the graph; ``links``: uuids by AT, RULES_IN, NAMED_BY. Raises ExpressionRejected.
    """
    known = rules_of(session)
    changed = [each for each in known if each.key != key]
    changed.append(rule_of(f"preview:{key}", key, values, links, Period(today())))
    before = _planned(session, known)
    after = _planned(session, changed)
    system = links["AT"]
    had, has = _open(before, system, day), _open(after, system, day)
    failed = {each.person for each in after.failed if each.system == system}
    return RulePreview(
        tuple(sorted(has - had - failed)), tuple(sorted(had - has - failed)), len(had & has), tuple(sorted(failed))
    )


def _planned(session: neo4j.Session, rules: Sequence[AccountRule]) -> Plan:
    facts: Facts = read(session, today(), None, rules)
    return plan(facts, {}, {})


def _open(made: Plan, system: str, day: date) -> set[str]:
    return {
        each.person.uuid
        for each in made.wanted.values()
        if each.system == system and any(period.holds(day) for period in each.opens)
    }
