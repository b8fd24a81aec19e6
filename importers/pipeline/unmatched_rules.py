"""Role rules that match nothing: a mistyped code makes no one a manager, and would go unnoticed."""

from collections.abc import Collection, Iterator, Sequence

import neo4j

from graph.runs.known import makes
from graph.statements.statement import Problem
from rules.roles import RoleRule

KIND = "RoleRule"
"""The kind of these problems; the key is the rule's name."""

_NAMED = {
    "position_codes": ("EmploymentState", "position_code"),
    "manager_flag": ("EmploymentState", "manager_flag"),
    "position_categories": ("PositionCategory", "code"),
    "position_levels": ("PositionState", "level"),
}
_TEXTS = {
    "position_codes": "no employment has ever had the position code {}",
    "manager_flag": "payroll has never reported a manager",
    "position_categories": "the position list has no category {}",
    "position_levels": "the position list has no position of level {}",
}


def unmatched(driver: neo4j.Driver, source: str, rules: Sequence[RoleRule]) -> Iterator[Problem]:
    """A notice for each condition of a rule that matches nothing on any day.

    The source of the things that a rule matches checks it: payroll for employments, the list for its own. A source that
    only adds to employments, such as UNI-Login, can't know a rule's codes.
    """
    tells = {kind: makes(driver, source, kind) for kind in ("Employment", "PositionCategory")} if rules else {}
    for rule in rules:
        if not tells["PositionCategory" if rule.by_list else "Employment"]:
            continue
        for name in _NAMED:
            for missing in _missing(driver, name, _named(rule, name)):
                text = f"{_TEXTS[name].format(missing)}: the role rule {rule.name!r} matches nothing by it"
                yield Problem(KIND, rule.name, name, "matches_nothing", text, "notice")


def _named(rule: RoleRule, name: str) -> Collection[str | int | bool]:
    value = getattr(rule, name)
    return [value] if value is True else sorted(value or ())


def _missing(driver: neo4j.Driver, name: str, named: Collection[str | int | bool]) -> list[str | int | bool]:
    if not named:
        return []
    label, value = _NAMED[name]
    query = f"MATCH (n:{label}) WHERE n.{value} IN $named RETURN DISTINCT n.{value} AS found"
    rows, _, _ = driver.execute_query(query, named=list(named))
    found = {row["found"] for row in rows}
    return [each for each in named if each not in found]
