"""In which groups of a SCIM server people are on a day, for the preview of a change.

By the same rules as the groups that are delivered (``groups``), made of the people whom a change touches. Whether the
server has a user of the person does not count: who still lacks a user name comes into the groups with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from exporters.scim.groups import groups
from exporters.scim.image import Holder, Organisation, Unit
from exporters.scim.paths import MEMBERS
from exporters.scim.places import places
from exporters.scim.settings import ScimSettings
from exporters.scim.shape import is_wanted
from rules.accounts.staff import Membership, Staff


@dataclass(frozen=True, slots=True)
class _Job:
    """As ``groups`` takes it."""

    unit: str | None
    position: str
    position_title: str


def memberships(staff: Staff, name: str, settings: ScimSettings) -> Iterator[Membership]:
    """``name``: of the target."""
    units = {
        each.uuid: Unit(each.uuid, each.name, each.number, each.parent, "", "", "", "") for each in staff.units.values()
    }
    where = places(units, settings.image)
    active: dict[str, list[_Job]] = {}
    for each in staff.jobs:
        if is_wanted(each.employed, each.type, settings.image) and each.unit in where.delivered:
            active.setdefault(each.person, []).append(_Job(each.unit, *(each.position or ("", ""))))
    holders = tuple(Holder(each.uuid, each.key, each.title, each.person, each.units) for each in staff.roles)
    for group in groups(Organisation(units, (), {}, holders, frozenset()), where, active, settings):
        for member in group.links[MEMBERS]:
            yield Membership(member.key, group.key, str(group.values["displayName"]), name)
