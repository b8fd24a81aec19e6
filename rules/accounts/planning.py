"""From facts to planned accounts: what each person is to have from today on, beside what was planned before.

Days that are past stay as they were planned: an account that was open yesterday was open. From today on an account is
open on the days that rules and exceptions give; a stop of the person (STOP) is above all of that and changes nothing
here: the target closes the account of a stopped person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

from graph.model.accounts import GIVE, KEEP, PER_EMPLOYMENT, WITHHOLD
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import FOREVER, Period, since, union, until, within, without
from rules.accounts.deciding import Deciding
from rules.accounts.facts import AccountException, AccountRule, Facts, Person, Tie
from rules.accounts.opening import Given, chosen, open_days

KIND = "PlannedAccount"
TIE_LINKS = {"Employment": "employment", "Affiliation": "affiliation"}


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
        return _days_of(self.kept)

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
        lost = () if was is None else without((Period(today, was.end),), self.opens)
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


@dataclass(frozen=True, slots=True)
class _Undecided:
    """Days of a tie for which a rule could not be evaluated, and why."""

    period: Period
    tie: Tie
    rule: AccountRule
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
    undecided: dict[str, list[_Undecided]] = {}
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
            told = [*told, *_as_before(undecided[system], told, old.get(system, ()), facts)]
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
                wanted.rule = _rule(chain, wanted.kept, facts.rules, facts.today) or wanted.rule


def _open_days_of(system: str, own: Sequence[Wanted]) -> tuple[Period, ...]:
    return union(period for each in own if each.system == system for period in each.opens)


def _decide(
    deciding: Deciding, tie: Tie, given: dict[str, list[Given]], undecided: dict[str, list[_Undecided]]
) -> None:
    earliest = deciding.earliest
    for state in tie.states:
        if state.period.last <= earliest:
            continue
        looked_at = Period(max(state.period.start, earliest), state.period.end)
        for period in _cut(looked_at, deciding.borders):
            for system, decision in deciding.decide(tie, state, period.start):
                if decision.reason == "failed" and decision.rule is not None:
                    undecided.setdefault(system, []).append(_Undecided(period, tie, decision.rule, decision.failed))
                elif decision.gives and decision.rule is not None:
                    several = given.setdefault(system, [])
                    last = several[-1] if several else None
                    if last and last.tie is tie and last.rule is decision.rule and last.period.last == period.start:
                        several[-1] = Given(Period(last.period.start, period.end), tie, decision.rule)
                    else:
                        several.append(Given(period, tie, decision.rule))


def _cut(period: Period, borders: Sequence[date]) -> tuple[Period, ...]:
    inside = [each for each in borders if period.start < each < period.last]
    if not inside:
        return (period,)
    cuts = [period.start, *inside, period.last]
    return tuple(Period(start, None if last == FOREVER else last) for start, last in pairwise(cuts))


def _as_before(
    undecided: Sequence[_Undecided], given: Sequence[Given], old: Sequence[Statement], facts: Facts
) -> list[Given]:
    """What could not be decided stays as it was planned: open on the days on which an account was to be open, by the
    rule that gave it. So it still ends with the last tie, with death and where an exception withholds it.

    An account of one employment stays for that one; what rules do give to another tie goes first.
    """
    found: list[Given] = []
    for before in old:
        had = _rule((), before, facts.rules, facts.today)
        for each in undecided:
            rule = had or each.rule
            days = _days_of(before)
            if rule.per == PER_EMPLOYMENT:
                days = union(link.period for link in _tie_links(before) if link.to.key == each.tie.uuid)
            others = [one.period for one in given if one.tie is each.tie or rule.per != PER_EMPLOYMENT]
            found += [Given(period, each.tie, rule) for period in without(within((each.period,), days), others)]
    return found


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
    own = _key(person.uuid, system)
    if together:
        groups[_shared(own, {} if alone else kept, facts.today)] = together
    free = {key: each for key, each in kept.items() if key not in groups}
    groups |= _slots(person.uuid, system, alone, free, facts.today)
    extra = _excepted(person, system, exceptions, facts, ties)
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
        if person.dead is not None:
            opens = without(opens, (Period(person.dead),))
        before = kept.get(key)
        opens = _with_kept_days(opens, _days_of(before), keep, facts.today)
        keeps = _holds_day(keep, facts.today)
        chain = tuple(_chain(chosen(several) or _last_of(before, person, facts), opens))
        rule = _rule(chain, before, facts.rules, facts.today)
        deleted = before is not None and not _usable(before, facts.today)
        made.wanted[key] = Wanted(key, system, person, opens, chain, before, rule, keeps, deleted)


def _shared(own: str, kept: Mapping[str, Statement], today: date) -> str:
    """The account that all ties share, of those that the person has had: ``own``, the one for all ties, unless only
    another is in use, or was used later. It had been for one employment, or another person's who was joined."""

    def rank(key: str) -> tuple[bool, bool, bool, date, bool, str]:
        days = _days_of(kept[key])
        is_open = _holds_day(days, today)
        last = days[-1].last if days else date.min
        return _usable(kept[key], today), is_open, is_open and key == own, last, key == own, key

    return max(kept, key=rank, default=own)


