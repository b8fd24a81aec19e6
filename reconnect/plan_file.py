"""A plan as a file that a municipality can keep: name, day, reason, changes."""

from collections.abc import Mapping
from datetime import date, datetime
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import yaml
from graphql import get_named_type, is_input_object_type

from api.mutations.planned import draft_of, mutations
from graph.errors import ChangeRejected
from graph.plans.plan import Draft
from graph.time import written_day
from importers.facts.errors import FileRejected
from importers.facts.loading import doubled, from_json, from_yaml
from reconnect.exits import CommandFailed, Exit

_PARTS = ("name", "day", "reason", "changes")


def draft_in(file: Path) -> Draft:
    """The plan that a YAML or JSON file has. Raises CommandFailed, with the field and what is allowed."""
    is_json = file.suffix.lower() == ".json"
    try:
        content, written = (from_json(file), None) if is_json else (from_yaml(file), from_yaml(file, codes=True))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, JSONDecodeError, FileRejected) as error:
        raise CommandFailed(f"{file} can't be read: {error}", Exit.USAGE) from error
    try:
        return _draft(content, written)
    except (ChangeRejected, ValueError) as wrong:
        raise CommandFailed(f"{file}: {wrong}", Exit.USAGE) from wrong


def _draft(content: Any, written: Any) -> Draft:
    """``written``: the same with codes as YAML has them, such as 00417; None where no number may be one.

    Raises ChangeRejected, ValueError.
    """
    if not isinstance(content, Mapping):
        raise ValueError(f"a plan must have these parts: {', '.join(_PARTS)}")
    if twice := doubled(content):
        raise ValueError(f"{', '.join(twice)}: written more than once")
    unknown, missing = sorted(set(content) - set(_PARTS)), [each for each in _PARTS if each not in content]
    if unknown or missing:
        what = f"{unknown[0]} is not one of" if unknown else f"{missing[0]} is missing; a plan has"
        raise ValueError(f"{what} {', '.join(_PARTS)}")
    day, changes = content["day"], content["changes"]
    if not isinstance(changes, list):
        raise ValueError("changes must be a list")
    if written is not None:
        changes = [_with_codes(*each) for each in zip(changes, written["changes"], strict=True)]
    changes = _plain(changes)
    for name in ("name", "reason"):
        if not isinstance(content[name], str):
            raise ValueError(f"{name} must be a text")
    return draft_of(content["name"], day if _is_day(day) else written_day(str(day)), content["reason"], changes)


def _with_codes(change: Any, written: Any) -> Any:
    """A change whose arguments have what is written where the mutation takes a text or an id."""
    field = mutations().get(str(change.get("mutation"))) if isinstance(change, Mapping) else None
    if field is None or not isinstance(change.get("arguments"), Mapping):
        return change
    types = {name: each.type for name, each in field.args.items()}
    return {**change, "arguments": _typed(change["arguments"], written["arguments"], types)}


def _typed(values: Mapping[str, Any], written: Mapping[str, Any], types: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _taken(each, written.get(name, each), types.get(name)) for name, each in values.items()}


def _taken(value: Any, written: Any, type_: Any) -> Any:
    """A value as its type takes it; None: the type is not known."""
    named = None if type_ is None else get_named_type(type_)
    if isinstance(value, list) and isinstance(written, list):
        return [_taken(*each, named) for each in zip(value, written, strict=True)]
    if isinstance(value, Mapping) and is_input_object_type(named):
        return _typed(value, written, {name: each.type for name, each in named.fields.items()})
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_text = named is not None and named.name in ("ID", "String")
    return str(written) if is_number and is_text else value


def _is_day(value: object) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _plain(value: Any) -> Any:
    """As in JSON: YAML reads days as such."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
