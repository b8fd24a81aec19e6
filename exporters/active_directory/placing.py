"""The units that get an OU, and their OUs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from exporters.active_directory.image import Unit
from exporters.active_directory.names import LIMITS
from exporters.active_directory.settings import Units
from exporters.objects.target import Ref, Wanted


@dataclass(frozen=True, slots=True)
class Places:
    """``delivered``: uuids of the units under the roots, without the excluded ones."""

    units: Mapping[str, Unit]
    delivered: frozenset[str]

    def path(self, uuid: str) -> tuple[str, ...]:
        """The unit and all units above it."""
        found: list[str] = []
        above: str | None = uuid
        while above is not None and above in self.units and above not in found:
            found.append(above)
            above = self.units[above].parent
        return tuple(found)


def placed(units: Mapping[str, Unit], settings: Units) -> Places:
    everything = Places(units, frozenset(units))
    delivered = set()
    for uuid in units:
        path = everything.path(uuid)
        names = {name for each in path for name in (each, units[each].number) if name}
        if (not settings.roots or names & settings.roots) and not names & settings.excluded:
            delivered.add(uuid)
    return Places(units, frozenset(delivered))


def ous(places: Places, settings: Units) -> Iterator[Wanted]:
    """An OU for each unit, in the OU of the unit above."""
    if not settings.below:
        return
    for uuid in sorted(places.delivered):
        unit = places.units[uuid]
        name = " ".join(unit.name.split())[: LIMITS["ou"]].rstrip() or unit.number or uuid
        if unit.parent in places.delivered:
            yield Wanted("ou", uuid, {"ou": name}, {"parent": frozenset({Ref("ou", str(unit.parent))})})
        else:
            yield Wanted("ou", uuid, {"ou": name, "place": settings.below})
