"""Computes what the compiler needs before a read: a computed root field, a name, all nearest managers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

import neo4j

from api.access.sight import Sight
from api.computed.contract import Answer, Caller, Operated, Request, Resources, States, found_in_sight
from api.computed.managers_of_all import EVERYBODY, Everybody, in_part
from api.computed.types import FIELDS
from api.model.known_names import KNOWN, NAMED, Targets
from api.model.known_names import known as named
from api.model.variables import Values, found, plain
from api.named_arguments import argument_with
from api.reads.plan import Rule
from exporters.objects.deciding import Decisions
from graph import time as clock
from graph.change_log import known_on
from graph.cpr.keyring import Keyring
from graph.errors import GraphError
from graph.statements.precedence import SourceOrder
from rules.accounts.staff import Memberships

_MOST_DAYS = 1000
"""Days whose last change is remembered."""


def _no_states() -> Sequence[Answer]:
    return ()


@dataclass(slots=True)
class Rules:
    """The resources of the rules."""

    driver: neo4j.Driver
    keyring: Keyring
    order: SourceOrder = field(default_factory=SourceOrder)
    states: States = _no_states
    role_rules: Mapping[str, Sequence[str]] = field(default_factory=dict)
    targets: Targets = field(default_factory=dict)
    everybody: Everybody = field(default_factory=Everybody)
    sight: Sight = field(default_factory=Sight)
    memberships: tuple[Memberships, ...] = ()
    decisions: Decisions | None = None
    operated: Operated = field(default_factory=Operated)
    _known: dict[date, int] = field(default_factory=dict)

    def answer(
        self, rule: Rule, values: Values, today: date, caller: Caller
    ) -> Sequence[Answer] | Answer | Sequence[str] | str | int:
        """One map per answer. Raises GraphError (unknown_unit …), GraphQLError (over_limit, unknown_kind)."""
        asked = {name: plain(found(value, values)) for name, value in rule.arguments.items()}
        try:
            return self._answer(rule, asked, today, caller)
        except GraphError as error:
            if error.value is not None and not error.argument:
                error.argument = asked["argument"] if rule.field == NAMED else argument_with(error.value, asked)
            raise

    def _answer(
        self, rule: Rule, asked: Mapping[str, Any], today: date, caller: Caller
    ) -> Sequence[Answer] | Answer | Sequence[str] | str | int:
        day: date = asked.get("at") or today
        if rule.field == NAMED:
            what, name = asked["what"], asked["name"]
            look_up = partial(named, self.driver, self.order, self.targets, what, name)
            return found_in_sight(self.driver, caller, what, name, look_up)
        believed = asked.get("asKnownOn")
        known = None if believed is None else self._known_on(believed)
        if rule.field == KNOWN:
            assert known is not None
            return known
        if rule.field == EVERYBODY:
            everybody = self.everybody.on(self.driver, day, known)
            if caller.scope is None:
                return everybody
            assert caller.access is not None
            seen = frozenset(self.sight.of(self.driver, caller.access, None))
            return {**everybody, "answers": [in_part(each, seen) for each in everybody["answers"]]}
        resources = Resources(
            self.driver,
            self.keyring,
            self.order,
            self.states,
            self.role_rules,
            self.targets,
            self.memberships,
            self.everybody,
            self.sight,
            self.decisions,
            self.operated,
        )
        return FIELDS[rule.field].answer(Request(asked, day, caller, resources, known, roles=FIELDS[rule.field].roles))

    def _known_on(self, day: date) -> int:
        """``graph.change_log.known_on``; for a past day it stays the same."""
        if day in self._known:
            return self._known[day]
        with self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            number = known_on(session, day)
        if day < clock.today() - timedelta(days=1):  # a transaction that began yesterday may end now
            if len(self._known) >= _MOST_DAYS:
                self._known.clear()
            self._known[day] = number
        return number
