"""A user who returns, or whose creation was interrupted, gets a first password; and who receives it."""

from dataclasses import replace

from exporters.active_directory import addresses, entries, refusals
from exporters.active_directory.domain_objects import DomainObjects
from exporters.active_directory.modifying import Modifications
from exporters.active_directory.passwords import TRIES, FirstPasswords, as_bytes
from exporters.active_directory.session import Session
from exporters.objects.target import Found, Wanted
from protocols.ldap.errors import WriteRejected


class Returning:
    """Sets first passwords of users that are there."""

    def __init__(self, session: Session, objects: DomainObjects, passwords: FirstPasswords) -> None:
        self._session = session
        self._objects = objects
        self._passwords = passwords

    def addressed(self, wanted: Wanted) -> Wanted:
        """With the mail address that the nearest manager's own account has, for the first password. The planned address
        of an account that is not there yet may be another person's."""
        if not self._passwords.are_mailed:
            return wanted
        for key in wanted.context.get("managers", ()):
            ours = self._objects.having("user", key, alone=True)
            seen = self._objects.seen("user", ours[0].id) if len(ours) == 1 else None
            if seen is not None and seen.enabled:
                address = seen.first("mail").decode(errors="replace").strip()
                if addresses.is_one(address):
                    return replace(wanted, context={**wanted.context, "recipient": address})
        return wanted

    def write(self, id_: str, changes: Modifications, password: str) -> str:
        """Send the changes, with a first password if there is one; with a longer one where the domain refuses it.
        Returns the password that the object has now. Raises WriteRejected."""
        for refused in range(1, TRIES + 1):
            sent = {**changes, **(_first(password) if password else {})}
            try:
                self._session.write(lambda at, sent=sent: at.modify(entries.by_id(id_), sent))  # type: ignore[misc]
                break
            except WriteRejected as rejected:
                if not password or not refusals.is_bad_password(rejected) or refused == TRIES:
                    raise
                password = self._passwords.make(longer=refused)
        return password

    def completed(self, wanted: Wanted, found: Found) -> None:
        """A new first password, if the one that an interrupted run may have set was never used."""
        if wanted.kind != "user" or not found.enabled or not self._passwords.are_handed_over:
            return
        seen = self._objects.seen("user", found.id)
        if seen is None or seen.number("pwdLastSet") != 0:
            return
        self._objects.guard(seen, wanted.key)
        wanted = self.addressed(wanted)
        self._passwords.require_recipient(wanted)
        try:
            password = self.write(found.id, {}, self._passwords.make())
        except WriteRejected as rejected:
            raise refusals.refusal(rejected, f"the password of user {wanted.key}") from rejected
        login = seen.first("sAMAccountName").decode(errors="replace")
        self._passwords.hand_over(wanted, login, password)


def _first(password: str) -> Modifications:
    """A password that must be changed at the first login."""
    return {"unicodePwd": [("replace", [as_bytes(password)])], "pwdLastSet": [("replace", ["0"])]}
