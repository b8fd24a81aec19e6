"""Which source wins: the configured order of sources per property (architecture.md §4 "Merge")."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MANUAL = "manual"  # what people have entered outranks every source until it is released
RULE_PREFIX = "rule:"  # sources of what rules derive from payroll facts

DEFAULT_ORDER = (
    "cpr",
    "sd",
    "opus",
    "kle",  # before facts, which may name a number that KL has ended
    "facts",
    "positions",
    "active_directory",
    "school_ad",
    "unilogin",
)

# Where another order applies unless the settings have their own: the list that HR keeps exists to state it better
# than payroll's codes do (positions.md §5).
DEFAULT_PROPERTIES: Mapping[str, tuple[str, ...]] = {"Employment.position": ("positions", *DEFAULT_ORDER)}


@dataclass(frozen=True)
class SourceOrder:
    """``default`` for everything; ``properties`` ("Person.name", "Unit.parent") with another order; what
    is not in it has the order of ``DEFAULT_PROPERTIES``.

    A source that is not listed comes after those that are, by name, so that the answer never depends on chance.
    """

    default: tuple[str, ...] = DEFAULT_ORDER
    properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rank(self, source: str, kind: str, name: str) -> tuple[int, str]:
        """Lower wins. ``name`` is a property, a link, or "exists"."""
        if source == MANUAL:
            return (-1, source)
        of = f"{kind}.{name}"
        order = self.properties.get(of) or DEFAULT_PROPERTIES.get(of, self.default)
        return (order.index(source) if source in order else len(order), source)
