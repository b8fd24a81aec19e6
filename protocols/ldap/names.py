"""Distinguished names: compared by their parts, never as text (active_directory.md §3 "Escaping")."""

import re
import unicodedata

from ldap3.utils.dn import escape_rdn

Parts = tuple[tuple[str, str], ...]
"""(type, value) of each part, the entry's own first; folded, for comparison only."""

_ESCAPED = re.compile(rb"\\([0-9a-fA-F]{2}|.)", re.DOTALL)


def split(dn: str) -> list[str]:
    """The parts as written, the entry's own first."""
    parts, part, escaped = [], "", False
    for letter in dn:
        if letter == "," and not escaped:
            parts.append(part)
            part = ""
            continue
        part += letter
        escaped = letter == "\\" and not escaped
    return [*parts, part]


def parts(dn: str) -> Parts:
    """Equal for two spellings of one DN."""
    return tuple(_folded(each) for each in split(dn))


def value(rdn: str) -> str:
    """The unescaped value of a part as written: ``CN=Bæk\\, Åse`` is ``Bæk, Åse``."""
    written = rdn.partition("=")[2].encode()
    return _ESCAPED.sub(_letter, written).decode(errors="replace")


def parent(dn: str) -> str:
    """The DN above, as written."""
    return ",".join(split(dn)[1:])


def is_within(dn: str, place: str) -> bool:
    """Whether the entry is the place, or below it."""
    inner, outer = parts(dn), parts(place)
    return len(inner) >= len(outer) and inner[len(inner) - len(outer) :] == outer


def realm(base: str) -> str:
    """The domain's name: of ``DC=kommune,DC=dk`` it is kommune.dk."""
    return ".".join(text for type_, text in parts(base) if type_ == "dc")


def rdn(type_: str, text: str) -> str:
    """A part for a name, escaped."""
    return f"{type_}={escape_rdn(text)}"


def _folded(part: str) -> tuple[str, str]:
    return part.partition("=")[0].strip().casefold(), unicodedata.normalize("NFC", value(part)).strip().casefold()


def _letter(found: re.Match[bytes]) -> bytes:
    text = found[1]
    return bytes.fromhex(text.decode()) if len(text) == 2 else text
