"""Sources and targets are found by their folders, and what is found is used: settings, command line, errors."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import BaseModel, ConfigDict

from importers.source import NotSetUp, Surroundings
from reconnect import folders, sources, targets
from reconnect.context import Context
from reconnect.exits import CommandFailed, Exit
from reconnect.settings import tree
from reconnect.settings.file import load
from reconnect.settings.names import unknown_names
from reconnect.settings.tree import Settings

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("active_directory", "cpr", "fk_adm", "school_ad", "sd", "unilogin")
"""Sources that need settings."""


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("RECONNECT_HOME", str(tmp_path))
    file = tmp_path / "reconnect.toml"
    file.write_text("")
    return Context(file)


@pytest.mark.whole
def test_the_folders_of_today_are_found() -> None:
    assert {"facts", "kle", "opus", "positions", *SERVICES} <= {*folders.source_names()}
    assert "plan2learn" in folders.target_names()
    assert not {"pipeline", "__pycache__"} & {*folders.source_names()}
    assert not {"files", "objects"} & {*folders.target_names()}


@pytest.mark.whole
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
    assert f"importers/{name}/README.md explains them." in str(told.value)


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


class Instance(BaseModel):
    """Settings of one of several targets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str


@pytest.fixture
def several(monkeypatch: pytest.MonkeyPatch, context: Context) -> Context:
    """As if there were a folder ``mailer`` that stands for several targets."""

    def build(settings: Instance, surroundings: targets.Surroundings) -> object:
        return SimpleNamespace(name=surroundings.name, address=settings.address)

    mailer = SimpleNamespace(
        TITLE="Mailer", NEEDS="address", OBJECTS=("mail",), Settings=Instance, SEVERAL=True, build=build
    )
    monkeypatch.setattr(folders, "target_names", lambda: ("mailer",))
    monkeypatch.setattr(folders, "target", lambda name: mailer)
    return context


def settings_with(context: Context, tables: dict[str, dict[str, str]]) -> None:
    """Put targets of the kind into the settings that the context has read."""
    model = tree.of_folders("TargetsSettings", "", {"mailer": folders.target("mailer")})
    made = model.model_validate({"mailer": tables} if tables else {})
    context.__dict__["loaded"] = SimpleNamespace(settings=SimpleNamespace(targets=made))


def test_each_of_several_targets_has_a_name(several: Context) -> None:
    settings_with(several, {"intranet": {"address": "a"}, "school": {"address": "b"}})
    made = targets.build(several, "mailer-school")
    assert (made.name, made.address) == ("mailer-school", "b")  # type: ignore[attr-defined]
    with pytest.raises(CommandFailed, match=r"'mailer' in the settings\. There are: mailer-intranet, mailer-school\."):
        targets.build(several, "mailer")
    assert targets.objects(several.settings.targets) == {
        "mailer-intranet": ("file", "mail"),
        "mailer-school": ("file", "mail"),
    }
    with pytest.raises(CommandFailed, match="There is no target 'mailer-x' in the settings"):
        targets.build(several, "mailer-x")


def test_the_only_one_of_a_kind_needs_no_name(several: Context) -> None:
    settings_with(several, {"intranet": {"address": "a"}})
    assert targets.build(several, "mailer").name == "mailer-intranet"
    settings_with(several, {})
    with pytest.raises(CommandFailed, match=r"Mailer has no settings: add \[targets\.mailer\.NAME\]"):
        targets.build(several, "mailer")


def test_a_schedule_may_name_each_of_several(several: Context) -> None:
    def wrong(tables: dict[str, dict[str, str]]) -> list[tuple[str, ...]]:
        settings_with(several, tables)
        told = Settings.model_validate({"schedules": {"exports": {"mailer": "0 6 * * *", "mailer-a": "0 6 * * *"}}})
        return [place for place, _ in unknown_names(told.model_copy(update={"targets": several.settings.targets}))]

    exports = ("schedules", "exports")
    assert wrong({"a": {"address": "a"}}) == []
    assert wrong({"a": {"address": "a"}, "b": {"address": "b"}}) == [(*exports, "mailer")]
    assert wrong({}) == [(*exports, "mailer"), (*exports, "mailer-a")]


def test_what_is_alone_has_no_second_name(context: Context) -> None:
    with pytest.raises(CommandFailed, match="There is no target 'plan2learn-x': plan2learn is a single target"):
        targets.build(context, "plan2learn-x")