def _last_of(before: Statement | None, person: Person, facts: Facts) -> list[Given]:
    """Through what an account was open last: what is kept open, and given by nothing any more, stays filled by that."""
    links = (
        []
        if before is None
        else [(kind, each) for kind, name in TIE_LINKS.items() for each in before.links.get(name, ())]
    )
    rule = _rule((), before, facts.rules, facts.today)
    if not links or rule is None:
        return []
    kind, last = max(links, key=lambda each: each[1].period.start)
    return [Given(last.period, Tie(last.to.key, kind, person.uuid, "", (), ()), rule)]


def _with_kept_days(
    opens: tuple[Period, ...], was: Sequence[Period], keep: Sequence[Period], today: date
) -> tuple[Period, ...]:
    """KEEP leaves an account as it is when its days begin: open, if it is open on the day, or was on the day before."""
    for each in keep:
        if each.last <= today:
            continue
        begin = max(each.start, today)
        days = (*opens, *was) if begin == today else opens
        if any(one.holds(begin) or one.end == begin for one in days):
            opens = union((*opens, Period(begin, each.end)))
    return opens


def _key(person: str, system: str, tie: str = "") -> str:
    return f"{person}:{system}:{tie}" if tie else f"{person}:{system}"


def _slots(
    person: str, system: str, alone: Mapping[str, list[Given]], kept: Mapping[str, Statement], today: date
) -> dict[str, list[Given]]:
    """The account of each tie that has its own: the one that it had, or one that no other tie needs on its days.

    So a person who comes back with a new employment number gets the old account back.
    """
    found: dict[str, list[Given]] = {}
    had: set[str] = set()
    for key, each in kept.items():
        for tie in _ties_of(each, today) & alone.keys() - had:
            if open_days(alone[tie])[-1].last > today:
                found[key] = [*found.get(key, ()), *alone[tie]]
                had.add(tie)
    for tie in sorted(alone.keys() - had, key=lambda each: (alone[each][0].tie.life[0].start, each)):
        own = [each.period for each in alone[tie]]
        free = [
            (kept[key].exists[-1].last if key in kept and kept[key].exists else FOREVER, key)  # type: ignore[index]
            for key in {*kept, *found}
            if (key not in kept or _usable(kept[key], today))
            and not within((each.period for each in found.get(key, ())), own)
        ]
        key = max(free)[1] if free else _key(person, system, tie)
        found[key] = [*found.get(key, ()), *alone[tie]]
    return found


def _tie_links(kept: Statement) -> list[DatedLink]:
    return [each for name in TIE_LINKS.values() for each in kept.links.get(name, ())]


def _days_of(kept: Statement | None) -> tuple[Period, ...]:
    return () if kept is None else kept.exists or ()


def _usable(kept: Statement, today: date) -> bool:
    """It is not deleted yet."""
    deleted = kept.values.get("delete_on", ())
    gone = bool(deleted) and date.fromisoformat(str(deleted[-1].value)) <= today
    return not gone


def _ties_of(kept: Statement, today: date) -> set[str]:
    """The ties that it is used for from today on, and the last one that it was used for."""
    links = _tie_links(kept)
    last = max(links, key=lambda each: each.period.start, default=None)
    return {each.to.key for each in links if each is last or each.period.last > today}


def _excepted(
    person: Person, system: str, exceptions: Sequence[AccountException], facts: Facts, ties: Sequence[Tie]
) -> list[Given]:
    """Days that exceptions give: by the system's first rule that gives, and through the tie of these days."""
    given = [each for each in exceptions if each.effect == GIVE]
    rules = sorted((each for each in facts.rules if each.system == system and each.effect == GIVE), key=_order)
    if not given or not rules:
        return []
    nobody = Tie("", "", person.uuid, "", (), ())
    exact = replace(rules[0], lead=0, grace=0, after=0)  # an exception states its days itself
    return [Given(period, tie, exact) for each in given for period, tie in _by_tie(each.life, ties or (nobody,))]


def _by_tie(life: Period, ties: Sequence[Tie]) -> Iterable[tuple[Period, Tie]]:
    """Each of the days with a tie: the largest in force; where none is, the last one before, or the first to come."""
    borders = sorted({day for tie in ties for each in tie.life for day in (each.start, each.last)})
    for period in _cut(life, borders):
        here = [each for each in ties if _holds_day(each.life, period.start)]
        if here:
            yield period, max(here, key=lambda each: (each.weight, each.uuid))
            continue
        over = [(last, each.weight, each.uuid, each) for each in ties if (last := _last_before(each, period.start))]
        if over:
            yield period, max(over, key=lambda each: each[:3])[-1]
        else:
            yield period, min(ties, key=lambda each: ([one.start for one in each.life], each.uuid))


def _last_before(tie: Tie, day: date) -> date | None:
    return max((each.last for each in tie.life if each.last <= day), default=None)


