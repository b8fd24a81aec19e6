"""Accounts, groups and OUs as statements (active_directory.md §8 "Reading").

Keys: an account, a group, an affiliation, an OU ``<objectGUID>``; an account's statements about its owner
``<objectGUID>:<person>``, about the photo ``photo:<objectGUID>:<person>``; a person whom only the directory has
``external:<objectGUID>``.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from graph.runs.known import ABSENT
from graph.statements.statement import DatedValue, Problem, Ref, Statement, Value
from graph.time import Period
from importers.active_directory.entries import Group, Place, User
from importers.active_directory.gaps import IDENTITY, Gaps
from importers.active_directory.owners import Owner
from importers.active_directory.settings import ActiveDirectorySettings
from importers.source import Known, Mapped, RawRecord
from importers.timelines import NOTHING, closed, linked, opened, with_unmentioned

MAPPING = b"1"  # raise it when the mapping's meaning changes: then every record is mapped anew
EXTERNAL, PHOTO = "external:", "photo:"
NOT_TAKEN = "not taken"  # equal to no fingerprint
_Stated = Callable[[Statement | None], Statement | None]


@dataclass(frozen=True)
class Meaning:
    """Maps one reading's accounts and groups to records. ``groups_of``: account or group → keys of its groups;
    ``photos``: account → hash, of those whose photo was read; ``unread``: keys of entries that can't be read."""

    known: Known
    settings: ActiveDirectorySettings
    day: date
    owners: Mapping[str, Owner]
    primary: Mapping[str, bool | None]
    groups_of: Mapping[str, Collection[str]]
    photos: Mapping[str, str | None]
    salt: bytes
    gaps: Gaps
    unread: frozenset[str] = frozenset()
    met: set[tuple[str, str]] = field(default_factory=set)

    # -- accounts ---------------------------------------------------------------------------------------------------

    def account(self, user: User) -> Iterator[RawRecord]:
        """The account, and its statements about its owner if it is the primary one."""
        owner = self.owners.get(user.key)
        outside = self.settings.external is not None and bool(user.external_unit)
        if not outside and "external_unit" in self.gaps.fields(user):
            self.met.add(("Affiliation", user.key))
        if outside and (owner is None or user.cpr):
            # Stated as long as the account exists, so that it does not depend on which source was first.
            person: Ref | None = Ref("Person", f"{EXTERNAL}{user.key}")
            yield self._external(user)
        else:
            person = owner.ref if owner is not None else None
        yield self._account(user, owner, person)
        if outside and person is not None:
            yield self._affiliation(user, person)
        if owner is not None and self.primary[user.key]:
            yield self._of_owner(user, owner)
            if self.photos.get(user.key):
                yield self._photo(user, owner)

    def _account(self, user: User, owner: Owner | None, person: Ref | None) -> RawRecord:
        counts = self.primary.get(user.key)
        groups = [Ref("DirectoryGroup", each) for each in sorted(self.groups_of.get(user.key, ()))]
        links = {
            "owner": [person] if person is not None else [],
            "employment": [owner.employment] if owner is not None and owner.employment is not None else [],
            "groups": groups,
            "system": [Ref("ItSystem", self.settings.system, by="natural")],
        }
        sent = self._without_gaps(user, _told(user, counts))
        if person is None and not self.gaps.fields(user).isdisjoint({*IDENTITY, "external_unit"}):
            del links["owner"], links["employment"], sent["primary"]

        def stated(previous: Statement | None) -> Statement:
            made = _stated("Account", user.key, previous, sent, links, self.day)
            if previous is None and user.created is not None and user.created < self.day:
                made.exists = (Period(user.created),)
            return made

        problems = tuple(self._doubts(user, person, counts))
        depends = (repr(user), repr(links), owner.uuid if owner else "", repr(counts), repr(sorted(sent)))
        return self._record("Account", user.key, stated, *depends, problems=problems)

    def _doubts(self, user: User, person: Ref | None, counts: bool | None) -> Iterator[Problem]:
        def notice(field: str, rule: str, text: str) -> Problem:
            return Problem("Account", user.key, field, rule, text, "notice")

        for attribute, why in user.wrong:
            yield notice(attribute, "malformed", f"{user.login}: {why}; it is ignored")
        if user.enabled is None:
            yield notice("enabled", "unknown_state", f"{user.login}: the directory does not send userAccountControl")
        if person is None:
            yield notice("owner", "unmatched_account", f"the account {user.login} has no known owner")
        elif counts is None and user.key in self.primary:
            text = f"{user.login} is one of several accounts of one person; choose the primary one"
            yield notice("primary", "several_accounts", text)

    # -- the owner --------------------------------------------------------------------------------------------------

    def _of_owner(self, user: User, owner: Owner) -> RawRecord:
        whole = f"{user.given_name} {user.surname}" if user.given_name and user.surname else user.display_name
        return self._about(
            f"{user.key}:{owner.uuid}",
            owner.ref,
            self._without_gaps(
                user,
                {
                    "name": whole,
                    "given_name": user.given_name,
                    "surname": user.surname,
                    "work_email": user.email,
                    "work_phone": user.phone,
                    "mobile": user.mobile,
                },
            ),
        )

    def _without_gaps(self, user: User, sent: dict[str, Value | None]) -> dict[str, Value | None]:
        out = self.gaps.properties(user)
        return {name: value for name, value in sent.items() if name not in out}

    def _photo(self, user: User, owner: Owner) -> RawRecord:
        return self._about(f"{PHOTO}{user.key}:{owner.uuid}", owner.ref, {"photo": self.photos[user.key]})

    def _about(self, key: str, person: Ref, sent: Mapping[str, Value | None]) -> RawRecord:
        def stated(previous: Statement | None) -> Statement:
            made = _stated("Person", key, previous, sent, {}, self.day)
            made.exists, made.about = None, person
            return made

        return self._record("Person", key, stated, repr(sent), repr(person))

    # -- people whom only the directory has -----------------------------------------------------------------------

    def _external(self, user: User) -> RawRecord:
        sent: dict[str, Value | None] = {
            "name": f"{user.given_name} {user.surname}".strip() or user.display_name or user.login,
            "given_name": user.given_name,
            "surname": user.surname,
        }
        sent = self._without_gaps(user, sent)
        key = f"{EXTERNAL}{user.key}"

        def stated(previous: Statement | None) -> Statement:
            made = _stated("Person", key, previous, sent, {}, self.day)
            made.exists, made.cpr = (Period(),), user.cpr
            return made

        number = self.known.person_key(user.cpr) if user.cpr else ""
        return self._record("Person", key, stated, repr(sent), number)

    def _affiliation(self, user: User, person: Ref) -> RawRecord:
        outside = self.settings.external
        assert outside is not None
        unit = user.external_unit
        if outside.unit_source:
            place = Ref("Unit", f"{outside.unit_source}:{unit}", by="other")
        else:
            place = Ref("Unit", unit.lower(), by="uuid")
        end = user.external_until + timedelta(days=1) if user.external_until else user.expires
        links = {"person": [person], "unit": [place]}
        sent = self._without_gaps(user, {"type": outside.type, "email": user.email, "phone": user.phone})
        end_is_unknown = "external_until" in self.gaps.fields(user)

        def stated(previous: Statement | None) -> Statement:
            made = _stated("Affiliation", user.key, previous, sent, links, self.day)
            if end_is_unknown and previous is not None:
                made.exists = previous.exists
            elif end is not None:
                made.exists = tuple(
                    each for one in made.exists or () if not (each := Period(one.start, min(one.last, end))).is_empty()
                )
            return made

        problems: tuple[Problem, ...] = ()
        if end is None:
            text = f"{user.login}: an external person's affiliation should have an end"
            problems = (Problem("Affiliation", user.key, "exists", "no_end", text, "notice"),)
        return self._record(
            "Affiliation", user.key, stated, repr((sent, links, end, end_is_unknown)), problems=problems
        )

    # -- groups, OUs, the system ------------------------------------------------------------------------------------

    def system(self) -> RawRecord:
        """The system of the accounts."""
        values = {
            "key": (DatedValue(Period(), self.settings.system),),
            "title": (DatedValue(Period(), self.settings.title),),
        }
        made = Statement("ItSystem", self.settings.system, values=values)
        return self._record("ItSystem", self.settings.system, lambda previous: made)

    def group(self, group: Group) -> RawRecord:
        """A group. Its members' records state that they are in it."""
        sent: dict[str, Value | None] = {
            "name": group.name,
            "description": group.description,
            "email": group.email,
            "distinguished_name": group.dn,
            "type": group.type,
        }
        links = {
            "system": [Ref("ItSystem", self.settings.system, by="natural")],
            "groups": [Ref("DirectoryGroup", each) for each in sorted(self.groups_of.get(group.key, ()))],
        }
        return self._record(
            "DirectoryGroup",
            group.key,
            lambda previous: _stated("DirectoryGroup", group.key, previous, sent, links, self.day),
            repr((sent, links)),
        )

    def place(self, place: Place) -> RawRecord:
        """The OU that represents a unit."""

        def stated(previous: Statement | None) -> Statement:
            made = _stated("Unit", key, previous, {"distinguished_name": place.dn}, {}, self.day)
            made.exists, made.about = None, Ref("Unit", place.unit, by="uuid")
            return made

        key = f"{place.key}:{place.unit}"
        return self._record("Unit", key, stated, place.dn)

    # -- what is no longer there ------------------------------------------------------------------------------------

    def let_go(self, kind: str, keys: Collection[str]) -> Iterator[RawRecord]:
        """Ends for the keys that the reading lacks. A photo that was not requested again stays with the account, and
        people whom only the directory has do not end with their accounts."""
        for key in sorted(keys):
            if key.startswith(EXTERNAL) or (kind, key) in self.met:
                continue
            base = key.removeprefix(PHOTO)
            if base.partition(":")[0] in self.unread:
                continue
            if base != key and (kind, base) in self.met and base.partition(":")[0] not in self.photos:
                continue
            yield self.ended(kind, key)

    def stays(self, kind: str, key: str) -> RawRecord:
        """It exists but can't be read: what is known of it stays."""
        self.met.add((kind, key))
        return RawRecord(kind, key, NOT_TAKEN, lambda previous: Mapped(None))

    def ended(self, kind: str, key: str) -> RawRecord:
        """It ends on the day. Once that is stated it is settled, also for whole readings."""

        def stated(previous: Statement | None) -> Mapped:
            return Mapped(None if previous is None else closed(previous, self.day))

        return RawRecord(kind, key, ABSENT, stated)

    def _record(
        self, kind: str, key: str, stated: _Stated, *depends: str, problems: tuple[Problem, ...] = ()
    ) -> RawRecord:
        self.met.add((kind, key))
        print_of = self.known.fingerprint(MAPPING, self.salt, key.encode(), *(each.encode() for each in depends))
        return RawRecord(kind, key, print_of, lambda previous: Mapped(stated(previous), problems))


