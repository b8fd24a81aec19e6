"""Gaps in a directory's data, as opposed to empty values.

An unreadable value is a gap, and so is an attribute that is empty for many accounts at once (the service account may no
longer read it; AD gives no error then). What is known stays, and the gap is listed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from graph.statements.statement import Statement
from importers.active_directory.entries import User
from importers.active_directory.settings import ActiveDirectorySettings

LEAST = 5
"""At least this many accounts must have had a value before its loss counts as a gap."""
MEMBERS = "members"
"""One of the silent attributes: hardly any group has members."""
IDENTITY = frozenset({"cpr", "employment", "match"})
_PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "login": ("login",),
    "principal_name": ("principal_name",),
    "display_name": ("display_name", "name"),
    "given_name": ("given_name", "name"),
    "surname": ("surname", "name"),
    "email": ("email", "work_email"),
    "phone": ("phone", "work_phone"),
    "mobile": ("mobile",),
    "enabled": ("enabled",),
    "expires": ("expires",),
    "employment": ("employment_number",),
    "institutions": ("institution_numbers",),
}


def attributes(settings: ActiveDirectorySettings) -> Iterator[tuple[str, str]]:
    """(field of User, attribute from which it is read)."""
    outside = settings.external
    named = {
        "login": "sAMAccountName",
        "principal_name": "userPrincipalName",
        "display_name": "displayName",
        "given_name": "givenName",
        "surname": "sn",
        "enabled": "userAccountControl",
        "expires": "accountExpires",
        "email": settings.email_attribute,
        "phone": settings.phone_attribute,
        "mobile": settings.mobile_attribute,
        "employment": settings.employment_attribute,
        "institutions": settings.institutions_attribute,
        "cpr": settings.cpr_attribute,
        "external_unit": outside.unit_attribute if outside else None,
        "external_until": outside.end_attribute if outside else None,
    }
    yield from ((name, attribute) for name, attribute in named.items() if attribute is not None)
    yield from (("match", each.attribute) for each in settings.match_keys)


@dataclass(frozen=True)
class Gaps:
    """The gaps of one reading. ``silent``: fields that many accounts have lost at once."""

    settings: ActiveDirectorySettings
    silent: frozenset[str] = frozenset()
    _fields: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, attribute in attributes(self.settings):
            self._fields.setdefault(attribute.lower(), set()).add(name)

    def fields(self, user: User) -> frozenset[str]:
        """Fields for which the directory sends nothing usable."""
        wrong = (name for attribute, _ in user.wrong for name in self._fields.get(attribute.lower(), ()))
        lost = (name for name in self.silent - {MEMBERS} if not _has(user, name))
        return frozenset([*wrong, *lost, *(["enabled"] if user.enabled is None else [])])

    def properties(self, user: User) -> frozenset[str]:
        """Properties of the account and its owner that stay as they were known."""
        return frozenset(each for name in self.fields(user) for each in _PROPERTIES.get(name, ()))

    def owner(self, user: User) -> bool:
        """Whether an attribute that identifies the account's owner can't be read."""
        return not self.fields(user).isdisjoint(IDENTITY)


def counted(users: Iterable[User], settings: ActiveDirectorySettings) -> dict[str, int]:
    """Field → accounts that have a value."""
    names = {name for name, _ in attributes(settings)} - {"enabled", "expires"}
    found = dict.fromkeys(sorted(names), 0)
    for each in users:
        for name in names:
            found[name] += _has(each, name)
    return found


def fallen(now: Mapping[str, int], before: str | None, least_share: float) -> frozenset[str]:
    """Fields that far fewer accounts have than ``before`` (JSON of earlier counts)."""
    kept: Mapping[str, int] = orjson.loads(before) if before else {}
    return frozenset(
        name for name, count in kept.items() if count >= LEAST and name in now and now[name] < least_share * count
    )


def lost_by_many(users: Mapping[str, User], kept: Mapping[str, Statement], settings: ActiveDirectorySettings) -> bool:
    """Whether several of the changed accounts have all lost the same field."""
    names = {name for name, _ in attributes(settings)}
    for name in sorted(names & {"principal_name", "display_name", "email", "employment", "cpr"}):
        had = [key for key, each in kept.items() if key in users and _had(each, name)]
        left = sum(_has(users[key], name) for key in had)
        if len(had) >= LEAST and left < settings.least_share * len(had):
            return True
    return False


def _had(kept: Statement, name: str) -> bool:
    if name == "cpr":  # the number is not kept, but the owner was found by it
        links = kept.links.get("owner", ())
        return bool(links) and links[-1].period.end is None and links[-1].to.by == "cpr"
    tolds = kept.values.get(_PROPERTIES[name][0], ())
    return bool(tolds) and tolds[-1].period.end is None


def _has(user: User, name: str) -> bool:
    told = getattr(user, name)
    return any(told) if name == "match" else bool(told)
