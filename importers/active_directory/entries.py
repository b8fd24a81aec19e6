"""Entries of a directory as typed values: accounts, groups, and OUs that represent units."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar
from uuid import UUID

from importers.active_directory import values
from importers.active_directory.settings import ActiveDirectorySettings
from importers.active_directory.values import Malformed
from protocols.ldap.connection import Found, Raw

T = TypeVar("T")
_MEMBER = re.compile(rb"<GUID=([0-9a-fA-F-]{36})>")
_SECURITY = 0x80000000


@dataclass(frozen=True, slots=True)
class User:
    """An account. A text is empty if the directory does not send it. ``key``: objectGUID as text.

    ``primary``: for each of the settings' rules, whether the account fits it. ``match``: values of the match keys.
    ``wrong``: attributes that could not be read, with the reason; they count as missing.
    """

    key: str
    dn: str
    login: str
    principal_name: str
    display_name: str
    given_name: str
    surname: str
    email: str
    phone: str
    mobile: str
    enabled: bool | None
    expires: date | None
    created: date | None
    employment: str
    match: tuple[str, ...]
    institutions: tuple[str, ...]
    primary: tuple[bool, ...]
    external_unit: str
    external_until: date | None
    wrong: tuple[tuple[str, str], ...]
    usn: int = field(compare=False, repr=False)
    cpr: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Group:
    """A group. ``members``: keys of its accounts and groups."""

    key: str
    dn: str
    name: str
    description: str
    email: str
    type: str
    members: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """An OU that represents a unit. ``unit``: the unit's uuid."""

    key: str
    dn: str
    unit: str


def key_of(found: Found) -> str:
    """Raises Malformed if the entry has no objectGUID."""
    told = found.values.get("objectguid", ())
    if len(told) != 1:
        raise Malformed("there is no objectGUID")
    return str(values.guid(told[0]))


def user_attributes(settings: ActiveDirectorySettings) -> list[str]:
    """Everything that ``user`` reads; the photo is not among them (pitfall 20)."""
    fixed = list(USER_ATTRIBUTES)
    configured = [
        settings.cpr_attribute,
        settings.employment_attribute,
        settings.email_attribute,
        settings.phone_attribute,
        settings.mobile_attribute,
        settings.institutions_attribute,
        *(each.attribute for each in settings.match_keys),
        *(each.attribute for each in settings.primary if each.attribute.lower() != "distinguishedname"),
    ]
    if settings.external is not None:
        configured += [settings.external.unit_attribute, settings.external.end_attribute]
    known = {each.lower() for each in fixed}
    for each in configured:
        if each is not None and each.lower() not in known:
            known.add(each.lower())
            fixed.append(each)
    return fixed


USER_ATTRIBUTES = (
    "objectGUID", "sAMAccountName", "userPrincipalName", "displayName", "givenName", "sn", "userAccountControl",
    "accountExpires", "whenCreated", "uSNChanged",
)  # fmt: skip
GROUP_ATTRIBUTES = ("objectGUID", "sAMAccountName", "description", "mail", "groupType", "member")


def user(found: Found, settings: ActiveDirectorySettings) -> User:
    """Raises Malformed if the entry does not identify its account."""
    raw = found.values
    wrong: list[tuple[str, str]] = []

    def read(how: Callable[[Raw, str], T], name: str | None, otherwise: T) -> T:
        if name is None:
            return otherwise
        try:
            return how(raw, name)
        except Malformed as malformed:
            wrong.append((name, str(malformed)))
            return otherwise

    def text(name: str | None) -> str:
        return read(values.text, name, "")

    outside = settings.external
    return User(
        key=key_of(found),
        dn=found.dn,
        login=text("sAMAccountName"),
        principal_name=text("userPrincipalName"),
        display_name=text("displayName"),
        given_name=text("givenName"),
        surname=text("sn"),
        email=text(settings.email_attribute),
        phone=text(settings.phone_attribute),
        mobile=text(settings.mobile_attribute),
        enabled=values.is_enabled(read(values.number, "userAccountControl", None)),
        expires=read(_expires, "accountExpires", None),
        created=read(values.day, "whenCreated", None),
        employment=text(settings.employment_attribute),
        match=tuple(text(each.attribute) for each in settings.match_keys),
        institutions=tuple(sorted({*filter(None, map(str.strip, text(settings.institutions_attribute).split(",")))})),
        primary=tuple(_fits(found, each.attribute, each.matches) for each in settings.primary),
        external_unit=text(outside.unit_attribute) if outside else "",
        external_until=read(values.written_day, outside.end_attribute, None) if outside else None,
        usn=read(values.number, "uSNChanged", None) or 0,
        cpr=read(_cpr, settings.cpr_attribute, None),
        wrong=tuple(wrong),
    )


def group(found: Found) -> Group:
    """From an entry whose DNs contain GUIDs. Raises Malformed."""
    raw = found.values
    kind = values.number(raw, "groupType")
    return Group(
        key=key_of(found),
        dn=found.dn.rpartition(">;")[2],
        name=values.text(raw, "sAMAccountName"),
        description=values.text(raw, "description"),
        email=values.text(raw, "mail"),
        type="" if kind is None else "security" if kind & _SECURITY else "distribution",
        members=frozenset(_members(raw.get("member", ()))),
    )


def place(found: Found, attribute: str) -> Place | None:
    """None if the OU represents no unit. Raises Malformed."""
    written = values.text(found.values, attribute)
    if not written:
        return None
    try:
        return Place(key_of(found), found.dn, str(UUID(written)))
    except ValueError as wrong:
        raise Malformed(f"{attribute} is not a UUID") from wrong


def _members(told: Sequence[bytes]) -> list[str]:
    found = [_MEMBER.match(each) for each in told]
    if None in found:
        raise Malformed("member comes without the members' GUIDs")
    return [each[1].decode().lower() for each in found if each is not None]


def _expires(raw: Raw, name: str) -> date | None:
    return values.expiry(values.number(raw, name))


def _cpr(raw: Raw, name: str) -> str | None:
    return values.cpr_number(values.text(raw, name))


def _fits(found: Found, attribute: str, pattern: str) -> bool:
    if attribute.lower() == "distinguishedname":
        return re.fullmatch(pattern, found.dn, re.IGNORECASE) is not None
    told: Mapping[str, Sequence[bytes]] = found.values
    return any(
        re.fullmatch(pattern, each.decode(errors="replace"), re.IGNORECASE) for each in told.get(attribute.lower(), ())
    )
