"""What holds for the folder of every target, so that one can be added without touching any other file."""

import inspect
import re
from importlib.util import find_spec
from pathlib import Path

import graphql
import pytest

from api.access.rights import FIELDS, READ
from api.access.roles import ROLES
from api.model.fields import Value
from api.model.types import TYPES
from api.reads.question import SCHEMA
from exporters.image import operations
from reconnect import folders
from reconnect.demo import found
from reconnect.settings.file import SettingsError, load

pytestmark = pytest.mark.whole

ROOT = Path(__file__).resolve().parents[2]
HEADINGS = ("What it needs", "What it gets", "What goes wrong")
every_target = pytest.mark.parametrize("name", folders.target_names())


def section(name: str) -> str:
    """Where a target's settings are; of a folder that stands for several, those of one."""
    return f"targets.{name}.intranet" if getattr(folders.target(name), "SEVERAL", False) else f"targets.{name}"


@every_target
def test_the_readme_has_the_headings_that_all_share(name: str) -> None:
    text = (ROOT / "exporters" / name / "README.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert [each for each in headings if each in HEADINGS] == [*HEADINGS]
    assert re.match(r"# \S.*\n\n\S", text), "it begins with a title, and says what the target is"
    assert f"[{section(name)}]" in text


@every_target
def test_every_setting_is_in_the_readme(name: str) -> None:
    text = (ROOT / "exporters" / name / "README.md").read_text(encoding="utf-8")
    assert [each for each in folders.target(name).Settings.model_fields if not re.search(rf"\b{each}\b", text)] == []


@every_target
def test_the_folder_exports_what_the_contract_says(name: str) -> None:
    folder = folders.target(name)
    assert folder.TITLE and folder.NEEDS and folder.OBJECTS and isinstance(folder.RIGHTS, frozenset)
    assert (folder.Settings.model_config["extra"], folder.Settings.model_config["frozen"]) == ("forbid", True)
    settings, surroundings = inspect.signature(folder.build).parameters.values()
    assert settings.annotation is folder.Settings
    assert surroundings.annotation == "Surroundings"


@every_target
def test_the_settings_are_read_from_its_section(name: str, tmp_path: Path) -> None:
    file = tmp_path / "reconnect.toml"
    place = section(name)
    file.write_text(f"[{place}]\nnonsense = 1\n")
    with pytest.raises(SettingsError) as wrong:
        load(file, {})
    assert f"{place}.nonsense is unknown." in str(wrong.value)
    assert f"Allowed in [{place}]: " in str(wrong.value)


@every_target
def test_the_demo_supplies_it(name: str, tmp_path: Path) -> None:
    """By the folder's own settings, with a stand-in of the sample, or in a scene of its own; or the README says no."""
    if name in found.targets():
        settings = found.supplied_to(name, tmp_path)
        folders.target(name).Settings.model_validate(settings)
        assert str(tmp_path) in str(settings)
    elif find_spec(f"sample.{name}_service") is None:
        text = (ROOT / "exporters" / name / "README.md").read_text(encoding="utf-8")
        scenes = [each.read_text(encoding="utf-8") for each in (ROOT / "reconnect" / "demo").glob("*.py")]
        by_a_scene = "`reconnect demo` supplies" in text and any(f'name = ("{name}", ' in each for each in scenes)
        assert by_a_scene or "The demo does not supply" in text


@every_target
def test_the_image_can_be_asked_for(name: str) -> None:
    schema = graphql.build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    document = (ROOT / "exporters" / name / "image.graphql").read_text(encoding="utf-8")
    assert graphql.validate(schema, graphql.parse(document)) == []
    assert operations(document), "each operation has a name"


@every_target
def test_its_rights_are_those_that_the_readme_names_and_the_image_needs(name: str) -> None:
    rights = folders.target(name).RIGHTS
    document = (ROOT / "exporters" / name / "image.graphql").read_text(encoding="utf-8")
    text = (ROOT / "exporters" / name / "README.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"^\| rights in the API \| (.*) \|$", text, re.MULTILINE)
    assert {each for each in ROLES if re.search(rf"\b{each}\b", named)} == rights
    needed = _needed(document)
    assert [what for what, roles in needed.items() if not roles & rights] == []
    for each in rights - {"reader"}:
        less = rights - {each}
        assert any(not roles & less for roles in needed.values()), f"{each} is not needed"


def _needed(document: str) -> dict[str, frozenset[str]]:
    """The types and guarded fields that a document reads, each with the roles of which one is needed."""
    types = graphql.TypeInfo(SCHEMA)  # READ is complete once it is made
    found: dict[str, frozenset[str]] = {}

    class Fields(graphql.Visitor):
        def enter_field(self, node: graphql.FieldNode, *_: object) -> None:
            parent, type_ = types.get_parent_type(), types.get_type()
            assert parent is not None and type_ is not None
            for each in (parent.name, graphql.get_named_type(type_).name):
                if each in READ:
                    found[each] = READ[each]
            field = TYPES[parent.name].fields.get(node.name.value) if parent.name in TYPES else None
            if isinstance(field, Value) and field.right != "open":
                found[f"{parent.name}.{field.name}"] = FIELDS[field.right]

    graphql.visit(graphql.parse(document), graphql.TypeInfoVisitor(types, Fields()))
    return found


@every_target
def test_its_tests_have_one_with_invented_input(name: str) -> None:
    tests = ROOT / "tests" / "exporters" / name
    assert any("from hypothesis import" in each.read_text(encoding="utf-8") for each in tests.glob("test_*.py"))
