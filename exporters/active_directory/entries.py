"""Objects of the domain as the export compares them, and values as the domain wants them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from exporters.active_directory.names import LONGEST_CN, USUAL, is_numbered
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.objects.errors import Refused
from exporters.objects.target import Found, Value
from graph.time import COPENHAGEN
from protocols.ldap import connection, names, values

CLASSES = {
    "ou": ("top", "organizationalUnit"),
    "user": ("top", "person", "organizationalPerson", "user"),
    "group": ("top", "group"),
}
FILTERS = {
    "ou": "(objectClass=organizationalUnit)",
    "user": "(sAMAccountType=805306368)",
    "group": "(objectClass=group)",
}
NAMED_BY = {"ou": "ou", "user": "cn", "group": "cn"}
"""The attribute in an object's own name. It is renamed, never modified (67)."""
PLACED_BY = {"ou": "parent", "user": "ou", "group": "ou"}
"""The link to the OU that an object is in."""
PLACE = "place"
"""Field with the DN of the OU that an object is in, where that OU is not one of ours."""
LINKS = {"user": ("manager",), "group": ("member",), "ou": ()}
EXPIRES = "accountExpires"
ALIASES = "proxyAddresses"
_TEXTS = frozenset(map(str.lower, (*USUAL, ALIASES)))
_LEADS = re.compile(rb"<GUID=[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}>;(?:<SID=[^>]*>;)?(.+)", re.IGNORECASE)
_FOLDED = frozenset({"samaccountname", "userprincipalname", "mail", "msds-cloudextensionattribute1"})


@dataclass(frozen=True, slots=True)
class Seen:
    """An object as it was just read. ``raw``: values as bytes, by attribute in lower case."""

    kind: str
    dn: str
    id: str
    key: str
    raw: connection.Raw

    def number(self, name: str) -> int:
        return values.number(self.raw, name) or 0

    def first(self, name: str) -> bytes:
        given = self.raw.get(name.lower(), ())
        return given[0] if given else b""

    @property
    def enabled(self) -> bool:
        return self.kind != "user" or not self.number("userAccountControl") & values.DISABLED

    @property
    def is_protected(self) -> bool:
        return self.number("adminCount") == 1

    @property
    def is_of_domain(self) -> bool:
        """Guest, krbtgt, Administrator and the domain's own groups."""
        return self.first("isCriticalSystemObject") == b"TRUE"

    def ids(self, name: str) -> dict[str, bytes]:
        """The objects that a link leads to: id → the value as it was sent."""
        return {found: each for each in self.raw.get(name, ()) if (found := guid_of(each))}


def attributes(settings: ActiveDirectorySettings, fields: Sequence[str], kind: str) -> list[str]:
    """What is read of an object."""
    fixed = [
        "objectGUID",
        "parentGUID",
        settings.key_of(kind),
        "name",
        "adminCount",
        "isCriticalSystemObject",
        *LINKS[kind],
    ]
    if kind == "user":
        fixed += ["userAccountControl", "pwdLastSet", "sAMAccountName", EXPIRES]
    if kind == "group":
        fixed += ["sAMAccountName", "groupType"]
    known = {each.lower() for each in fixed}
    pseudo = {PLACE, NAMED_BY[kind]}
    return [*fixed, *(each for each in fields if each not in pseudo and each.lower() not in known)]


def seen(kind: str, entry: connection.Found, settings: ActiveDirectorySettings) -> Seen:
    """From an entry whose DNs contain GUIDs."""
    raw = entry.values
    ids = raw.get("objectguid", ())
    if len(ids) != 1:
        raise values.Malformed("there is no objectGUID")
    dn = entry.dn.rpartition(">;")[2]
    try:
        key = values.text(raw, settings.key_of(kind))
    except values.Malformed:  # others' bytes: no key of ours
        key = "?"
    return Seen(kind, dn, str(values.guid(ids[0])), key, raw)


def found(each: Seen, fields: Sequence[str]) -> Found:
    """For comparison with what is wanted."""
    given: dict[str, Value] = {}
    for name in fields:
        if name == PLACE:
            given[name] = names.parent(each.dn)
        elif name == NAMED_BY[each.kind]:
            given[name] = names.value(names.split(each.dn)[0])
        elif (value := _value(each, name)) is not None:
            given[name] = value
    parent = each.first("parentGUID")
    links = {name: frozenset(each.ids(name)) for name in LINKS[each.kind]}
    links[PLACED_BY[each.kind]] = frozenset({str(values.guid(parent))} if len(parent) == 16 else ())
    return Found(each.id, each.key or None, given, links, each.enabled)


