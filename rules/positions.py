"""Role rules that look at the position list: the category and the level of an employment's position, over time.

A code or a title alone makes no one a manager (positions.md §1): a rule for the role manager counts only
positions that the list found by payroll's own code, by KRL's or that a person chose; none found by its title.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import neo4j

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement
from graph.time import Period, union, within
from rules.roles import RoleRule, responsibility

PREFIX = "position:"
"""What the keys of these assignments begin with; the employment's uuid follows."""
MANAGER = "manager"
BY_TITLE = "title"

_CATEGORIES = """
MATCH (c:PositionCategory)
RETURN c.uuid AS uuid, c.code AS code,
    COLLECT {
        MATCH (c)-[w:WITHIN]->(above)
        RETURN {uuid: above.uuid, from: w.from, to: w.to}
    } AS above
"""
_POSITIONS = """
MATCH (p:Position)
WHERE EXISTS { (p)-[:WITHIN]->(:PositionCategory) }
RETURN p.uuid AS uuid,
    COLLECT {
        MATCH (p)-[s:STATE]->(x)
        RETURN {level: x.level, from: s.from, to: s.to}
    } AS states,
    COLLECT {
        MATCH (p)-[w:WITHIN]->(c:PositionCategory)
        RETURN {uuid: c.uuid, from: w.from, to: w.to}
    } AS above
"""
_EMPLOYMENTS = """
UNWIND $positions AS uuid
MATCH (:Position {uuid: uuid})<-[as:AS]-(e:Employment)
RETURN uuid AS position, e.uuid AS employment, as.how AS how, as.from AS from, as.to AS to,
    COLLECT {
        MATCH (e)-[at:IN]->(u:Unit)
        RETURN {uuid: u.uuid, from: at.from, to: at.to}
    } AS units
"""


@dataclass(frozen=True, slots=True)
class _Held:
    """That an employment has a position in a period, and where it is."""

    employment: str
    position: str
    how: str | None
    period: Period
    units: tuple[tuple[str, Period], ...]


@dataclass(frozen=True, slots=True)
class PositionFacts:
    """What the rules need of the graph: the list's positions, read once for all rules. Who has one of those that a rule
    looks for is read as it comes, since it may be all employees."""

    driver: neo4j.Driver
    categories: Mapping[str, tuple[str, tuple[tuple[str, Period], ...]]]
    positions: Mapping[str, tuple[tuple[tuple[int | None, Period], ...], tuple[tuple[str, Period], ...]]]

    @classmethod
    def read(cls, driver: neo4j.Driver) -> "PositionFacts":
        with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            categories = {
                row["uuid"]: (row["code"], tuple((each["uuid"], _period(each)) for each in row["above"]))
                for row in session.run(_CATEGORIES)
            }
            positions = {
                row["uuid"]: (
                    tuple((each["level"], _period(each)) for each in row["states"]),
                    tuple((each["uuid"], _period(each)) for each in row["above"]),
                )
                for row in session.run(_POSITIONS)
            }
        return cls(driver, categories, positions)

    def assignments(self, rule: RoleRule) -> dict[str, Statement]:
        """The statements of the rule, by key: for each unit just the days on which its conditions are met."""
        days = {uuid: met for uuid in self.positions if (met := self._days(rule, uuid))}
        found: dict[str, dict[str, list[Period]]] = {}
        for each in self._held(list(days)):
            if rule.role == MANAGER and each.how == BY_TITLE:
                continue
            for unit, at in each.units:
                both = within(within((each.period,), (at,)), days[each.position])
                if both:
                    found.setdefault(each.employment, {}).setdefault(unit, []).extend(both)
        return {f"{PREFIX}{uuid}": _assignment(rule, uuid, units) for uuid, units in sorted(found.items())}

    def _held(self, positions: Sequence[str]) -> Iterator[_Held]:
        if not positions:
            return
        with self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            for row in session.run(_EMPLOYMENTS, positions=positions):
                yield _Held(
                    row["employment"],
                    row["position"],
                    row["how"],
                    _period(row),
                    tuple((each["uuid"], _period(each)) for each in row["units"]),
                )

    def _days(self, rule: RoleRule, position: str) -> tuple[Period, ...]:
        levels, above = self.positions[position]
        days: tuple[Period, ...] = (Period(),)
        if rule.position_levels:
            days = union(period for level, period in levels if level in rule.position_levels)
        if rule.position_categories:
            days = within(days, self._below(rule.position_categories, above, frozenset()))
        return days

    def _below(
        self, wanted: frozenset[str], above: Sequence[tuple[str, Period]], met: frozenset[str]
    ) -> Iterator[Period]:
        """The days on which one of ``above``, or what is above it then, is a wanted category."""
        for uuid, period in above:
            if uuid in met or uuid not in self.categories:
                continue
            code, further = self.categories[uuid]
            if code in wanted:
                yield period
            else:
                yield from within((period,), self._below(wanted, further, met | {uuid}))


def withdrawn(key: str) -> Statement:
    """An assignment that no rule makes any longer."""
    return Statement("Assignment", key, exists=())


def _assignment(rule: RoleRule, employment: str, units: Mapping[str, Sequence[Period]]) -> Statement:
    places = tuple(
        DatedLink(period, Ref("Unit", unit, "uuid")) for unit, days in sorted(units.items()) for period in union(days)
    )
    return Statement(
        "Assignment",
        f"{PREFIX}{employment}",
        exists=union(each.period for each in places),
        values={"primary": (DatedValue(Period(), rule.primary),)},
        links={
            "holder": (DatedLink(Period(), Ref("Employment", employment, "uuid")),),
            "role": (DatedLink(Period(), Ref("Role", rule.role, "natural")),),
            "unit": places,
            "responsibilities": tuple(DatedLink(Period(), responsibility(text)) for text in rule.about),
        },
    )


def _period(row: Mapping[str, Any] | neo4j.Record) -> Period:
    end = row["to"]
    return Period(row["from"].to_native(), None if end is None else end.to_native())
