"""The institutions of a run: their organisation, read whole or fetched a department at a time, and their positions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from importers.sd.answers import PositionTold
from importers.sd.errors import ServiceFault
from importers.sd.operations import Elements, InstitutionTold, Operations, Structure, Tree, department
from importers.sd.organisation import Department, LeftOut, Organisation, by_tree
from importers.sd.records import Records
from importers.sd.settings import SdSettings
from importers.source import Known, RawRecord


@dataclass
class Institution:
    """One institution in a run. ``looked_up``: departments that were fetched one at a time."""

    organisation: Organisation
    records: Records
    positions: list[PositionTold]
    looked_up: set[str] = field(default_factory=set)

    @property
    def code(self) -> str:
        return self.organisation.code

    def units(self) -> Iterator[RawRecord]:
        """All that is known of the organisation."""
        yield self.records.institution()
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
        """Departments met that the graph does not have yet, each with the ones above it that it lacks too."""
        met = sorted(self.looked_up)
        done: set[str] = set()
        while met:
            uuid = met.pop()
            each = self.organisation.departments.get(uuid)
            if uuid in done or each is None or known.statement("Unit", each.key) is not None:
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
        histories = self.operations.histories(list(elements))
        departments = {uuid: department(uuid, each, histories[uuid]) for uuid, each in elements.items()}
        above = {**tree.parents, **dict.fromkeys(tree.tops, told.uuid)}
        if self.settings.json_url is None:
            for uuid in elements.keys() - above.keys():
                parent = self.operations.parent_today(uuid)
                if parent:
                    above[uuid] = parent
        organisation = self._organisation(told, tree.levels)
        organisation.departments = by_tree(departments, above)
        return self._with_positions(organisation)

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
            histories = self.operations.histories(list(elements))
            found = {uuid: department(uuid, each, histories[uuid]) for uuid, each in elements.items()}
            made.looked_up |= found.keys()
            if all(each.parents for each in found.values()):
                return list(found.values())
            above = {**tree().parents, **dict.fromkeys(tree().tops, told.uuid)}
            return list(by_tree(found, above).values())

        def fetch(uuid: str) -> Department | None:
            try:
                return next(iter(from_elements(self.operations.departments(told.code, uuid=uuid))), None)
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
        titles = {each.code: each.name for each in positions}
        records = Records(self.known, self.settings, self.day, organisation, titles)
        return Institution(organisation, records, positions)