def _value(each: Seen, name: str) -> Value | None:
    sent = each.raw.get(name.lower(), ())
    if name == EXPIRES:
        try:
            day = values.expiry(each.number(name), COPENHAGEN)
        except values.Malformed:  # beyond the year 9999, or no number: it is not what was sent
            return each.first(name).decode(errors="replace")
        return day.isoformat() if day else None
    texts = [dn_of(name, value) or value.decode(errors="replace") for value in sent]
    return None if not texts else texts[0] if len(texts) == 1 else sorted(texts)


def sent_value(name: str, value: Value) -> list[str | bytes]:
    """A wanted value as the domain takes it. Raises Refused."""
    if name == EXPIRES:
        try:
            return [str(values.expiry_ticks(date.fromisoformat(str(value)), COPENHAGEN))]
        except ValueError as wrong:
            raise Refused(
                "value", f"{name} needs a day (YYYY-MM-DD), and the expression gives another text."
            ) from wrong
    several = value if isinstance(value, list | tuple) else [value]
    return [_text(each) for each in several]


def cleared_value(name: str) -> list[str | bytes]:
    """What an attribute without a value has: nothing; no expiry is a number (active_directory.md §3)."""
    return [str(values.FOREVER)] if name == EXPIRES else []


def same(field: str, sent: Value, found: Value) -> bool:
    """Equal for the domain: letters' case in names that it compares without case, the order of several values, and
    spellings of a DN are no differences; a counter at the end of an object's own name is ours."""
    if found is None:
        return False
    if field == PLACE:
        return names.parts(str(sent)) == names.parts(str(found))
    if field in ("cn", "ou"):
        return is_numbered(_normal(str(sent)), _normal(str(found)))
    if field == ALIASES:
        return _mail_addresses(sent) <= _mail_addresses(found)  # others may have added some
    fold = field.lower() in _FOLDED
    return _comparable(sent, fold) == _comparable(found, fold)


def is_called(found: str, wanted: str) -> bool:
    """Whether an object's own name is exactly the wanted one, without a counter."""
    return _normal(found) == _normal(wanted[:LONGEST_CN])


def is_mail(address: str) -> bool:
    """Whether a value of proxyAddresses is a mail address: sip:, x500: and others belong to others."""
    return address[:5].lower() == "smtp:"


def as_alias(address: str) -> str:
    """A mail address that is no longer the primary one."""
    return f"smtp:{address[5:]}"


def _mail_addresses(value: Value) -> set[tuple[bool, str]]:
    """(whether it is the primary one, the address). Upper case marks the primary one, and nothing else."""
    several = value if isinstance(value, list | tuple) else [value]
    texts = [str(each) for each in several]
    return {(each[:5] == "SMTP:", _normal(each[5:]).casefold()) for each in texts if is_mail(each)}


def _comparable(value: Value, fold: bool) -> tuple[str, ...]:
    several = value if isinstance(value, list | tuple) else [value]
    texts = [_normal(_text(each)) for each in several]
    return tuple(sorted(_as_dn(each) or (each.casefold() if fold else each) for each in texts))


def _as_dn(text: str) -> str:
    """One form of all spellings of a DN; empty if it is no DN."""
    parts = names.parts(text)
    return repr(parts) if parts[-1][0] == "dc" and all(type_ and each for type_, each in parts) else ""


def _text(value: Value) -> str:
    return str(value).upper() if isinstance(value, bool) else str(value)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def guid_of(dn: bytes) -> str:
    """The id in a DN that comes with it: ``<GUID=…>;<SID=…>;CN=…``."""
    start = dn.partition(b">")[0]
    return start[6:].decode().lower() if start.startswith(b"<GUID=") else ""


def dn_of(name: str, value: bytes) -> str:
    """The DN in a value that leads to an object; empty if the value leads nowhere. The usual attributes are texts, some
    of which people write themselves."""
    found = None if name.lower() in _TEXTS else _LEADS.fullmatch(value)
    return found[1].decode(errors="replace") if found else ""


def by_id(id_: str) -> str:
    """An object as the base of a search, the entry of a write, or the value of a link: survives renames and moves."""
    return f"<GUID={UUID(id_)}>"
