"""Reads a directory: all of it, or the changes since a cursor (active_directory.md §4)."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar
from uuid import UUID

from graph.statements.statement import Problem
from importers.active_directory import filters
from importers.active_directory.connection import Directory, Root
from importers.active_directory.entries import (
    GROUP_ATTRIBUTES,
    Group,
    Place,
    User,
    group,
    key_of,
    place,
    user,
    user_attributes,
)
from importers.active_directory.settings import ActiveDirectorySettings
from importers.active_directory.values import Malformed
from protocols.ldap.connection import Found, Scope
from protocols.ldap.errors import RequestRejected

T = TypeVar("T")
Way = Literal["dirsync", "dirsync own", "usn", "whole"]
TOO_MANY = 400  # with more changed entries than this, everything is read instead
AT_ONCE = 100  # entries that one request asks for by GUID
PHOTOS_AT_ONCE = 50  # a page of them may be 5 MB


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a directory has been read: whose copy of it, up to which number, and how changes are found."""

    invocation: str
    usn: int
    way: Way
    cookie: bytes

    def as_texts(self) -> dict[str, str]:
        return {
            "controller": self.invocation,
            "usn": str(self.usn),
            "changes": self.way,
            "cookie": base64.b64encode(self.cookie).decode(),
        }

    @classmethod
    def of(cls, told: Mapping[str, str]) -> "Cursor | None":
        """None if there is none, or it can't be used."""
        way = told.get("changes")
        if way not in ("dirsync", "dirsync own", "usn"):
            return None
        try:
            return cls(told["controller"], int(told["usn"]), way, base64.b64decode(told["cookie"]))  # type: ignore[arg-type]
        except (KeyError, ValueError, binascii.Error):
            return None


@dataclass(slots=True)
class Delta:
    """The changes. ``users``: keys of accounts, which may be outside the read OUs now; ``groups``: as they are now;
    ``gone``: keys of deleted entries; ``cookie``: of DirSync, from which the next reading goes on."""

    users: set[str] = field(default_factory=set)
    groups: dict[str, Group] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    cookie: bytes = b""


class TooMuch(Exception):
    """Too much has changed to be read piece by piece, or something that no delta shows completely."""


