"""Writes a directory into an empty domain, over LDAP.

Accounts are made without a password, which Samba allows even for one that is enabled; no one can log in with them.
"""

from collections.abc import Callable

import ldap3
from ldap3.core.exceptions import LDAPOperationResult

from sample.directories.entries import Directory

_PACE = 100  # entries between two words of progress


class NotWritten(Exception):
    """The controller refused an entry. The text names the entry and the controller's reason, no value."""


def load(
    connection: ldap3.Connection, base: str, directory: Directory, progress: Callable[[int, int], None] | None = None
) -> int:
    """Add everything of ``directory`` below ``base``; how many entries that were. Raises NotWritten.

    ``connection`` is bound by a user with the right to do so, and raises what is refused. ``progress``: how many, of
    how many.
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
