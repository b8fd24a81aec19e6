"""LDAP filters of what is requested. Excluded accounts are never requested (active_directory.md pitfall 16)."""

from collections.abc import Iterable
from uuid import UUID

from ldap3.utils.conv import escape_filter_chars

from importers.active_directory.settings import ActiveDirectorySettings
from importers.active_directory.values import guid_filter

# Ordinary users. Computers, managed service accounts and trusts have other types; Administrator, Guest and krbtgt are
# critical.
USERS = "(sAMAccountType=805306368)(!(isCriticalSystemObject=TRUE))"
GROUPS = "(objectClass=group)(!(isCriticalSystemObject=TRUE))"
PLACES = "(|(objectClass=organizationalUnit)(objectClass=container))"
DELETED = "(isDeleted=TRUE)"


def users(settings: ActiveDirectorySettings) -> str:
    """Accounts that are read."""
    out = [f"(!(sAMAccountName={_pattern(each)}))" for each in settings.excluded_names]
    for attribute, values in settings.excluded_values.items():
        out += [f"(!({attribute}={_pattern(each)}))" for each in values]
    return f"(&{USERS}{''.join(out)}{settings.users_filter})"


def groups(settings: ActiveDirectorySettings) -> str:
    """Groups that are read."""
    return f"(&{GROUPS}{settings.groups_filter})"


def changed(since: int, what: str) -> str:
    """Entries that fit ``what`` and have changed after a uSNChanged."""
    return f"(&(uSNChanged>={since + 1}){what})"


def any_of(guids: Iterable[UUID]) -> str:
    return f"(|{''.join(map(guid_filter, guids))})"


def member(dn: str) -> str:
    """Groups with exactly this member. Special characters in its name are escaped."""
    return f"(member={escape_filter_chars(dn)})"


def _pattern(text: str) -> str:
    """Escapes everything but ``*``."""
    return "*".join(map(escape_filter_chars, text.split("*")))
