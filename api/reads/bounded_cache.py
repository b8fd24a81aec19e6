"""A cache between requests, bounded by its memory and not by its number of entries."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing")


class Kept(Generic[Key, Thing]):
    """Keeps the entries that were used last; threads may share it. ``largest``: bytes of all together, as estimated by
    the callers."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._kept: OrderedDict[Key, tuple[Thing, int]] = OrderedDict()
        self._guard = threading.Lock()
        self.bytes = 0

    def get(self, key: Key) -> Thing | None:
        with self._guard:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Key, thing: Thing, size: int) -> None:
        """Keep an entry; those unused for longest are dropped. An entry larger than the whole cache is not kept."""
        with self._guard:
            if key in self._kept:
                self.bytes -= self._kept.pop(key)[1]
            if size > self._largest:
                return
            self._kept[key] = (thing, size)
            self.bytes += size
            while self.bytes > self._largest:
                _, (_, gone) = self._kept.popitem(last=False)
                self.bytes -= gone
