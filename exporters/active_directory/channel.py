"""A domain as a channel: finds, reads, creates, changes and deletes OUs, users and groups (active_directory.md §8).

Everything is keyed by objectGUID. Objects that do not have our key, that lie outside the OUs of ``within``, or that are
protected (adminCount), are never written.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from exporters.active_directory import entries, refusals
from exporters.active_directory.counters import Counters
from exporters.active_directory.domain_objects import DomainObjects
from exporters.active_directory.entries import CLASSES, NAMED_BY, PLACE, PLACED_BY, Seen
from exporters.active_directory.foreseeing import Foreseeing
from exporters.active_directory.modifying import modifications
from exporters.active_directory.moving import Moving
from exporters.active_directory.names import UNIQUE, numbered
from exporters.active_directory.passwords import TRIES, FirstPasswords, as_bytes
from exporters.active_directory.returning import Returning
from exporters.active_directory.session import Session
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.objects.errors import Gone, LinksRefused, Refused, Taken, Unanswered
from exporters.objects.target import Change, Found, Offer, Value, Wanted
from exporters.target import Notice
from protocols.ldap import names, values
from protocols.ldap.errors import RequestRejected, WriteRejected

_LOOKS = 3
"""How often an object is read again when others change it at the same time."""
_MOST_REFUSED = 10
"""Members that are refused one by one; each costs some requests."""
_PORTION = 1000
"""Members in one request."""


class DirectoryChannel:
    """``fields``: kind → every field that the shape may set."""

    def __init__(
        self,
        session: Session,
        settings: ActiveDirectorySettings,
        fields: Mapping[str, Sequence[str]],
        passwords: FirstPasswords,
    ) -> None:
        self._session = session
        self._settings = settings
        self._passwords = passwords
        self._objects = DomainObjects(session, settings, fields)
        self._counters = Counters(session, self._objects)
        self._moving = Moving(session, self._objects, settings, self._counters)
        self._returning = Returning(session, self._objects, passwords)
        self._foreseeing = Foreseeing(self._objects, passwords, self._returning)

    @property
    def server(self) -> str:
        return self._session.controller

    # -- what the domain accepts --------------------------------------------------------------------------------

    def offers(self, kind: str, field: str | None = None) -> Offer:
        if kind == "group" and field == "groupType":
            return "creation"
        return "never" if field in self._settings.excluded_attributes else "always"

    def same(self, field: str, sent: Value, found: Value) -> bool:
        return entries.same(field, sent, found)

    # -- reading ------------------------------------------------------------------------------------------------

    def find(self, wanted: Wanted) -> Sequence[Found]:
        """By our key in the whole domain: also one that others have moved away. Otherwise what may be the person's
        account: accounts that were seen as theirs, and users that are like it (``likeness``)."""
        if wanted.values:
            self._objects.require_attributes()
        ours = self._objects.having(wanted.kind, wanted.key, alone=not wanted.values)
        if ours or wanted.kind != "user":
            return [self._objects.found(each) for each in ours]
        observed = (each for id_ in wanted.context.get("observed", ()) if (each := self._objects.seen("user", id_)))
        others = {each.id: replace(self._objects.found(each), like_by=("observed",)) for each in observed}
        if wanted.values:
            unmarked = self._objects.unmarked_users()
            for each, by in unmarked.like(wanted):
                if each.id not in others:
                    others[each.id] = replace(self._objects.found(each), like_by=by, surely=unmarked.is_sure(by))
        return list(others.values())

    def left_by(self, sought: Wanted) -> Sequence[Found]:
        """Nothing else: the domain keeps our key, which is written with the creation."""
        return self.find(sought)

    def read(self, kind: str, id: str) -> Found | None:
        seen = self._objects.seen(kind, id)
        return None if seen is None else self._objects.found(seen)

    def is_deleted(self, kind: str, id: str) -> bool:
        """Whether it lies in Deleted Objects. Not every service account may look there."""
        asked = ["objectGUID", "isDeleted"]
        try:
            found = self._session.read(lambda at: list(
                at.search(entries.by_id(id), "(objectClass=*)", asked, scope="BASE", deleted=True)
            ))  # fmt: skip
        except RequestRejected as rejected:
            if rejected.code in (refusals.NO_SUCH_OBJECT, refusals.RIGHTS):
                return False
            raise Refused("not_read", str(rejected)) from rejected
        return any(values.text(each.values, "isDeleted") == "TRUE" for each in found)

    def listing(self, kind: str) -> Iterator[Found]:
        listed: set[str] = set()
        for place in self._settings.within:
            for each in self._objects.search(kind, place, ""):
                if each.id not in listed and self._objects.is_ours_to_write(each.dn):
                    listed.add(each.id)
                    self._counters.note(each)
                    yield self._objects.found(each)

    # -- what a dry run foresees ----------------------------------------------------------------------------------

    def foreseen(self, wanted: Wanted) -> Mapping[str, Value]:
        """Names and addresses that are free, by the same order of candidates as in a run; a right that lacks shows only
        in the run."""
        return self._foreseeing.foreseen(wanted)

    # -- creating -----------------------------------------------------------------------------------------------

    def create(self, wanted: Wanted, links: Mapping[str, tuple[str, ...]]) -> str:
        kind, what = wanted.kind, f"creating {wanted.kind} {wanted.key}"
        above = links.get(PLACED_BY[kind], ())
        place = self._objects.dn_of(above[0]) if above else str(wanted.values[PLACE])
        self._objects.guard_place(kind, place)
        if kind == "user":
            wanted = self._returning.addressed(wanted)
            self._passwords.require_recipient(wanted)
        self._objects.require_free_addresses(wanted.values, "")
        given: dict[str, list[str | bytes]] = {
            name: entries.sent_value(name, value)
            for name, value in wanted.values.items()
            if name not in (PLACE, NAMED_BY[kind])
        }
        given[self._settings.key_of(kind)] = [wanted.key]
        password, refused = self._passwords.make(), 0
        candidates = numbered(str(wanted.values[NAMED_BY[kind]]))
        name = next(candidates)
        while True:
            if kind == "user":
                control = 512 if wanted.enabled else 512 | values.DISABLED
                given |= {"userAccountControl": [str(control)], "unicodePwd": [as_bytes(password)], "pwdLastSet": ["0"]}
            dn = f"{names.rdn(NAMED_BY[kind], name)},{place}"
            try:
                self._add(wanted, dn, given)
                break
            except WriteRejected as rejected:
                if refusals.is_bad_password(rejected) and refused + 1 < TRIES:
                    refused += 1
                    password = self._passwords.make(longer=refused)
                elif self._is_name_taken(rejected, wanted, place) and (another := next(candidates, "")):
                    name = another
                else:
                    if rejected.code == refusals.RIGHTS:
                        # A right that lacks for one object that is there is that object's own, and bars no other.
                        self._objects.bar(kind, place)
                    raise refusals.placing(rejected, what, place) from rejected
        made = self._objects.search(kind, dn, "", "BASE")
        if len(made) != 1:
            self._objects.look_again(wanted.key)
            raise Unanswered(f"{what}: it was created, and can't be read.")
        self._objects.created(kind, wanted.key, made)
        self._counters.note(made[0])
        self._objects.note_addresses(made[0].id, wanted.values)
        if kind == "user" and self._passwords.are_handed_over and wanted.enabled:
            self._passwords.hand_over(wanted, str(wanted.values.get("sAMAccountName", "")), password)
        return made[0].id

    def _add(self, wanted: Wanted, dn: str, given: Mapping[str, Sequence[str | bytes]]) -> None:
        try:
            self._session.write(lambda at: at.add(dn, CLASSES[wanted.kind], given))
        except Unanswered:
            self._objects.look_again(wanted.key)  # it may have been created: the next search is made anew
            raise

    def _is_name_taken(self, rejected: WriteRejected, wanted: Wanted, place: str) -> bool:
        """Whether only the object's own name in its OU is taken. Raises Taken if it is another name, or if it is our
        own object, which an answer that was lost has made."""
        if rejected.code not in (refusals.EXISTS, refusals.CONSTRAINT) or refusals.is_bad_password(rejected):
            return False
        self._objects.look_again(wanted.key)
        if self._objects.having(wanted.kind, wanted.key):
            raise Taken("exists", str(rejected))
        named = refusals.name_in_use(rejected)
        for field in UNIQUE:
            value = wanted.values.get(field)
            if value and (field == named or self._objects.is_used(field, str(value))):
                raise Taken("taken", f"{field} {value} is in use in the domain.", field)
        return rejected.code == refusals.EXISTS

    # -- changing -----------------------------------------------------------------------------------------------

    def change(self, change: Change) -> None:
        if change.set:
            self._objects.require_attributes()
        plainly = False
        for look in range(1, _LOOKS + 1):
            seen = self._objects.seen(change.kind, change.id)
            if seen is None:
                raise Gone(f"There is no longer a {change.kind} {change.id}.")
            self._objects.guard(seen, change.owner, adopting=change.key is not None)
            returns = change.kind == "user" and change.enabled is True and not seen.enabled
            if returns:
                # First to its place: if that fails, it stays closed, and nobody gets a password again and again.
                self._moving.rename_and_move(seen, change)
            try:
                refused = self._modify(seen, change, returns, plainly)
            except WriteRejected as rejected:
                if rejected.code in refusals.OF_A_MEMBER:
                    self._without_what_is_gone(change, rejected)
                again = refusals.CONFLICT | {refusals.EXISTS, refusals.UNWILLING}
                if look == _LOOKS or rejected.code not in again:
                    what = f"changing {change.kind} {change.owner}"
                    raise refusals.refusal(rejected, what) from rejected
                # A domain may take no conditions on what its account manager keeps (userAccountControl among it); and
                # no change by others, however often, keeps an account open.
                closes = change.enabled is False and look == _LOOKS - 1
                plainly = plainly or closes or rejected.code == refusals.UNWILLING
            else:
                if not returns:
                    self._moving.rename_and_move(seen, change)
                if refused:
                    raise _links_refused(change, refused)
                return

    def _without_what_is_gone(self, change: Change, rejected: WriteRejected) -> None:
        """Where the object is to lead to one that is not there: raises LinksRefused once everything else is sent, or
        Refused. Otherwise nothing."""
        managers = frozenset(each for each in change.add.get("manager", ()) if self._objects.seen("user", each) is None)
        if managers:
            self.change(replace(change, add={**change.add, "manager": ()}))
            text = f"{change.kind} {change.owner}: its manager is not there ({rejected}). The rest was sent."
            raise LinksRefused("manager", text, {"manager": managers}, {}) from rejected
        is_gone = rejected.code == refusals.NO_SUCH_OBJECT
        if is_gone and self._objects.seen(change.kind, change.id) is not None:
            text = f"{change.kind} {change.owner}: an attribute names an object that is not there ({rejected})."
            raise Refused("value", text) from rejected

    def _modify(self, seen: Seen, change: Change, returns: bool, plainly: bool) -> Mapping[str, WriteRejected]:
        """Attributes and links, conditional on the values that were read unless ``plainly``. Returns the members that
        the domain refuses. Raises WriteRejected, Taken."""
        self._objects.require_free_addresses(change.set, seen.id)
        expires = entries.EXPIRES not in self._settings.excluded_attributes
        changes = modifications(seen, change, self._settings.key_of(seen.kind), expires=expires, plainly=plainly)
        password = ""
        wanted = change.wanted
        if returns and self._passwords.on_return and wanted is not None:
            wanted = self._returning.addressed(wanted)
            self._passwords.require_recipient(wanted)
            password = self._passwords.make()
        self._objects.note_addresses(seen.id, change.set)
        members = changes.pop("member", [])
        if changes or password:
            try:
                password = self._returning.write(seen.id, changes, password)
            except WriteRejected as rejected:
                self._require_free_names(rejected, seen, change)
                raise
        refused: dict[str, WriteRejected] = {}
        for kind, several in members:
            for start in range(0, len(several), _PORTION):
                self._write_members(seen, kind, several[start : start + _PORTION], refused)
        if password and self._passwords.are_handed_over and wanted is not None:
            login = str(change.set.get("sAMAccountName") or seen.first("sAMAccountName").decode(errors="replace"))
            self._passwords.hand_over(wanted, login, password)
        return refused

    def _write_members(
        self, seen: Seen, kind: str, several: Sequence[str | bytes], refused: dict[str, WriteRejected]
    ) -> None:
        """In halves if one is refused: ``refused`` gets those that are refused alone, such as a user whom others have
        deleted."""
        try:
            self._session.write(lambda at: at.modify(entries.by_id(seen.id), {"member": [(kind, several)]}))
        except WriteRejected as rejected:
            if kind != "add" or rejected.code not in refusals.OF_A_MEMBER or len(refused) >= _MOST_REFUSED:
                raise
            if len(several) == 1:
                refused[str(several[0])] = rejected
                return
            middle = len(several) // 2
            for half in (several[:middle], several[middle:]):
                self._write_members(seen, kind, half, refused)

    def _require_free_names(self, rejected: WriteRejected, seen: Seen, change: Change) -> None:
        if rejected.code not in (refusals.EXISTS, refusals.CONSTRAINT):
            return
        named = refusals.name_in_use(rejected)
        for field in UNIQUE:
            value = change.set.get(field)
            had = seen.first(field).decode(errors="replace")
            if not value or entries.same(field, value, had):
                continue
            if field == named or self._objects.is_used(field, str(value), seen.id):
                raise Taken("taken", f"{field} {value} is in use in the domain.", field) from rejected

    def completed(self, wanted: Wanted, found: Found) -> None:
        """A new first password, if the one that an interrupted run may have set was never used."""
        self._returning.completed(wanted, found)

    def remove_counters(
        self, wanted: Mapping[str, Wanted], *, dry: bool, begin: Callable[[], object]
    ) -> Iterator[Notice]:
        return self._counters.remove(wanted, dry=dry, begin=begin)

    # -- deleting -----------------------------------------------------------------------------------------------

    def delete(self, kind: str, id: str, owner: str) -> None:
        """The domain removes it from groups and from ``manager`` of others by itself."""
        seen = self._objects.seen(kind, id)
        if seen is None:
            return
        self._objects.guard(seen, owner)
        if kind == "user" and seen.enabled:
            raise Refused("in_use", "It was enabled again by others, so it was not deleted.")
        try:
            self._session.write(lambda at: at.delete(entries.by_id(str(UUID(id)))))
        except WriteRejected as rejected:
            if rejected.code != refusals.NO_SUCH_OBJECT:
                raise refusals.refusal(rejected, f"deleting {kind} {owner}") from rejected


def _links_refused(change: Change, refused: Mapping[str, WriteRejected]) -> LinksRefused:
    ids = frozenset(each for each in change.add.get("member", ()) if entries.by_id(each) in refused)
    said = next(iter(refused.values()))
    text = f"changing {change.kind} {change.owner}: the domain refuses members {', '.join(sorted(ids))} ({said})."
    return LinksRefused(f"result_{said.code}", f"{text} The others were sent.", {"member": ids}, {})
