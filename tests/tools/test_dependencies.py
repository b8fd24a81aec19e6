"""What the program runs on: declared, with a licence that fits, and listed for who must account for it."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from tools.bill_of_materials import bill
from tools.licences import PAGE, REASONS, is_copyleft, licence, packages, page
from tools.npm_packages import npm_packages

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OUR_OWN = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


def imported() -> dict[str, Path]:
    """Each module from outside that the program imports, and one file that does."""
    found: dict[str, Path] = {}
    for path in (each for package in OUR_OWN for each in (ROOT / package).rglob("*.py")):
        if path.name == "relock.py":  # the developers' own
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found |= {name.split(".")[0]: path for name in names}
    return {name: path for name, path in found.items() if name not in OUR_OWN | set(sys.stdlib_module_names)}


def test_what_is_imported_is_declared() -> None:
    """A package that comes with another one may be gone, or another one, with that one's next version."""
    declared = {re.split(r"[\[<>=!~ ;]", each)[0].replace("_", "-") for each in PROJECT["project"]["dependencies"]}
    distributions = packages_distributions()
    undeclared = {
        name: str(path)
        for name, path in imported().items()
        if not {each.lower().replace("_", "-") for each in distributions[name]} & declared
    }
    assert undeclared == {}


def test_the_list_of_licences_is_that_of_the_lock() -> None:
    assert PAGE.read_text() == page(), "run: python -m tools.licences"


def test_a_copyleft_licence_has_its_reason() -> None:
    found = {each for each in packages() if is_copyleft(licence(each))}
    found |= {each.name for each in npm_packages() if is_copyleft(each.licence)}
    assert found | {"bpmn-js"} == set(REASONS)  # its own licence asks for a sign on each drawing


def test_the_bill_of_materials_names_packages_and_servers() -> None:
    made = bill()
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.5")
    names = {each["purl"].split("@")[0] for each in made["components"] if "purl" in each}
    assert {"pkg:pypi/neo4j", "pkg:pypi/asyncssh", "pkg:maven/org.neo4j/neo4j"} <= names
    assert {"pkg:npm/svelte", "pkg:npm/%40urql/core"} <= names
    assert not {"pkg:pypi/pytest", "pkg:npm/axe-core"} & names
    references = [each["bom-ref"] for each in made["components"]]
    assert len(references) == len(set(references))
