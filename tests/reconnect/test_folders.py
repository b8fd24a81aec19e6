"""Sources and targets are found by their folders, and what is found is used: settings, command line, errors."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from importers.source import NotSetUp, Surroundings
from reconnect import folders, sources, targets
from reconnect.context import Context
from reconnect.exits import CommandFailed, Exit
from reconnect.settings.file import load
from reconnect.settings.tree import Settings

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("active_directory", "cpr", "school_ad", "sd", "unilogin")
"""Sources that need settings."""


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("RECONNECT_HOME", str(tmp_path))
    file = tmp_path / "reconnect.toml"
    file.write_text("")
    return Context(file)


def test_the_folders_of_today_are_found() -> None:
    assert {"facts", "kle", "opus", "positions", *SERVICES} <= {*folders.source_names()}
    assert "plan2learn" in folders.target_names()
    assert not {"pipeline", "__pycache__"} & {*folders.source_names()}
    assert not {"files", "objects"} & {*folders.target_names()}


def test_each_folder_has_its_place_in_the_settings() -> None:
    empty = Settings()
    for name in folders.source_names():
        assert (empty.sources.of(name) is None) == (name in SERVICES), name
    for name in folders.target_names():
        assert name in type(empty.targets).model_fields
    assert empty.sources.of("of") is None and empty.sources.of("nonsense") is None


@pytest.mark.parametrize("name", SERVICES)
def test_a_source_without_its_settings_says_what_to_add(context: Context, name: str) -> None:
    with pytest.raises(CommandFailed) as told:
        sources.build(context, name, None)
    assert told.value.code == Exit.USAGE
    assert f"has no settings: add [sources.{name}] with " in str(told.value)
    assert f"importers/{name}/README.md tells what they mean." in str(told.value)


def test_a_target_without_its_settings_says_what_to_add(context: Context) -> None:
    with pytest.raises(CommandFailed, match=r"Plan2Learn has no settings: add \[targets\.plan2learn\] with form"):
        targets.build(context, "plan2learn")


def test_an_unknown_name_is_answered_with_those_that_there_are(context: Context) -> None:
    with pytest.raises(CommandFailed, match=r"There is no source 'pipeline'\. There are: active_directory, cpr, facts"):
        sources.build(context, "pipeline", None)
    with pytest.raises(CommandFailed, match=r"There is no target 'files'\. There are: .*plan2learn"):
        targets.build(context, "files")


def test_a_list_without_a_place_says_how_to_give_one(context: Context) -> None:
    with pytest.raises(CommandFailed, match=r"The position list has no place: add \[sources\.positions\]"):
        sources.build(context, "positions", None)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_no_files(name: str, tmp_path: Path) -> None:
    def unasked() -> object:
        raise AssertionError("nothing is opened")

    surroundings = Surroundings(tmp_path, unasked, unasked)  # type: ignore[arg-type]
    with pytest.raises(NotSetUp, match=r"is a (web )?service; it has no files to read --from\."):
        folders.source(name).build(SimpleNamespace(), surroundings)


def test_what_a_source_gets_is_opened_when_it_asks(context: Context, tmp_path: Path) -> None:
    """Opus and facts look into no graph: without a store they can be made."""
    assert sources.build(context, "facts", tmp_path).name == "facts"
    assert sources.build(context, "opus", tmp_path).name == "opus"


def test_a_source_is_kept_under_the_name_of_its_settings(tmp_path: Path) -> None:
    file = tmp_path / "reconnect.toml"
    file.write_text('[sources.facts]\nname = "own_facts"\n')
    settings = load(file, {}).settings.sources
    assert [sources.kept_name(settings, each) for each in ("facts", "kle", "nonsense")] == [
        "own_facts", "kle", "nonsense"
    ]  # fmt: skip


def test_settings_load_no_source_and_names_load_no_settings() -> None:
    """In a process of its own: here everything is loaded already."""
    code = (
        "import sys; from reconnect import folders; names = folders.source_names(), folders.target_names();"
        "early = [each for each in sys.modules if each.startswith(('importers.', 'exporters.'))];"
        "import reconnect.settings.tree;"
        "late = [each for each in sys.modules if each.endswith(('.source', '.target')) and each.count('.') == 2];"
        "print(early, late)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"
