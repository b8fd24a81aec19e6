"""From facts to planned accounts: what each person is to have from today on, beside what was planned before.

Days that are past stay as they were planned: an account that was open yesterday was open. From today on an account is
open on the days that rules and exceptions give; a stop of the person (STOP) is above all of that and changes nothing
here: the target closes the account of a stopped person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from graph.model.accounts import GIVE, KEEP, PER_EMPLOYMENT, WITHHOLD
from graph.statements.statement import Statement, Value
from graph.time import FOREVER, Period, since, union, until, within, without
from rules.accounts.deciding import Deciding
from rules.accounts.excepting import given_by_exceptions
from rules.accounts.facts import AccountException, AccountRule, Facts, Person, Tie
from rules.accounts.keeping import Undecided, as_before, last_of, with_kept_days
from rules.accounts.kept import days_of, holds_day, is_usable, last_rule
from rules.accounts.opening import Given, chosen, cut, open_days
from rules.accounts.whose import key_of, shared, slots

KIND = "PlannedAccount"


@dataclass(slots=True)
class Wanted:
    """One account that there is to be, or was. ``opens``: its days from today on. ``chain``: through what, and by which
    rule, on these days. ``kept``: what was stated of it before. ``rule``: the last one that gave it.

    ``was_deleted``: its retention is over, and the target has it no more.
    """

    key: str
    system: str
    person: Person
    opens: tuple[Period, ...]
    chain: tuple[Given, ...] = ()
    kept: Statement | None = None
    rule: AccountRule | None = None
    keeps: bool = False
    was_deleted: bool = False
    names: dict[str, Value | None] = field(default_factory=dict)

    @property
    def was_open(self) -> tuple[Period, ...]:
        return days_of(self.kept)

    def exists(self, today: date) -> tuple[Period, ...]:
        """All its days: as they were until yesterday, as they are to be from today on."""
        return union((*until(self.was_open, today), *self.opens))

    def closes(self, today: date) -> bool:
        """It was to be open today, and no longer is."""
        return self.closes_on(today) == today

    def closes_on(self, today: date) -> date | None:
        """The first day without it that is new, today or later, of an account that was to be open today; None: there
        is none."""
        was = next((each for each in self.was_open if each.holds(today)), None)
        if was is None or any(each.start <= today and each.last >= was.last for each in self.opens):
            return None
        lost = without((Period(today, was.end),), self.opens)
        return lost[0].start if lost else None

    def as_of(self, name: str) -> Value | None:
        """The last value that was stated."""
        values = self.kept.values.get(name, ()) if self.kept is not None else ()
        return values[-1].value if values else None


@dataclass(frozen=True, slots=True)
class Failed:
    """A rule that could not be evaluated for a person, today or later: on these days, their accounts in the system stay
    as they are."""

    person: str
    system: str
    rule: AccountRule
    tie: str
    text: str


@dataclass(slots=True)
class Plan:
    """``wanted``: by key, in order; ``failed``: what could not be decided."""

    today: date
    wanted: dict[str, Wanted] = field(default_factory=dict)
    failed: list[Failed] = field(default_factory=list)


def plan(facts: Facts, kept: Mapping[str, Statement], persons: Mapping[str, Person]) -> Plan:
    """What is to be, for the persons of the facts and those of ``kept`` (statements by key).

    ``persons``: those of ``kept`` who have no tie any more.
    """
    made = Plan(facts.today)
    deciding = Deciding(facts)
    before: dict[str, list[Statement]] = {}
    for key, each in kept.items():
        owner = key.partition(":")[0]
        before.setdefault(facts.joined.get(owner, owner), []).append(each)
    people = {**persons, **facts.persons}
    for uuid in sorted({*facts.ties, *before, *(facts.exceptions.keys() & people.keys())}):
        person = people.get(uuid)
        if person is not None:
            own = _of_person(facts, deciding, person, before.get(uuid, ()))
            made.wanted |= own.wanted
            made.failed += own.failed
    return made


def _of_person(facts: Facts, deciding: Deciding, person: Person, before: Sequence[Statement]) -> Plan:
    made = Plan(facts.today)
    given: dict[str, list[Given]] = {}
    undecided: dict[str, list[Undecided]] = {}
    ties = facts.ties.get(person.uuid, ())
    for tie in ties:
        _decide(deciding, tie, given, undecided)
    for system, several in undecided.items():
        first = next((each for each in several if each.period.last > facts.today), None)
        if first is not None:
            made.failed.append(Failed(person.uuid, system, first.rule, first.tie.uuid, first.text))
    exceptions = facts.exceptions.get(person.uuid, ())
    old: dict[str, list[Statement]] = {}
    for each in before:
        old.setdefault(each.key.split(":")[1], []).append(each)
    for system in sorted({*given, *old, *(each for one in exceptions for each in _systems_of(one, facts))}):
        own = [each for each in exceptions if each.system in (None, system)]
        told = given.get(system, [])
        if system in undecided:
            told = [*told, *as_before(undecided[system], told, old.get(system, ()), facts)]
        _of_system(made, facts, person, system, told, old.get(system, []), own, ties)
    if any(each.rule.needs for wanted in made.wanted.values() for each in wanted.chain):
        _limit_to_needed(made, facts)
    return made


def _limit_to_needed(made: Plan, facts: Facts) -> None:
    """An account by a rule that needs one in another system is open on no day on which that one isn't.

    Days only become fewer, so that rules that need each other give both or neither.
    """
    own = [*made.wanted.values()]
    again = True
    while again:
        again = False
        for wanted in own:
            if wanted.keeps or not any(each.rule.needs for each in wanted.chain):
                continue
            chain = tuple(
                Given(period, each.tie, each.rule)
                for each in wanted.chain
                for period in (
                    (each.period,)
                    if each.rule.needs is None
                    else within((each.period,), _open_days_of(each.rule.needs, own))
                )
            )
            if chain != wanted.chain:
                wanted.chain, wanted.opens, again = chain, union(each.period for each in chain), True
                wanted.rule = last_rule(chain, wanted.kept, facts.rules, facts.today) or wanted.rule


def _open_days_of(system: str, own: Sequence[Wanted]) -> tuple[Period, ...]:
    return union(period for each in own if each.system == system for period in each.opens)


def _decide(deciding: Deciding, tie: Tie, given: dict[str, list[Given]], undecided: dict[str, list[Undecided]]) -> None:
    earliest = deciding.earliest
    for state in tie.states:
        if state.period.last <= earliest:
            continue
        looked_at = Period(max(state.period.start, earliest), state.period.end)
        for period in cut(looked_at, deciding.borders):
            for system, decision in deciding.decide(tie, state, period.start):
                if decision.reason == "failed" and decision.rule is not None:
                    undecided.setdefault(system, []).append(Undecided(period, tie, decision.rule, decision.failed))
                elif decision.gives and decision.rule is not None:
                    several = given.setdefault(system, [])
                    last = several[-1] if several else None
                    if last and last.tie is tie and last.rule is decision.rule and last.period.last == period.start:
                        several[-1] = Given(Period(last.period.start, period.end), tie, decision.rule)
                    else:
                        several.append(Given(period, tie, decision.rule))


def _systems_of(exception: AccountException, facts: Facts) -> Iterable[str]:
    if exception.system is not None:
        return (exception.system,)
    return {each.system for each in facts.rules} if exception.effect == GIVE else ()


def _of_system(
    made: Plan,
    facts: Facts,
    person: Person,
    system: str,
    given: Sequence[Given],
    old: Sequence[Statement],
    exceptions: Sequence[AccountException],
    ties: Sequence[Tie],
) -> None:
    """The accounts of a person in a system: one for all ties, and one for each where a rule says so."""
    together = [each for each in given if each.rule.per != PER_EMPLOYMENT]
    kept = {each.key: each for each in old}
    groups: dict[str, list[Given]] = {}
    alone: dict[str, list[Given]] = {}
    for each in given:
        if each.rule.per == PER_EMPLOYMENT:
            alone.setdefault(each.tie.uuid, []).append(each)
    own = key_of(person.uuid, system)
    if together:
        groups[shared(own, {} if alone else kept, facts.today)] = together
    free = {key: each for key, each in kept.items() if key not in groups}
    groups |= slots(person.uuid, system, alone, free, facts.today)
    extra = given_by_exceptions(person, system, exceptions, facts, ties)
    if extra:
        # One account gets these days, however many the person has.
        ties_of = {key: {each.tie.uuid for each in several} for key, several in groups.items()}
        same = [key for key in sorted(groups) if extra[0].tie.uuid in ties_of[key]]
        key = own if own in groups else next(iter([*same, *sorted(groups), *sorted(kept)]), own)
        groups[key] = [*groups.get(key, ()), *extra]
    withheld = [each.life for each in exceptions if each.effect == WITHHOLD]
    keep = union(each.life for each in exceptions if each.effect == KEEP)
    for key in sorted({*groups, *kept}):
        several = [*groups.get(key, ())]
        opens = open_days(several)
        opens = since(without(opens, withheld) if withheld else opens, facts.today)
        before = kept.get(key)
        opens = with_kept_days(opens, days_of(before), keep, facts.today)
        if person.dead is not None:
            opens = without(opens, (Period(person.dead),))
        keeps = holds_day(keep, facts.today)
        chain = tuple(_chain(chosen(several) or last_of(before, person, facts), opens))
        rule = last_rule(chain, before, facts.rules, facts.today)
        deleted = before is not None and not is_usable(before, facts.today)
        made.wanted[key] = Wanted(key, system, person, opens, chain, before, rule, keeps, deleted)


def _chain(given: Sequence[Given], opens: Sequence[Period]) -> Iterable[Given]:
    """Through what an account is open on each of its days: lead time and a gap belong to what follows."""
    for period in opens:
        inside = [each for each in given if each.period.overlap(period) is not None]
        if not inside and given:
            # Days before the first, or after the last, that a rule or an exception adds.
            earlier = [each for each in given if each.period.last <= period.start]
            inside = earlier[-1:] or [*given[:1]]
        for place, each in enumerate(inside):
            start = period.start if place == 0 else max(period.start, inside[place - 1].period.last)
            end = period.end if place == len(inside) - 1 else each.period.end
            if start < (FOREVER if end is None else end):
                yield Given(Period(start, end), each.tie, each.rule)
