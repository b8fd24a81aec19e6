"""A directory of few words, written from the page: it gives whatever a test lets it say, and leaves out the rest."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from importers.active_directory.connection import Directory, Root
from importers.active_directory.settings import ActiveDirectorySettings
from importers.active_directory.source import ActiveDirectory
from protocols.ldap.connection import Changed, Found
from tests.importers.known import KEYRING, Applied, InMemory

BASE = "DC=x,DC=test"


def key(number: int) -> str:
    return str(UUID(int=number))


@dataclass
class Peer:
    """``users`` and ``groups``: number → attributes, by which what they are called is made."""

    users: dict[int, dict[str, Any]] = field(default_factory=dict)
    groups: dict[int, dict[str, Any]] = field(default_factory=dict)

    def root(self) -> Root:
        return Root("aa", 1000)

    def search(self, base: str, what: str, attributes: Sequence[str], **how: Any) -> Iterator[Found]:
        asked = {each.lower() for each in attributes}
        of = self.users if "sAMAccountType" in what else self.groups if "objectClass=group" in what else {}
        for number, told in of.items():
            values = {"objectGUID": UUID(int=number).bytes_le, "sAMAccountName": f"n{number}", **told}
            yield Found(
                f"CN=n{number},{BASE}",
                {name.lower(): _bytes(each) for name, each in values.items() if each and name.lower() in asked},
            )

    def changed_since(self, *asked: object) -> Changed:
        return Changed([], b"1")


def _bytes(value: Any) -> list[bytes]:
    values = value if isinstance(value, list) else [value]
    return [each if isinstance(each, bytes) else str(each).encode() for each in values]


def members(*numbers: int) -> list[bytes]:
    return [f"<GUID={key(each)}>;CN=n{each},{BASE}".encode() for each in numbers]


@dataclass
class Persons:
    """``Lookup`` over a dict: CPR number → person's uuid. ``known``: whose groups the source has told."""

    by_number: Mapping[str, str]
    known: InMemory

    def holders(self, hashes: Collection[str]) -> Mapping[str, str]:
        return {KEYRING.hash(cpr): uuid for cpr, uuid in self.by_number.items() if KEYRING.hash(cpr) in hashes}

    def employed(self, numbers: Collection[str]) -> Mapping[str, tuple[str, str]]:
        return {}

    def persons(self, uuids: Collection[str]) -> frozenset[str]:
        return frozenset(uuids)

    def by_email(self, addresses: Collection[str]) -> Mapping[str, Collection[str]]:
        return {}

    def by_login(self, system: str, logins: Collection[str]) -> Mapping[str, Collection[str]]:
        return {}

    def primary_by_hand(self) -> frozenset[str]:
        return frozenset()

    def siblings(self, persons: Collection[str], accounts: Collection[str]) -> frozenset[str]:
        return frozenset()

    def members(self, groups: Collection[str]) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for each in self.known.statements("Account"):
            for link in each.links.get("groups", ()):
                if link.period.end is None and link.to.key in groups:
                    found.setdefault(link.to.key, set()).add(each.key)
        return {group: frozenset(of) for group, of in found.items()}

    def told_of(self, accounts: Collection[str]) -> frozenset[str]:
        return frozenset(each for each in self.known.keys("Person") if each.partition(":")[0] in accounts)

    def employments(self) -> str:
        return "0"

    def held_since(self) -> date | None:
        return None

    def is_holding(self) -> bool:
        return False

    def hold(self, day: date) -> None: ...

    def release(self) -> None: ...


SETTINGS: dict[str, Any] = {
    "controllers": ["dc1"],
    "user": "reader",
    "password": "not a secret",
    "base": BASE,
    "cpr_attribute": "employeeNumber",
    "photo_attribute": None,
    "changes": "whole",
}


class Reading:
    """A source over a peer, and what is known after each reading."""

    def __init__(self, peer: Peer, persons: Mapping[str, str], **settings: Any) -> None:
        self.peer = peer
        self.known = InMemory()
        self.now = datetime(2026, 3, 2, 8, tzinfo=UTC)
        self._persons = persons
        self._settings = ActiveDirectorySettings.model_validate({**SETTINGS, **settings})

    def read(self) -> Applied:
        @contextmanager
        def connect(settings: ActiveDirectorySettings, controller: str) -> Iterator[Directory]:
            yield self.peer  # type: ignore[misc]

        lookup = Persons(self._persons, self.known)
        source = ActiveDirectory(self._settings, lookup, now=lambda: self.now, connect=connect)
        applied = self.known.take(source)
        self.now = self.now.replace(day=self.now.day + 1)
        return applied

    @property
    def today(self) -> date:
        return self.now.date()

    def account(self, number: int, name: str) -> Any:
        return self.known.value("Account", key(number), name, self.today)

    def owner(self, number: int) -> str | None:
        return self.known.link("Account", key(number), "owner", self.today)

    def groups(self, number: int) -> list[str]:
        links = self.known.of("Account", key(number)).links.get("groups", ())
        return sorted(each.to.key for each in links if each.period.holds(self.today))

    def person(self, number: int, uuid: str, name: str) -> Any:
        return self.known.value("Person", f"{key(number)}:{uuid}", name, self.today)

    def goes_on(self, kind: str, number: int) -> bool:
        return self.known.exists(kind, key(number), self.today)


def changed(peer: Peer, number: int, **attributes: Any) -> Peer:
    """The same directory, but that a user tells something else."""
    return replace(peer, users={**peer.users, number: {**peer.users[number], **attributes}})
