"""A domain as a channel: finds, reads, creates, changes and deletes OUs, users and groups (active_directory.md §8).

Everything is keyed by objectGUID. Objects that do not have our key, that lie outside the OUs of ``within``, or that are
protected (adminCount), are never written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from ldap3.utils.conv import escape_filter_chars

from exporters.active_directory import addresses, entries, refusals
from exporters.active_directory.addresses import Addresses
from exporters.active_directory.entries import CLASSES, FILTERS, NAMED_BY, PLACE, PLACED_BY, Seen
from exporters.active_directory.known_attributes import require_attributes
from exporters.active_directory.likeness import ATTRIBUTES, Unmarked
from exporters.active_directory.modifying import Modifications, modifications
from exporters.active_directory.names import numbered
from exporters.active_directory.passwords import FirstPasswords, as_bytes
from exporters.active_directory.session import Session
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.errors import DeliveryError
from exporters.objects.errors import Gone, LinksRefused, Refused, Taken, Unanswered
from exporters.objects.target import Change, Found, Offer, Value, Wanted
from graph.retry import NEXT
from protocols.ldap import names, values
from protocols.ldap.connection import Scope
from protocols.ldap.errors import RequestRejected, WriteRejected

UNIQUE = ("sAMAccountName", "userPrincipalName")
"""The domain refuses a second object with one of these."""
_LOOKS = 3
"""How often an object is read again when others change it at the same time."""
_PASSWORDS = 3
"""How many passwords are tried against the domain's policy."""
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
        self._fields = fields
        self._passwords = passwords
        self._by_key: dict[tuple[str, str], list[Seen]] | None = None
        self._unmarked: Unmarked | None = None
        self._addresses: Addresses | None = None
        self._uncertain: set[str] = set()
        self._barred: set[tuple[str, names.Parts]] = set()
        self._foreseen: set[tuple[str, str]] = set()
        self._knows_attributes = False
        self._knows_domain = False

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
            self._require_attributes()
        ours = self._having(wanted.kind, wanted.key, alone=not wanted.values)
        if ours or wanted.kind != "user":
            return [self._found(each) for each in ours]
        observed = (each for id_ in wanted.context.get("observed", ()) if (each := self._seen("user", id_)))
        others = {each.id: replace(self._found(each), like_by=("observed",)) for each in observed}
        if wanted.values:
            unmarked = self._unmarked_users()
            for each, by in unmarked.like(wanted):
                if each.id not in others:
                    others[each.id] = replace(self._found(each), like_by=by, surely=unmarked.is_sure(by))
        return list(others.values())

    def left_by(self, sought: Wanted) -> Sequence[Found]:
        """Nothing else: the domain keeps our key, which is written with the creation."""
        return self.find(sought)

    def _require_attributes(self) -> None:
        """Once, and not for a closing, which needs none of them."""
        if not self._knows_attributes:
            require_attributes(self._session, self._settings, self._fields)
            self._knows_attributes = True

    def _unmarked_users(self) -> Unmarked:
        """Read once: many attributes have no index, and a new account may be like any of them."""
        if self._unmarked is None:
            keyless = f"(!({self._settings.key_of('user')}=*))"
            users = self._search("user", self._settings.base, keyless, also=ATTRIBUTES)
            self._unmarked = Unmarked(users, self._settings.adopt_by, self._is_ours_to_write)
        return self._unmarked

    def read(self, kind: str, id: str) -> Found | None:
        seen = self._seen(kind, id)
        return None if seen is None else self._found(seen)

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
            for each in self._search(kind, place, ""):
                if each.id not in listed and self._is_ours_to_write(each.dn):
                    listed.add(each.id)
                    yield self._found(each)

    def _having(self, kind: str, key: str, alone: bool = False) -> list[Seen]:
        if key in self._uncertain or (alone and self._by_key is None):
            attribute = self._settings.key_of(kind)
            return list(self._search(kind, self._settings.base, f"({attribute}={escape_filter_chars(key)})"))
        if self._by_key is None:
            self._by_key = {}
            for each_kind in CLASSES:
                for each in self._search(each_kind, self._settings.base, f"({self._settings.key_of(each_kind)}=*)"):
                    self._by_key.setdefault((each_kind, each.key), []).append(each)
        return self._by_key.get((kind, key), [])

    def _search(
        self, kind: str, base: str, fits: str, scope: Scope = "SUBTREE", also: Sequence[str] = ()
    ) -> list[Seen]:
        asked = entries.attributes(self._settings, self._fields[kind], kind)
        asked += [each for each in also if each not in asked]
        what = f"(&{FILTERS[kind]}{fits})"
        try:
            found = self._session.read(lambda directory: list(
                directory.search(base, what, asked, scope=scope, guids=True)
            ))  # fmt: skip
        except RequestRejected as rejected:
            if rejected.code == refusals.NO_SUCH_OBJECT:
                if scope == "SUBTREE":
                    self._require_domain()
                return []
            raise Refused("not_read", str(rejected)) from rejected
        return [entries.seen(kind, each, self._settings) for each in found]

    def _seen(self, kind: str, id_: str) -> Seen | None:
        found = self._search(kind, entries.by_id(id_), "", "BASE")
        if not found:
            self._require_domain()
        return found[0] if found else None

    def _require_domain(self) -> None:
        """Before an object counts as gone, or as new: a controller of another domain has none of ours. Raises
        DeliveryError."""
        if self._knows_domain:
            return
        base = self._settings.base
        try:
            self._session.read(lambda at: list(at.search(base, "(objectClass=*)", ["objectGUID"], scope="BASE")))
        except RequestRejected as rejected:
            raise DeliveryError(
                f"{self._session.controller} has no {base}: {rejected}. Check controllers and base. Nothing was "
                "concluded about accounts that it does not have.",
                retry=NEXT,
            ) from rejected
        self._knows_domain = True

    def _found(self, seen: Seen) -> Found:
        return replace(entries.found(seen, self._fields[seen.kind]), barred=self._barrier(seen))

    # -- what may be written ------------------------------------------------------------------------------------

    def _is_ours_to_write(self, dn: str) -> bool:
        inside = any(names.is_within(dn, each) for each in self._settings.within)
        return inside and not any(names.is_within(dn, each) for each in self._settings.excluded)

    def _barrier(self, seen: Seen) -> str:
        if seen.is_of_domain:
            return "The domain itself needs it."
        if seen.is_protected:
            return "It is or was in a protected group (adminCount 1)."
        inside = self._is_ours_to_write(seen.dn)
        return "" if inside else "It is outside the OUs in which REConnect may write."

    def _guard(self, seen: Seen, owner: str, adopting: bool = False) -> None:
        if barrier := self._barrier(seen):
            raise Refused(
                "protected" if seen.is_protected or seen.is_of_domain else "outside", f"{barrier} It was not changed."
            )
        if seen.key != owner and (seen.key or not adopting):
            mark = self._settings.key_of(seen.kind)
            raise Refused("unmarked", f"Its {mark} does not have our key. It was not changed.")

    def _guard_place(self, kind: str, dn: str) -> None:
        if not self._is_ours_to_write(dn):
            raise Refused("outside", f"{dn} is outside the OUs in which REConnect may write.")
        if (kind, names.parts(dn)) in self._barred:
            raise Refused("no_right", f"The service account may not write objects of this kind in {dn}.")

    def _dn_of(self, id_: str) -> str:
        seen = self._seen("ou", id_)
        if seen is None:
            raise Refused("no_place", f"The OU {id_} does not exist any more.")
        return seen.dn

    # -- what a dry run foresees ----------------------------------------------------------------------------------

    def foreseen(self, wanted: Wanted) -> Mapping[str, Value]:
        """Names and addresses that are free, by the same order of candidates as in a run; a right that lacks shows only
        in the run."""
        if wanted.kind == "user":
            self._require_foreseen_recipient(wanted)
        got = {field: self._free(field, wanted) for field in (*UNIQUE, *addresses.ATTRIBUTES) if field in wanted.values}
        named = NAMED_BY[wanted.kind]
        if PLACE in wanted.values:
            place = str(wanted.values[PLACE])
            self._guard_place(wanted.kind, place)
            if not self._exists(place):
                raise Refused("no_place", f"There is no {place}, or the service account can't see it.")
            dns = ((name, f"{names.rdn(named, name)},{place}") for name in numbered(str(wanted.values[named])))
            got[named] = next(name for name, dn in dns if not self._is_foreseen("dn", dn) and not self._exists(dn))
            self._foreseen.add(("dn", f"{names.rdn(named, str(got[named]))},{place}".casefold()))
        self._foreseen |= {(field, each.casefold()) for field in got for each in addresses.several(got[field])}
        self._foreseen.add(("key", wanted.key))
        return {field: value for field, value in got.items() if value != wanted.values[field]}

    def _require_foreseen_recipient(self, wanted: Wanted) -> None:
        """Managers who are new, too, have their accounts first."""
        if not any(("key", key) in self._foreseen for key in wanted.context.get("managers", ())):
            self._passwords.require_recipient(self._addressed(wanted))

    def _free(self, field: str, wanted: Wanted) -> Value:
        for value in (wanted.values[field], *wanted.candidates.get(field, ())):
            texts = addresses.several(value)
            if field in UNIQUE:
                used = self._is_used(field, str(value))
            else:
                used = any(self._addresses_of_all().is_used(each, "") for each in texts)
            if not used and not any(self._is_foreseen(field, each) for each in texts):
                return value
        raise Refused("taken", f"Other objects have {field}, and every other candidate.")

    def _is_foreseen(self, field: str, text: str) -> bool:
        return (field, text.casefold()) in self._foreseen

    def _exists(self, dn: str) -> bool:
        try:
            found = self._session.read(lambda at: list(at.search(dn, "(objectClass=*)", ["objectGUID"], scope="BASE")))
        except RequestRejected as rejected:
            if rejected.code == refusals.NO_SUCH_OBJECT:
                return False
            raise Refused("not_read", str(rejected)) from rejected
        return bool(found)

    # -- creating -----------------------------------------------------------------------------------------------

    def create(self, wanted: Wanted, links: Mapping[str, tuple[str, ...]]) -> str:
        kind, what = wanted.kind, f"creating {wanted.kind} {wanted.key}"
        above = links.get(PLACED_BY[kind], ())
        place = self._dn_of(above[0]) if above else str(wanted.values[PLACE])
        self._guard_place(kind, place)
        if kind == "user":
            wanted = self._addressed(wanted)
            self._passwords.require_recipient(wanted)
        self._require_free_addresses(wanted.values, "")
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
                if refusals.is_bad_password(rejected) and refused + 1 < _PASSWORDS:
                    refused += 1
                    password = self._passwords.make(longer=refused)
                elif self._is_name_taken(rejected, wanted, place) and (another := next(candidates, "")):
                    name = another
                else:
                    if rejected.code == refusals.RIGHTS:
                        # A right that lacks for one object that is there is that object's own, and bars no other.
                        self._barred.add((kind, names.parts(place)))
                    raise refusals.placing(rejected, what, place) from rejected
        made = self._search(kind, dn, "", "BASE")
        if len(made) != 1:
            self._uncertain.add(wanted.key)
            raise Unanswered(f"{what}: it was created, and can't be read.")
        if self._by_key is not None:
            self._by_key[kind, wanted.key] = made
        self._note_addresses(made[0].id, wanted.values)
        if kind == "user" and self._passwords.are_handed_over and wanted.enabled:
            self._passwords.hand_over(wanted, str(wanted.values.get("sAMAccountName", "")), password)
        return made[0].id

    def _addressed(self, wanted: Wanted) -> Wanted:
        """With the mail address that the nearest manager's own account has, for the first password. The planned address
        of an account that is not there yet may be another person's."""
        if not self._passwords.are_mailed:
            return wanted
        for key in wanted.context.get("managers", ()):
            ours = self._having("user", key, alone=True)
            seen = self._seen("user", ours[0].id) if len(ours) == 1 else None
            if seen is not None and seen.enabled:
                address = seen.first("mail").decode(errors="replace").strip()
                if addresses.is_one(address):
                    return replace(wanted, context={**wanted.context, "recipient": address})
        return wanted

    def _add(self, wanted: Wanted, dn: str, given: Mapping[str, Sequence[str | bytes]]) -> None:
        try:
            self._session.write(lambda at: at.add(dn, CLASSES[wanted.kind], given))
        except Unanswered:
            self._uncertain.add(wanted.key)  # it may have been created: the next search is made anew
            raise

    def _is_name_taken(self, rejected: WriteRejected, wanted: Wanted, place: str) -> bool:
        """Whether only the object's own name in its OU is taken. Raises Taken if it is another name, or if it is our
        own object, which an answer that was lost has made."""
        if rejected.code not in (refusals.EXISTS, refusals.CONSTRAINT) or refusals.is_bad_password(rejected):
            return False
        self._uncertain.add(wanted.key)
        if self._having(wanted.kind, wanted.key):
            raise Taken("exists", str(rejected))
        for field in UNIQUE:
            value = wanted.values.get(field)
            if value and self._is_used(field, str(value)):
                raise Taken("taken", f"{field} {value} is in use in the domain.", field)
        return rejected.code == refusals.EXISTS

    def _is_used(self, field: str, value: str) -> bool:
        fits = f"({field}={escape_filter_chars(value)})"
        before, _, domain = value.partition("@")
        if field == "userPrincipalName" and domain.casefold() == names.realm(self._settings.base):
            # The name of another account implies it.
            fits = f"(|{fits}(sAMAccountName={escape_filter_chars(before)}))"
        asked = self._session.read(lambda at: list(at.search(self._settings.base, fits, ["objectGUID"])))
        return bool(asked)

    def _require_free_addresses(self, sent: Mapping[str, Value], own: str) -> None:
        """Raises Taken if another object of the domain has a mail address that is to be sent."""
        for name in addresses.ATTRIBUTES:
            for each in addresses.several(sent.get(name)):
                if self._addresses_of_all().is_used(each, own):
                    raise Taken("taken", f"mail address {each} is in use in the domain.", name)

    def _note_addresses(self, id_: str, sent: Mapping[str, Value]) -> None:
        if self._addresses is not None:
            for name in addresses.ATTRIBUTES:
                if sent.get(name):
                    self._addresses.given(id_, sent[name])

    def _addresses_of_all(self) -> Addresses:
        if self._addresses is None:
            fits = "(|(mail=*)(proxyAddresses=*))"
            asked = ["objectGUID", *addresses.ATTRIBUTES]
            found = self._session.read(lambda at: list(at.search(self._settings.base, fits, asked)))
            ids = ((str(values.guid(each.values["objectguid"][0])), each.values) for each in found)
            self._addresses = Addresses(ids)
        return self._addresses

    # -- changing -----------------------------------------------------------------------------------------------

    def change(self, change: Change) -> None:
        if change.set:
            self._require_attributes()
        for look in range(1, _LOOKS + 1):
            seen = self._seen(change.kind, change.id)
            if seen is None:
                raise Gone(f"There is no longer a {change.kind} {change.id}.")
            self._guard(seen, change.owner, adopting=change.key is not None)
            returns = change.kind == "user" and change.enabled is True and not seen.enabled
            if returns:
                # First to its place: if that fails, it stays closed, and nobody gets a password again and again.
                self._rename_and_move(seen, change)
            try:
                refused = self._modify(seen, change, returns)
            except WriteRejected as rejected:
                again = refusals.CONFLICT | {refusals.EXISTS, refusals.UNWILLING}
                if look == _LOOKS or rejected.code not in again:
                    what = f"changing {change.kind} {change.owner}"
                    raise refusals.refusal(rejected, what) from rejected
            else:
                if not returns:
                    self._rename_and_move(seen, change)
                if refused:
                    raise _links_refused(change, refused)
                return

    def _modify(self, seen: Seen, change: Change, returns: bool) -> Mapping[str, WriteRejected]:
        """Attributes and links, conditional on the values that were read. Returns the members that the domain refuses.
        Raises WriteRejected, Taken."""
        self._require_free_addresses(change.set, seen.id)
        changes = modifications(seen, change, self._settings.key_of(seen.kind))
        password = ""
        wanted = change.wanted
        if returns and self._passwords.on_return and wanted is not None:
            wanted = self._addressed(wanted)
            self._passwords.require_recipient(wanted)
            password = self._passwords.make()
        self._note_addresses(seen.id, change.set)
        members = changes.pop("member", [])
        if changes or password:
            try:
                password = self._write(seen.id, changes, password)
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

    def _write(self, id_: str, changes: Modifications, password: str) -> str:
        """Send the changes, with a first password if there is one; with a longer one where the domain refuses it.
        Returns the password that the object has now. Raises WriteRejected."""
        for refused in range(1, _PASSWORDS + 1):
            sent = {**changes, **(_first(password) if password else {})}
            try:
                self._session.write(lambda at, sent=sent: at.modify(entries.by_id(id_), sent))  # type: ignore[misc]
                break
            except WriteRejected as rejected:
                if not password or not refusals.is_bad_password(rejected) or refused == _PASSWORDS:
                    raise
                password = self._passwords.make(longer=refused)
        return password

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
        for field in UNIQUE:
            value = change.set.get(field)
            had = seen.first(field).decode(errors="replace")
            if value and not entries.same(field, value, had) and self._is_used(field, str(value)):
                raise Taken("taken", f"{field} {value} is in use in the domain.", field) from rejected

    def _rename_and_move(self, seen: Seen, change: Change) -> None:
        """The object's own name and its place, after its attributes (pitfall 30)."""
        named = NAMED_BY[seen.kind]
        here, now = names.parent(seen.dn), names.value(names.split(seen.dn)[0])
        wanted = change.set.get(named)
        place = self._place(seen, change)
        moves = place is not None and names.parts(place) != names.parts(here)
        # A counter is ours, if the name itself is wanted as before; "Team" in place of "Team 2" is another name.
        renames = wanted is not None and not entries.is_called(now, str(wanted))
        if not moves and not renames:
            return
        if place is not None:
            self._guard_place(seen.kind, place)
        what = f"moving {seen.kind} {change.owner}"
        for name in numbered(str(wanted) if renames else now):
            try:
                self._move(seen, names.rdn(named, name), place if moves else None)
                return
            except WriteRejected as rejected:
                if rejected.code != refusals.EXISTS:
                    raise refusals.placing(rejected, what, place or here) from rejected
        raise Refused("taken", f"{what}: every name with a counter is taken there.")

    def _move(self, seen: Seen, rdn: str, place: str | None) -> None:
        self._session.write(lambda at: at.move(seen.dn, rdn, place))

    def _place(self, seen: Seen, change: Change) -> str | None:
        """The DN of the OU that the object is to be in; None if it stays."""
        if change.enabled is False:
            if change.kind == "ou":
                return self._settings.units.closed or None
            return self._settings.closed_ou or None if change.kind == "user" else None
        if above := change.add.get(PLACED_BY[seen.kind]):
            return self._dn_of(above[0])
        return str(change.set[PLACE]) if PLACE in change.set else None

    def completed(self, wanted: Wanted, found: Found) -> None:
        """A new first password, if the one that an interrupted run may have set was never used."""
        if wanted.kind != "user" or not found.enabled or not self._passwords.are_handed_over:
            return
        seen = self._seen("user", found.id)
        if seen is None or seen.number("pwdLastSet") != 0:
            return
        self._guard(seen, wanted.key)
        wanted = self._addressed(wanted)
        self._passwords.require_recipient(wanted)
        try:
            password = self._write(found.id, {}, self._passwords.make())
        except WriteRejected as rejected:
            raise refusals.refusal(rejected, f"the password of user {wanted.key}") from rejected
        login = seen.first("sAMAccountName").decode(errors="replace")
        self._passwords.hand_over(wanted, login, password)

    # -- deleting -----------------------------------------------------------------------------------------------

    def delete(self, kind: str, id: str, owner: str) -> None:
        """The domain removes it from groups and from ``manager`` of others by itself."""
        seen = self._seen(kind, id)
        if seen is None:
            return
        self._guard(seen, owner)
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


def _first(password: str) -> Modifications:
    """A password that must be changed at the first login."""
    return {"unicodePwd": [("replace", [as_bytes(password)])], "pwdLastSet": [("replace", ["0"])]}
