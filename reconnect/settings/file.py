"""Reads the settings: ``reconnect.toml``, the environment and secret files, and remembers where each value came from.

The environment (``RECONNECT__NEO4J__URI``) overrides the file. A secret can be in a file of its own, named by
``password = "file:/run/secrets/neo4j"`` or ``password_file = "/run/secrets/neo4j"``.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

from graph.retry import NEXT
from reconnect.embedded.home import default_home
from reconnect.errors import ProgramError
from reconnect.logs.redaction import HIDDEN, is_secret_name
from reconnect.settings.names import unknown_names
from reconnect.settings.tree import Settings
from reconnect.settings.words import in_words, is_secret, without_blanks

FILE_NAME = "reconnect.toml"
PREFIX = "RECONNECT__"
DEFAULT = "default"

Path_ = tuple[str, ...]


class SettingsError(ProgramError):
    """A setting is wrong. The text names it, where it is set, and what is allowed; one line for each."""

    retry = NEXT


@dataclass(frozen=True)
class Loaded:
    """The settings, and for each value that is not a default where it came from.

    ``secret_files``: files with a password or a key, including the settings file if it has one.
    """

    settings: Settings
    origins: Mapping[Path_, str]
    file: Path | None
    secret_files: tuple[Path, ...] = ()

    def origin(self, path: Path_) -> str:
        """The origin of the value at ``path``, or of the nearest thing around it that was set."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        return DEFAULT


def find(explicit: Path | None) -> Path | None:
    """``--config``, ``RECONNECT_CONFIG``, RECONNECT_HOME/reconnect.toml, ./reconnect.toml; the first that is given.

    Raises SettingsError when a named one is missing.
    """
    named = explicit or (Path(os.environ["RECONNECT_CONFIG"]) if os.environ.get("RECONNECT_CONFIG") else None)
    if named is not None:
        if not named.is_file():
            raise SettingsError(f"The settings file {named} does not exist.")
        return named
    return next((file for file in (default_home() / FILE_NAME, Path(FILE_NAME)) if file.is_file()), None)


def load(explicit: Path | None = None, environment: Mapping[str, str] | None = None) -> Loaded:
    """Read and check everything. Raises SettingsError."""
    file = find(explicit)
    origins: dict[Path_, str] = {}
    values: dict[str, Any] = {}
    if file is not None:
        _merge(values, _read(file), str(file), (), origins)
    for name, text in sorted((os.environ if environment is None else environment).items()):
        if name.startswith(PREFIX):
            path = tuple(name.removeprefix(PREFIX).lower().split("__"))
            _merge(values, _nested(path, _environment_value(text)), f"environment {name}", (), origins)
    folder = file.parent if file else Path()
    secret_files: set[Path] = set()
    values = without_blanks(Settings, _resolve_files(Settings, values, folder, (), origins, secret_files))
    problems = list(_unknown_keys(Settings, values, ()))
    if problems:
        raise SettingsError("\n".join(f"{text} ({_where(path, origins)})" for path, text in problems))
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise SettingsError("\n".join(_explained(error, origins))) from error
    unknown = [f"{'.'.join(path)}: {text} ({_where(path, origins)})" for path, text in unknown_names(settings)]
    if unknown:
        raise SettingsError("\n".join(unknown))
    secret_files.update(_private_keys(settings, ()))
    if file is not None and any(_is_secret(path) and origin == str(file) for path, origin in origins.items()):
        secret_files.add(file)
    return Loaded(settings, origins, file, tuple(sorted(secret_files)))


def shown(loaded: Loaded) -> Iterator[tuple[str, str, str]]:
    """(name, value as text with secrets masked, origin) of every setting, in the order of the tree."""
    for path, value in _leaves(loaded.settings, ()):
        yield ".".join(path), value, loaded.origin(path)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not valid TOML: {error}") from error
    except OSError as error:
        raise SettingsError(f"{file} can't be read: {error}") from error


