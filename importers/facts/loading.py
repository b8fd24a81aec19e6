"""Loads external files to plain values, safely; it defines which files are refused altogether.

It refuses files and expanded contents (YAML aliases) that are too large, absurd depth, and repetitions of which one
would be dropped silently: of a section, an entry of a mapping, an ``id``. Another field that occurs twice makes its
entry ``Doubled``, and a value that is invalid for its notation (a date 2026-13-01, ``!!int x``) stays a text: such an
entry is shown, and the rest goes on.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from importers.facts.errors import FileRejected
from protocols import limits

LARGEST_FILE = 100 * 1024 * 1024  # bytes
LARGEST_CONTENT = 5_000_000  # values, with YAML's aliases expanded
DEEPEST = 50  # levels; a facts file needs six
MOST_NODES = (
    1_000_000  # values of YAML, each of which takes a thousand bytes while it is read; other formats may have more
)
MOST_MERGED = 1_000  # fields of a mapping after YAML's merges (<<), each of which copies
_SECTION = 1  # the depth of a section in a file
_INTEGERS = range(-(2**63), 2**63)


class Doubled(dict[str, Any]):
    """A mapping with repeated fields, of which it has the last. ``twice``: their names."""

    def __init__(self, content: dict[str, Any], twice: Iterable[str]) -> None:
        super().__init__(content)
        self.twice = tuple(twice)


def doubled(content: Any) -> tuple[str, ...]:
    """Names of the fields that occur twice in a mapping, or in one inside it."""
    if isinstance(content, Doubled):
        return content.twice
    inside = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return next((twice for each in inside if (twice := doubled(each))), ())


def size_checked(path: Path) -> Path:
    """Raises FileRejected, OSError."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise FileRejected(f"it has {size} bytes; {LARGEST_FILE} are allowed")
    return path


def from_yaml(path: Path, *, codes: bool = False) -> Any:
    """``codes``: the numbers in it may be codes, and stay as they are written (``_as_written``).

    Raises FileRejected, OSError, UnicodeDecodeError, yaml.YAMLError.
    """
    loader = _CodesLoader if codes else _Loader
    try:
        return plain(yaml.load(size_checked(path).read_text(encoding="utf-8"), loader))
    except RecursionError:
        raise FileRejected(f"it is deeper than {DEEPEST} levels") from None


def from_json(path: Path) -> Any:
    """Raises FileRejected, OSError, UnicodeDecodeError, json.JSONDecodeError."""
    try:
        content = limits.from_json(
            size_checked(path).read_bytes(),
            2 * LARGEST_CONTENT,
            object_pairs_hook=_object,
            parse_constant=str,
            parse_int=_integer,
        )
    except RecursionError:
        raise FileRejected(f"it is deeper than {DEEPEST} levels") from None
    except limits.TooMuch as wrong:
        raise FileRejected(str(wrong)) from wrong
    return plain(content)


def plain(content: Any) -> Any:
    """The same with texts for keys and YAML's aliases written out. Raises FileRejected."""
    return _Plain().copy(content, 0)


class _Plain:
    def __init__(self) -> None:
        self._values = 0

    def copy(self, content: Any, depth: int) -> Any:
        self._values += 1
        if self._values > LARGEST_CONTENT:
            raise FileRejected(f"it has more than {LARGEST_CONTENT} values")
        if depth > DEEPEST:
            raise FileRejected(f"it is deeper than {DEEPEST} levels")
        if isinstance(content, dict):
            copied = {_text(str(key)): self.copy(each, depth + 1) for key, each in content.items()}
            return _kept_doubled(copied, content.twice, depth) if isinstance(content, Doubled) else copied
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


def _kept_doubled(content: dict[str, Any], twice: tuple[str, ...], depth: int) -> Doubled:
    """``depth`` 0 is the file, 1 a section: a repetition there, or of an ``id``, would lose data."""
    if depth <= _SECTION or "id" in twice:
        raise FileRejected(f"{'id' if 'id' in twice else twice[0]!r} occurs twice in one mapping")
    return Doubled(content, map(_text, twice))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else Doubled(made, _twice(name for name, _ in pairs))


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 20 else digits


def _as_written(node: yaml.Node, made: Any) -> Any:
    """A number that YAML reads from other digits than are written stays a text: ``00417`` is octal to YAML, ``12:30``
    has base 60, ``27.10`` loses a digit. They are codes; a field for numbers takes a number as a text too, or shows
    it."""
    is_number = isinstance(made, int | float) and not isinstance(made, bool)
    return str(node.value) if is_number and str(made) != node.value else made


class _Loader(yaml.SafeLoader):
    """Loads plain values only, up to a limit."""

    _nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise FileRejected(f"it has more than {MOST_NODES} values; use JSON or CSV for so many")
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError):
            if not isinstance(node, yaml.ScalarNode):
                raise
            self.recursive_objects.pop(node, None)
            return str(node.value)

    def construct_mapping_of_fields(self, node: yaml.MappingNode) -> Iterator[dict[Any, Any]]:
        own = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE]
        twice = _twice(own)
        made: dict[Any, Any] = Doubled({}, twice) if twice else {}
        yield made
        made.update(self.construct_mapping(node))

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        own = sum(key.tag != _MERGE for key, _ in node.value)
        super().flatten_mapping(node)
        if len(node.value) > MOST_MERGED + own:
            raise yaml.constructor.ConstructorError(None, None, "too much is merged (<<)", node.start_mark)


_MERGE = "tag:yaml.org,2002:merge"
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_mapping_of_fields)


class _CodesLoader(_Loader):
    """Keeps numbers that may be codes as they are written."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        return _as_written(node, super().construct_object(node, deep=deep))