def _told(user: User, counts: bool | None) -> dict[str, Value | None]:
    return {
        "login": user.login,
        "principal_name": user.principal_name,
        "display_name": user.display_name,
        "email": user.email,
        "enabled": user.enabled,
        "expires": user.expires.isoformat() if user.expires else None,
        "distinguished_name": user.dn,
        "employment_number": user.employment,
        "primary": counts or None,
        "institution_numbers": user.institutions,
    }


def _stated(
    kind: str,
    key: str,
    previous: Statement | None,
    sent: Mapping[str, Value | None],
    links: Mapping[str, list[Ref]],
    day: date,
) -> Statement:
    """The statement from ``day`` on; first values have no beginning. ``None`` means no value; names that ``sent`` and
    ``links`` lack stay as they were."""
    if previous is None:
        known = {name: value for name, value in sent.items() if value is not None and value not in NOTHING}
        values: dict[str, tuple[DatedValue, ...]] = {
            name: (DatedValue(Period(), value),) for name, value in known.items()
        }
        exists: tuple[Period, ...] = (Period(day),)
    else:
        values = with_unmentioned(previous, sent, day)
        exists = opened(previous, day)
    tied = {} if previous is None else {name: to for name, to in previous.links.items() if name not in links}
    tied |= {name: to for name, each in links.items() if (to := linked(previous, name, each, day))}
    return Statement(kind, key, exists=exists, values=values, links=tied)
