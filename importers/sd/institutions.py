"""The institutions of a run: their organisation, read whole or fetched a department at a time, and their positions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from graph.facts import Problem
from importers.sd.answers import PositionTold, WrongValue, text
from importers.sd.as_known import as_known, has_code, unreadable
from importers.sd.errors import ServiceFault
from importers.sd.operations import Elements, InstitutionTold, Operations, Structure, Tree, department
from importers.sd.organisation import Department, LeftOut, Organisation, by_tree
from importers.sd.records import Records, refused
from importers.sd.settings import SdSettings
from importers.source import Known, RawRecord


@dataclass
class Institution:
    """One institution in a run.

    ``looked_up``: departments that were fetched one at a time. ``nameless``: problems of departments without UUID
    of which nobody can say which they are.
    """

    organisation: Organisation
    records: Records
    positions: list[PositionTold]
    looked_up: set[str] = field(default_factory=set)
    nameless: list[Problem] = field(default_factory=list)

    @property
    def code(self) -> str:
        return self.organisation.code

    def units(self) -> Iterator[RawRecord]:
        """All that is known of the organisation."""
        yield self.records.institution()
        yield from map(refused, self.nameless)
        for each in self.organisation.departments.values():
            yield self.records.department(each)

    def position_list(self) -> Iterator[RawRecord]:
        for each in self.positions:
            yield self.records.position(each)

    def positions_met(self) -> Iterator[RawRecord]:
        """Positions that employments have and the list has not; after the employments."""
        for code in sorted(self.records.unknown_positions):
            yield self.records.unknown_position(code)

    def new_units(self, known: Known) -> Iterator[RawRecord]:
        """Departments met that the graph does not have yet, each with the ones above it that it lacks too.

        And those that can't be read.
        """
        yield from map(refused, self.nameless)
        met = sorted(self.looked_up)
        done: set[str] = set()
        while met:
            uuid = met.pop()
            each = self.organisation.departments.get(uuid)
            if uuid in done or each is None:
                continue
            if each.unreadable is None and known.statement("Unit", each.key) is not None:
                continue
            done.add(uuid)
            yield self.records.department(each)
            for told in each.single_parents():
                if told.parent != self.organisation.uuid and self.organisation.department(told.parent) is not None:
                    met.append(told.parent)


@dataclass
class Institutions:
    """What is needed to make each institution of a run."""

    operations: Operations
    known: Known
    settings: SdSettings
    day: date

    def told(self) -> list[InstitutionTold]:
        return self.operations.institutions()

    def structures(self, told: Iterable[InstitutionTold]) -> tuple[dict[str, Structure], str]:
        """The organisation of each as answered today, by code, and a digest of all."""
        found = {each.code: self.operations.structure(each.code) for each in told}
        return found, "-".join(each.digest for each in found.values())

    def whole(self, told: InstitutionTold, structure: Structure) -> Institution:
        """With every department and all its parents over time: a call a department."""
        tree, elements = structure.tree(), structure.departments()
        departments, nameless = self._departments(told.code, elements)
        above = {**tree.parents, **dict.fromkeys(tree.tops, told.uuid)}
        if self.settings.json_url is None:
            for uuid in departments.keys() - above.keys():
                parent = self.operations.parent_today(uuid)
                if parent:
                    above[uuid] = parent
        organisation = self._organisation(told, tree.levels)
        organisation.departments = by_tree(departments, above)
        made = self._with_positions(organisation)
        made.nameless = nameless
        return made

    def _departments(self, institution: str, elements: Elements) -> tuple[dict[str, Department], list[Problem]]:
        """By UUID; those that can't be read as they are known. And what is wrong with others."""
        histories = self.operations.histories(list(elements.by_uuid))
        found: dict[str, Department] = {}
        for uuid, each in elements.by_uuid.items():
            try:
                found[uuid] = department(uuid, each, histories[uuid])
            except WrongValue as wrong:
                found[uuid] = self._as_known(uuid, wrong.field, str(wrong))
        problems: list[Problem] = []
        for code in sorted(elements.nameless):
            said = f"SD tells a department of {institution} with the code {code} without UUID"
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

    def lazy(self, told: InstitutionTold, levels: tuple[str, ...]) -> Institution:
        """With departments that are fetched when a changed employment points to them. ``levels``: as last read."""
        organisation = self._organisation(told, levels)
        made = self._with_positions(organisation)
        trees: list[Tree] = []

        def tree() -> Tree:
            if not trees:
                trees.append(self.operations.tree(told.code))
            return trees[0]

        def from_elements(elements: Elements) -> list[Department]:
            found, nameless = self._departments(told.code, elements)
            made.nameless += nameless
            made.looked_up |= found.keys()
            if all(each.parents for each in found.values()):
                return list(found.values())
            above = {**tree().parents, **dict.fromkeys(tree().tops, told.uuid)}
            return list(by_tree(found, above).values())

        def fetch(uuid: str) -> Department | None:
            try:
                found = from_elements(self.operations.departments(told.code, uuid=uuid))
                return next((each for each in found if each.uuid == uuid), None)
            except ServiceFault as fault:
                if fault.kind == "unknown_department":
                    return None
                raise

        def fetch_by_code(code: str) -> list[Department]:
            try:
                return from_elements(self.operations.departments(told.code, code=code))
            except ServiceFault:
                return []  # no such code, in whatever words: the employment is listed then

        organisation.fetch = fetch
        organisation.fetch_by_code = fetch_by_code
        return made

    def _organisation(self, told: InstitutionTold, levels: tuple[str, ...]) -> Organisation:
        return Organisation(told.code, told.uuid, told.name, levels, LeftOut(self.settings))

    def _with_positions(self, organisation: Organisation) -> Institution:
        positions = self.operations.positions(self.settings.positions_from or organisation.code)
        unsure = {each.code: each.name for each in positions if each.unreadable}
        titles = unsure | {each.code: each.name for each in positions if not each.unreadable}
        records = Records(self.known, self.settings, self.day, organisation, titles)
        return Institution(organisation, records, positions)
