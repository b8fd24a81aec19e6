"""One domain controller, for the length of a reading (active_directory.md §2, §4)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from importers.active_directory import errors
from importers.active_directory.settings import ActiveDirectorySettings
from protocols.ldap import connection as ldap
from protocols.ldap.errors import ConnectionLost, LdapError, LoginRejected, RequestRejected, Unreadable, Untrusted


@dataclass(frozen=True, slots=True)
class Root:
    """The controller's description of itself. ``invocation``: the copy of the directory that its numbers belong to."""

    invocation: str
    highest_usn: int


class Directory(ldap.Directory):
    """A bound connection to a controller."""

    def root(self) -> Root:
        """Raises ConnectionLost, RequestRejected, Unreadable."""
        entry = self.read("", ["dsServiceName", "highestCommittedUSN"])
        try:
            service, usn = entry["dsservicename"][0].decode(), int(entry["highestcommittedusn"][0])
            invocation = self.read(service, ["invocationId"])["invocationid"][0].hex()
        except (KeyError, IndexError, ValueError) as wrong:
            raise Unreadable(
                f"{self.name} does not state which controller it is, or its highest change number"
            ) from wrong
        return Root(invocation, usn)


@contextmanager
def connect(settings: ActiveDirectorySettings, controller: str) -> Iterator[Directory]:
    """A connection for a block. It turns LDAP errors in the block into errors of the source
    (``importers.active_directory.errors``)."""
    access = ldap.Access(
        settings.encryption,
        settings.ca_file,
        settings.user,
        settings.password.get_secret_value(),
        settings.timeout_seconds,
    )
    try:
        with ldap.opened(access, controller) as wire:
            yield Directory(wire, controller, settings.page_size)
    except LoginRejected as wrong:
        raise errors.LoginRejected(wrong.controller, wrong.message) from wrong
    except LdapError as wrong:
        raise _OF_THE_SOURCE[type(wrong)](str(wrong), retry=wrong.retry) from wrong


_OF_THE_SOURCE = {
    ConnectionLost: errors.ConnectionLost,
    Untrusted: errors.Untrusted,
    RequestRejected: errors.RequestRejected,
    Unreadable: errors.Unreadable,
}
