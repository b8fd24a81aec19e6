"""Groups: one for each unit, role or position, according to the settings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from exporters.held_roles import is_held_in
from exporters.objects.target import Ref, Wanted
from exporters.scim.image import Organisation
from exporters.scim.paths import MEMBERS
from exporters.scim.places import Places
from exporters.scim.settings import ScimSettings


class Job(Protocol):
    """What of a tie matters to groups. ``position``: a uuid, or empty."""

    @property
    def unit(self) -> str | None: ...

    @property
    def position(self) -> str: ...

    @property
    def position_title(self) -> str: ...


def groups(
    organisation: Organisation, where: Places, active: Mapping[str, Sequence[Job]], settings: ScimSettings
) -> Iterator[Wanted]:
    """``active``: the ties in force on the day, by person. A group's key is the uuid of its unit, role or position, so
    that two of the same name are two groups."""
    for kind in settings.image.groups:
        prefix = settings.prefixes.get(kind, "")
        if kind == "unit":
            members: dict[str, set[str]] = {uuid: set() for uuid in where.delivered}
            names = {uuid: organisation.units[uuid].name for uuid in where.delivered}
            for person, ties in active.items():
                for each in ties:
                    members[str(each.unit)].add(person)
        elif kind == "role":
            members, names = _roles(organisation, where, active, settings)
        else:
            members, names = {}, {}
            for person, ties in active.items():
                for each in ties:
                    if each.position:
                        members.setdefault(each.position, set()).add(person)
                        names[each.position] = each.position_title
        for key in sorted(members):
            yield Wanted("group", key, {"displayName": prefix + names[key]}, {MEMBERS: _refs(members[key])})


def _roles(
    organisation: Organisation, where: Places, active: Mapping[str, Sequence[Job]], settings: ScimSettings
) -> tuple[dict[str, set[str]], dict[str, str]]:
    members: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for each in organisation.holders:
        if settings.image.roles and each.key not in settings.image.roles:
            continue
        names[each.role] = each.title or each.key
        holders = members.setdefault(each.role, set())
        if active.get(each.person) and is_held_in(each.held_for, where.delivered):
            holders.add(each.person)
    return members, names


def _refs(people: Iterable[str]) -> frozenset[Ref]:
    return frozenset(Ref("user", each) for each in people)
