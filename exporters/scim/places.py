"""The units that a server gets, and a unit's place among those above it."""

from collections.abc import Mapping
from dataclasses import dataclass

from exporters.scim.image import Unit
from exporters.scim.settings import Image


@dataclass(frozen=True, slots=True)
class Places:
    """``delivered``: units under the roots, without excluded ones."""

    units: Mapping[str, Unit]
    roots: frozenset[str]
    delivered: frozenset[str]

    def division(self, unit: str, level: int) -> str:
        """Name of the unit above (or itself) that is ``level`` steps below its root; empty if there is none."""
        way = self._way(unit)
        return self.units[way[-1 - level]].name if 0 < level < len(way) else ""

    def _way(self, unit: str | None) -> list[str]:
        """From the unit up to its root."""
        way: list[str] = []
        while unit is not None and unit in self.units and unit not in way:
            way.append(unit)
            if unit in self.roots:
                return way
            unit = self.units[unit].parent
        return []


def places(units: Mapping[str, Unit], image: Image) -> Places:
    """The units under the roots of the settings."""
    wanted = set(image.roots)
    roots = frozenset(
        each.uuid
        for each in units.values()
        if (wanted & {each.uuid, each.number} if wanted else each.parent is None or each.parent not in units)
    )
    found = Places(units, roots, frozenset())
    delivered = frozenset(
        uuid
        for uuid in units
        if (way := found._way(uuid))
        and not any(image.excluded_units & {each, units[each].number} - {""} for each in way)
    )
    return Places(units, roots, delivered)
