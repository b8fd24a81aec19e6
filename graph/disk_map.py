"""A mapping of a run that may have millions of entries: beyond some thousand they are in a file without a name.

A run over a million things can't keep a line of each in memory. The file is in the folder of Python's ``tempfile``,
which in a job of the program is the instance's own; no other process can open it, and it disappears with the process,
however that ends.
"""

import os
import pickle
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

V = TypeVar("V")
IN_MEMORY = 20_000
"""Entries kept in memory before they go to the file together."""
_AT_ONCE = 1000  # entries
_CACHE = 8 << 10  # kilobytes of a file's pages


def _packed(value: Any) -> bytes:
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


class DiskMap(Generic[V]):
    """Text to values, in the order in which the keys came first.

    A value that was read must be set again after it was changed. ``pack``, ``unpack``: how a value is written.
    """

    def __init__(
        self,
        pack: Callable[[V], bytes] = _packed,
        unpack: Callable[[bytes], V] = pickle.loads,
        *,
        in_memory: int | None = None,
    ) -> None:
        self._pack = pack
        self._unpack = unpack
        self._most = IN_MEMORY if in_memory is None else in_memory
        self._new: dict[str, V] = {}  # written since the last time that entries were put aside
        self._file: sqlite3.Connection | None = None

    def __setitem__(self, key: str, value: V) -> None:
        self._new[key] = value
        if len(self._new) > self._most:
            self._put_aside()

    def update(self, entries: Iterable[tuple[str, V]]) -> None:
        """Set many entries."""
        entries = iter(entries)
        while block := dict(islice(entries, _AT_ONCE)):
            self._new.update(block)
            if len(self._new) > self._most:
                self._put_aside()

    def get(self, key: str) -> V | None:
        try:
            return self._new[key]
        except KeyError:
            if self._file is None:
                return None
        row = self._file.execute("SELECT value FROM entry WHERE key = ?", (key,)).fetchone()
        return None if row is None else self._unpack(row[0])

    def __contains__(self, key: object) -> bool:
        if key in self._new:
            return True
        if self._file is None:
            return False
        return self._file.execute("SELECT 1 FROM entry WHERE key = ?", (key,)).fetchone() is not None

    def __getitem__(self, key: str) -> V:
        found = self.get(key)
        if found is None and key not in self:
            raise KeyError(key)
        return found  # type: ignore[return-value]  # None is among the values then

    def __len__(self) -> int:
        if self._file is None:
            return len(self._new)
        self._put_aside()
        return int(self._file.execute("SELECT count(*) FROM entry").fetchone()[0])

    def __iter__(self) -> Iterator[str]:
        if self._file is None:
            yield from list(self._new)
            return
        self._put_aside()
        for row in self._file.execute("SELECT key FROM entry ORDER BY number"):
            yield row[0]

    def items(self) -> Iterator[tuple[str, V]]:
        """All entries. Nothing may be set meanwhile."""
        if self._file is None:
            yield from list(self._new.items())
            return
        self._put_aside()
        for key, value in self._file.execute("SELECT key, value FROM entry ORDER BY number"):
            yield key, self._unpack(value)

    def clear(self) -> None:
        self._new.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put_aside(self) -> None:
        if self._file is None:
            self._file = _nameless()
        rows = iter(self._new.items())
        self._file.execute("BEGIN")
        while block := [(key, self._pack(value)) for key, value in islice(rows, _AT_ONCE)]:
            self._file.executemany(
                "INSERT INTO entry (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                block,
            )
        self._file.execute("COMMIT")
        self._new.clear()


def _nameless() -> sqlite3.Connection:
    handle, path = tempfile.mkstemp(prefix="map-")  # mode 0600
    os.close(handle)
    try:
        # A run's own threads may use it, one at a time. Without isolation_level each statement is a transaction.
        file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE", "temp_store = MEMORY"):
            file.execute(f"PRAGMA {pragma}")
        file.execute(f"PRAGMA cache_size = -{_CACHE}")
        file.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, value BLOB NOT NULL)")
    finally:
        Path(path).unlink()
    return file
