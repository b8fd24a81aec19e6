"""Names of new sources and targets. What is copied is tested by the walks of the pages (tests/docs/test_walks.py)."""

from pathlib import Path

import pytest

from tools.skeleton import LONGEST, Names, WrongName, copy, main, names_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("title", "name", "class_"),
    [
        ("Silkeborg Data", "silkeborg_data", "SilkeborgData"),
        ("  Vagtplan ", "vagtplan", "Vagtplan"),
        ("KMD Løn & Økonomi", "kmd_loen_oekonomi", "KMDLoenOekonomi"),
        ("Ærø-Ås 2", "aeroe_aas_2", "AeroeAas2"),
        ("Café/Bar", "cafe_bar", "CafeBar"),
        ("iLogin", "ilogin", "ILogin"),
        ("Å" * LONGEST, "aa" * LONGEST, "Aa" * LONGEST),
    ],
)
def test_a_title_gives_a_folder_and_a_class(title: str, name: str, class_: str) -> None:
    assert names_of(title) == Names(" ".join(title.split()), name, class_)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("", "must begin with a letter"),
        ("  ", "must begin with a letter"),
        ("2day", "must begin with a letter"),
        ("データ", "must begin with a letter"),
        ('a "b"', "write letters and digits"),
        ("a{{name}}", "write letters and digits"),
        ("../x", "must begin with a letter"),
        ("a\\b", "write letters and digits"),
        ("Import", "is a reserved word in Python"),
        ("Manual", "outranks every other"),
        ("Json", "a word of the settings' own"),
        ("x" * (LONGEST + 1), "at most 30 characters"),
    ],
)
def test_what_is_not_a_name_is_refused(title: str, text: str) -> None:
    with pytest.raises(WrongName, match=text):
        names_of(title)


@pytest.mark.parametrize("title", ["Opus", "SD", "Pipeline", "Source", "Lookups", "of"])
def test_a_name_that_is_taken_is_refused_and_nothing_is_made(title: str) -> None:
    before = sorted((ROOT / "importers").rglob("*.py"))
    with pytest.raises(WrongName, match="is taken in importers/"):
        copy("source", names_of(title))
    assert sorted((ROOT / "importers").rglob("*.py")) == before


def test_the_command_says_in_a_line_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["target", "Plan2Learn"]) == 2
    assert capsys.readouterr().err == "'plan2learn' is taken in exporters/: choose another name.\n"


def test_only_a_target_takes_objects(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["source", "Adgangskort", "--kind", "objects"])
    assert "only a target has a kind" in capsys.readouterr().err


def test_every_placeholder_is_known() -> None:
    names = Names("Some Title", "some_title", "SomeTitle")
    for file in (ROOT / "tools" / "skeletons").rglob("*.txt"):
        assert "{{" not in names.put_into(file.read_text(encoding="utf-8")), file
