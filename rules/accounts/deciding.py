"""Which rule decides on an account: those of the nearest unit that has any for the system, in their order.

The first rule whose condition holds gives or withholds. Where none of them holds there is no account: rules further up
are not asked. Answers are kept by what they depend on, so that a condition runs once for each set of values.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from graph.expressions import Expression, ExpressionFailed
from graph.model.accounts import GIVE
from graph.time import ALWAYS
from rules.accounts.facts import AccountRule, Facts, State, Tie


@dataclass(frozen=True, slots=True)
class Decision:
    """``rule``: the rule that gives, or withholds. ``reason``: given, withheld, no_rule, condition, no_unit, failed.

    ``unit``: the unit whose rules decided; None = those for everywhere. ``asked``: rules whose condition did not hold.
    ``failed``: what went wrong with a condition.
    """

    reason: str
    rule: AccountRule | None = None
    unit: str | None = None
    asked: tuple[AccountRule, ...] = ()
    failed: str = ""

    @property
    def gives(self) -> bool:
        return self.reason == "given"


Decisions = tuple[tuple[str, Decision], ...]
"""System and decision."""


@dataclass(slots=True)
class Deciding:
    """Decides for ties of one set of facts."""

    facts: Facts
    _earliest: date = date.min
    _borders: tuple[date, ...] = ()
    _nearest: dict[tuple[str, str | None, int], tuple[str | None, tuple[AccountRule, ...]]] = field(
        default_factory=dict
    )
    _decided: dict[tuple[Any, ...], Decisions] = field(default_factory=dict)
    _held: dict[tuple[Any, ...], bool | str] = field(default_factory=dict)
    _systems: tuple[str, ...] = ()
    _units: frozenset[str] = frozenset()
    """Those that have rules of their own."""
    _own_days: bool = False

    def __post_init__(self) -> None:
        self._earliest = self.facts.earliest
        self._borders = self.facts.borders()
        self._systems = tuple(sorted({each.system for each in self.facts.rules}))
        self._units = frozenset(each.unit for each in self.facts.rules if each.unit is not None)
        self._own_days = any(
            name in ("employment", "employment.start", "employment.end")
            for each in self.facts.rules
            if each.condition is not None
            for name in each.condition.references
        )

    @property
    def borders(self) -> tuple[date, ...]:
        return self._borders

    @property
    def earliest(self) -> date:
        return self._earliest

    def decide(self, tie: Tie, state: State, day: date) -> Decisions:
        """The decision of each system for a tie in a state that holds on the day."""
        epoch = bisect_right(self._borders, day)
        life = (tie.first, tie.life[-1].end) if self._own_days else None
        key = (epoch, state.unit, state.position, state.values, state.roles, tie.kind, life)
        found = self._decided.get(key)
        if found is None:
            found = tuple((each, self._decision(each, tie, state, day, epoch)) for each in self._systems)
            self._decided[key] = found
        return found

    def _decision(self, system: str, tie: Tie, state: State, day: date, epoch: int) -> Decision:
        if state.unit is None:
            unit, rules = self._of_level(system, None, epoch, day)
            if not rules:
                return Decision("no_unit")
        else:
            unit, rules = self.nearest(system, state.unit, epoch, day)
        if not rules:
            return Decision("no_rule")
        values: dict[str, Any] | None = None
        asked: list[AccountRule] = []
        for rule in rules:
            if rule.condition is not None:
                if values is None:
                    values = self._values(tie, state)
                held = self._holds(rule.condition, values)
                if isinstance(held, str):
                    return Decision("failed", rule, unit, tuple(asked), held)
                if not held:
                    asked.append(rule)
                    continue
            return Decision("given" if rule.effect == GIVE else "withheld", rule, unit, tuple(asked))
        return Decision("condition", None, unit, tuple(asked))

    def nearest(self, system: str, unit: str, epoch: int, day: date) -> tuple[str | None, tuple[AccountRule, ...]]:
        """The nearest unit with rules for the system on the day, and these; None: those for everywhere."""
        # Where no unit has rules, all have those for everywhere.
        place = unit if self._units else None
        key = (system, place, epoch)
        if key not in self._nearest:
            self._nearest[key] = self._walk(system, place, epoch, day)
        return self._nearest[key]

    def _walk(self, system: str, unit: str | None, epoch: int, day: date) -> tuple[str | None, tuple[AccountRule, ...]]:
        seen: set[str] = set()
        place = unit
        while place is not None and place not in seen:
            seen.add(place)
            if place in self._units:
                found = self._of_level(system, place, epoch, day)
                if found[1]:
                    return found
            above = self.facts.parents.get(place, ())
            place = next((to for period, to in above if period.holds(day)), None)
        return self._of_level(system, None, epoch, day)

    def _of_level(
        self, system: str, unit: str | None, epoch: int, day: date
    ) -> tuple[str | None, tuple[AccountRule, ...]]:
        rules = [
            each
            for each in self.facts.rules
            if each.system == system and each.unit == unit and each.life.holds(max(day, ALWAYS))
        ]
        return unit, tuple(sorted(rules, key=lambda each: (each.order, each.key)))

    def _values(self, tie: Tie, state: State) -> dict[str, Any]:
        employment: dict[str, Any] = dict(zip(self.facts.columns, state.values, strict=True))
        employment["kind"] = tie.kind
        employment["start"], employment["end"] = tie.first, tie.life[-1].end
        return {
            "employment": employment,
            "unit": self.facts.units.get(state.unit or "", {}),
            "position": self.facts.positions.get(state.position or "", {}),
            "roles": [self.facts.roles[each] for each in state.roles if each in self.facts.roles],
        }

    def _holds(self, condition: Expression, values: Mapping[str, Any]) -> bool | str:
        """Once for each set of the values that the condition refers to. A text: why it could not be evaluated."""
        key = (condition.text, *(_frozen(_at(values, name)) for name in condition.references))
        if key not in self._held:
            try:
                self._held[key] = condition.holds(values)
            except ExpressionFailed as failed:
                self._held[key] = failed.problem
        return self._held[key]


def referenced(rules: Sequence[AccountRule], name: str, among: Sequence[str]) -> tuple[str, ...]:
    """The members of ``name`` that any condition refers to; all of ``among`` where one refers to it as a whole."""
    references = {ref for each in rules if each.condition is not None for ref in each.condition.references}
    if name in references:
        return tuple(among)
    wanted = {ref.partition(".")[2] for ref in references if ref.startswith(f"{name}.")}
    return tuple(each for each in among if each in wanted)


def _at(values: Mapping[str, Any], name: str) -> Any:
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else found
    return found


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple(sorted((key, _frozen(each)) for key, each in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_frozen(each) for each in value)
    return (type(value).__name__, value)
