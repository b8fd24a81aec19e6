"""What stands at the repository's front door keeps up with the code: pre-commit, publiccode.yml, changelog."""

import re
import tomllib
from datetime import date
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT

pytestmark = pytest.mark.whole

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_pre_commit_runs_what_make_check_runs() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rule = re.search(r"^check:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert rule is not None
    checks = [each.strip().replace("$(BIN)", ".venv/bin") for each in rule[1].splitlines()]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"][0]["hooks"]
    assert [each["entry"] for each in hooks] == checks
    for each in hooks:
        assert each["language"] == "system", each["id"]  # with the versions of uv.lock
        assert each["always_run"] and not each["pass_filenames"], each["id"]  # of everything, as make does


def test_publiccode_says_what_the_project_says() -> None:
    told = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
    assert told["softwareVersion"] == PROJECT["version"]
    assert told["legal"]["license"] == PROJECT["license"]
    for language, text in told["description"].items():
        assert len(text["shortDescription"]) <= 150, language
        assert 150 <= len(text["longDescription"]) <= 10_000, language
        assert text["features"], language
    (python,) = (each for each in told["dependsOn"]["open"] if each["name"] == "Python")
    assert PROJECT["requires-python"] == f">={python['versionMin']}"


def test_the_changelog_has_versions_with_dates_and_known_headings() -> None:
    """Keep a Changelog 1.1: what a tool, or a person who looks for one word, can rely on."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    for each in versions[1:]:
        found = re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})", each)
        assert found, each
        date.fromisoformat(found[2])
    headings = re.findall(r"^### (.*)$", text, re.MULTILINE)
    assert set(headings) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        own = re.findall(r"^### (.*)$", part, re.MULTILINE)
        assert len(own) == len(set(own)), f"a heading stands twice under {part.splitlines()[0]}"
        before_the_first = part.split("### ")[0]
        assert "\n- " not in before_the_first, f"lines without a heading under {part.splitlines()[0]}"
