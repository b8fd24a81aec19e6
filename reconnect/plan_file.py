"""A plan as a file that a municipality can keep: name, day, reason, changes."""

from collections.abc import Mapping
from datetime import date, datetime
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import yaml

from api.mutations.planned import draft_of
from graph.errors import ChangeRejected
from graph.plans.plan import Draft
from graph.time import written_day
from importers.facts.errors import FileRejected
from importers.facts.loading import doubled, from_json, from_yaml
from reconnect.exits import CommandFailed, Exit

_PARTS = ("name", "day", "reason", "changes")


def draft_in(file: Path) -> Draft:
    """The plan that a YAML or JSON file has. Raises CommandFailed, with the field and what is allowed."""
    try:
        content = from_json(file) if file.suffix.lower() == ".json" else from_yaml(file)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, JSONDecodeError, FileRejected) as error:
        raise CommandFailed(f"{file} can't be read: {error}", Exit.USAGE) from error
    try:
        return _draft(content)
    except (ChangeRejected, ValueError) as wrong:
        raise CommandFailed(f"{file}: {wrong}", Exit.USAGE) from wrong


def _draft(content: Any) -> Draft:
    """Raises ChangeRejected, ValueError."""
    if not isinstance(content, Mapping):
        raise ValueError(f"a plan must have these parts: {', '.join(_PARTS)}")
    if twice := doubled(content):
        raise ValueError(f"{', '.join(twice)}: written more than once")
    unknown, missing = sorted(set(content) - set(_PARTS)), [each for each in _PARTS if each not in content]
    if unknown or missing:
        what = f"{unknown[0]} is not one of" if unknown else f"{missing[0]} is missing; a plan has"
        raise ValueError(f"{what} {', '.join(_PARTS)}")
    day, changes = content["day"], _plain(content["changes"])
    if not isinstance(changes, list):
        raise ValueError("changes must be a list")
    for name in ("name", "reason"):
        if not isinstance(content[name], str):
            raise ValueError(f"{name} must be a text")
    return draft_of(content["name"], day if _is_day(day) else written_day(str(day)), content["reason"], changes)


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _plain(value: Any) -> Any:
    """As in JSON: YAML reads days as such."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
