"""The institutions of a run: their positions and their organisation, read whole or fetched one department at a time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from graph.statements.statement import Problem
from importers.lookups import Lookups
from importers.sd import position_mapping as mapped_positions
from importers.sd.again import Again
from importers.sd.answers import PositionAnswer, WrongValue, text
from importers.sd.as_known import as_known, has_code, parents_known, unreadable
from importers.sd.errors import ServiceFault
from importers.sd.operations import (
    Elements,
    InstitutionAnswer,
    Operations,
    Structure,
    Tree,
    department,
    forms,
    life_of,
)
from importers.sd.organisation import NO_ANSWER, Department, LeftOut, Organisation, by_tree
from importers.sd.records import Records, listed, refused
from importers.sd.settings import SdSettings
from importers.source import Known, RawRecord

_MOST_CHANGED = 50
"""At most this many departments are fetched one by one; if more differ, all are read."""


@dataclass
class Institution:
    """One institution in a run.

    ``looked_up``: departments that were fetched one at a time. ``nameless``: problems of departments without a UUID
    that can't be identified. ``unsure``: why SD's answer may be incomplete. ``repeated``: codes that the position list
    has several times, with different content.
    """

    organisation: Organisation
    records: Records
    positions: list[PositionAnswer]
    looked_up: set[str] = field(default_factory=set)
    nameless: list[Problem] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    has_positions: bool = True
    repeated: list[str] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.organisation.code

    def units(self) -> Iterator[RawRecord]:
        """Everything that is known of the organisation."""
        yield self.records.institution()
        yield from map(refused, self.nameless)
        for each in self.organisation.departments.values():
            yield self.records.department(each)

    def position_list(self) -> Iterator[RawRecord]:
        for each in self.positions:
            yield self.records.position(each)
        for code in self.repeated:
            text = f"the position list of {self.code} has the position {code} several times; one of these is used"
            key = mapped_positions.key(self.code, code)
            yield listed(Problem("Position", key, "JobPositionIdentifier", "told_twice", text, "notice"))

    def positions_met(self) -> Iterator[RawRecord]:
        """Positions that employments use but the list lacks; read after the employments."""
        for code in sorted(self.records.unknown_positions):
            yield self.records.unknown_position(code)

    def some_units(self, uuids: Iterable[str]) -> Iterator[RawRecord]:
        """These departments, fetched one by one."""
        for uuid in uuids:
            found = self.organisation.department(uuid)
            if found is not None:
                yield self.records.department(found)
            if found is None or found.is_unanswered:
                self.records.again.all_units()
            self.looked_up.discard(uuid)

    def new_units(self, known: Known) -> Iterator[RawRecord]:
        """New departments that this run met, each with the departments above it that are new too.

        Also those that can't be read.
        """
        yield from map(refused, self.nameless)
        met = sorted(self.looked_up)
        done: set[str] = set()
        while met:
            uuid = met.pop()
            each = self.organisation.departments.get(uuid)
            if uuid in done or each is None:
                continue
            # A listed problem is checked again, so that it is removed once SD answers.
            is_sound = each.unreadable is None and not self.records.again.due
            if is_sound and known.statement("Unit", each.key) is not None:
                continue
            done.add(uuid)
            yield self.records.department(each)
            for sent in each.single_parents():
                if sent.parent != self.organisation.uuid and self.organisation.department(sent.parent) is not None:
                    met.append(sent.parent)


@dataclass
class Institutions:
    """Reads the institutions of a run."""

    operations: Operations
    known: Known
    settings: SdSettings
    day: date
    lookups: Lookups
    again: Again
    _trees: dict[str, tuple[Tree, Elements]] = field(default_factory=dict)

    def listed(self) -> list[InstitutionAnswer]:
        return self.operations.institutions()

    def structures(self, sent: Iterable[InstitutionAnswer]) -> tuple[dict[str, Structure], str]:
        """Today's organisation of each, by code, and a digest of all."""
        found = {each.code: self.operations.structure(each.code) for each in sent}
        return found, "-".join(each.digest for each in found.values())

    def _parsed(self, code: str, structure: Structure) -> tuple[Tree, Elements]:
        found = self._trees.get(code)
        if found is None:
            found = self._trees[code] = structure.tree(), structure.departments()
        return found

    def forms(self, structures: Mapping[str, Structure]) -> dict[str, dict[str, str]]:
        """Institution → department → a digest of today's answer about it."""
        return {code: forms(*self._parsed(code, each)) for code, each in structures.items()}

    def levels(self, code: str, structure: Structure) -> tuple[str, ...]:
        return self._parsed(code, structure)[0].levels

    def changed(
        self, structures: Mapping[str, Structure], before: Mapping[str, Mapping[str, str]]
    ) -> dict[str, list[str]] | None:
        """Institution → departments that differ, and those that depend on them.

        None if only a reading of all departments shows what has changed.
        """
        now = self.forms(structures)
        if not before or before.keys() - now.keys():
            return None
        found: dict[str, list[str]] = {}
        for code, each in now.items():
            tree, elements = self._parsed(code, structures[code])
            old = before.get(code, {})
            if not old or elements.nameless or old.keys() - each.keys():
                return None
            differ = {uuid for uuid, form in each.items() if old.get(uuid) != form}
            lives = {uuid for uuid in differ if life_of(old.get(uuid, "")) != life_of(each[uuid])}
            # A unit's place lasts only as long as the unit above it.
            below = {uuid for uuid, parent in tree.parents.items() if parent in lives and uuid in each}
            found[code] = sorted(differ | below)
        return found if sum(map(len, found.values())) <= _MOST_CHANGED else None

    def whole(self, sent: InstitutionAnswer, structure: Structure) -> Institution:
        """Every department and all its parents over time: one call per department."""
        tree, elements = self._parsed(sent.code, structure)
        departments, nameless = self._departments(sent.code, elements)
        above = {**tree.parents, **dict.fromkeys(tree.tops, sent.uuid)}
        if not self.settings.json_url:
            for uuid in sorted(departments.keys() - above.keys()):
                asked = self.lookups.ask("parent today", uuid, partial(self.operations.parent_today, uuid))
                if asked.fault is not None:
                    self.again.all_units()
                    departments[uuid] = self._unanswered(uuid, f"SD does not answer for its parent: {asked.fault}")
                elif asked.answer:
                    above[uuid] = asked.answer
            self.lookups.require_answers()
        organisation = self._organisation(sent, tree.levels)
        organisation.departments = by_tree(self._with_known_parents(departments), above, self.day)
        made = self._with_positions(organisation)
        made.nameless += nameless
        if not departments:
            made.unsure.append(f"SD sends no department of {sent.code}")
        return made

    def _with_known_parents(self, departments: dict[str, Department]) -> dict[str, Department]:
        """If SD sends no parent at all, the known parents stay: a missing parent is not a statement."""
        bare = {each.key: uuid for uuid, each in departments.items() if not each.parents}
        kept = self.known.several("Unit", sorted(bare)) if bare else {}
        for key, each in kept.items():
            if parents := parents_known(each):
                uuid = bare[key]
                departments[uuid] = replace(departments[uuid], parents=parents, parents_missing=True)
        return departments

    def _departments(self, institution: str, elements: Elements) -> tuple[dict[str, Department], list[Problem]]:
        """(departments by UUID, those that can't be read as they are known; problems of the others)."""
        found: dict[str, Department] = {}
        for uuid, answer in self.operations.histories(list(elements.by_uuid)):
            history = self.lookups.ask("parents", uuid, answer)
            if history.fault is not None or history.answer is None:
                self.again.all_units()
                found[uuid] = self._unanswered(uuid, f"SD does not answer for its parents: {history.fault}")
                continue
            try:
                found[uuid] = department(uuid, elements.by_uuid[uuid], history.answer)
            except WrongValue as wrong:
                found[uuid] = self._as_known(uuid, wrong.field, str(wrong))
            if len(elements.by_uuid) > 1:
                self.known.progress(f"parents of departments in {institution}", len(found), len(elements.by_uuid))
        self.lookups.require_answers()
        problems: list[Problem] = []
        for code in sorted(elements.nameless):
            said = f"SD sends a department of {institution} with the code {code} without UUID"
            may_be = {
                uuid
                for uuid, of in elements.by_uuid.items()
                if any(text(each, "DepartmentIdentifier") == code for each in of)
            }
            may_be |= {
                each.key.partition(":")[2]
                for each in self.known.statements("Unit")
                if has_code(each, institution, code)
            } - elements.by_uuid.keys()
            for uuid in may_be:
                found[uuid] = self._as_known(uuid, "DepartmentUUIDIdentifier", f"{said}; it may be this one")
            if not may_be:
                problems.append(unreadable("", "DepartmentUUIDIdentifier", said))
        return found, problems

    def _as_known(self, uuid: str, field: str, text: str) -> Department:
        key = f"department:{uuid}"
        return as_known(uuid, self.known.statement("Unit", key), unreadable(key, field, text))

    def _unanswered(self, uuid: str, text: str) -> Department:
        key = f"department:{uuid}"
        return as_known(uuid, self.known.statement("Unit", key), Problem("Unit", key, "", NO_ANSWER, text))

    def lazy(self, sent: InstitutionAnswer, levels: tuple[str, ...]) -> Institution:
        """An organisation that fetches a department when a changed employment points to it. ``levels``: as last
        read."""
        organisation = self._organisation(sent, levels)
        made = self._with_positions(organisation)
        trees: list[Tree] = []

        def tree() -> Tree:
            if not trees:
                trees.append(self.operations.tree(sent.code))
            return trees[0]

        def from_elements(elements: Elements) -> list[Department]:
            found, nameless = self._departments(sent.code, elements)
            made.nameless += nameless
            made.looked_up |= found.keys()
            organisation.unanswered |= {uuid for uuid, each in found.items() if each.is_unanswered}
            if all(each.parents for each in found.values()):
                return list(found.values())
            above = {**tree().parents, **dict.fromkeys(tree().tops, sent.uuid)}
            return list(by_tree(self._with_known_parents(found), above, self.day).values())

        def fetch(uuid: str) -> Department | None:
            asked = self.lookups.ask("department", uuid, lambda: self._elements_of(sent.code, uuid))
            for each in from_elements(asked.answer) if asked.answer is not None else ():
                if each.uuid == uuid:
                    return each if each.periods else None
            organisation.unanswered.add(uuid)
            why = asked.fault or "SD sends nothing about it"
            kept = self._unanswered(uuid, f"{why}; it stays as it is known")
            if not kept.periods:
                return None
            made.looked_up.add(uuid)
            return kept

        def fetch_by_code(code: str) -> list[Department]:
            asked = self.lookups.ask("department", f"code {code}", lambda: self._elements_with(sent.code, code))
            if asked.answer is not None:
                return from_elements(asked.answer)
            text = f"SD does not answer for the department with the code {code}: {asked.fault}"
            made.nameless.append(Problem("Unit", "", "DepartmentIdentifier", NO_ANSWER, text))
            return []

        organisation.fetch = fetch
        organisation.fetch_by_code = fetch_by_code
        return made

    def _elements_of(self, institution: str, uuid: str) -> Elements:
        try:
            return self.operations.departments(institution, uuid=uuid)
        except ServiceFault as fault:
            if fault.kind == "unknown_department":
                return Elements({}, frozenset())  # this is an answer too
            raise

    def _elements_with(self, institution: str, code: str) -> Elements:
        """Departments with a code. A fault means that there is none, whatever SD's wording: the employment is listed,
        keeps its place and is looked up again."""
        try:
            return self.operations.departments(institution, code=code)
        except ServiceFault:
            return Elements({}, frozenset())

    def _organisation(self, sent: InstitutionAnswer, levels: tuple[str, ...]) -> Organisation:
        return Organisation(sent.code, sent.uuid, sent.name, levels, LeftOut(self.settings))

    def _with_positions(self, organisation: Organisation) -> Institution:
        positions = self.operations.positions(self.settings.positions_from or organisation.code)
        if not positions:
            return self._with_known_positions(organisation)
        positions, repeated = _once(positions)
        unsure = {each.code: each.name for each in positions if each.unreadable}
        titles = unsure | {each.code: each.name for each in positions if not each.unreadable}
        records = Records(self.known, self.settings, self.day, organisation, titles, self.again)
        return Institution(organisation, records, positions, repeated=repeated)

    def _with_known_positions(self, organisation: Organisation) -> Institution:
        """The position list is empty: the known positions stay as they are."""
        titles = {}
        for each in self.known.statements("Position"):
            if each.key.startswith(mapped_positions.key(organisation.code, "")):
                title = next((str(sent.value) for sent in each.values.get("title", ())), "")
                titles[each.key.rpartition(":")[2]] = title
        records = Records(self.known, self.settings, self.day, organisation, titles, self.again)
        made = Institution(organisation, records, [])
        if titles:
            text = f"SD answers with an empty position list for {organisation.code}; the known positions stay"
            made.nameless.append(Problem("Position", "", "", NO_ANSWER, text, "notice"))
            made.has_positions = False
        return made


def _once(positions: Iterable[PositionAnswer]) -> tuple[list[PositionAnswer], list[str]]:
    """(each readable position once and the others, codes of those that differ).

    Whichever comes first in the answer, the same one is taken in every run (pitfall 53).
    """
    by_code: dict[str, set[PositionAnswer]] = {}
    others: list[PositionAnswer] = []
    for each in positions:
        if each.unreadable:
            others.append(each)
        else:
            by_code.setdefault(each.code, set()).add(each)
    taken = [min(several, key=lambda each: (each.name, each.groups)) for several in by_code.values()]
    return [*taken, *others], sorted(code for code, several in by_code.items() if len(several) > 1)
