"""Tables as files. Numbers: plan2learn.md's pitfalls, and those of files_and_rest.md (``files``)."""

import csv
import io
from pathlib import Path

import pytest

from exporters import plan2learn
from exporters.files.table import TableForm, read, unguarded, write
from exporters.plan2learn.settings import Plan2LearnForm

NASTY = ["a;b", 'a"b', "a\nb", "a\r\nb", " a ", "", "=1+1", "+4512345678", "Ærø", "'"]


@pytest.mark.parametrize("quote", ["all", "needed"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "codec"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-bom", "utf-8-sig"),
        ("windows-1252", "cp1252"),
        ("iso-8859-1", "iso-8859-1"),
        ("iso-8859-15", "iso-8859-15"),
        ("utf-16le-bom", "utf-16"),
    ],
)
def test_files_09_every_cell_comes_back(quote: str, delimiter: str, encoding: str, codec: str) -> None:
    form = TableForm.model_validate({"quote": quote, "delimiter": delimiter, "encoding": encoding, "guard": False})
    columns = [f"c{number}" for number in range(len(NASTY))]
    written = write(form, columns, [("k", NASTY)])
    assert written.altered == ()
    text = io.StringIO(written.content.decode(codec), newline="")
    assert list(csv.reader(text, delimiter=delimiter)) == [columns, NASTY]
    assert read(form, written.content) == [columns, NASTY]


FORMULAS = ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "  =1+1", "＝1+1", "-2+cmd|' /C calc'!A0"]


@pytest.mark.parametrize("quote", ["all", "needed"])
def test_files_12_a_value_that_a_spreadsheet_would_run_is_guarded_and_reported(quote: str) -> None:
    form = TableForm.model_validate({"encoding": "utf-8", "quote": quote})
    for formula in FORMULAS:
        written = write(form, [formula], [("k", [formula])])
        cells = list(csv.reader(io.StringIO(written.content.decode(), newline=""), delimiter=";"))
        assert cells == [["'" + formula], ["'" + formula]]
        assert [each.rule for each in written.altered] == ["guarded"]
        assert unguarded(form, cells[1][0]) == formula
    harmless = ["+4512345678", "-5", "-2,50", "+1.5", "a=1", "", "Nord - Syd"]
    assert write(form, [f"c{n}" for n in range(len(harmless))], [("k", harmless)]).altered == ()


def test_files_12_without_the_guard_a_formula_is_data() -> None:
    plain = write(TableForm(encoding="utf-8", header=False, guard=False), ["a"], [("k", ["=1+1"])])
    assert (plain.content, plain.altered) == (b'"=1+1"\r\n', ())


def test_files_12_the_guard_is_on_unless_a_target_decides_otherwise() -> None:
    assert TableForm(encoding="utf-8").guard
    assert not Plan2LearnForm(encoding="utf-8").guard
    readme = Path(plan2learn.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert "form.guard = false" in readme
    with pytest.raises(ValueError, match="set quote to all or needed, or guard to false"):
        TableForm(encoding="utf-8", quote="never")


def test_08_a_letter_outside_the_encoding_is_transliterated_and_reported() -> None:
    form = TableForm(encoding="windows-1252")
    written = write(form, ["Navn"], [("p1", ["Łukasz"]), ("p2", ["Søren"]), ("p3", ["李"])])
    assert written.content == '"Navn"\r\n"Lukasz"\r\n"Søren"\r\n"?"\r\n'.encode("cp1252")
    assert [(each.row, each.column, each.rule) for each in written.altered] == [
        ("p1", "Navn", "transliterated"),
        ("p3", "Navn", "replaced"),
    ]


def test_without_quotes_delimiters_and_line_breaks_are_replaced_and_reported() -> None:
    form = TableForm(encoding="utf-8", quote="never", newline="lf", header=False, guard=False)
    written = write(form, ["Navn", "By"], [("u1", ['Nord; "Øst"\n', "Ribe"])])
    assert written.content.decode() == "Nord  'Øst' ;Ribe\n"
    assert [each.rule for each in written.altered] == ["flattened"]


def test_an_empty_table_has_its_header() -> None:
    assert write(TableForm(encoding="utf-8"), ["a"], []).content == b'"a"\r\n'


def test_control_characters_are_removed_and_reported() -> None:
    written = write(TableForm(encoding="utf-8", header=False), ["Navn"], [("p1", ["Al\x00ma"])])
    assert written.content == b'"Alma"\r\n'
    assert [each.rule for each in written.altered] == ["removed"]
