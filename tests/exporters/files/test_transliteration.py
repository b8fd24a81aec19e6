"""Text that an encoding can't hold. Numbers: plan2learn.md's pitfalls, and those of files_and_rest.md (``files``)."""

import pytest

from exporters.files.transliteration import normalised, transliterated


@pytest.mark.parametrize(("name", "written"), [("Łukasz", "Lukasz"), ("Şahin", "Sahin"), ("Đặng", "Dang")])
def test_files_10_letters_with_and_without_a_decomposition(name: str, written: str) -> None:
    assert transliterated(name, "cp1252") == written


def test_files_10_what_windows_1252_holds_stays() -> None:
    assert transliterated("šž€–", "cp1252").encode("cp1252") == b"\x9a\x9e\x80\x96"


def test_files_10_what_iso_8859_holds() -> None:
    assert transliterated("šž€–", "iso-8859-1") == "szEUR-"
    assert transliterated("šž€–", "iso-8859-15") == "šž€-"


def test_files_11_a_decomposed_letter_is_composed() -> None:
    assert normalised("A\u030arhus") == "Århus"


def test_control_characters_go_and_line_breaks_stay() -> None:
    assert normalised("a\x00b\x1fc\td\ne") == "abc\td\ne"


def test_what_has_no_letters_is_a_question_mark() -> None:
    assert transliterated("李 Li", "cp1252") == "? Li"
