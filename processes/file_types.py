"""The types of files that people may attach, each known by its name and its first bytes together.

Neither says enough alone: a name is what its owner says, and a web page may begin with anything. What browsers or
office programs would run (HTML, SVG, archives, documents with macros) is of no type here, so no form can permit it.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from graph.cpr.keyring import numbers_hidden
from graph.unicode_forms import in_form

HEAD: Final = 4096
"""First bytes of a file that are looked at."""
LONGEST_NAME: Final = 120
_ZIP = b"PK\x03\x04"
_BETWEEN = re.compile(r"\s+")
_NOT_IN_NAMES = frozenset('<>:"|?*')
_MARKUP = re.compile(rb"\s*<[!?a-z/]", re.IGNORECASE)
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{each}" for port in ("com", "lpt") for each in range(10))})
"""Names that Windows keeps for devices, whatever follows their dot."""


class NotAFileType(ValueError):
    """A file whose content is not what its name says, or whose name says nothing. The text is for whoever sent it."""


@dataclass(frozen=True, slots=True)
class FileType:
    """``endings``: of names. ``media``: as HTTP calls it. ``parts``: of a zip, with what its first entry's name begins;
    ``inside``: what a zip has in its first entry ``mimetype``. ``heads``: with what other files begin."""

    name: str
    endings: tuple[str, ...]
    media: str
    heads: tuple[bytes, ...] = ()
    parts: tuple[bytes, ...] = ()
    inside: bytes = b""


_OFFICE = (b"[Content_Types].xml", b"_rels/", b"docProps/")
_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"


def _office(name: str, kind: str, folder: bytes) -> FileType:
    return FileType(name, (name,), f"{_OOXML}.{kind}", parts=(*_OFFICE, folder))


def _open_document(name: str, kind: str) -> FileType:
    return FileType(name, (name,), f"{_ODF}.{kind}", inside=f"{_ODF}.{kind}".encode())


TYPES: Final[Mapping[str, FileType]] = {
    each.name: each
    for each in (
        FileType("pdf", ("pdf",), "application/pdf", (b"%PDF-",)),
        FileType("png", ("png",), "image/png", (b"\x89PNG\r\n\x1a\n",)),
        FileType("jpeg", ("jpg", "jpeg"), "image/jpeg", (b"\xff\xd8\xff",)),
        FileType("heic", ("heic", "heif"), "image/heic"),
        _office("docx", "wordprocessingml.document", b"word/"),
        _office("xlsx", "spreadsheetml.sheet", b"xl/"),
        _office("pptx", "presentationml.presentation", b"ppt/"),
        _open_document("odt", "text"),
        _open_document("ods", "spreadsheet"),
        _open_document("odp", "presentation"),
        FileType("txt", ("txt",), "text/plain"),
        FileType("csv", ("csv",), "text/csv"),
    )
}
"""By the name that a form uses."""
_BY_ENDING = {ending: each for each in TYPES.values() for ending in each.endings}
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


def named_type(name: str) -> FileType:
    """The type that a file's name claims. Raises NotAFileType."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    found = _BY_ENDING.get(ending)
    if found is None:
        shown = f"files that end in .{ending[:20]}" if ending else "files without an ending"
        raise NotAFileType(f"{shown} are not taken")
    return found


def require_content(type_: FileType, head: bytes) -> None:
    """Whether a file begins as its type does. ``head``: its first ``HEAD`` bytes, or all. Raises NotAFileType."""
    if not _is(type_, head):
        raise NotAFileType(f"the file's content is not {type_.name}, although its name says so")


def _is(type_: FileType, head: bytes) -> bool:
    if type_.heads:
        return head.startswith(type_.heads)
    if type_.parts or type_.inside:
        return head.startswith(_ZIP) and _is_archive_of(type_, head)
    if type_.name == "heic":
        return head[4:8] == b"ftyp" and head[8:12] in _HEIC
    return _is_text(head)


def _is_archive_of(type_: FileType, head: bytes) -> bool:
    """By the first entry of the archive (APPNOTE.TXT 4.3.7)."""
    name_length, extra = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
    first, rest = head[30 : 30 + name_length], head[30 + name_length + extra :]
    if type_.inside:
        after = rest[len(type_.inside) : len(type_.inside) + 2]
        return first == b"mimetype" and rest.startswith(type_.inside) and after in (b"PK", b"")
    return first.startswith(type_.parts)


def _is_text(head: bytes) -> bool:
    """Text that is no page, image or program: some browsers show markup by whatever name."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16, as spreadsheets write it
        return _MARKUP.match(head[2:].replace(b"\0", b"")) is None
    plain = head.removeprefix(b"\xef\xbb\xbf")
    known = tuple(each for other in TYPES.values() for each in other.heads)
    return b"\0" not in plain and _MARKUP.match(plain) is None and not plain.startswith((*known, _ZIP, b"#!"))


def cleaned_name(given: str) -> str:
    """A file's name as it may be kept and shown: no path, nothing that steers, no CPR number."""
    last = in_form("NFC", given).replace("\\", "/").rpartition("/")[2]
    plain = "".join("_" if each in _NOT_IN_NAMES else each for each in last if _is_shown(each))
    name = _BETWEEN.sub(" ", numbers_hidden(plain)).strip().rstrip(" .")
    stem, dot, ending = name.rpartition(".")
    if not dot:
        return name[:LONGEST_NAME] or "file"
    stem = stem.strip(" .")[: LONGEST_NAME - len(ending[:20]) - 1].rstrip(" .") or "file"
    return f"{'_' if stem.partition('.')[0].lower() in _RESERVED else ''}{stem}.{ending[:20]}"


def _is_shown(letter: str) -> bool:
    """Blanks are, whatever they are; control characters and marks of direction are not."""
    return letter.isspace() or unicodedata.category(letter)[0] != "C"
