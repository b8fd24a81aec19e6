"""Tables as people and programs write them (kle.md §2 C)."""

from collections.abc import Callable
from datetime import date

import pytest

from graph.statements.statement import Problem
from importers.kle import table
from importers.kle.entries import Release
from importers.kle.errors import Unreadable
from tests.importers.kle.release import uuid

LARGEST = 1 << 20
NUMBERS = ("27", "27.12", "27.12.04", "Ø", "Ø00")
PLAIN = "uuid;number;title\n" + "".join(f"{uuid(each)};{each};Ældre {each}\n" for each in NUMBERS)
DATED = (
    "uuid;number;title;created;changed;ended;replaced_by\n"
    f"{uuid('27')};27;Social;1988-01-01;;;\n"
    f"{uuid('27.12')};27.12;Støtte;1988-01-01;2020-02-01;2026-08-01;27.14,27.16\n"
)


def read(text: str, encoding: str = "utf-8") -> Release:
    return table.release(text.encode(encoding), "kle.csv", LARGEST)


def told(problems: list[Problem]) -> list[tuple[str, str, str, str]]:
    return [(each.key, each.field, each.rule, each.severity) for each in problems]


@pytest.mark.parametrize(
    "written",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text + "\n;;\n  ;;\n",
        lambda text: text.replace("uuid;number;title", " UUID ;Number; TITLE ;;"),
        lambda text: "".join(f"{line};;\n" if line[:4] != "uuid" else f"{line}\n" for line in text.splitlines()),
        lambda text: text.replace(";Ældre 27.12\n", ';"Ældre 27.12"\n'),
    ],
    ids=["byte_order_mark", "crlf", "empty_lines", "header", "empty_cells", "quoted"],
)
def test_the_same_in_other_clothes(written: Callable[[str], str]) -> None:
    found = read(written(PLAIN))
    assert (found.entries, found.problems) == (read(PLAIN).entries, [])


def test_columns_may_stand_in_any_order_and_unknown_ones_are_reported() -> None:
    rows = [line.split(";") for line in PLAIN.splitlines()]
    found = read("".join(f"{c};x;{b};{a}\n" for a, b, c in rows).replace(";x;", ";note;", 1))
    assert found.entries == read(PLAIN).entries
    assert told(found.problems) == [("", "note", "unknown_column", "notice")]


def test_dates_and_successors() -> None:
    _, ended = read(DATED).entries
    assert (ended.created, ended.changed, ended.ended) == (date(1988, 1, 1), date(2020, 2, 1), date(2026, 8, 1))
    assert (ended.moved, ended.successors) == (True, ("27.14", "27.16"))


def test_an_end_at_the_end_of_the_calendar_is_none() -> None:
    _, found = read(DATED.replace("2026-08-01;27.14,27.16", "9999-12-31;")).entries
    assert found.is_current


@pytest.mark.parametrize(
    ("line", "field", "rule"),
    [
        (f"{uuid('27.12')};27.12;Støtte;01-01-1988;;;", "created", "date"),
        (f"{uuid('27.12')};27.12;Støtte;1988-01-01;;1987-01-01;", "ended", "empty_period"),
        (f"{uuid('27.12')};27.12;;;;;", "title", "title"),
        (f"{uuid('27.12')};27.12;Støtte;;;", "columns", "columns"),
        (f"{uuid('27.12')};27.12;Støtte;;;;;more", "columns", "columns"),
    ],
)
def test_a_line_that_can_not_be_taken_is_named_and_the_rest_goes_on(line: str, field: str, rule: str) -> None:
    head, first, _ = DATED.splitlines()
    found = read("\n".join((head, line, first)))
    assert told(found.problems) == [("27.12", field, rule, "bad")]
    assert [each.number for each in found.entries] == ["27"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PLAIN.replace(";", ","), "no column uuid, number, title"),
        (PLAIN.replace("number", "nummer"), "no column number"),
        (PLAIN.replace("title", "title;title"), "'title' occurs twice"),
        (PLAIN.replace(";Ældre 27.12\n", ';"Ældre 27.12\n'), "not a table"),
        (PLAIN.replace(";Ældre 27.12\n", ';"Æ" ldre\n'), r"line 3"),
        ("", "no column"),
        ("uuid;number;title\n", "no usable entry"),
    ],
)
def test_what_is_no_table(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read(text)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "cp1252", "utf-16"])
def test_another_encoding_is_refused(encoding: str) -> None:
    with pytest.raises(Unreadable, match="not in UTF-8"):
        read(PLAIN, encoding)
