"""The memory of the last file's employees: a keyed hash of their bytes, and the result of reading them.

An employee with the same bytes has the same meaning, so neither parsing nor fingerprints are repeated. A row contains
nothing but the result of reading the same bytes, so it may be lost or dropped at any time. It is dropped when the
settings or the program's code have changed. It contains no CPR number, name or address.
"""

import hashlib
import marshal
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import orjson

import graph
import importers.opus
from graph.batches import Batches
from graph.disk_map import DiskMap
from importers.opus.settings import OpusSettings
from importers.source import Known

PARTS = 64
"""A day's file changes few rows, and a part without a changed row is not written again."""
_NAME = 32  # hexadecimal digits
_AT_ONCE = 100  # rows of a part
_LEVEL = 1  # level of compression: hashes don't shrink, but the rest does


class Row(NamedTuple):
    """A sound employee, in a unit that is in the file, without functions and oddities.

    ``start``, ``end`` (the day after): as ordinals, 0 = none; ``order``: whether it was in force (0), to come (1), or
    had ended (2) on the file's day. ``standing`` of its unit. ``person``: key of the person's record; ``of_person``:
    number of the person's employees in the file. Fingerprints: of the records made from it.
    """

    client: str
    number: str
    unit: str
    position: str
    title: str
    short_title: str
    changed: str
    login: str
    start: int
    end: int
    order: int
    standing: str
    person: str
    of_person: int
    person_print: str
    employment_print: str
    account_print: str

    def packed(self) -> bytes:
        return orjson.dumps(tuple(self))

    @classmethod
    def unpacked(cls, packed: bytes) -> "Row":
        return cls._make(orjson.loads(packed))


class Memory:
    """``rows``: name (``name_of``) → packed row, of the last file that was read with the same settings and code."""

    def __init__(self, known: Known, settings: OpusSettings) -> None:
        self._key = bytes.fromhex(known.fingerprint(b"names of pieces"))
        self._context = known.fingerprint(_code(), settings.meaning(), repr(_filters(settings)).encode()).encode()
        self.rows: DiskMap[bytes] = DiskMap(bytes, bytes)
        self._counts: Counter[str] = Counter()  # of rows, by part
        self._others: set[str] = set()  # parts that were remembered with other settings or code
        for part, content in known.recalled():
            context, *lines = zlib.decompress(content).split(b"\n")
            if context == self._context:
                self._counts[part] = len(lines)
                for line in lines:
                    self.rows[line[:_NAME].decode()] = line[_NAME:]
            else:
                self._others.add(part)

    def name_of(self, content: bytes) -> str:
        """The name of an employee's bytes; without the key it does not reveal whose they are."""
        return hashlib.blake2b(content, key=self._key, digest_size=16).hexdigest()

    def parts(self, rows: Iterable[tuple[str, bytes | None]]) -> Callable[[], Iterator[tuple[str, bytes]]]:
        """The parts that differ from the present memory if these rows (None = as remembered) replace it. No name occurs
        twice.

        Calling it yields them anew each time.
        """
        changed = set(self._others)
        counts: Counter[str] = Counter()
        by_part: dict[str, Batches[bytes]] = {}
        begun: dict[str, list[bytes]] = {}
        for name, packed in rows:
            part = _part(name)
            counts[part] += 1
            if packed is not None and part not in changed and self.rows.get(name) != packed:
                changed.add(part)
            # A copy, since orjson's bytes occupy some kilobytes of memory, however short they are.
            begun.setdefault(part, []).append(name.encode() + (packed or b""))
            if len(begun[part]) == _AT_ONCE:
                by_part.setdefault(part, Batches(_pack, marshal.loads)).add(begun.pop(part))
        changed |= {part for part in counts | self._counts if counts[part] != self._counts[part]}

        def each() -> Iterator[tuple[str, bytes]]:
            for part in sorted(changed):
                aside = by_part[part].each() if part in by_part else ()
                lines = sorted(map(self._line, chain(aside, begun.get(part, ()))))
                yield part, zlib.compress(b"\n".join([self._context, *lines]), _LEVEL)

        return each

    def _line(self, noted: bytes) -> bytes:
        """A name with its row, which was not noted if it is the remembered one."""
        return noted if len(noted) > _NAME else noted + self.rows[noted.decode()]


def _part(name: str) -> str:
    return f"{int(name[:2], 16) % PARTS:02d}"


def _pack(lines: Sequence[bytes]) -> bytes:
    return marshal.dumps(list(lines))


def _filters(settings: OpusSettings) -> Iterable[object]:
    return [
        (name, sorted(value) if isinstance(value, frozenset) else value)
        for name, value in sorted(settings.filters.model_dump().items())
    ]


@cache
def _code() -> bytes:
    """A hash of the code that interprets an employee."""
    digest = hashlib.blake2b(digest_size=16)
    for package in (graph, importers.opus):
        for file in sorted(Path(str(package.__file__)).parent.rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.digest()
