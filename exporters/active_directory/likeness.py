"""Users without our key, by what a planned account may share with them: such a user may be the same person's."""

import unicodedata
from collections.abc import Callable, Iterable, Sequence

from exporters.active_directory.entries import Seen
from exporters.objects.target import Value, Wanted

_LIKE = {
    "employeeID": ("employeeID",),
    "userPrincipalName": ("userPrincipalName",),
    "mail": ("mail", "proxyAddresses"),
}
"""Field of a planned account → attributes in which a user of the OUs of ``within`` may have the same value."""
_LOGIN = "sAMAccountName"
ATTRIBUTES = ("displayName", "sn", "givenName", "mail", "proxyAddresses", "userPrincipalName", "employeeID", _LOGIN)


class Unmarked:
    """``adopt_by``: further attributes, of users of the whole domain; ``is_managed``: whether a DN is in ``within``."""

    def __init__(self, users: Iterable[Seen], adopt_by: Sequence[str], is_managed: Callable[[str], bool]) -> None:
        self._by: dict[tuple[str, str], list[Seen]] = {}
        self._fields = {**_LIKE, **{name: (name,) for name in adopt_by}}
        self._sure = {"employeeID", *adopt_by}
        for each in users:
            if each.key or each.is_of_domain:
                continue
            names = {*adopt_by}
            if is_managed(each.dn):
                names |= {_LOGIN, *(name for several in _LIKE.values() for name in several)}
            for name in names:
                for raw in each.raw.get(name.lower(), ()):
                    self._by.setdefault((name, _text(raw.decode(errors="replace"))), []).append(each)

    def like(self, wanted: Wanted) -> list[tuple[Seen, tuple[str, ...]]]:
        """Those that may be the planned account's, each once, and the fields by which."""
        found: dict[str, Seen] = {}
        by: dict[str, set[str]] = {}
        for field, attributes in self._fields.items():
            for value in _several(wanted.values.get(field)):
                for name in attributes:
                    for each in self._by.get((name, _text(value)), ()):
                        found[each.id] = each
                        by.setdefault(each.id, set()).add(field)
        for value in _several(wanted.values.get(_LOGIN)):
            for each in self._by.get((_LOGIN, _text(value)), ()):
                if _may_be_called(each, str(wanted.values.get("displayName", ""))):
                    found[each.id] = each
                    by.setdefault(each.id, set()).add(_LOGIN)
        return [(each, tuple(sorted(by[each.id]))) for each in found.values()]

    def is_sure(self, by: Sequence[str]) -> bool:
        """Whether one of these fields is never shared by two people. Namesakes share logins and mail addresses: what is
        planned for one may be the other's since long ago."""
        return any(name in self._sure for name in by)


def _may_be_called(user: Seen, name: str) -> bool:
    """Whether nothing shows that the user of the same login is another person: it has this name, or none."""
    own = [user.first(each).decode(errors="replace") for each in ("displayName", "givenName", "sn")]
    shown, given, surname = own
    return not any(own) or _text(name) in (_text(shown), _text(f"{given} {surname}"))


def _several(value: Value) -> list[str]:
    several = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return [str(each) for each in several]


def _text(text: str) -> str:
    folded = unicodedata.normalize("NFC", " ".join(text.split())).casefold()
    return folded.removeprefix("smtp:")
