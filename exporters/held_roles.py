"""For which units a role is held on a day: one rule for all targets that make groups of roles.

An assignment's answer has ``unit``, its units of the day, and ``everFor``, its units of any day.
"""

from collections.abc import Collection, Mapping
from typing import Any


def held_for(assignment: Mapping[str, Any], open_units: Collection[str]) -> tuple[str, ...] | None:
    """Which of ``open_units`` the role is held for; empty: for no unit, as it never was for one, so it is held
    everywhere. None: its units have all ended, and it is held nowhere."""
    units = tuple(each["uuid"] for each in assignment["unit"] if each["uuid"] in open_units)
    return units if units or not (assignment["unit"] or assignment["everFor"]) else None


def is_held_in(held: Collection[str] | None, units: Collection[str]) -> bool:
    """Whether a role that is ``held_for`` so is held in any of ``units``."""
    return held is not None and (not held or any(each in units for each in held))