def _order(rule: AccountRule) -> tuple[int, int, str]:
    return (rule.unit is not None, rule.order, rule.key)


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


def _rule(
    chain: Sequence[Given], kept: Statement | None, rules: Sequence[AccountRule], today: date
) -> AccountRule | None:
    """The rule that gives it last; of what none gives any more, the one that did, as it is or was last."""
    if chain:
        return chain[-1].rule
    links = kept.links.get("rule", ()) if kept is not None else ()
    was = [each for each in rules if links and each.uuid == links[-1].to.key]
    return max(was, key=lambda each: (each.life.start <= today, each.life.start), default=None)


def _holds_day(periods: Iterable[Period], day: date) -> bool:
    return any(each.holds(day) for each in periods)


def statement(wanted: Wanted, facts: Facts) -> Statement | None:
    """What rules state of an account; None where there was nothing and is to be nothing."""
    today = facts.today
    exists = wanted.exists(today)
    if not exists:
        return None if wanted.kept is None else Statement(KIND, wanted.key, exists=())
    values: dict[str, tuple[DatedValue, ...]] = {"key": (DatedValue(Period(), wanted.key),)}
    if wanted.kept is not None:
        values |= {name: tuple(each) for name, each in wanted.kept.values.items() if name not in ("delete_on",)}
    for name, value in wanted.names.items():
        values[name] = _from_today(values.get(name, ()), value, today)
    if wanted.chain:
        for name in ("licence", "type"):
            told = [(each.period, getattr(each.rule, name)) for each in wanted.chain]
            values[name] = _dated(values.get(name, ()), told, today)
        values["expires"] = tuple(
            DatedValue(each, each.end.isoformat())
            for each in exists
            if each.end is not None and each.last > today and wanted.rule is not None and wanted.rule.expiry
        )
    deleted = deletion_day(wanted, exists)
    if deleted is not None:
        values["delete_on"] = (DatedValue(Period(), deleted.isoformat()),)
    links: dict[str, tuple[DatedLink, ...]] = {
        "owner": (DatedLink(Period(), Ref("Person", wanted.person.uuid, "uuid")),),
        "system": (DatedLink(Period(), Ref("ItSystem", wanted.system, "uuid")),),
    }
    for kind, name in TIE_LINKS.items():
        told_links = [(each.period, Ref(kind, each.tie.uuid, "uuid")) for each in wanted.chain if each.tie.kind == kind]
        links[name] = _linked(wanted.kept, name, told_links, today)
    rules = [(each.period, Ref("AccountRule", each.rule.uuid, "uuid")) for each in wanted.chain]
    links["rule"] = _linked(wanted.kept, "rule", rules, today)
    return Statement(
        KIND,
        wanted.key,
        exists=exists,
        values={name: each for name, each in sorted(values.items()) if each},
        links={name: each for name, each in sorted(links.items()) if each},
    )


def deletion_day(wanted: Wanted, exists: Sequence[Period]) -> date | None:
    """The first day on which it may be deleted, where it exists on these days."""
    end = exists[-1].end
    if end is None or wanted.keeps:
        return None
    if wanted.rule is None:
        before = wanted.as_of("delete_on")
        return None if before is None else date.fromisoformat(str(before))
    if wanted.rule.retention is None:
        return None
    return end + timedelta(days=min(wanted.rule.retention, (FOREVER - end).days - 1))


def _from_today(kept: Sequence[DatedValue], value: Value | None, today: date) -> tuple[DatedValue, ...]:
    """A value that changes today; what it was before stays for the days before."""
    if kept and kept[-1].value == value:
        return tuple(kept)
    if not kept:
        return () if value is None else (DatedValue(Period(), value),)
    before = tuple(DatedValue(left, each.value) for each in kept for left in until((each.period,), today))
    return before if value is None else (*before, DatedValue(Period(today), value))


def _dated(
    kept: Sequence[DatedValue], told: Sequence[tuple[Period, Value | None]], today: date
) -> tuple[DatedValue, ...]:
    before = [DatedValue(left, each.value) for each in kept for left in until((each.period,), today)]
    for period, value in told:
        if value is None:
            continue
        last = before[-1] if before else None
        if last is not None and last.value == value and last.period.last == period.start:
            before[-1] = DatedValue(Period(last.period.start, period.end), value)
        else:
            before.append(DatedValue(period, value))
    return tuple(before)


def _linked(
    kept: Statement | None, name: str, told: Sequence[tuple[Period, Ref]], today: date
) -> tuple[DatedLink, ...]:
    before = [
        DatedLink(left, each.to)
        for each in (kept.links.get(name, ()) if kept is not None else ())
        for left in until((each.period,), today)
    ]
    for period, to in told:
        last = before[-1] if before else None
        if last is not None and last.to == to and last.period.last == period.start:
            before[-1] = DatedLink(Period(last.period.start, period.end), to)
        else:
            before.append(DatedLink(period, to))
    return tuple(before)
