"""The state that a query's statements share while it is compiled: day, parameters, and rules and names to look up."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from graphql import FieldNode, GraphQLError

from api.access.places import PLACED, PLACES, RECORD, in_units, inside, inside_any, inside_record
from api.access.rights import READ, Scope
from api.model.as_of import Moment
from api.model.cursor_seal import CursorSeal
from api.model.fields import Type
from api.model.known_names import NAMED
from api.model.variables import Given, Parameters, Values, current, found
from api.reads.plan import Rule
from api.reads.selection import Selected
from graph.model import KINDS


@dataclass(slots=True)
class Compilation:
    """One query on its way to Cypher.

    ``rights``: the caller's rights to fields that have a right of their own. ``today``: the day that is read if the
    query gives none. ``copied``: the identity nodes show today.
    """

    rights: frozenset[str]
    today: date
    copied: bool
    parameters: Parameters = field(default_factory=Parameters)
    moment: Moment = field(default_factory=Moment)
    known: Any = None
    """The day of ``asKnownOn``, as the query gives it; None = what is known now."""
    known_on: str | None = None
    """The parameter that holds it."""
    rules: list[Rule] = field(default_factory=list)
    reads_cpr: bool = False
    shaped_by: set[tuple[str, ...]] = field(default_factory=set)
    """Variables (``Given.path``) whose values are in the statement itself."""
    needs: dict[str, FieldNode | None] = field(default_factory=dict)
    """The rules that the root field needs, by their parameter, each with the field that needs it first."""
    scope: Scope | None = None
    """The caller's roles, if one of them is limited to units."""
    seal: CursorSeal = field(default_factory=CursorSeal.generate)
    _everybody: dict[str, str] = field(default_factory=dict)
    _names: int = 0
    _reaches: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Roles → the parameter with the units in which one of them holds."""
    _day: str = ""
    """The parameter of today, in conditions on places."""
    _from: tuple[Type, str] = field(default_factory=lambda: (Type("", "", ""), ""))
    """The type and the variable of the thing from which a way leads."""
    _places: list[str] = field(default_factory=list)
    """Conditions on places: a statement has their marks until it is finished, since places are those of today."""

    def _moment(self, selected: Selected) -> Moment:
        """The moment of a root field, or of a field below it; ``asKnownOn`` is given once, at the root."""
        return self._moment_of(selected.name, selected.arguments.get("at"), selected.arguments.get("period"))

    def _moment_of(self, name: str, at: Any, period: Any) -> Moment:
        if period is None:
            is_today = at is None or current(at) == self.today
            day = self.today if at is None else at
            copied = self.copied and is_today and self.known_on is None
            return Moment(self.parameters.add(day), copied=copied, given=day, known_on=self.known_on)
        if at is not None:
            raise GraphQLError(f"{name}: give at or period, not both", extensions={"code": "at_or_period"})
        start, end = period.get("from"), period.get("to")
        if start is not None and end is not None:
            self.parameters.check(_holds_a_day(start, end))
        return Moment(
            is_period=True,
            start=None if start is None else self.parameters.add(start),
            end=None if end is None else self.parameters.add(end),
            known_on=self.known_on,
        )

    def _knowledge(self, root: Selected) -> None:
        """Set whether the answer shows what is known now, or what was known on a day."""
        self.known = root.arguments.get("asKnownOn")
        self.known_on = None if self.known is None else self.parameters.add(self.known)

    def _refuse_known(self, name: str, why: str) -> None:
        """Raises GraphQLError (known_only_now) if the query asks what was known on a day."""
        if self.known is not None:
            raise GraphQLError(
                f"{name} can't be asked for with asKnownOn: {why}. Leave one of them out",
                extensions={"code": "known_only_now"},
            )

    def _rule(self, name: str, arguments: Mapping[str, Any]) -> str:
        """The parameter for the rule's answers."""
        return self.parameters.add(Given(None, (self._rule_key(name, arguments),)))

    def _rule_key(self, name: str, arguments: Mapping[str, Any]) -> str:
        """The name under which the rule's answers are kept. The same rule with the same arguments answers once."""
        rule = next((each for each in self.rules if each.field == name and each.arguments == arguments), None)
        if rule is None:
            rule = Rule(name, arguments, f"rule {len(self.rules)}")
            self.rules.append(rule)
        self.needs.setdefault(rule.parameter, self.parameters.node)
        return rule.parameter

    def _known(self, what: str, name: Any, argument: str) -> str:
        """The parameter for a name that must be known (``api.model.known_names``). ``argument``: where it is given."""
        return self._rule(NAMED, {"what": what, "name": name, "argument": argument})

    def _existing(self, type_: Type, n: str) -> tuple[str, str]:
        """(the variable with the thing's values, clauses that leave nothing if it does not exist)."""
        v, clauses, exists = self._bound(type_, n)
        return v, clauses or f"WITH * WHERE {exists}"

    def _bound(self, type_: Type, n: str) -> tuple[str, str, str]:
        """See ``Moment.bind``. A record has no day."""
        return self.moment.bind(n, self.new_name("v"), self.new_name("s")) if type_.kind else (n, "", "true")

    # -- where the caller may read ------------------------------------------------------------------------------------

    def _inside(self, types: Sequence[str], n: str, roles: frozenset[str] | None = None) -> str:
        """The condition that the caller may read a thing of one of these types; "" if there is none. ``roles``: those
        that may read it, instead of those in ``READ``."""
        if self.scope is None:
            return ""
        is_record = PLACES[types[0]] == RECORD
        if is_record and roles is None:
            roles = READ[types[0]]
        reach = self._reach if roles is None else lambda _: self._units(roles)
        kinds = PLACED if is_record else types
        if all(self._limited(READ[each] if roles is None else roles) is None for each in kinds):
            return ""
        self._day = self._day or self.parameters.add(self.today)
        if is_record:
            condition = inside_record(types[0], n, reach, self._day, self.new_name)
        elif len(types) == len(KINDS):
            condition = inside_any(n, reach, self._day, self.new_name)
        else:
            condition = inside(types, n, reach, self._day, self.new_name)
        if not condition:
            return ""
        self._places.append(condition)
        return f"«{len(self._places) - 1}»"

    def _placed_in_units(self, type_: str, n: str) -> str:
        """Clauses that find all things of a type that the caller may read, beginning at the units: that is faster where
        all of them are wanted. Empty if there are none."""
        if self.scope is None:
            return ""
        self._day = self._day or self.parameters.add(self.today)
        found = in_units(type_, n, self._reach, self._day, self.new_name)
        if not found:
            return ""
        self._places.append(found)
        return f"«{len(self._places) - 1}»"

    def _limited(self, roles: frozenset[str]) -> tuple[str, ...] | None:
        assert self.scope is not None
        return self.scope.limited(roles)

    def inside(self, types: Sequence[str], n: str) -> str:
        """``_inside``, for those who compile parts of the query."""
        return self._inside(types, n)

    def _and_inside(self, types: Sequence[str], n: str, before: str = "AND") -> str:
        """The same, after other conditions."""
        condition = self._inside(types, n)
        return f" {before} {condition}" if condition else ""

    def _reach(self, type_: str) -> str | None:
        return self._units(READ[type_])

    def _units(self, roles: frozenset[str]) -> str | None:
        limited = self._limited(roles)
        if limited is None:
            return None
        if limited not in self._reaches:
            held = Given(None, (WITHIN,))
            self._reaches[limited] = self.parameters.add(held, partial(_of_roles, limited))
        return self._reaches[limited]

    def _placed(self, text: str) -> str:
        """The statement with its conditions on places."""
        return _MARK.sub(lambda mark: self._places[int(mark[1])], text) if self._places else text

    def new_name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"


WITHIN = "units of roles"
"""The name of the value that has the units of each limited role of the caller."""
_MARK = re.compile("«([0-9]+)»")


def _of_roles(roles: Sequence[str], within: Mapping[str, frozenset[str]]) -> list[str]:
    """The units in which one of the roles holds. Most people have all their roles in the same units, which
    are then one object (``api.access.held``)."""
    several = {id(units): units for units in (within[each] for each in roles)}
    return list(frozenset().union(*several.values()))


def row_of(values: Iterable[str]) -> str:
    """The list of these expressions: a row has no names (``api.reads.field_order`` adds them)."""
    return f"[{', '.join(values)}]"


def _holds_a_day(start: Any, end: Any) -> Callable[[Values], None]:
    def check(values: Values) -> None:
        if found(end, values) <= found(start, values):
            raise GraphQLError(
                "empty period: 'to' must be later than 'from' (exclusive)", extensions={"code": "empty_period"}
            )

    return check
