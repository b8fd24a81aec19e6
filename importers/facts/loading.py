"""Files of others to plain values, safely: what is refused whatever it means.

Refused are files and expanded contents (YAML aliases) that are too large, absurd depth, and a field that is written
twice in one mapping, since one of the two would be dropped in silence. A value that is none of what it is written as
(a date 2026-13-01, ``!!int x``) stays a text, so that its entry is shown and the rest goes on.
"""

import json
from pathlib import Path
from typing import Any

import yaml

LARGEST_FILE = 100 * 1024 * 1024  # bytes
LARGEST_CONTENT = 5_000_000  # values, after what YAML's aliases repeat is written out
DEEPEST = 50  # levels; a facts file needs six
MOST_MERGED = 1_000  # fields of a mapping after YAML's merges (<<), each of which copies
_INTEGERS = range(-(2**63), 2**63)


class Refused(ValueError):
    """What makes the file as a whole unreadable."""


def size_checked(path: Path) -> Path:
    """Raises Refused, OSError."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise Refused(f"it has {size} bytes; {LARGEST_FILE} are allowed")
    return path


def from_yaml(path: Path) -> Any:
    """Raises Refused, OSError, UnicodeDecodeError, yaml.YAMLError."""
    try:
        return plain(yaml.load(size_checked(path).read_text(encoding="utf-8"), _Loader))
    except RecursionError:
        raise Refused(f"it is deeper than {DEEPEST} levels") from None


def from_json(path: Path) -> Any:
    """Raises Refused, OSError, UnicodeDecodeError, json.JSONDecodeError."""
    try:
        content = json.loads(
            size_checked(path).read_text(encoding="utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=str,
            parse_int=_integer,
        )
    except RecursionError:
        raise Refused(f"it is deeper than {DEEPEST} levels") from None
    return plain(content)


def plain(content: Any) -> Any:
    """The same with texts for keys and without shared parts: what YAML's aliases repeat is repeated. Raises Refused."""
    return _Plain().copy(content, 0)


class _Plain:
    def __init__(self) -> None:
        self._values = 0

    def copy(self, content: Any, depth: int) -> Any:
        self._values += 1
        if self._values > LARGEST_CONTENT:
            raise Refused(f"it holds more than {LARGEST_CONTENT} values")
        if depth > DEEPEST:
            raise Refused(f"it is deeper than {DEEPEST} levels")
        if isinstance(content, dict):
            return {_text(str(key)): self.copy(each, depth + 1) for key, each in content.items()}
        if isinstance(content, list):
            return [self.copy(each, depth + 1) for each in content]
        if isinstance(content, str):
            return _text(content)
        if isinstance(content, int) and content not in _INTEGERS:
            return str(content)
        return content


def _text(text: str) -> str:
    """Half a character (a lone surrogate) can't be stored; it is shown as it was written."""
    return text.encode("utf-8", "backslashreplace").decode()


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused(f"{twice!r} stands twice in one mapping")
    return made


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 20 else digits


class _Loader(yaml.SafeLoader):
    """Plain values only."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError):
            if not isinstance(node, yaml.ScalarNode):
                raise
            self.recursive_objects.pop(node, None)
            return str(node.value)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        own = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and own.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} stands twice in one mapping", key.start_mark
                )
        super().flatten_mapping(node)
        if len(node.value) > MOST_MERGED + len(own):
            raise yaml.constructor.ConstructorError(None, None, "too much is merged (<<)", node.start_mark)
