"""In which groups of a domain people are on a day, for the preview of a change.

By the same rules as the groups that are delivered (``grouping``), made of the people whom a change touches. Members of
a group within another group are members of both.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from exporters.active_directory.grouping import groups
from exporters.active_directory.image import Account, Organisation, Right, Role, Tie, Unit
from exporters.active_directory.placing import placed
from exporters.active_directory.settings import ActiveDirectorySettings
from rules.accounts.staff import Membership, Staff, StaffAccount, StaffTie


def memberships(staff: Staff, name: str, settings: ActiveDirectorySettings) -> Iterator[Membership]:
    """``name``: of the target."""
    accounts = [each for each in staff.accounts if each.system == settings.system]
    owners = {each.key: each.person for each in accounts}
    units = {each.uuid: Unit(each.uuid, each.name, each.number, each.parent, {}) for each in staff.units.values()}
    organisation = Organisation(
        units=units,
        accounts=tuple(_account(each) for each in accounts),
        ties={each.uuid: _tie(each) for each in staff.ties.values()},
        managers={},
        roles=tuple(Role(each.uuid, each.key, each.title, each.holder, each.person) for each in staff.roles),
        delete_on={},
        stopped=frozenset(),
        rights=tuple(_rights(staff, settings.groups.rights)),
    )
    made = {each.key: each for each in groups(organisation, placed(units, settings.units), {*owners}, settings)}
    above: dict[str, list[str]] = {}
    for each in made.values():
        for ref in each.links["member"]:
            if ref.kind == "group":
                above.setdefault(ref.key, []).append(each.key)
    for each in made.values():
        for ref in each.links["member"]:
            if ref.kind == "user":
                for group in _with_those_above(each.key, above):
                    yield Membership(owners[ref.key], group, str(made[group].values["cn"]), name)


def _with_those_above(group: str, above: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [group]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += above.get(each, ())
    return found


def _account(account: StaffAccount) -> Account:
    return Account(account.key, account.tie, account.person, False, False, None, (), (), {"extra": False}, {})


def _tie(tie: StaffTie) -> Tie:
    position, title = tie.position or ("", None)
    return Tie(tie.uuid, tie.person, tie.unit, position, title, {}, tie.has_begun)


def _rights(staff: Staff, names: Collection[str]) -> Iterator[Right]:
    """Those that are groups. ``names``: their keys or uuids."""
    asked = [each for each in staff.rights if each.key in names or each.uuid in names]
    for each in asked:
        within = frozenset(other.uuid for other in asked if other is not each and each.uuid in other.includes)
        yield Right(each.uuid, each.key, each.title, each.holders, within)
