"""The groups that REConnect makes: of units, roles, positions and rights, and their members."""

import re
from collections.abc import Iterator, Mapping

from exporters.active_directory.image import Account, Organisation, Tie
from exporters.active_directory.placing import Places
from exporters.active_directory.settings import ActiveDirectorySettings, GroupKind
from exporters.objects.target import Ref, Wanted

_TYPES = {"global": -2147483646, "universal": -2147483640, "domain_local": -2147483644}
_FORBIDDEN = re.compile(r'["\[\]:;|=+*?<>/\\,@\x00-\x1f]+')
_LONGEST = 64
NO_LINKS: Mapping[str, frozenset[Ref]] = {}


def groups(
    organisation: Organisation, places: Places, there: frozenset[str] | set[str], settings: ActiveDirectorySettings
) -> Iterator[Wanted]:
    """``there``: keys of the users that the domain has or gets."""
    open_ = [each for each in organisation.accounts if each.uuid in there and not each.stopped]
    # Those without a job of these days stay where their last one has put them. An account that is ready before the
    # first day is in no group of the place until then: the groups' permissions come with the job.
    stay = frozenset(Ref("user", each.uuid) for each in open_ if _tie(each, organisation) is None)
    if "unit" in settings.groups.kinds:
        yield from _units(organisation, places, open_, stay, settings)
    if "role" in settings.groups.kinds:
        yield from _roles(organisation, open_, settings)
    if "position" in settings.groups.kinds:
        yield from _positions(organisation, open_, stay, settings)
    if "right" in settings.groups.kinds:
        yield from _rights(organisation, open_, settings)


def _tie(account: Account, organisation: Organisation) -> Tie | None:
    """The job of these days."""
    tie = organisation.ties.get(account.tie or "")
    return tie if tie is not None and tie.has_begun else None


def _units(
    organisation: Organisation,
    places: Places,
    open_: list[Account],
    stay: frozenset[Ref],
    settings: ActiveDirectorySettings,
) -> Iterator[Wanted]:
    members: dict[str, set[Ref]] = {uuid: set() for uuid in places.delivered}
    for each in open_:
        tie = _tie(each, organisation)
        if tie is None or tie.unit not in places.delivered:
            continue
        own = str(tie.unit)
        for unit in places.path(own) if settings.groups.with_below else (own,):
            if unit in members:
                members[unit].add(Ref("user", each.uuid))
    if settings.groups.nested:
        for uuid in places.delivered:
            parent = places.units[uuid].parent
            # A unit in a circle of parents would be a group in itself: the domain accepts it, and nothing else does.
            if parent in members and parent != uuid and uuid not in places.path(str(parent)):
                members[str(parent)].add(Ref("group", uuid))
    for uuid, own_members in sorted(members.items()):
        title = places.units[uuid].name or places.units[uuid].number
        yield _group("unit", uuid, title, own_members, settings, may_have={"member": stay})


class _Accounts:
    """The accounts of holders."""

    def __init__(self, open_: list[Account]) -> None:
        self._by_tie: dict[str, set[Ref]] = {}
        self._by_person: dict[str, set[Ref]] = {}
        for each in open_:
            if not each.values["extra"]:  # an administrator's own account gets nothing that the person has
                self._by_person.setdefault(each.owner, set()).add(Ref("user", each.uuid))
            if each.tie:
                self._by_tie.setdefault(each.tie, set()).add(Ref("user", each.uuid))

    def of(self, holder: str, person: str) -> set[Ref]:
        """Those of the employment or affiliation; of the person where it has none of its own."""
        return self._by_tie.get(holder) or self._by_person.get(person, set())


def _roles(organisation: Organisation, open_: list[Account], settings: ActiveDirectorySettings) -> Iterator[Wanted]:
    accounts = _Accounts(open_)
    titles = {each.uuid: each.title or each.key for each in organisation.known_roles}
    members: dict[str, set[Ref]] = {}
    for role in organisation.roles:
        if settings.groups.roles and role.key not in settings.groups.roles:
            continue
        titles[role.uuid] = role.title or role.key
        members.setdefault(role.uuid, set()).update(accounts.of(role.holder, role.person))
    for uuid, own_members in sorted(members.items()):
        yield _group("role", uuid, titles[uuid], own_members, settings)
    for known in organisation.known_roles:
        if known.uuid not in members and (not settings.groups.roles or known.key in settings.groups.roles):
            yield _group("role", known.uuid, titles[known.uuid], set(), settings, if_there=True)


def _positions(
    organisation: Organisation, open_: list[Account], stay: frozenset[Ref], settings: ActiveDirectorySettings
) -> Iterator[Wanted]:
    members: dict[str, set[Ref]] = {}
    titles = {
        **organisation.positions,
        **{tie.position: tie.position_title or "" for tie in organisation.ties.values() if tie.position},
    }
    for each in open_:
        tie = _tie(each, organisation)
        if tie is not None and tie.position:
            members.setdefault(tie.position, set()).add(Ref("user", each.uuid))
    may_have = {"member": stay}
    for uuid, own_members in sorted(members.items()):
        yield _group("position", uuid, titles[uuid], own_members, settings, may_have=may_have)
    for uuid in sorted(organisation.positions.keys() - members.keys()):
        yield _group("position", uuid, titles[uuid], set(), settings, may_have=may_have, if_there=True)


def _rights(organisation: Organisation, open_: list[Account], settings: ActiveDirectorySettings) -> Iterator[Wanted]:
    """A group of each right, also without members: who has set permissions for it must find it again."""
    accounts = _Accounts(open_)
    members = {
        right.uuid: {ref for holder in right.holders for ref in accounts.of(*holder)} for right in organisation.rights
    }
    within = {each.uuid: each.within for each in organisation.rights}
    for right in sorted(organisation.rights, key=lambda each: each.uuid):
        own = members[right.uuid]
        nested: set[Ref] = set()
        for other in right.within if settings.groups.nested else ():
            # Only where each of its members holds this right too: a limit may take it from some of them. Rights that
            # include each other would be a circle.
            if members[other] <= members[right.uuid] and right.uuid not in within[other]:
                nested.add(Ref("group", other))
                own = own - members[other]
        yield _group("right", right.uuid, right.title or right.key, own | nested, settings)


def _group(
    kind: GroupKind,
    uuid: str,
    title: str,
    members: set[Ref],
    settings: ActiveDirectorySettings,
    *,
    may_have: Mapping[str, frozenset[Ref]] = NO_LINKS,
    if_there: bool = False,
) -> Wanted:
    """``if_there``: a group whose last member has left stays: file rights lead to its SID, and others have added
    members. None is made without members."""
    name = f"{settings.groups.prefixes.get(kind, '')}{title or uuid}"
    login = " ".join(_FORBIDDEN.sub(" ", name).split())[:_LONGEST].rstrip(". ") or uuid
    # Many units may have one name (Køkken, Rengøring): the last candidate is never another's.
    counted = (f"{login[: _LONGEST - 4].rstrip()} {n}" for n in range(2, 30))
    own = f"{login[: _LONGEST - 1 - len(uuid)].rstrip()} {uuid}"
    return Wanted(
        "group",
        uuid,
        {
            "cn": " ".join(name.split())[:_LONGEST].rstrip(),
            "sAMAccountName": login,
            "groupType": str(_TYPES[settings.groups.type]),
            "place": settings.groups.ou,
        },
        {"member": frozenset(members)},
        candidates={"sAMAccountName": (*counted, own)},
        may_have=may_have,
        if_there=if_there,
    )
