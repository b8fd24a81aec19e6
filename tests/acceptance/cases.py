"""The acceptance cases of nearest.yaml, for whatever answers them."""

from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "nearest.yaml"
CASES: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
QUERIES: list[dict[str, Any]] = CASES["queries"]
REFUSALS: list[dict[str, Any]] = CASES["refusals"]
HOLDERS = [each for each in QUERIES if each["ask"] == "nearest"]
MANAGERS = [each for each in QUERIES if each["ask"] == "nearest_manager"]


def named(case: dict[str, Any]) -> str:
    return f"{case['id']}: {case['why']}"


def expected_manager(answer: dict[str, Any]) -> dict[str, Any]:
    """``expect`` of a manager query tells no path."""
    return {name: value for name, value in answer.items() if name != "path"}
