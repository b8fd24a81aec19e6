"""Persons and employments of a run, and the holder of each employment number (pitfalls 30–33, 39–41, 53, 54)."""

import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice

from graph.batches import Batches
from graph.statements.statement import BadRecord, Problem, Statement
from graph.statements.written_numbers import only_digits
from graph.time import Period, within
from importers.lookups import Lookups
from importers.sd.again import Again
from importers.sd.answers import NO_CONTACT, ContactAnswer
from importers.sd.employment_mapping import is_deleted
from importers.sd.errors import ServiceFault
from importers.sd.institutions import Institution
from importers.sd.operations import EmploymentRaw, Operations, PersonWithWork
from importers.sd.organisation import NO_ANSWER
from importers.sd.person_mapping import is_fictive, is_protected, lacks_names, refusal
from importers.sd.records import listed, refused
from importers.sd.settings import SdSettings
from importers.source import Known, Mapped, RawRecord, SourceError

_DELETED = b"<EmploymentStatusCode>S<"
_AT_ONCE = 500  # persons of an answer that are put aside together
Contacts = Mapping[tuple[str, str], ContactAnswer]


@dataclass
class People:
    """Shared by all institutions of a run, so that a person's data comes from the first institution that has it.

    ``done``: keys of persons that have been read. ``work``: institution → CPR number → employment numbers that came
    with a change of the person.
    """

    known: Known
    settings: SdSettings
    operations: Operations
    lookups: Lookups
    again: Again
    done: set[str] = field(default_factory=set)
    seen: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    work: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    fictive: int = 0
    verified: int = 0
    _keys: dict[str, str] = field(default_factory=dict)
    _by_number: dict[tuple[str, str], list[str]] | None = None
    _persons: frozenset[str] | None = None

    # -- all persons ------------------------------------------------------------------------------------------------

    def everybody(self, institutions: list[Institution]) -> Iterator[RawRecord]:
        """All persons and employments, as a stream of two answers per institution.

        The persons of all institutions come before the employments of any: one institution may have the employment of a
        person whom only another institution has, whatever their order in the settings.
        """
        contacts: dict[str, dict[tuple[str, str], ContactAnswer]] = {each.code: {} for each in institutions}
        for institution, each, protected in self._all_persons(institutions):
            yield from self._person(institution, each, contacts[institution.code], protected=protected)
        for institution in institutions:
            yield from self._employments(institution, self._timelines(institution), contacts.pop(institution.code))
            yield from institution.positions_met()

    def _all_persons(self, institutions: list[Institution]) -> Iterator[tuple[Institution, PersonWithWork, bool]]:
        """Everybody in each institution, and whether any institution says that the address is protected."""
        answers = (
            (place, each)
            for place, institution in enumerate(institutions)
            for each in self.operations.persons(institution.code)
        )
        if len(institutions) == 1:
            yield from ((institutions[0], each, is_protected(each.answer)) for _, each in answers)
            return
        protected: set[str] = set()
        aside: Batches[tuple[int, PersonWithWork]] = Batches(pickle.dumps, pickle.loads)
        while some := list(islice(answers, _AT_ONCE)):
            protected.update(each.answer.cpr for _, each in some if is_protected(each.answer))
            aside.add(some)
        for place, each in aside.each():
            yield institutions[place], each, each.answer.cpr in protected

    def _timelines(self, institution: Institution, cpr: str = "", number: str = "") -> Iterator[EmploymentRaw]:
        if self.settings.history == "all":
            return self.operations.employments(institution.code, cpr, number)
        return self.operations.employments_from_today(institution.code, cpr, number)

    def _person(
        self,
        institution: Institution,
        each: PersonWithWork,
        contacts: dict[tuple[str, str], ContactAnswer],
        *,
        protected: bool,
        is_partial: bool = False,
    ) -> Iterator[RawRecord]:
        cpr = each.answer.cpr
        if is_fictive(cpr):
            self.fictive += 1
            return
        for number, contact in each.work:
            contacts[cpr, number] = contact if any(contact.phones) or any(contact.mails) else NO_CONTACT
        key = self._key(cpr)
        problem = refusal(each.answer, key)
        if problem is not None:
            yield refused(problem)
        elif key not in self.done:
            self.done.add(key)
            if lacks_names(each.answer) and self.known.statement("Person", key) is not None:
                for number, _ in each.work:
                    self.again.add(institution.code, number)
            yield institution.records.person(each.answer, key, protected=protected, is_partial=is_partial)

    def _key(self, cpr: str) -> str:
        key = self._keys.get(cpr)
        if key is None:
            key = self._keys[cpr] = self.known.person_key(cpr)
        return key

    def _employments(
        self, institution: Institution, raws: Iterable[EmploymentRaw], contacts: Contacts
    ) -> Iterator[RawRecord]:
        """An employment whose number has had another holder waits until everything is read: the end of the other one
        may come later."""
        waiting: list[EmploymentRaw] = []
        for raw in raws:
            if is_fictive(raw.cpr):
                continue
            key = institution.records.employment_key(raw.number, self._key(raw.cpr))
            if _DELETED in raw.raw:
                self.deleted.add(key)
            holders = self.seen.setdefault((institution.code, raw.number), set())
            if key in holders:
                text = "SD sends the employment twice; the first was taken"
                yield listed(Problem("Employment", key, "", "told_twice", text, "notice"))
                continue
            known = self._kept(institution.code, raw.number)
            if holders or any(each != key for each in known):
                waiting.append(raw)
            else:
                yield self._employment(institution, raw, contacts)
            holders.add(key)
        for raw in waiting:
            yield self._one_of_several(institution, raw, contacts)

    def _employment(self, institution: Institution, raw: EmploymentRaw, contacts: Contacts) -> RawRecord:
        key = self._key(raw.cpr)
        if key not in self.done and not self._is_known(key):
            text = "SD sends the employment without a usable person; neither is created"
            self.again.add(institution.code, raw.number)
            employment = institution.records.employment_key(raw.number, key)
            return refused(Problem("Employment", employment, "person", "unknown_person", text))
        return institution.records.employment(raw, key, contacts.get((raw.cpr, raw.number)))

    def _is_known(self, person: str) -> bool:
        if self._persons is None:
            self._persons = frozenset(self.known.keys("Person"))
        return person in self._persons

    # -- one number, several holders --------------------------------------------------------------------------------

    def _kept(self, institution: str, number: str) -> list[str]:
        if self._by_number is None:
            self._by_number = {}
            for key in self.known.keys("Employment"):
                _, code, kept, _ = key.split(":")
                self._by_number.setdefault((code, kept), []).append(key)
        return self._by_number.get((institution, number), [])

    def _one_of_several(self, institution: Institution, raw: EmploymentRaw, contacts: Contacts) -> RawRecord:
        key = institution.records.employment_key(raw.number, self._key(raw.cpr))
        if self.known.statement("Employment", key) is None:
            others = {*self._kept(institution.code, raw.number), *self.seen[institution.code, raw.number]} - {key}
            if not all(each in self.deleted or self._is_kept_as_deleted(each) for each in others):
                return refused(_changed_holder(key))
        return self._employment(institution, raw, contacts)

    def _is_kept_as_deleted(self, key: str) -> bool:
        kept = self.known.statement("Employment", key)
        return kept is not None and is_deleted(kept)

    # -- some people ------------------------------------------------------------------------------------------------

    def some(
        self, institutions: list[Institution], changed: Mapping[str, Mapping[str, set[str]]]
    ) -> Iterator[RawRecord]:
        """``changed``: institution → CPR number → employment numbers (none = all of them)."""
        due = {code: {cpr: {*numbers} for cpr, numbers in of.items()} for code, of in changed.items()}
        waiting: list[tuple[Institution, EmploymentRaw, Contacts]] = []
        for institution in institutions:
            yield from self._unidentified(institution, due.get(institution.code, {}), waiting)
        for cpr in sorted({cpr for each in due.values() for cpr in each}):
            if is_fictive(cpr):
                self.fictive += 1
                continue
            yield from self._one(institutions, due, cpr, waiting)
        self.lookups.require_answers()
        for institution, raw, _ in waiting:
            if _DELETED in raw.raw:
                self.deleted.add(institution.records.employment_key(raw.number, self._key(raw.cpr)))
        for institution, raw, work in waiting:
            yield self._known_or_new(institution, raw, work)

    def _one(
        self,
        institutions: list[Institution],
        changed: Mapping[str, Mapping[str, set[str]]],
        cpr: str,
        waiting: list[tuple[Institution, EmploymentRaw, Contacts]],
    ) -> Iterator[RawRecord]:
        """A person and, in ``waiting``, the timelines of the changed employments.

        Names are those of the first institution that has the person; protected is whom any of them protects. One that
        reports no change is asked for the names if nobody before has them, and for a protection that is known: another
        one's change does not end it.
        """
        key = self._key(cpr)
        met: list[tuple[Institution, PersonWithWork, dict[tuple[str, str], ContactAnswer]]] = []
        is_partial = False
        ask_all = len(institutions) > 1 and self._is_known_as_protected(key)
        for institution in institutions:
            here = cpr in changed.get(institution.code, {})
            contacts: dict[tuple[str, str], ContactAnswer] = {}
            if here or not met or ask_all:
                asked = self.lookups.ask("person", key, partial(self._asked, institution, cpr))
                met += [(institution, each, contacts) for each in asked.answer or ()]
                is_partial = is_partial or asked.fault is not None
                yield from self._faulty(institution, changed, cpr, asked.fault)
            if here:
                sent = self.lookups.ask("employments", key, partial(self._timelines_of, institution, cpr))
                yield from self._faulty(institution, changed, cpr, sent.fault)
                if sent.answer is not None:
                    waiting += [(institution, raw, contacts) for raw in sent.answer]
                    missing = changed[institution.code][cpr] - {raw.number for raw in sent.answer}
                    keys = [institution.records.employment_key(each, key) for each in sorted(missing)]
                    yield from self._no_longer_sent(institution, keys)
        protected = any(is_protected(each.answer) for _, each, _ in met)
        for institution, each, contacts in met:
            yield from self._person(institution, each, contacts, protected=protected, is_partial=is_partial)

    def _is_known_as_protected(self, key: str) -> bool:
        kept = self.known.statement("Person", key)
        stated = kept.values.get("address_protected", ()) if kept is not None else ()
        return any(each.value is True and each.period.end is None for each in stated)

    def _unidentified(
        self,
        institution: Institution,
        here: dict[str, set[str]],
        waiting: list[tuple[Institution, EmploymentRaw, Contacts]],
    ) -> Iterator[RawRecord]:
        """Look up changes of persons whose CPR number is not ten digits by employment number: to a request without a
        CPR number SD answers with all persons.

        One whose timeline has the same number is a person with an identifier of SD's own (cpr.md §6). The timeline of
        another shows whose change it is: it goes to ``here``.
        """
        for cpr in [each for each in here if not (len(each) == 10 and only_digits(each))]:
            numbers = here.pop(cpr) | {*self.work.get(institution.code, {}).get(cpr, ())}
            met: set[str] = set()
            for number in sorted(numbers - {""}):
                of = f"{institution.code}:{number}"
                sent = self.lookups.ask("employments", of, partial(self._told_of, institution, number))
                if sent.fault is not None:
                    self.again.add(institution.code, number)
                for raw in sent.answer or ():
                    met.add(raw.cpr)
                    if len(raw.cpr) == 10 and only_digits(raw.cpr):
                        here.setdefault(raw.cpr, set()).add(number)
                        continue
                    contacts: dict[tuple[str, str], ContactAnswer] = {}
                    asked = self.lookups.ask("person", of, partial(self._asked, institution, number=number))
                    if asked.fault is not None:
                        self.again.add(institution.code, number)
                    for each in asked.answer or ():
                        if each.answer.cpr == raw.cpr:
                            yield from self._person(institution, each, contacts, protected=is_protected(each.answer))
                    waiting.append((institution, raw, contacts))
            if cpr not in met:
                text = (
                    "SD reports a change of a person whose CPR number is not ten digits; the employments that came "
                    "with it are looked up by their numbers"
                )
                yield refused(Problem("Person", "", "PersonCivilRegistrationIdentifier", "wrong_cpr", text))

    def _asked(self, institution: Institution, cpr: str = "", number: str = "") -> list[PersonWithWork]:
        try:
            return list(self.operations.persons(institution.code, cpr, number))
        except ServiceFault as fault:
            if fault.kind in ("unknown_person", "unknown_employment"):
                return []
            raise

    def _timelines_of(self, institution: Institution, cpr: str) -> list[EmploymentRaw]:
        try:
            return list(self._timelines(institution, cpr))
        except ServiceFault as fault:
            if fault.kind == "unknown_person":
                return []
            raise

    def _known_or_new(self, institution: Institution, raw: EmploymentRaw, contacts: Contacts) -> RawRecord:
        """A few are looked up by their keys: an index of all would cost more than the delta."""
        person = self._key(raw.cpr)
        key = institution.records.employment_key(raw.number, person)
        if person not in self.done and self.known.statement("Person", person) is not None:
            self.done.add(person)
        if self.known.statement("Employment", key) is None:
            others = self.known.keys_starting("Employment", institution.records.employment_key(raw.number, ""))
            if not all(each in self.deleted or self._is_kept_as_deleted(each) for each in others):
                return refused(_changed_holder(key))
        return self._employment(institution, raw, contacts)

    def _faulty(
        self,
        institution: Institution,
        changed: Mapping[str, Mapping[str, set[str]]],
        cpr: str,
        fault: SourceError | None,
    ) -> Iterator[RawRecord]:
        """The person is listed, stays as known, and is looked up again; the others go on."""
        if fault is None:
            return
        numbers = self._numbers(changed, cpr)
        for code, number in numbers:
            self.again.add(code, number)
        if not numbers:
            self.again.repeat()
        yield refused(Problem("Person", self._key(cpr), institution.code, NO_ANSWER, _as_known(fault)))

    def _numbers(self, changed: Mapping[str, Mapping[str, set[str]]], cpr: str) -> list[tuple[str, str]]:
        """(institution, employment number) of everything that came with a change of the person."""
        numbers = [(code, number) for code, of in changed.items() for number in sorted(of.get(cpr, ()))]
        return numbers + [(code, number) for code, of in self.work.items() for number in of.get(cpr, ())]

    def still_due(self, institution: Institution, changed: dict[str, set[str]]) -> Iterator[RawRecord]:
        """Look up the employments that the previous run left over: their persons go to ``changed``."""
        for number in self.again.due.get(institution.code, ()):
            keys = [*self.known.keys_starting("Employment", institution.records.employment_key(number, ""))]
            # a fault that several of one person's employments meet counts once
            of = keys[0].rpartition(":")[2] if len(keys) == 1 else f"{institution.code}:{number}"
            asked = self.lookups.ask("employments", of, partial(self._told_of, institution, number))
            if asked.fault is not None:
                self.again.add(institution.code, number)
                for key in keys:
                    yield refused(Problem("Employment", key, "", NO_ANSWER, _as_known(asked.fault)))
            elif asked.answer:
                for raw in asked.answer:
                    changed.setdefault(raw.cpr, set()).add(number)
            else:
                yield from self._no_longer_sent(institution, keys)

    def _told_of(self, institution: Institution, number: str) -> list[EmploymentRaw] | None:
        """SD's answer for an employment number; None if it does not exist, or no longer."""
        try:
            return list(self._timelines(institution, number=number))
        except ServiceFault as fault:
            if fault.kind != "unknown_employment":
                raise
            return None

    def _no_longer_sent(self, institution: Institution, keys: Iterable[str]) -> Iterator[RawRecord]:
        for key in keys:
            print_of = self.known.fingerprint(b"no longer told", key.encode())
            yield RawRecord("Employment", key, print_of, _Verification(self, institution, key.split(":")[2]))

    # -- what SD no longer sends ------------------------------------------------------------------------------------

    def verified_absence(self, institution: Institution, number: str, previous: Statement) -> Mapped:
        """Look up one employment that an answer lacked. Raises SourceError."""
        key = previous.key
        asked = self.lookups.ask("absent", key.rpartition(":")[2], partial(self._told_of, institution, number))
        if asked.fault is not None:
            self.again.add(institution.code, number)
            raise BadRecord(Problem("Employment", key, "", NO_ANSWER, _as_known(asked.fault)))
        raws = asked.answer
        if raws is None:
            return Mapped(replace(previous, exists=()))
        for raw in raws:
            if institution.records.employment_key(raw.number, self._key(raw.cpr)) == key:
                return institution.records.employment(raw, self._key(raw.cpr), None).map(previous)
        if raws:
            problem = _changed_holder(key)
            return Mapped(None, (replace(problem, severity="notice"),))
        self.again.add(institution.code, number)
        text = "SD has the employment, but sends nothing about it; it stays as it was"
        return Mapped(None, (Problem("Employment", key, "", "empty_answer", text, "notice"),))

    def absent(self, institutions: Mapping[str, Institution], previous: Statement, today: Period) -> Mapped | None:
        """A known employment that a whole reading lacks; ``today``: all days before today.

        One that has ended stays as it was. Others are looked up, up to the settings' number. Beyond that something is
        wrong with the answer, and they end, so that the brake stops the run.
        """
        if not within(previous.exists or (), (Period(today.end or today.start),)):
            return None
        _, code, number, _ = previous.key.split(":")
        self.verified += 1
        if code in institutions and self.verified <= self.settings.verify_absent:
            try:
                return self.verified_absence(institutions[code], number, previous)
            except BadRecord as bad:
                return Mapped(None, (bad.problem,))
        return Mapped(replace(previous, exists=within(previous.exists or (), (today,))))

    def counted(self) -> Iterator[RawRecord]:
        """How many were skipped."""
        if self.fictive:
            text = f"{self.fictive} fictive persons (CPR number ends in 0000) are skipped"
            yield listed(Problem("Person", "", "cpr", "fictive", text, "notice"))


@dataclass(frozen=True)
class _Verification:
    """The mapping of an employment that a refetch of its person lacked."""

    people: People
    institution: Institution
    number: str

    def __call__(self, previous: Statement | None) -> Mapped:
        if previous is None:
            return Mapped(None)
        return self.people.verified_absence(self.institution, self.number, previous)


def _as_known(fault: SourceError) -> str:
    return f"{fault} What is known stays, and the next run asks SD again"


def _changed_holder(key: str) -> Problem:
    text = (
        "the employment number belongs to another person, and that employment is not deleted (S): the CPR number may "
        "have changed, or the number may be reused. Nothing is moved; find out which, and correct it in payroll"
    )
    return Problem("Employment", key, "person", "number_has_other_holder", text)