def _environment_value(text: str) -> Any:
    """Lists and tables are written as JSON; everything else is taken as text and converted by its type."""
    if text[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _nested(path: Path_, value: Any) -> dict[str, Any]:
    for name in reversed(path):
        value = {name: value}
    return dict(value)


def _merge(into: dict[str, Any], new: Mapping[str, Any], origin: str, path: Path_, origins: dict[Path_, str]) -> None:
    for name, value in new.items():
        here = (*path, name)
        if isinstance(value, Mapping):
            old = into.get(name)
            into[name] = dict(old) if isinstance(old, Mapping) else {}
            _merge(into[name], value, origin, here, origins)
            if not value:
                origins[here] = origin
        else:
            into[name] = value
            origins[here] = origin


def _resolve_files(
    model: type[BaseModel],
    values: Mapping[str, Any],
    folder: Path,
    path: Path_,
    origins: dict[Path_, str],
    secret_files: set[Path],
) -> dict[str, Any]:
    resolved: dict[str, Any] = {}
    for name, value in values.items():
        plain = name.removesuffix("_file")
        here = (*path, name)
        inner = _model_of(model, name, value)
        if isinstance(value, str) and plain != name and name not in model.model_fields and plain in model.model_fields:
            if plain in values:
                raise SettingsError(
                    f"{'.'.join((*path, plain))} and {'.'.join(here)} are both set; set only one of them."
                )
            resolved[plain] = _secret(Path(value), folder, here, secret_files)
            origins[(*path, plain)] = f"file {value}, named by {_where(here, origins)}"
        elif isinstance(value, str) and value.startswith("file:"):
            named = Path(value.removeprefix("file:").removeprefix("//"))
            resolved[name] = _secret(named, folder, here, secret_files)
            origins[here] = f"{value}, named by {_where(here, origins)}"
        elif isinstance(value, Mapping):
            resolved[name] = _resolve_files(inner or BaseModel, value, folder, here, origins, secret_files)
        else:
            resolved[name] = value
    return resolved


def _secret(file: Path, folder: Path, path: Path_, secret_files: set[Path]) -> str:
    named = folder / file.expanduser()
    secret_files.add(named)
    try:
        return named.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{'.'.join(path)}: the file {file} can't be read: {error}") from error


def _unknown_keys(model: type[BaseModel], values: Mapping[str, Any], path: Path_) -> Iterator[tuple[Path_, str]]:
    allowed = model.model_fields
    for name, value in values.items():
        here = (*path, name)
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            place = f"[{'.'.join(path)}]" if path else "the settings"
            known = ", ".join(sorted(allowed)) or "nothing"
            yield here, f"{'.'.join(here)} is unknown.{hint} Allowed in {place}: {known}."
            continue
        inner = _model_of(model, name, value)
        if inner is None:
            continue
        if isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield from _unknown_keys(inner, item, (*here, str(index)))
        elif isinstance(value, Mapping) and _is_table_of(model, name):
            for key, item in value.items():
                if isinstance(item, Mapping):
                    yield from _unknown_keys(inner, item, (*here, key))
        elif isinstance(value, Mapping):
            yield from _unknown_keys(inner, value, here)


def _model_of(model: type[BaseModel], name: str, value: Any) -> type[BaseModel] | None:
    """The model of a field: itself, optional, in a list or in a table. Of several, the one that ``kind`` chooses."""
    field = model.model_fields.get(name)
    if field is None:
        return None
    found = set(_models_in(field.annotation))
    if len(found) > 1 and isinstance(value, Mapping):
        found = {each for each in found if "kind" in each.model_fields and _kind(each) == value.get("kind")}
    return found.pop() if len(found) == 1 else None


def _kind(model: type[BaseModel]) -> Any:
    return model.model_fields["kind"].default


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _is_table_of(model: type[BaseModel], name: str) -> bool:
    """Whether the field is a table whose keys are free (``dict[str, …]``, ``Mapping[str, …]``)."""
    annotation: Any = model.model_fields[name].annotation
    kinds = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return any(get_origin(kind) in (dict, Mapping) for kind in kinds)


def _explained(error: ValidationError, origins: Mapping[Path_, str]) -> Iterator[str]:
    for found in error.errors(include_url=False):
        path = tuple(str(part) for part in found["loc"])
        # A whole section is not repeated: it may contain a password.
        is_plain = isinstance(found["input"], str | int | float | bool | date | time)
        is_plain = is_plain and not _is_secret(path) and not is_secret(Settings, found["loc"])
        given = f" (given: {_as_given(found['input'])})" if is_plain and found["type"] != "missing" else ""
        named = f"{'.'.join(path)}: " if path else ""  # what two sections say together has no path
        yield f"{named}{in_words(found, Settings)}{given} ({_where(path, origins)})"


def _as_given(value: Any) -> str:
    """As it is written in the file."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)


def _where(path: Path_, origins: Mapping[Path_, str]) -> str:
    for length in range(len(path), 0, -1):
        if path[:length] in origins:
            return origins[path[:length]]
    inside = sorted({origin for known, origin in origins.items() if known[: len(path)] == path})
    return ", ".join(inside) or DEFAULT


def _is_secret(path: Path_) -> bool:
    return any(is_secret_name(part) for part in path)


def _private_keys(value: Any, path: Path_) -> Iterator[Path]:
    """Files of private keys that the settings name."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _private_keys(getattr(value, name), (*path, name))
    elif isinstance(value, Path) and path and is_secret_name(path[-1]):
        yield value


def _leaves(value: Any, path: Path_) -> Iterator[tuple[Path_, str]]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _leaves(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, str(name)))
    elif isinstance(value, (list, tuple)) and value and isinstance(value[0], BaseModel):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, str(index)))
    elif isinstance(value, SecretStr) or (value is not None and value != "" and path and is_secret_name(path[-1])):
        yield path, HIDDEN
    elif value is None or value in ({}, (), frozenset()):
        yield path, "(not set)"
    elif isinstance(value, frozenset):
        yield path, json.dumps(sorted(value), default=str, ensure_ascii=False)
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
