"""What holds for the folder of every source, so that one can be added without touching any other file."""

import inspect
import re
from importlib.util import find_spec
from pathlib import Path

import graphql
import pytest
from pydantic import BaseModel

from reconnect import folders
from reconnect.demo import found
from reconnect.settings.file import SettingsError, load
from sample import demo_settings

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[2]
HEADINGS = ("What it needs", "What it states", "What goes wrong")
every_source = pytest.mark.parametrize("name", folders.source_names())


def documented_in(model: type[BaseModel], setting: str, room: str) -> Path:
    """The README of the folder whose settings class brings the setting: it may be another source's."""
    (owner, *_) = [each for each in model.__mro__ if setting in vars(each).get("__annotations__", {})]
    return ROOT / room / owner.__module__.split(".")[1] / "README.md"


@every_source
def test_the_readme_has_the_headings_that_all_share(name: str) -> None:
    text = (ROOT / "importers" / name / "README.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert [each for each in headings if each in HEADINGS] == [*HEADINGS]
    assert re.match(r"# \S.*\n\n\S", text), "it begins with a title, and says what the source is"
    assert f"[sources.{name}]" in text


@every_source
def test_every_setting_is_in_the_readme(name: str) -> None:
    model = folders.source(name).Settings
    missing = [
        each
        for each in model.model_fields
        if not re.search(rf"\b{each}\b", documented_in(model, each, "importers").read_text(encoding="utf-8"))
    ]
    assert missing == []


@every_source
def test_the_folder_exports_what_the_contract_says(name: str) -> None:
    folder = folders.source(name)
    assert folder.TITLE and folder.NEEDS
    assert (folder.Settings.model_config["extra"], folder.Settings.model_config["frozen"]) == ("forbid", True)
    settings, surroundings = inspect.signature(folder.build).parameters.values()
    assert settings.annotation is folder.Settings
    assert surroundings.annotation == "Surroundings"


@every_source
def test_the_settings_are_read_from_its_section(name: str, tmp_path: Path) -> None:
    file = tmp_path / "reconnect.toml"
    file.write_text(f"[sources.{name}]\nnonsense = 1\n")
    with pytest.raises(SettingsError, match=rf"sources\.{name}\.nonsense is unknown.*Allowed in \[sources\.{name}\]:"):
        load(file, {})


@every_source
def test_there_is_demo_data(name: str) -> None:
    """The folder's own; or what the sample municipality has for it."""
    own = found.sources().get(name)
    if own is None:
        assert hasattr(demo_settings, name) or find_spec(f"sample.{name}") is not None
    else:
        folders.source(name).Settings.model_validate(own.settings)
        schema = graphql.build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
        assert graphql.validate(schema, graphql.parse(own.query)) == []


@every_source
def test_its_tests_have_one_with_invented_input(name: str) -> None:
    tests = ROOT / "tests" / "importers" / name
    assert any("from hypothesis import" in each.read_text(encoding="utf-8") for each in tests.glob("test_*.py"))
