"""Which units Plan2Learn gets, and to which of them the contents of other units are moved."""

from collections.abc import Mapping
from dataclasses import dataclass

from exporters.plan2learn.image import Unit
from exporters.plan2learn.settings import Plan2LearnSettings


@dataclass(frozen=True, slots=True)
class Places:
    """``delivered``: uuid → unit; ``below_roots``: every unit under the roots, delivered or left out."""

    units: Mapping[str, Unit]
    roots: frozenset[str]
    below_roots: frozenset[str]
    delivered: Mapping[str, Unit]

    def nearest(self, unit: str | None) -> str | None:
        """The unit itself or the nearest delivered one above it; None outside of the roots."""
        while unit is not None and unit in self.below_roots:
            if unit in self.delivered:
                return unit
            unit = self.units[unit].parent
        return None

    def parent(self, unit: Unit) -> str:
        """Uuid of the nearest delivered unit above; empty for a root, whatever is above it."""
        return "" if unit.uuid in self.roots else self.nearest(unit.parent) or ""


def places(units: Mapping[str, Unit], settings: Plan2LearnSettings) -> Places:
    """The units under the settings' roots without those that are left out."""
    wanted = set(settings.roots)
    roots = {
        each.uuid
        for each in units.values()
        if (each.uuid in wanted or each.number in wanted if wanted else each.parent not in units)
    }
    below = frozenset(uuid for uuid in units if _is_below(uuid, units, roots))
    delivered = {
        uuid: units[uuid]
        for uuid in sorted(below)
        if units[uuid].level not in settings.excluded_levels and uuid not in settings.excluded_units
    }
    return Places(units, frozenset(roots), below, delivered)


def _is_below(uuid: str | None, units: Mapping[str, Unit], roots: set[str]) -> bool:
    while uuid is not None and uuid in units:
        if uuid in roots:
            return True
        uuid = units[uuid].parent
    return False
