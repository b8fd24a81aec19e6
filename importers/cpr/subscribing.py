"""Keeps the subscriptions in step with the people who have a tie here: daily, both ways (cpr.md §4, §8.6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from graph.statements.statement import Problem
from importers.cpr.asking import Left
from importers.cpr.errors import NoAnswer, ServiceFault, UnreadableAnswer
from importers.cpr.persons import Persons, Tied
from importers.cpr.records import problems_record
from importers.cpr.subscription import NUMBER, Held, Subscription
from importers.source import Known, Reading

_KIND, _KEY = "Subscription", "filters"
_Failed = (ServiceFault, UnreadableAnswer, NoAnswer)


@dataclass
class Subscribing:
    """The subscriptions of one run. ``tied``: by uuid."""

    known: Known
    persons: Persons
    subscription: Subscription
    tied: Mapping[str, Tied]
    day: date
    give_up_after: int
    _in_a_row: int = 0

    def readings(self) -> Iterator[Reading]:
        """Add missing subscriptions, end superfluous ones. A known person who is subscribed anew is looked up once
        more.

        Raises Misconfigured, LogUnwritable.
        """
        problems: list[Problem] = []
        added: set[str] = set()
        ended = 0
        try:
            held = self.subscription.held()
        except _Failed as wrong:
            text = f"the subscriptions could not be read: {wrong}; the next run tries again"
            problems.append(Problem(_KIND, _KEY, "service", "unanswered", text))
        else:
            problems += _other_filters(held)
            added = self._add(held, problems)
            ended = self._end(held, problems)
        left = Left.of(self.known.cursor)
        left = replace(left, again=left.again | (added & {*self.known.keys("Person")}))
        if self._given_up:
            text = f"{self._in_a_row} calls in a row were not answered; the rest waits for the next run"
            problems.append(Problem(_KIND, _KEY, "service", "service_silent", text))
        label = f"CPR, subscriptions: {len(added)} added, {ended} ended"
        cursor = left.put(self.known.cursor)
        yield Reading(label, self.day, [problems_record(_KIND, _KEY, *problems)], cursor=cursor)

    def _add(self, held: Held, problems: list[Problem]) -> set[str]:
        added: set[str] = set()
        for each in self.tied.values():
            if each.number in held.numbers or self._given_up:
                continue
            try:
                if self.subscription.add(each.number, each.uuid):
                    added.add(each.uuid)
                else:
                    text = "CPR does not know the number, so the person can't be subscribed"
                    problems.append(_notice(each.uuid, "unknown_number", text))
            except _Failed as wrong:
                problems.append(self._failed(each.uuid, wrong))
            else:
                self._in_a_row = 0
        return added

    def _end(self, held: Held, problems: list[Problem]) -> int:
        """Nothing is ended as long as no person has a tie: payroll has not been read then."""
        over = sorted(held.numbers - {each.number for each in self.tied.values()})
        if over and not self.tied:
            text = f"{len(over)} persons are subscribed and no person has a tie here; nothing was ended"
            problems.append(_notice("ties", "no_tied_person", text))
            return 0
        holders = self.persons.holders(over)
        ended = 0
        for number in over:
            if self._given_up:
                break
            uuid = holders.get(number, "")
            try:
                self.subscription.remove(number, uuid)
            except _Failed as wrong:
                problems.append(self._failed(uuid or "an unknown person", wrong))
            else:
                self._in_a_row = 0
                ended += 1
        return ended

    @property
    def _given_up(self) -> bool:
        return self._in_a_row >= self.give_up_after

    def _failed(self, whose: str, wrong: Exception) -> Problem:
        self._in_a_row = self._in_a_row + 1 if isinstance(wrong, NoAnswer) else 0
        text = f"the subscription was not changed: {wrong}; the next run tries again"
        return Problem(_KIND, _KEY, whose, "not_changed", text)


def _other_filters(held: Held) -> Iterator[Problem]:
    for each in held.others:
        text = f"of the kind {each}: it delivers people whose data you have no right to. Remove it."
        if each == NUMBER:
            text = "on something that is not a CPR number. It delivers nobody: have KOMBIT remove it."
        yield _notice(each, "other_filter", f"there is a filter {text}")


def _notice(field: str, rule: str, text: str) -> Problem:
    return Problem(_KIND, _KEY, field, rule, text, "notice")
