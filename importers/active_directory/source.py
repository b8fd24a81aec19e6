"""The source: everything, or the changes since the last reading (active_directory.md §4 "Finding changes").

A reading is complete before any of it is passed on: one that breaks off leaves no trace, and starts again at another
controller. Changes are requested only from the controller that was read last.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import orjson

from graph.statements.statement import Problem, Statement
from graph.time import COPENHAGEN, copenhagen_now, unless_ahead
from importers.active_directory import connection
from importers.active_directory.connection import Directory
from importers.active_directory.entries import Group, User
from importers.active_directory.errors import ConnectionLost
from importers.active_directory.gaps import LEAST, MEMBERS, Gaps, attributes, counted, fallen, lost_by_many
from importers.active_directory.kept import KINDS, Kept
from importers.active_directory.lookup import Lookup
from importers.active_directory.mapping import Meaning
from importers.active_directory.owners import Owner, owners, primary
from importers.active_directory.reader import TOO_MANY, Cursor, Delta, Reader, TooMuch, checked
from importers.active_directory.settings import ActiveDirectorySettings
from importers.source import Known, RawRecord, Reading
from protocols.ldap.errors import RequestRejected

MINUTE = "%Y-%m-%dT%H:%M%z"
Connect = Callable[[ActiveDirectorySettings, str], AbstractContextManager[Directory]]


class ActiveDirectory:
    """One domain. ``now`` and ``connect`` are for tests."""

    name = "active_directory"

    def __init__(
        self,
        settings: ActiveDirectorySettings,
        lookup: Lookup,
        *,
        now: Callable[[], datetime] = copenhagen_now,
        connect: Connect = connection.connect,
    ) -> None:
        self._settings = settings
        self._lookup = lookup
        self._now = now
        self._connect = connect

    def readings(self, known: Known) -> Iterator[Reading]:
        """One reading, from the first controller that can be read.

        Raises LoginRejected and RequestRejected at once, ConnectionLost (or Untrusted) if no controller could be read.
        """
        lost: list[ConnectionLost] = []
        for controller in self._settings.controllers:
            try:
                with self._connect(self._settings, controller) as directory:
                    run = _Run(self._settings, self._lookup, known, directory, self._now())
                    reading = run.reading()
            except ConnectionLost as failure:
                lost.append(failure)
                continue
            yield reading
            if not known.dry_run:
                if self._lookup.is_holding():
                    self._lookup.hold(reading.day)
                elif run.held is not None:
                    self._lookup.release()
            return
        kinds = {type(each) for each in lost}
        raise (kinds.pop() if len(kinds) == 1 else ConnectionLost)("; ".join(map(str, lost)))


@dataclass
class _Run:
    """One reading of one controller."""

    settings: ActiveDirectorySettings
    lookup: Lookup
    known: Known
    directory: Directory
    now: datetime

    def __post_init__(self) -> None:
        self.reader = Reader(self.directory, self.settings)
        self.problems = self.reader.problems
        self.gaps = Gaps(self.settings, frozenset(self.known.cursor.get("silent", "").split()))
        self.digest = self.settings.digest()
        cursor = Cursor.of(self.known.cursor)
        self.since = cursor if cursor is not None and checked(self.reader.root, cursor) else None
        self.employments = self.lookup.employments()
        today = self.now.astimezone(COPENHAGEN).date()
        self.held = self.lookup.held_since()
        self.day: date = unless_ahead(self.held, today) or today

    def reading(self) -> Reading:
        """The changes, if they can be found; otherwise everything."""
        due = self._is_due()
        if self.since is None or due or self._is_other():
            return self._whole(store_cursor_when_unchanged=not due or self._is_other())
        try:
            return self._changes(self.since)
        except (TooMuch, RequestRejected):  # or the controller no longer knows the cookie
            return self._whole(store_cursor_when_unchanged=True)

    def _is_due(self) -> bool:
        """Whether it is time for a whole reading, which shows what no delta shows. If it finds nothing, nothing is
        written, not even its time; so the next reading is whole as well."""
        told = self.known.cursor.get("whole")
        last = unless_ahead(None if told is None else datetime.strptime(told, MINUTE), self.now)
        return last is None or self.now - last >= timedelta(hours=self.settings.whole_hours)

    def _is_other(self) -> bool:
        """Whether the same directory may mean something else now: other settings, or people who have come since."""
        before = self.known.cursor
        return self._is_set_otherwise() or before.get("employments") != self.employments

    def _is_set_otherwise(self) -> bool:
        """Whether other things are read than before, so that their numbers can't be compared."""
        return self.known.cursor.get("settings") != self.digest

    # -- everything -------------------------------------------------------------------------------------------------

    def _whole(self, *, store_cursor_when_unchanged: bool) -> Reading:
        cursor = self.reader.cursor()
        groups = self.reader.groups()
        places = list(self.reader.places())
        users = list({each.key: each for each in self.reader.users()}.values())
        before = {} if self._is_set_otherwise() else self.known.cursor
        tells = counted(users, self.settings)
        self.gaps = Gaps(self.settings, fallen(tells, before.get("tells"), self.settings.least_share))
        self.problems += _silent(self.gaps, tells, before)
        owned = owners(users, self.settings, self.known, self.lookup, self.gaps)
        counts = primary(users, owned, self.lookup.primary_by_hand, len(self.settings.primary))
        told = {*self.known.keys("Person")}
        since = self.since.usn if self.since is not None else 0
        photographed = self._with_photo(
            each for each in users if counts.get(each.key) and (each.usn > since or _about(each, owned) not in told)
        )
        memberships = sum(len(each.members) for each in groups.values())
        groups_of = self._with_unread(_inverted(groups.values()), groups.keys(), memberships, before)
        meaning = self._meaning(owned, counts, groups_of, photographed)
        units = [*self.known.keys("Unit")]
        whole = frozenset() if self.reader.unidentified else frozenset(KINDS)

        def records() -> Iterator[RawRecord]:
            """One at a time, since most are unchanged and dropped at once."""
            yield meaning.system()
            yield from map(meaning.group, groups.values())
            yield from map(meaning.place, places)
            for each in users:
                yield from meaning.account(each)
            for key in self.reader.unread:
                yield from (meaning.stays(kind, key) for kind in KINDS)
            if whole:
                yield from meaning.let_go("Person", told)
                yield from meaning.let_go("Unit", units)

        read = {"accounts": len(users), "groups": len(groups)}
        suspect = tuple(
            f"{count} {what} were read, {before[what]} before"
            for what, count in read.items()
            if count < self.settings.least_share * int(before.get(what, "0"))
        )
        return self._reading(
            f"{self.settings.title}, all of {len(users)} accounts",
            records(),
            {
                **cursor.as_texts(),
                "whole": self.now.strftime(MINUTE),
                **{what: str(count) for what, count in read.items()},
                "memberships": before["memberships"] if MEMBERS in self.gaps.silent else str(memberships),
                "silent": " ".join(sorted(self.gaps.silent)),
                "tells": self._kept_tells(tells, before),
                "settings": self.digest,
                "employments": self.employments,
            },
            store_cursor_when_unchanged=store_cursor_when_unchanged and cursor.way != "whole",
            whole=whole,
            suspect=suspect,
        )

    def _kept_tells(self, tells: Mapping[str, int], before: Mapping[str, str]) -> str:
        """A silent attribute is compared with its last count."""
        kept = orjson.loads(before.get("tells", "{}"))
        return orjson.dumps({**tells, **{name: kept[name] for name in self.gaps.silent - {MEMBERS}}}).decode()

    def _with_unread(
        self, now: dict[str, set[str]], read: Collection[str], memberships: int, before: Mapping[str, str]
    ) -> dict[str, set[str]]:
        """Member → groups. The known ones stay if a group can't be read, or hardly any group has members."""
        silent = {*self.reader.unread}
        held = int(before.get("memberships", "0"))
        if held >= LEAST and memberships < self.settings.least_share * held:
            text = (
                f"groups have {memberships} members, {held} before: may the service account read member? The known "
                "ones stay"
            )
            self.problems.append(Problem("DirectoryGroup", "", "member", "lost_by_many", text))
            self.gaps = replace(self.gaps, silent=self.gaps.silent | {MEMBERS})
            silent |= {*read}
        if self.reader.unidentified:
            silent |= {*self.known.keys("DirectoryGroup")} - {*read}
        for group, members in (self.lookup.members(silent) if silent else {}).items():
            for each in members:
                now.setdefault(each, set()).add(group)
        return now

    # -- changes ----------------------------------------------------------------------------------------------------

    def _changes(self, since: Cursor) -> Reading:
        kept = Kept(self.known)
        delta = self.reader.delta(since, lambda keys: kept.of("Account", keys).keys())
        kept.learn(delta.users | delta.groups.keys() | delta.gone)
        affected = self._affected(delta, kept)
        users, owned = self._with_siblings(self.reader.some(delta.users | affected), delta.gone)
        asked = (delta.users | affected | users.keys()) - self.reader.unread
        if lost_by_many(users, kept.of("Account", users.keys()), self.settings):
            raise TooMuch  # the whole reading shows whether all accounts have lost it
        counts = primary(users.values(), owned, self.lookup.primary_by_hand, len(self.settings.primary))
        if self.reader.unidentified:
            raise TooMuch
        told = self.lookup.told_of(asked | delta.gone)
        photographed = self._with_photo(
            each
            for each in users.values()
            if counts.get(each.key) and (each.usn > since.usn or _about(each, owned) not in told)
        )
        kept.learn(asked)
        groups_of = self._groups_of(users, delta, kept)
        meaning = self._meaning(owned, counts, groups_of, photographed)
        records = [*map(meaning.group, delta.groups.values())]
        for each in users.values():
            records += meaning.account(each)
        records += meaning.let_go("Person", told)
        for kind in KINDS:
            records += meaning.let_go(kind, kept.of(kind, asked | delta.gone))
        cursor = Cursor(since.invocation, self.reader.root.highest_usn, since.way, delta.cookie)
        changed = len(delta.users) + len(delta.groups)
        return self._reading(
            f"{self.settings.title}, {changed} changed",
            records,
            {**self.known.cursor, **cursor.as_texts()},
            store_cursor_when_unchanged=False,
        )

    def _affected(self, delta: Delta, kept: Kept) -> set[str]:
        """Accounts that a changed group has gained or lost; only the group shows that change. Raises TooMuch if a group
        has gained or lost a group."""
        if not delta.groups and not delta.gone:
            return set()
        before = self.lookup.members(delta.groups.keys() | delta.gone)
        lost: set[str] = set()
        got: set[str] = set()
        for key in before.keys() | delta.groups.keys():
            now = delta.groups[key].members if key in delta.groups else frozenset()
            lost |= before.get(key, frozenset()) - now
            got |= now - before.get(key, frozenset())
        if kept.of("DirectoryGroup", got | lost) or MEMBERS in self.gaps.silent:
            raise TooMuch
        affected = lost | kept.of("Account", got).keys()
        if len(affected) > TOO_MANY:
            raise TooMuch
        return affected

    def _with_siblings(
        self, users: Mapping[str, User], gone: set[str]
    ) -> tuple[Mapping[str, User], Mapping[str, Owner]]:
        """(the accounts with the other present or former accounts of the same persons, since the primary one is chosen
        among them all; the owner of each that has one)."""
        owned = owners(users.values(), self.settings, self.known, self.lookup, self.gaps)
        persons = {each.uuid for each in owned.values()}
        others = self.lookup.siblings(persons, users.keys() | gone) - users.keys() - gone
        if len(others) > TOO_MANY:
            raise TooMuch
        siblings = self.reader.some(others)
        return {**users, **siblings}, {
            **owned,
            **owners(siblings.values(), self.settings, self.known, self.lookup, self.gaps),
        }

    def _groups_of(self, users: Mapping[str, User], delta: Delta, kept: Kept) -> dict[str, set[str]]:
        """As kept, except for changed groups; those of a new account are read from the directory."""
        if not self.settings.groups:
            return {}
        now = _inverted(delta.groups.values())
        of: dict[str, set[str]] = {}
        for kind, keys in (("Account", users.keys()), ("DirectoryGroup", delta.groups.keys())):
            before = kept.of(kind, keys)
            for key in keys:
                if key in before:
                    of[key] = (_groups(before[key], self.day) - delta.groups.keys() - delta.gone) | now.get(key, set())
                elif key in users:
                    of[key] = {*self.reader.groups_of(users[key])}
                else:
                    raise TooMuch  # a new group may be in others, and contain others
        return of

    # -- both -------------------------------------------------------------------------------------------------------

    def _with_photo(self, users: Iterable[User]) -> dict[str, str | None]:
        """Account → hash of its photo, for accounts whose photo has to be read (pitfall 20)."""
        if self.settings.photo_attribute is None:
            return {}
        keys = sorted(each.key for each in users)
        found = self.reader.photos(keys)
        return {key: found.get(key) for key in keys}

    def _meaning(
        self,
        owned: Mapping[str, Owner],
        counts: Mapping[str, bool | None],
        groups_of: Mapping[str, set[str]],
        photos: Mapping[str, str | None],
    ) -> Meaning:
        salt = self.digest.encode()
        unread = frozenset(self.reader.unread)
        return Meaning(self.known, self.settings, self.day, owned, counts, groups_of, photos, salt, self.gaps, unread)

    def _reading(
        self,
        label: str,
        records: Iterable[RawRecord],
        cursor: Mapping[str, str],
        *,
        store_cursor_when_unchanged: bool,
        whole: frozenset[str] = frozenset(),
        suspect: tuple[str, ...] = (),
    ) -> Reading:
        return Reading(
            label=label,
            day=self.day,
            records=records,
            complete_kinds=whole,
            cursor=cursor,
            store_cursor_when_unchanged=store_cursor_when_unchanged,
            problems=tuple(self.problems),
            incomplete_because=suspect,
            independent=True,  # so that the source learns whether the brake stopped it
        )


def _silent(gaps: Gaps, tells: Mapping[str, int], before: Mapping[str, str]) -> Iterator[Problem]:
    """Problems of attributes that far fewer accounts have than before."""
    kept = orjson.loads(before.get("tells", "{}"))
    for name, attribute in attributes(gaps.settings):
        if name in gaps.silent:
            text = (
                f"{tells[name]} accounts have {attribute}, {kept[name]} before: may the service account read it? What "
                "is known of the others stays; if this is right, remove the attribute from the settings"
            )
            yield Problem("Account", "", attribute, "lost_by_many", text)


def _about(user: User, owned: Mapping[str, Owner]) -> str:
    """The key of an account's statements about its owner."""
    return f"{user.key}:{owned[user.key].uuid}"


def _inverted(groups: Iterable[Group]) -> dict[str, set[str]]:
    """Member → its groups."""
    found: dict[str, set[str]] = {}
    for each in groups:
        for member in each.members:
            found.setdefault(member, set()).add(each.key)
    return found


def _groups(kept: Statement, day: date) -> set[str]:
    return {each.to.key for each in kept.links.get("groups", ()) if each.period.holds(day)}
