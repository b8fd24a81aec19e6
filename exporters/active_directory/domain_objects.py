"""The objects of a domain as they are now: found by our key, read by objectGUID, listed; and which may be written.

Objects that do not have our key, that lie outside the OUs of ``within``, or that are protected (adminCount), are never
written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ldap3.utils.conv import escape_filter_chars

from exporters.active_directory import addresses, entries, refusals
from exporters.active_directory.addresses import Addresses
from exporters.active_directory.entries import CLASSES, FILTERS, Seen
from exporters.active_directory.known_attributes import require_attributes
from exporters.active_directory.likeness import ATTRIBUTES, Unmarked
from exporters.active_directory.session import Session
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.errors import DeliveryError
from exporters.objects.errors import Refused, Taken
from exporters.objects.target import Found, Value
from graph.retry import NEXT
from protocols.ldap import names, values
from protocols.ldap.connection import Scope
from protocols.ldap.errors import RequestRejected


class DomainObjects:
    """What was read once, and can't change by others' doing without harm, is kept for the run. ``fields``: kind → every
    field that the shape may set."""

    def __init__(
        self, session: Session, settings: ActiveDirectorySettings, fields: Mapping[str, Sequence[str]]
    ) -> None:
        self._session = session
        self._settings = settings
        self._fields = fields
        self._by_key: dict[tuple[str, str], list[Seen]] | None = None
        self._unmarked: Unmarked | None = None
        self._addresses: Addresses | None = None
        self._uncertain: set[str] = set()
        self._barred: set[tuple[str, names.Parts]] = set()
        self._knows_attributes = False
        self._knows_domain = False

    # -- what is there ------------------------------------------------------------------------------------------

    def require_attributes(self) -> None:
        """Once, and not for a closing, which needs none of them."""
        if not self._knows_attributes:
            require_attributes(self._session, self._settings, self._fields)
            self._knows_attributes = True

    def unmarked_users(self) -> Unmarked:
        """Read once: many attributes have no index, and a new account may be like any of them."""
        if self._unmarked is None:
            keyless = f"(!({self._settings.key_of('user')}=*))"
            users = self.search("user", self._settings.base, keyless, also=ATTRIBUTES)
            self._unmarked = Unmarked(users, self._settings.adopt_by, self.is_ours_to_write)
        return self._unmarked

    def having(self, kind: str, key: str, alone: bool = False) -> list[Seen]:
        if key in self._uncertain or (alone and self._by_key is None):
            attribute = self._settings.key_of(kind)
            return list(self.search(kind, self._settings.base, f"({attribute}={escape_filter_chars(key)})"))
        if self._by_key is None:
            found: dict[tuple[str, str], list[Seen]] = {}
            for each_kind in CLASSES:
                for each in self.search(each_kind, self._settings.base, f"({self._settings.key_of(each_kind)}=*)"):
                    found.setdefault((each_kind, each.key), []).append(each)
            self._by_key = found  # now that it is whole: what it lacks is created
        return self._by_key.get((kind, key), [])

    def created(self, kind: str, key: str, made: Sequence[Seen]) -> None:
        """The run has made it."""
        if self._by_key is not None:
            self._by_key[kind, key] = list(made)

    def look_again(self, key: str) -> None:
        """An object with this key may have been made: the next search for it is made anew."""
        self._uncertain.add(key)

    def search(self, kind: str, base: str, fits: str, scope: Scope = "SUBTREE", also: Sequence[str] = ()) -> list[Seen]:
        asked = entries.attributes(self._settings, self._fields[kind], kind)
        asked += [each for each in also if each not in asked]
        what = f"(&{FILTERS[kind]}{fits})"
        try:
            found = self._session.read(lambda directory: list(
                directory.search(base, what, asked, scope=scope, guids=True)
            ))  # fmt: skip
        except RequestRejected as rejected:
            if rejected.code == refusals.NO_SUCH_OBJECT:
                if base == self._settings.base:  # whatever it had before
                    raise self._has_no_domain(rejected) from rejected
                if scope == "SUBTREE":
                    self.require_domain()
                return []
            raise Refused("not_read", str(rejected)) from rejected
        return [entries.seen(kind, each, self._settings) for each in found]

    def seen(self, kind: str, id_: str) -> Seen | None:
        found = self.search(kind, entries.by_id(id_), "", "BASE")
        if not found:
            self.require_domain()
        return found[0] if found else None

    def require_domain(self) -> None:
        """Before an object counts as gone, or as new: a controller of another domain has none of ours. Raises
        DeliveryError."""
        if self._knows_domain:
            return
        base = self._settings.base
        try:
            self._session.read(lambda at: list(at.search(base, "(objectClass=*)", ["objectGUID"], scope="BASE")))
        except RequestRejected as rejected:
            raise self._has_no_domain(rejected) from rejected
        self._knows_domain = True

    def _has_no_domain(self, rejected: RequestRejected) -> DeliveryError:
        return DeliveryError(
            f"{self._session.controller} has no {self._settings.base}: {rejected}. Check controllers and base. Nothing "
            "was concluded about accounts that it does not have.",
            retry=NEXT,
        )

    def found(self, seen: Seen) -> Found:
        return replace(entries.found(seen, self._fields[seen.kind]), barred=self.barrier(seen))

    # -- what may be written ------------------------------------------------------------------------------------

    def is_ours_to_write(self, dn: str) -> bool:
        inside = any(names.is_within(dn, each) for each in self._settings.within)
        return inside and not any(names.is_within(dn, each) for each in self._settings.excluded)

    def barrier(self, seen: Seen) -> str:
        if seen.is_of_domain:
            return "The domain itself needs it."
        if seen.is_protected:
            return "It is or was in a protected group (adminCount 1)."
        inside = self.is_ours_to_write(seen.dn)
        return "" if inside else "It is outside the OUs in which REConnect may write."

    def guard(self, seen: Seen, owner: str, adopting: bool = False) -> None:
        if barrier := self.barrier(seen):
            raise Refused(
                "protected" if seen.is_protected or seen.is_of_domain else "outside", f"{barrier} It was not changed."
            )
        if seen.key != owner and (seen.key or not adopting):
            mark = self._settings.key_of(seen.kind)
            raise Refused("unmarked", f"Its {mark} does not have our key. It was not changed.")

    def guard_place(self, kind: str, dn: str) -> None:
        if not self.is_ours_to_write(dn):
            raise Refused("outside", f"{dn} is outside the OUs in which REConnect may write.")
        if (kind, names.parts(dn)) in self._barred:
            raise Refused("no_right", f"The service account may not write objects of this kind in {dn}.")

    def bar(self, kind: str, place: str) -> None:
        """The service account may not write objects of the kind there."""
        self._barred.add((kind, names.parts(place)))

    def dn_of(self, id_: str) -> str:
        seen = self.seen("ou", id_)
        if seen is None:
            raise Refused("no_place", f"The OU {id_} does not exist any more.")
        return seen.dn

    # -- which names and addresses are free -----------------------------------------------------------------------

    def exists(self, dn: str) -> bool:
        try:
            found = self._session.read(lambda at: list(at.search(dn, "(objectClass=*)", ["objectGUID"], scope="BASE")))
        except RequestRejected as rejected:
            if rejected.code == refusals.NO_SUCH_OBJECT:
                return False
            raise Refused("not_read", str(rejected)) from rejected
        return bool(found)

    def implied(self, field: str, value: str) -> tuple[str, str]:
        """The other name that nobody else may have then, and its field; empty if there is none."""
        realm = names.realm(self._settings.base)
        before, _, domain = value.partition("@")
        if field == "sAMAccountName":
            return "userPrincipalName", f"{value}@{realm}"
        return ("sAMAccountName", before) if field == "userPrincipalName" and domain.casefold() == realm else ("", "")

    def is_used(self, field: str, value: str, own: str = "") -> bool:
        """Whether another object than ``own`` (id) has the name, or the one that it implies."""
        either = ((field, value), self.implied(field, value))
        fits = "".join(f"({name}={escape_filter_chars(text)})" for name, text in either if name)
        asked = self._session.read(lambda at: list(at.search(self._settings.base, f"(|{fits})", ["objectGUID"])))
        return any(str(values.guid(each.values["objectguid"][0])) != own for each in asked)

    def require_free_addresses(self, sent: Mapping[str, Value], own: str) -> None:
        """Raises Taken if another object of the domain has a mail address that is to be sent."""
        for name in addresses.ATTRIBUTES:
            for each in addresses.several(sent.get(name)):
                if self.addresses_of_all().is_used(each, own):
                    raise Taken("taken", f"mail address {each} is in use in the domain.", name)

    def note_addresses(self, id_: str, sent: Mapping[str, Value]) -> None:
        if self._addresses is not None:
            for name in addresses.ATTRIBUTES:
                if sent.get(name):
                    self._addresses.given(id_, sent[name])

    def addresses_of_all(self) -> Addresses:
        if self._addresses is None:
            fits = "(|(mail=*)(proxyAddresses=*))"
            asked = ["objectGUID", *addresses.ATTRIBUTES]
            found = self._session.read(lambda at: list(at.search(self._settings.base, fits, asked)))
            ids = ((str(values.guid(each.values["objectguid"][0])), each.values) for each in found)
            self._addresses = Addresses(ids)
        return self._addresses