class Reader:
    """Reads one controller. ``problems``: rejected entries; ``unread``: their keys, so that what is known of them
    stays. ``unidentified``: one of them has no readable key, so it may be any known one."""

    def __init__(self, directory: Directory, settings: ActiveDirectorySettings) -> None:
        self._directory = directory
        self._settings = settings
        self._users = filters.users(settings)
        self._attributes = user_attributes(settings)
        self.root: Root = directory.root()
        self.problems: list[Problem] = []
        self.unread: set[str] = set()
        self.unidentified = False

    # -- everything -------------------------------------------------------------------------------------------------

    def cursor(self) -> Cursor:
        """Where the next reading of changes begins. It is read first, so that no change is missed."""
        wanted = self._settings.changes
        ways: Sequence[Way] = ("dirsync", "dirsync own") if wanted in ("auto", "dirsync") else ()
        for way in ways:
            try:
                cookie = self._directory.changed_since(
                    self._settings.base, "(objectClass=domain)", ["objectGUID"], b"", way == "dirsync own"
                ).cookie
            except RequestRejected:
                if way == ways[-1] and wanted == "dirsync":
                    raise
                continue
            return Cursor(self.root.invocation, self.root.highest_usn, way, cookie)
        return Cursor(self.root.invocation, self.root.highest_usn, "whole" if wanted == "whole" else "usn", b"")

    def users(self) -> Iterator[User]:
        """All accounts that are read."""
        for base, scope in self._areas():
            yield from self._taken(self._directory.search(base, self._users, self._attributes, scope=scope), self._user)

    def groups(self) -> dict[str, Group]:
        """All groups that are read, with their members."""
        return (
            {each.key: each for each in self._groups(filters.groups(self._settings))} if self._settings.groups else {}
        )

    def places(self) -> Iterator[Place]:
        """OUs that represent units."""
        attribute = self._settings.unit_attribute
        if attribute is not None:
            found = self._directory.search(
                self._settings.base, f"(&(objectClass=organizationalUnit)({attribute}=*))", ["objectGUID", attribute]
            )
            yield from self._taken(found, lambda each: place(each, attribute))

    # -- changes ----------------------------------------------------------------------------------------------------

    def delta(self, since: Cursor, accounts_of: Callable[[Collection[str]], Collection[str]]) -> Delta:
        """The changes since. ``accounts_of`` returns those of some keys that are known to be accounts.

        Raises TooMuch if everything must be read, and the errors of ``Directory``.
        """
        return self._by_cookie(since, accounts_of) if since.way.startswith("dirsync") else self._by_usn(since)

    def some(self, keys: Iterable[str]) -> dict[str, User]:
        """Those of these accounts that are read, as they are now."""
        found: dict[str, User] = {}
        for part in _parts(sorted(keys), AT_ONCE):
            what = f"(&{self._users}{filters.any_of(map(UUID, part))})"
            for base, scope in self._areas():
                read = self._directory.search(base, what, self._attributes, scope=scope)
                found.update((each.key, each) for each in self._taken(read, self._user))
        return found

    def groups_of(self, who: User) -> frozenset[str]:
        """Keys of the groups that an account is a member of, and that are read."""
        what = f"(&{filters.groups(self._settings)}{filters.member(who.dn)})"
        return frozenset(
            key_of(each) for base in self._group_bases() for each in self._directory.search(base, what, ["objectGUID"])
        )

    def photos(self, keys: Sequence[str]) -> dict[str, str]:
        """Hash (SHA-256) of the photo of each of these accounts that has one; only the hash is kept."""
        attribute = self._settings.photo_attribute
        if attribute is None or not keys:
            return {}
        has = f"(&{self._users}({attribute}=*))"
        wanted = frozenset(keys)
        asked = [has]
        if len(keys) <= TOO_MANY:
            asked = [f"(&{has}{filters.any_of(map(UUID, part))})" for part in _parts(keys, PHOTOS_AT_ONCE)]
        hashes: dict[str, str] = {}
        for what in asked:
            for base, scope in self._areas():
                for each in self._directory.search(
                    base, what, ["objectGUID", attribute], scope=scope, page_size=PHOTOS_AT_ONCE
                ):
                    told = each.values.get(attribute.lower(), ())
                    if told and key_of(each) in wanted:
                        hashes[key_of(each)] = hashlib.sha256(told[0]).hexdigest()
        return hashes

    def _by_usn(self, since: Cursor) -> Delta:
        delta = Delta()
        newer = filters.changed(since.usn, filters.PLACES)
        for _ in self._directory.search(self._settings.base, newer, ["objectGUID"]):
            raise TooMuch
        for base, scope in self._areas():
            newer = filters.changed(since.usn, self._users)
            for each in self._directory.search(base, newer, ["objectGUID"], scope=scope):
                delta.users.add(key_of(each))
                if len(delta.users) > TOO_MANY:
                    raise TooMuch
        if self._settings.groups:
            newer = filters.changed(since.usn, filters.groups(self._settings))
            delta.groups = {each.key: each for each in self._groups(newer)}
        newer = filters.changed(since.usn, filters.DELETED)
        for each in self._directory.search(self._settings.base, newer, ["objectGUID"], deleted=True):
            delta.gone.add(key_of(each))
        return delta

    def _by_cookie(self, since: Cursor, accounts_of: Callable[[Collection[str]], Collection[str]]) -> Delta:
        groups = filters.groups(self._settings) if self._settings.groups else ""
        watched = {*self._attributes, *GROUP_ATTRIBUTES, self._settings.photo_attribute or "objectGUID"}
        told = self._directory.changed_since(
            self._settings.base,
            f"(|{self._users}{groups}{filters.PLACES}{filters.DELETED})",
            # These attributes show a rename, a move and a deletion; uSNChanged would show every change.
            sorted(watched - {"uSNChanged"} | {"name", "parentGUID", "isDeleted"}),
            since.cookie,
            since.way == "dirsync own",
        )
        delta = Delta(cookie=told.cookie)
        changed: set[str] = set()
        for each in told.found:
            (delta.gone if each.values.get("isdeleted") == [b"TRUE"] else changed).add(key_of(each))
        if len(changed) > TOO_MANY:
            raise TooMuch
        # DirSync does not send the type of an entry; an account never becomes anything else.
        for part in _parts(sorted(changed - {*accounts_of(changed | delta.gone)}), AT_ONCE):
            which = filters.any_of(map(UUID, part))
            for _ in self._directory.search(self._settings.base, f"(&{filters.PLACES}{which})", ["objectGUID"]):
                raise TooMuch
            if groups:
                delta.groups.update((each.key, each) for each in self._groups(f"(&{groups}{which})"))
        delta.users = changed - delta.groups.keys()
        return delta

    # -- searches ----------------------------------------------------------------------------------------------

    def _areas(self) -> list[tuple[str, Scope]]:
        """(base, scope) of searches that find each account to be read exactly once, and no excluded one."""
        if self._found_areas is None:
            out = [self._guid_at(each) for each in self._settings.excluded_units]
            bases = self._settings.users_in or (self._settings.base,)
            self._found_areas = [area for base in bases for area in self._areas_below(base, out)]
        return self._found_areas

    _found_areas: list[tuple[str, Scope]] | None = None

    def _areas_below(self, base: str, out: Sequence[UUID]) -> Iterator[tuple[str, Scope]]:
        """Compared by GUID, since a DN can be written in many ways."""
        which = filters.any_of(out)
        within = {key_of(each) for each in self._directory.search(base, which, ["objectGUID"])} if out else set()
        if self._guid_text(base, within) in within:
            return
        if not within:
            yield base, "SUBTREE"
            return
        yield base, "LEVEL"
        for each in list(self._directory.search(base, filters.PLACES, ["objectGUID"], scope="LEVEL")):
            yield from self._areas_below(each.dn, out)

    def _guid_text(self, base: str, within: set[str]) -> str:
        return str(self._guid_at(base)) if within else ""

    def _guid_at(self, base: str) -> UUID:
        for each in self._directory.search(base, "(objectClass=*)", ["objectGUID"], scope="BASE"):
            return UUID(key_of(each))
        raise RequestRejected(f"there is no {base}")

    def _group_bases(self) -> Sequence[str]:
        return self._settings.groups_in or (self._settings.base,)

    def _groups(self, what: str) -> Iterator[Group]:
        for base in self._group_bases():
            yield from self._taken(self._directory.search(base, what, GROUP_ATTRIBUTES, guids=True), group)

    def _user(self, found: Found) -> User:
        return user(found, self._settings)

    def _taken(self, found: Iterable[Found], how: Callable[[Found], T | None]) -> Iterator[T]:
        """Each entry, parsed by ``how``. An entry that can't be parsed becomes a problem, and the others go on."""
        for each in found:
            try:
                taken = how(each)
            except Malformed as malformed:
                dn = each.dn.rpartition(">;")[2]
                try:
                    self.unread.add(key_of(each))
                except Malformed:
                    self.unidentified = True
                self.problems.append(Problem("Account", "", dn, "malformed", str(malformed)))
                continue
            if taken is not None:
                yield taken


def checked(root: Root, cursor: Cursor) -> bool:
    """Whether a cursor belongs to this controller's copy, and not to a later state than its present one."""
    return cursor.invocation == root.invocation and cursor.usn <= root.highest_usn


def _parts(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
