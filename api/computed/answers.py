"""Answers what the compiler asks for before a read: a computed root field, a name, everybody's nearest manager."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

import neo4j

from api.computed.contract import Answer, Caller, NotAnswering, Request, Resources, States
from api.computed.nearest import EVERYBODY, Everybody
from api.computed.types import FIELDS
from api.reads.known_names import NAMED, Targets, known
from api.reads.plan import Rule
from api.reads.variables import Values, found
from graph.cpr.keyring import Keyring
from graph.statements.precedence import SourceOrder

__all__ = ["NotAnswering", "Rules", "States"]


def _no_states() -> Sequence[Answer]:
    return ()


@dataclass(slots=True)
class Rules:
    """What the rules work with."""

    driver: neo4j.Driver
    keyring: Keyring
    order: SourceOrder = field(default_factory=SourceOrder)
    states: States = _no_states
    role_rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    targets: Targets = field(default_factory=dict)
    everybody: Everybody = field(default_factory=Everybody)

    def answer(self, rule: Rule, values: Values, today: date, caller: Caller) -> Sequence[Answer] | Answer | str:
        """One map an answer. Raises GraphError (unknown_unit …), GraphQLError (over_limit, unknown_kind)."""
        asked = {name: _plain(found(value, values)) for name, value in rule.arguments.items()}
        day: date = asked.get("at") or today
        if rule.field == NAMED:
            return known(self.driver, self.order, self.targets, asked["what"], asked["name"])
        if rule.field == EVERYBODY:
            return self.everybody.on(self.driver, day)
        resources = Resources(
            self.driver, self.keyring, self.order, self.states, self.role_rules, self.targets, self.everybody
        )
        return FIELDS[rule.field].answer(Request(asked, day, caller, resources))


def _plain(value: Any) -> Any:
    """The value, or values, that a member of an enum stands for."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, Enum) else value
