"""Fields of forms that take files: what a definition may state, and what a file is."""

from typing import Any

import pytest

from processes.attachment_faults import attachment_faults
from processes.errors import FormRejected
from processes.file_types import TYPES, NotAFileType, cleaned_name, named_type, require_content
from processes.forms import Form, read_form

ONE: dict[str, Any] = {"type": "string", "format": "attachment"}
SEVERAL: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "format": "attachment"}


def form(name: str = "letter", /, **fields: Any) -> Form:
    return read_form(name, {"type": "object", "properties": fields})


@pytest.mark.parametrize(
    "field",
    [
        ONE,
        SEVERAL | {"maxItems": 3, "minItems": 1},
        ONE | {"x-reconnect": {"types": ["pdf", "docx"], "megabytes": 0.5}},
        ONE | {"prefill": "other", "readOnly": True},
    ],
)
def test_a_field_takes_one_file_or_several(field: Any) -> None:
    assert list(attachment_faults({"letter": form(file=field, other=ONE)}, "request")) == []


@pytest.mark.parametrize(
    ("field", "word"),
    [
        (ONE | {"type": "number"}, "its type"),
        ({"format": "attachment"}, "its type"),
        (SEVERAL | {"items": {"type": "object"}}, "items"),
        (SEVERAL | {"maxItems": 100}, "maxItems"),
        (ONE | {"x-reconnect": {"types": ["exe"]}}, "'exe' are not supported"),
        (ONE | {"x-reconnect": {"types": [{}]}}, "are not supported"),
        (ONE | {"x-reconnect": {"types": []}}, "list"),
        (ONE | {"x-reconnect": {"types": "pdf"}}, "list"),
        (ONE | {"x-reconnect": {"megabytes": 0}}, "megabytes"),
        (ONE | {"x-reconnect": {"megabytes": 1000}}, "megabytes"),
        (ONE | {"x-reconnect": {"megabytes": "1"}}, "megabytes"),
        (ONE | {"x-reconnect": {"bytes": 1}}, "has no 'bytes'"),
        (ONE | {"x-reconnect": []}, "object"),
        (ONE | {"enum": ["a"]}, "enum"),
        (ONE | {"prefill": "person"}, "prefill"),
        ({"type": "array", "items": ONE}, "not within it"),
        ({"type": "object", "properties": {"file": ONE}}, "not within it"),
        ({"type": "string", "prefill": "other"}, "takes none"),
    ],
)
def test_a_definition_that_states_what_can_not_be_is_refused_with_the_field(field: Any, word: str) -> None:
    faults = list(attachment_faults({"letter": form(file=field, other=ONE)}, "request"))
    assert faults and {(each.document, each.element, each.rule) for each in faults} == {
        ("letter.json", "file", "attachment")
    }
    assert any(word in each.text for each in faults)


def test_the_start_of_a_case_takes_no_files() -> None:
    (fault,) = attachment_faults({"request": form("request", file=ONE)}, "request")
    assert (fault.document, fault.element) == ("request.json", "file") and "first task" in fault.text


def test_a_name_is_that_of_files_in_all_forms_or_in_none() -> None:
    """A text by the name of a field with files would name files to the tasks that come after it."""
    (fault,) = attachment_faults({"letter": form(file=ONE), "note": form("note", file={"type": "string"})}, "request")
    assert (fault.document, fault.element) == ("note.json", "file") and "another form has files" in fault.text


def test_files_outside_of_the_properties_are_refused() -> None:
    schema = {"type": "object", "properties": {}, "then": {"properties": {"file": ONE}}}
    (fault,) = attachment_faults({"letter": read_form("letter", schema)}, "request")
    assert "only a field in properties" in fault.text


def test_a_repair_or_a_message_sets_no_file() -> None:
    with pytest.raises(FormRejected, match="only whoever has the task"):
        form(file=ONE).check_field("file", "0b7bd2a2-6a7a-4a4c-9d2e-3f7a5b1c9d10")


ARCHIVE = b"PK\x03\x04" + bytes(22)
"""The head of a zip's first entry, up to the lengths of its name and of what follows that."""


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.pdf", b"%PDF-1.4"),
        ("a.JPG", b"\xff\xd8\xff\xe0"),
        ("a.png", b"\x89PNG\r\n\x1a\n"),
        ("a.heic", b"\0\0\0\x18ftypheic"),
        ("a.docx", ARCHIVE + b"\x13\0\0\0[Content_Types].xml"),
        ("a.xlsx", ARCHIVE + b"\x0b\0\0\0_rels/.rels"),
        ("a.odt", ARCHIVE + b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.textPK"),
        ("a.txt", "Kære Åse, 2 < 3".encode()),
        ("a.csv", "\ufeffnavn;løn".encode()),
        ("a.csv", "\ufeffnavn;løn".encode("utf-16-le")),
        ("a.txt", "løn".encode("latin-1")),
    ],
)
def test_a_file_of_a_type_is_taken(name: str, head: bytes) -> None:
    require_content(named_type(name), head)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.pdf", b"\n<html>%PDF-"),
        ("a.xlsx", ARCHIVE + b"\x09\0\0\0word/a.xml"),
        ("a.ods", ARCHIVE + b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.textPK"),
        ("a.odt", ARCHIVE + b"\x08\0\0\0mimetypeapplication/vnd.oasis.opendocument.text-templatePK"),
        ("a.txt", b"%PDF-1.4"),
        ("a.txt", b"\xef\xbb\xbf <svg>"),
        ("a.txt", b"\xff\xfe<\0h\0t\0m\0l\0>\0"),
        ("a.txt", b"#!/bin/sh"),
        ("a.csv", b"a\0b"),
        ("a.heic", b"\0\0\0\x18ftypmp42"),
        ("a.docx", b"PK\x03\x04"),
    ],
)
def test_a_file_that_is_something_else_is_not(name: str, head: bytes) -> None:
    with pytest.raises(NotAFileType):
        require_content(named_type(name), head)


def test_names_with_the_worst_of_letters_keep_their_ending() -> None:
    assert cleaned_name("\0\x1b[31mbrev\u202e .pdf") == "[31mbrev.pdf"
    assert cleaned_name("...") == "file" and cleaned_name("") == "file"
    for each in TYPES.values():
        assert named_type(cleaned_name(f"x.{each.endings[0]}")) is each
