"""What a dry run foresees of objects that the run would create: names and addresses that are free."""

from collections.abc import Mapping

from exporters.active_directory import addresses
from exporters.active_directory.domain_objects import DomainObjects
from exporters.active_directory.entries import NAMED_BY, PLACE
from exporters.active_directory.names import UNIQUE, numbered
from exporters.active_directory.passwords import FirstPasswords
from exporters.active_directory.returning import Returning
from exporters.objects.errors import Refused
from exporters.objects.target import Value, Wanted
from protocols.ldap import names


class Foreseeing:
    """Objects are asked about in the order in which the run would create them: each takes its names from the next."""

    def __init__(self, objects: DomainObjects, passwords: FirstPasswords, returning: Returning) -> None:
        self._objects = objects
        self._passwords = passwords
        self._returning = returning
        self._foreseen: set[tuple[str, str]] = set()

    def foreseen(self, wanted: Wanted) -> Mapping[str, Value]:
        """Names and addresses that are free, by the same order of candidates as in a run; a right that lacks shows only
        in the run."""
        if wanted.kind == "user":
            self._require_foreseen_recipient(wanted)
        got = {field: self._free(field, wanted) for field in (*UNIQUE, *addresses.ATTRIBUTES) if field in wanted.values}
        named = NAMED_BY[wanted.kind]
        if PLACE in wanted.values:
            place = str(wanted.values[PLACE])
            self._objects.guard_place(wanted.kind, place)
            if not self._objects.exists(place):
                raise Refused("no_place", f"There is no {place}, or the service account can't see it.")
            dns = ((name, f"{names.rdn(named, name)},{place}") for name in numbered(str(wanted.values[named])))
            got[named] = next(
                name for name, dn in dns if not self._is_foreseen("dn", dn) and not self._objects.exists(dn)
            )
            self._foreseen.add(("dn", f"{names.rdn(named, str(got[named]))},{place}".casefold()))
        self._foreseen |= {(field, each.casefold()) for field in got for each in addresses.several(got[field])}
        self._foreseen.add(("key", wanted.key))
        return {field: value for field, value in got.items() if value != wanted.values[field]}

    def _require_foreseen_recipient(self, wanted: Wanted) -> None:
        """Managers who are new, too, have their accounts first."""
        if not any(("key", key) in self._foreseen for key in wanted.context.get("managers", ())):
            self._passwords.require_recipient(self._returning.addressed(wanted))

    def _free(self, field: str, wanted: Wanted) -> Value:
        for value in (wanted.values[field], *wanted.candidates.get(field, ())):
            texts = addresses.several(value)
            if field in UNIQUE:
                used = self._objects.is_used(field, str(value))
            else:
                used = any(self._objects.addresses_of_all().is_used(each, "") for each in texts)
            if not used and not any(self._is_foreseen(field, each) for each in texts):
                return value
        raise Refused("taken", f"Other objects have {field}, and every other candidate.")

    def _is_foreseen(self, field: str, text: str) -> bool:
        """A login implies the principal name of the domain's own realm, and the reverse."""
        text = text.casefold()
        return (field, text) in self._foreseen or self._objects.implied(field, text) in self._foreseen
