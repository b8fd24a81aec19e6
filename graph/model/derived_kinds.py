"""The names under which a constraint's values follow from the organisation (kombit_access.md §4), and their form.

A setting names one: ``kle_performs``, or with an argument ``unit_at_level(3)`` and ``held_units(superuser)``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WRITTEN = re.compile(r"(?P<name>[a-z_]+)(?:\((?P<argument>[^()]*)\))?")
_UNITS: tuple[str, ...] = ("unit", "payout")
_KLE: tuple[str, ...] = ("kle",)
_OTHERS: tuple[str, ...] = ("text", "other")


@dataclass(frozen=True, slots=True)
class DerivedKind:
    """``contents``: of the types that it suits; empty: any. ``argument``: what stands in brackets; "" for none.

    ``lacking``: what would help where it gives nothing. ``below``: it gives units below as well.
    """

    name: str
    contents: tuple[str, ...]
    lacking: str
    argument: str = ""
    below: bool = False

    def suits(self, content: str) -> bool:
        return not self.contents or content in self.contents


DERIVED_KINDS: Mapping[str, DerivedKind] = {
    each.name: each
    for each in (
        DerivedKind("unit", _UNITS, "a unit that is open on the day"),
        DerivedKind("unit_and_below", _UNITS, "a unit that is open on the day", below=True),
        DerivedKind("unit_at_level", _UNITS, "a unit that is open on the day", "a whole number up to 999", below=True),
        DerivedKind("managed_units", _UNITS, "the role manager for a unit, or to stand in for a manager"),
        DerivedKind("managed_units_and_below", _UNITS, "the role manager for a unit, or to stand in", below=True),
        DerivedKind("held_units", _UNITS, "the role for a unit", "the key of a role"),
        DerivedKind("held_units_and_below", _UNITS, "the role for a unit", "the key of a role", below=True),
        DerivedKind("selected_units", _UNITS, "a selected unit that is open on the day"),
        DerivedKind("kle_performs", _KLE, "KLE numbers that the unit performs"),
        DerivedKind("kle_interested", _KLE, "KLE numbers that the unit is interested in"),
        DerivedKind("kle_performs_or_interested", _KLE, "KLE numbers that the unit performs or is interested in"),
        DerivedKind("kle_responsible", _KLE, "KLE numbers that the unit is responsible for"),
        DerivedKind("kle_of_responsibility", _KLE, "a role that is about a KLE number"),
        DerivedKind("person_kle", _KLE, "KLE numbers on the employment itself"),
        DerivedKind(
            "sensitivity_of_role", ("sensitivity", *_OTHERS), "a level, known to the type, on role, grant or unit"
        ),
        DerivedKind("payout_unit", _UNITS, "a paying unit of the unit, or of one above it"),
        DerivedKind("units_paid_out_by", _UNITS, "a unit that is paid out for by this one"),
        DerivedKind("itsystem_of_responsibility", ("itsystem", *_OTHERS), "a role that is about an IT system"),
        DerivedKind("p_number", _OTHERS, "a P number on the unit, or on one above it"),
        DerivedKind("se_number", _OTHERS, "an SE number on the unit, or on one above it"),
        DerivedKind("assignment_value", (), "a value that is given with the grant"),
    )
}
GIVEN_WITH_GRANT = "assignment_value"
OF_RESPONSIBILITY = frozenset({"kle_of_responsibility", "itsystem_of_responsibility"})
"""Kinds whose values are what a role, or else the grant, is about."""


class NotDerivable(ValueError):
    """A text that names no way in which values follow from the organisation."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """A kind with its argument."""

    kind: DerivedKind
    argument: str = ""

    @property
    def number(self) -> int:
        return int(self.argument)


def derivation(text: str) -> Derivation:
    """What a setting's ``derived`` means.

    Raises:
        NotDerivable: no such kind, or an argument that is missing, not wanted or of another form.
    """
    found = _WRITTEN.fullmatch(text.strip())
    kind = DERIVED_KINDS.get(found["name"]) if found else None
    if found is None or kind is None:
        raise NotDerivable(f"{text[:80]!r} is not a way to derive values; there are {', '.join(map(_shown, _ALL))}")
    argument = (found["argument"] or "").strip()
    if bool(argument) != bool(kind.argument):
        raise NotDerivable(f"{text[:80]!r}: it is written {_shown(kind)}")
    if kind.name == "unit_at_level" and not re.fullmatch("[0-9]{1,3}", argument):
        raise NotDerivable(f"{text[:80]!r}: it is written {_shown(kind)}")
    return Derivation(kind, argument)


def _shown(kind: DerivedKind) -> str:
    return f"{kind.name}({kind.argument})" if kind.argument else kind.name


_ALL = tuple(DERIVED_KINDS.values())
