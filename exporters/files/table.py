"""Tables as text files: the form of files_and_rest.md §2."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from exporters.files.transliteration import REPLACEMENT, can_hold, normalised, transliterated

Encoding = Literal["utf-8", "utf-8-bom", "windows-1252", "iso-8859-1", "iso-8859-15", "utf-16le-bom"]

_CODECS: dict[Encoding, tuple[str, bytes]] = {
    "utf-8": ("utf-8", b""),
    "utf-8-bom": ("utf-8", b"\xef\xbb\xbf"),
    "windows-1252": ("cp1252", b""),
    "iso-8859-1": ("iso-8859-1", b""),
    "iso-8859-15": ("iso-8859-15", b""),
    "utf-16le-bom": ("utf-16-le", b"\xff\xfe"),
}

_FORMULA = frozenset("=+-@＝＋－＠")
"""What a formula begins with; Excel takes the wide ones for the others."""
_NUMBER = re.compile(r"[+-][0-9]+([.,][0-9]+)?")
"""Runs nothing, such as a phone number in E.164."""


class TableForm(BaseModel):
    """How a table is written. Encoding has no default: a wrong guess is seen by the receiver only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    encoding: Encoding = Field(description='Ask the receiver. "Primær" is 50 72 69 6D E6 72 in Windows-1252')
    delimiter: Literal[";", ",", "\t", "|"] = ";"
    quote: Literal["all", "needed", "never"] = "all"
    newline: Literal["crlf", "lf"] = "crlf"
    header: bool = True
    guard: bool = Field(
        default=True,
        description="a ' before values that a spreadsheet would run as a formula; off where no person opens the file",
    )

    @model_validator(mode="after")
    def _encoding_and_rest_fit(self) -> Self:
        if self.guard and self.quote == "never":
            raise ValueError(
                "guard is for files that a person may open in a spreadsheet, which need quotes: set quote to all or "
                "needed, or guard to false where no person opens the file"
            )
        return self


@dataclass(frozen=True, slots=True)
class Altered:
    """A value that could not be written as it is. ``rule``: transliterated, replaced (by a question mark),
    flattened (what quotes would have kept), removed (control characters), guarded (a spreadsheet would run it)."""

    row: str
    column: str
    rule: Literal["transliterated", "replaced", "flattened", "removed", "guarded"]
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A table's bytes, and what was altered to write it."""

    content: bytes
    altered: tuple[Altered, ...]


def write(form: TableForm, columns: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> Written:
    """The table. ``rows``: (key for the report, values in the order of the columns). Ends with a line end."""
    codec, mark = _CODECS[form.encoding]
    end = "\r\n" if form.newline == "crlf" else "\n"
    altered: list[Altered] = []
    lines = [form.delimiter.join(_cell(form, _guarded(form, each)) for each in columns)] if form.header else []
    for key, values in rows:
        if not (form.quote == "all" and _is_plain("".join(values), codec)):
            encodable = [_encodable(form, codec, value) for value in values]
            for column, value, sent in zip(columns, values, encodable, strict=True):
                if sent != value:
                    altered += _alterations(key, column, value, sent)
            values = encodable
        if form.guard and any(map(_runs, values)):
            for column, value in zip(columns, values, strict=True):
                if _runs(value):
                    altered.append(
                        Altered(
                            key,
                            column,
                            "guarded",
                            f"a spreadsheet would run {value!r} as a formula; sent with a ' before it",
                        )
                    )
            values = [_guarded(form, value) for value in values]
        lines.append(form.delimiter.join([_cell(form, value) for value in values]))
    text = "".join(line + end for line in lines)
    return Written(mark + text.encode(codec), tuple(altered))


def read(form: TableForm, content: bytes) -> list[list[str]]:
    """The cells of a table that was written so, the header's too. Raises ValueError where it was not."""
    codec, mark = _CODECS[form.encoding]
    if not content.startswith(mark):
        raise ValueError("the byte order mark is missing")
    text = io.StringIO(content[len(mark) :].decode(codec), newline="")
    try:
        if form.quote == "never":
            return list(csv.reader(text, delimiter=form.delimiter, quoting=csv.QUOTE_NONE))
        return list(csv.reader(text, delimiter=form.delimiter, strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error


def as_written(form: TableForm, value: str) -> str:
    """A cell's value as a reader of the table gets it."""
    return _guarded(form, _encodable(form, _CODECS[form.encoding][0], value))


def as_data(value: str) -> str:
    """A cell's value that no spreadsheet runs as a formula: a ' before what one would run."""
    return "'" + value if _runs(value) else value


def unguarded(form: TableForm, value: str) -> str:
    """A cell's value as it was before the guard."""
    return value[1:] if form.guard and value[:1] == "'" and _runs(value[1:]) else value


def _is_plain(text: str, codec: str) -> bool:
    """Whether the text can be written as it is, seen for a whole row at once because nearly every row can."""
    if text.isascii():
        return text.isprintable()
    return text.isprintable() and unicodedata.is_normalized("NFC", text) and can_hold(codec, text)


def _encodable(form: TableForm, codec: str, value: str) -> str:
    text = transliterated(normalised(value), codec)
    if form.quote == "never":
        for character in (form.delimiter, "\r\n", "\r", "\n", '"'):
            text = text.replace(character, "'" if character == '"' else " ")
    return text


def _alterations(key: str, column: str, value: str, encodable: str) -> list[Altered]:
    composed = normalised(value)
    if composed != unicodedata.normalize("NFC", value):
        return [Altered(key, column, "removed", f"control characters removed; sent as {encodable!r}")]
    if composed == encodable:
        return []
    if encodable.count(REPLACEMENT) > composed.count(REPLACEMENT):
        return [Altered(key, column, "replaced", f"{composed!r} is sent as {encodable!r}")]
    if any(each in composed and each not in encodable for each in '\r\n;,|\t"'):
        return [Altered(key, column, "flattened", f"{composed!r} is sent as {encodable!r}")]
    return [Altered(key, column, "transliterated", f"{composed!r} is sent as {encodable!r}")]


def _runs(value: str) -> bool:
    """Whether a spreadsheet takes the value for a formula. Blanks before it, tabs and line breaks too, hide nothing."""
    return value.lstrip()[:1] in _FORMULA and not _NUMBER.fullmatch(value)


def _guarded(form: TableForm, value: str) -> str:
    return as_data(value) if form.guard else value


def _cell(form: TableForm, value: str) -> str:
    if form.quote == "all" or (form.quote == "needed" and _needs_quotes(form, value)):
        return '"' + value.replace('"', '""') + '"'
    return value


def _needs_quotes(form: TableForm, value: str) -> bool:
    return any(each in value for each in (form.delimiter, '"', "\r", "\n")) or value != value.strip()
