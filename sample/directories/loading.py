"""Writes a directory into an empty domain, over LDAP.

Accounts get no password, which Samba allows even for enabled ones; they can't be used to log in.
"""

from collections.abc import Callable

import ldap3
from ldap3.core.exceptions import LDAPOperationResult

from sample.directories.entries import Directory

_PACE = 100  # entries between two reports of progress


class NotWritten(Exception):
    """The controller refused an entry. The text has the entry's name and the controller's reason, but no value."""


def load(
    connection: ldap3.Connection, base: str, directory: Directory, progress: Callable[[int, int], None] | None = None
) -> int:
    """Add everything in ``directory`` below ``base``. Returns the number of entries. Raises NotWritten.

    ``connection`` is bound by a user with the right to do so, and raises if it is refused. ``progress``: called with
    (entries added, entries in all).
    """
    entries = list(directory.entries(base))
    for done, entry in enumerate(entries):
        if progress is not None and done % _PACE == 0:
            progress(done, len(entries))
        try:
            connection.add(entry.dn, entry.object_class, entry.attributes)
        except LDAPOperationResult as error:
            raise NotWritten(f"{entry.dn}: {error.description}") from error
    if progress is not None:
        progress(len(entries), len(entries))
    return len(entries)
