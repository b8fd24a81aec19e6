"""Notes of a run on each of its things: read from the beginning to the end, any number of times, a batch at a time.

A run compares everything before it writes anything, and can't keep a million statements in memory for that. Beyond some
thousand they are in a file without a name, in the folder of Python's ``tempfile``: in a job of the program that is the
instance's own folder. No other process can open the file, and it disappears with the process, however that ends.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Generic, TypeVar

T = TypeVar("T")
IN_MEMORY = 2_000
"""Items kept in memory before all of them go to the file; few imports have more that are new or changed."""


class Batches(Generic[T]):
    """``pack``, ``unpack``: how a batch is written. A batch that was put aside gives new objects each time."""

    def __init__(self, pack: Callable[[Sequence[T]], bytes], unpack: Callable[[bytes], list[T]]) -> None:
        self._pack = pack
        self._unpack = unpack
        self._items = 0
        self._kept: list[list[T]] = []
        self._file: IO[bytes] | None = None
        self._places: list[tuple[int, int]] = []  # where each batch lies: offset, length

    def __len__(self) -> int:
        """Of the items in all batches."""
        return self._items

    def add(self, batch: Iterable[T]) -> None:
        """A further batch; it may be empty."""
        added = list(batch)
        self._items += len(added)
        if self._file is not None:
            self._write(self._file, added)
            return
        self._kept.append(added)
        if self._items > IN_MEMORY:
            # The one thing that is ever opened of it; with the last who reads it, it is gone.
            self._file = tempfile.TemporaryFile(prefix="batches-", buffering=0)  # noqa: SIM115
            for each in self._kept:
                self._write(self._file, each)
            self._kept = []

    def __iter__(self) -> Iterator[list[T]]:
        yield from self._kept
        for offset, length in self._places:
            assert self._file is not None
            yield self._unpack(os.pread(self._file.fileno(), length, offset))

    def each(self) -> Iterator[T]:
        """All items, one by one."""
        for batch in self:
            yield from batch

    def _write(self, file: IO[bytes], batch: list[T]) -> None:
        content = self._pack(batch)
        self._places.append((file.tell(), len(content)))
        rest = memoryview(content)
        while len(rest):
            rest = rest[file.write(rest) :]
