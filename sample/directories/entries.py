"""The content of a directory: organisational units, users and groups, in the form that a domain controller accepts.

It uses attributes that both Samba and Windows have without Exchange's schema. The CPR number is in
``employeeNumber``, the employment number in ``employeeID``, the UNI-Login in ``msDS-cloudExtensionAttribute1``,
numbers of institutions, separated by commas, in ``textEncodedORAddress``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from ldap3.utils.dn import escape_rdn

from graph.time import COPENHAGEN

CPR, EMPLOYMENT_NUMBER, UNILOGIN = "employeeNumber", "employeeID", "msDS-cloudExtensionAttribute1"
ACCOUNT_TYPE, INSTITUTIONS = "employeeType", "textEncodedORAddress"
ENABLED, DISABLED, NEVER_EXPIRING_PASSWORD = 0x200, 0x202, 0x10000
GLOBAL_SECURITY, DISTRIBUTION = -2147483646, 2
LONGEST_NAME = 60  # characters of a CN, so that a counter still fits into the 64 that Windows accepts
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)

Place = tuple[str, ...]
"""Names of organisational units, the outermost first."""
Attributes = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing, in the form in which LDAP adds it."""

    dn: str
    object_class: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class User:
    """An account. ``name``: its CN, unique in its place. ``expires``: the first day on which it no longer works.

    Empty values are omitted from the directory. ``cpr``: as written there, valid or not.
    """

    place: Place
    name: str
    login: str
    given_name: str = ""
    surname: str = ""
    title: str = ""
    department: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    cpr: str = field(default="", repr=False)
    employment_number: str = ""
    unilogin: str = ""
    account_type: str = ""
    institutions: tuple[str, ...] = ()
    enabled: bool = True
    expires: date | None = None

    def attributes(self, domain: str) -> Attributes:
        """The attributes for LDAP; ``domain`` is the part of the userPrincipalName after the @."""
        told = {
            "sAMAccountName": self.login,
            "userPrincipalName": f"{self.login}@{domain}",
            "displayName": f"{self.given_name} {self.surname}".strip() or self.name,
            "givenName": self.given_name,
            "sn": self.surname,
            "title": self.title,
            "department": self.department,
            "mail": self.email,
            "telephoneNumber": self.phone,
            "mobile": self.mobile,
            "userAccountControl": str((ENABLED if self.enabled else DISABLED) | NEVER_EXPIRING_PASSWORD),
            "accountExpires": filetime(self.expires) if self.expires else "",
            CPR: self.cpr,
            EMPLOYMENT_NUMBER: self.employment_number,
            UNILOGIN: self.unilogin,
            ACCOUNT_TYPE: self.account_type,
            INSTITUTIONS: ",".join(self.institutions),
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Group:
    """A group. ``members``: users and groups of the same directory."""

    place: Place
    name: str
    members: tuple["User | Group", ...]
    description: str = ""
    email: str = ""
    type: int = GLOBAL_SECURITY

    def attributes(self, base: str) -> Attributes:
        """The attributes for LDAP, in a domain whose DN is ``base``."""
        told = {
            "sAMAccountName": self.name,
            "groupType": str(self.type),
            "description": self.description,
            "mail": self.email,
        }
        made: Attributes = {name: value for name, value in told.items() if value}
        if self.members:
            made["member"] = [dn_of(each, base) for each in self.members]
        return made


@dataclass(frozen=True, slots=True)
class Directory:
    """A whole directory. ``groups``: each after the groups in it. ``domain``: of its principal names."""

    domain: str
    users: Sequence[User]
    groups: Sequence[Group]

    def entries(self, base: str) -> Iterator[Entry]:
        """All its entries in a domain whose DN is ``base``, each after those that it needs."""
        lie_in = {each.place for each in self.users} | {each.place for each in self.groups}
        places = {place[:depth] for place in lie_in for depth in range(1, len(place) + 1)}
        for place in sorted(places, key=lambda place: (len(place), place)):
            yield Entry(place_dn(place, base), "organizationalUnit", {})
        for user in self.users:
            yield Entry(dn_of(user, base), "user", user.attributes(self.domain))
        for group in self.groups:
            yield Entry(dn_of(group, base), "group", group.attributes(base))


def place_dn(place: Place, base: str) -> str:
    """The DN of an organisational unit."""
    return ",".join([*(f"OU={escape_rdn(name)}" for name in reversed(place)), base])


def dn_of(entry: User | Group, base: str) -> str:
    """The DN of a user or group."""
    return f"CN={escape_rdn(entry.name)},{place_dn(entry.place, base)}"


def filetime(day: date) -> str:
    """The beginning of a day in Copenhagen, in 100 ns since 1601 (active_directory.md §4)."""
    passed = datetime.combine(day, time(), COPENHAGEN) - _EPOCH
    return str((passed.days * 86_400 + passed.seconds) * 10_000_000)


class Names:
    """Makes CNs that are unique in their place: the second one with the same name gets ``_2``."""

    def __init__(self) -> None:
        self._given: set[tuple[Place, str]] = set()

    def free(self, place: Place, name: str) -> str:
        name = found = name[:LONGEST_NAME].rstrip()
        count = 1
        while (place, found.lower()) in self._given:
            count += 1
            found = f"{name}_{count}"
        self._given.add((place, found.lower()))
        return found
