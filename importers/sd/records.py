"""Raw records with their fingerprints, which decide what an unchanged source costs.

A fingerprint covers the record's own XML text, what else its mapping uses (contact data, its departments' places, its
positions' names) and the settings. A record has the same fingerprint in a whole reading and in a delta.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from xml.sax.saxutils import unescape

from lxml import etree

from graph.statements.statement import BadRecord, Problem, Statement
from importers.sd import answers, employment_mapping, person_mapping, position_mapping, unit_mapping
from importers.sd.again import Again
from importers.sd.answers import ContactAnswer, PersonAnswer, PositionAnswer
from importers.sd.operations import EmploymentRaw
from importers.sd.organisation import Department, Organisation
from importers.sd.settings import SdSettings
from importers.source import Known, Mapped, RawRecord

MAPPING = b"2"  # raise it when the mapping's meaning changes: then every record is mapped anew
NOT_TAKEN = "not taken"  # equal to no fingerprint, so that the record is mapped each time
_NAMES = re.compile(rb"<(DepartmentUUIDIdentifier|DepartmentIdentifier|JobPositionIdentifier)>\s*([^<]*?)\s*<")


@dataclass
class Records:
    """Makes the records of one institution. ``titles``: position code → name."""

    known: Known
    settings: SdSettings
    day: date
    organisation: Organisation
    titles: Mapping[str, str]
    again: Again
    unknown_positions: set[str] = field(default_factory=set)
    people_in: dict[str, int] = field(default_factory=dict)
    _salt: bytes = b""
    _whole: bytes = b""
    _places: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._salt = MAPPING + self.settings.digest().encode()

    def institution(self) -> RawRecord:
        stated = unit_mapping.institution(self.organisation)
        print_of = self.known.fingerprint(self._salt, repr(stated).encode())
        return RawRecord("Unit", stated.key, print_of, lambda previous: Mapped(stated))

    def department(self, answer: Department) -> RawRecord:
        if answer.unreadable is not None:
            return refused(answer.unreadable)
        organisation = self.organisation
        places = [organisation.parents(answer, period) for period in answer.life]
        context = repr((organisation.uuid, places, organisation.places(answer.uuid))).encode()
        print_of = self.known.fingerprint(self._salt, answer.raw, context)
        return RawRecord(
            "Unit", answer.key, print_of, partial(unit_mapping.department, answer, organisation, self.settings)
        )

    def position(self, answer: PositionAnswer) -> RawRecord:
        code = self.organisation.code
        key = position_mapping.key(code, answer.code)
        if answer.unreadable:
            text = (
                f"the position list of {code} has {answer.code} {answer.name}, whose {answer.unreadable} is not valid"
            )
            return refused(Problem("Position", key if answer.code else "", answer.unreadable, "unreadable", text))
        print_of = self.known.fingerprint(
            self._salt, code.encode(), repr((answer.code, answer.name, answer.groups)).encode()
        )
        return RawRecord("Position", key, print_of, lambda previous: position_mapping.position(answer, code))

    def unknown_position(self, code: str) -> RawRecord:
        institution = self.organisation.code
        print_of = self.known.fingerprint(self._salt, b"unknown", institution.encode(), code.encode())
        key = position_mapping.key(institution, code)
        return RawRecord(
            "Position", key, print_of, lambda previous: position_mapping.unknown(code, institution, previous)
        )

    def person(self, answer: PersonAnswer, key: str, *, protected: bool, is_partial: bool = False) -> RawRecord:
        """``protected``: an institution says so, perhaps another one. ``is_partial``: another did not answer."""
        taken = (*(answer if self.settings.private_contact else answer[:3]), protected)
        print_of = NOT_TAKEN if is_partial else self.known.fingerprint(self._salt, repr(taken).encode())
        of = person_mapping.OfPerson(key, protected, is_partial)
        return RawRecord(
            "Person",
            key,
            print_of,
            lambda previous: person_mapping.person(answer, of, self.settings, self.day, previous),
        )

    def employment_key(self, number: str, person_key: str) -> str:
        """Numbers are reused for other persons, so the person is part of the key."""
        return f"employment:{self.organisation.code}:{number}:{person_key}"

    def employment(self, raw: EmploymentRaw, person_key: str, contact: ContactAnswer | None) -> RawRecord:
        key = self.employment_key(raw.number, person_key)
        if not raw.number or ":" in raw.number:
            text = "SD sends an employment without a number, or with a colon in its number"
            return refused(Problem("Employment", key, "EmploymentIdentifier", "wrong_number", text))
        context = [self._salt, key.encode(), raw.raw, repr(contact).encode()]
        uuids = codes = 0
        for name, written in _NAMES.findall(raw.raw):
            value = unescape(written.decode())
            if name == b"JobPositionIdentifier":
                self._see_position(value)
                context.append(
                    self.titles.get(value, "").encode()
                )  # a name that differs from it is the person's own title
            elif name == b"DepartmentIdentifier":
                codes += 1
            else:
                uuids += 1
                context.append(self._place(value.lower()))
                if value.lower() in self.organisation.unanswered:
                    self.again.add(self.organisation.code, raw.number)
        if uuids < codes:
            context.append(self._places_of_all())
        return RawRecord(
            "Employment",
            key,
            self.known.fingerprint(*context),
            partial(self._mapped, raw, key, person_key, contact),
        )

    def _see_position(self, code: str) -> None:
        if code not in self.titles:
            self.unknown_positions.add(code)

    def _place(self, uuid: str) -> bytes:
        self.people_in[uuid] = self.people_in.get(uuid, 0) + 1
        found = self._places.get(uuid)
        if found is None:
            found = self._places[uuid] = self.organisation.digest(uuid)
        return found

    def _places_of_all(self) -> bytes:
        if not self._whole:
            departments = sorted(self.organisation.departments)
            self._whole = repr([(uuid, self.organisation.digest(uuid)) for uuid in departments]).encode()
        return self._whole

    def _mapped(
        self,
        raw: EmploymentRaw,
        key: str,
        person_key: str,
        contact: ContactAnswer | None,
        previous: Statement | None,
    ) -> Mapped:
        try:
            answer = answers.employment(etree.fromstring(raw.raw), raw.parts)
        except answers.WrongValue as wrong:
            raise BadRecord(Problem("Employment", key, wrong.field, "unreadable", str(wrong))) from wrong
        holder = employment_mapping.Holder(
            self.organisation.code,
            key,
            person_key,
            contact,
            self.organisation,
            self.titles,
            complete=self.settings.history == "all",
        )
        mapped = employment_mapping.employment(answer, holder, self.settings, self.day, previous)
        if mapped.gaps:
            self.again.add(self.organisation.code, raw.number)
        return mapped


def listed(problem: Problem) -> RawRecord:
    """A record that states nothing; it exists for its problem."""
    return RawRecord(problem.kind, problem.key, NOT_TAKEN, lambda previous: Mapped(None, (problem,)))


def refused(problem: Problem) -> RawRecord:
    """A rejected record."""

    def refuse(previous: Statement | None) -> Mapped:
        raise BadRecord(problem)

    return RawRecord(problem.kind, problem.key, NOT_TAKEN, refuse)
