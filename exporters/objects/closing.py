"""Closing at once: accounts of stopped people, and of people who have left, while a run of the target may go on.

A run may take hours, and reads the organisation at its beginning. So two look at the change log while it lasts:

- the run itself (``Lookout``), which leaves out whatever is no longer to be open;
- a ``Closer`` beside it, in another thread, process or machine, which disables these at the target.

The closer claims no ledger, so it ends no run. What makes that safe is that it looks at what is there, again and again:
an object that the run has in hand (*unsure*) is read at the target until the run has settled it, and is disabled
whenever it is found enabled. So it ends up disabled, whichever of the two is killed or writes last. The ledger is
changed only for entries that are settled and still as they were read; the next run then finishes the closing (its day,
its hook), which does no harm.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

import neo4j

from exporters.image import operations
from exporters.objects.adoption import NOT_SEEN
from exporters.objects.brake import Taking, too_much
from exporters.objects.errors import Gone, Refused
from exporters.objects.ledger import Entry, ObjectLedger, without_fields
from exporters.objects.target import Change, Channel, ClosesAtOnce, Found, Ref, Wanted
from exporters.target import Image, ImageReader
from graph.change_log import changed_since, last_number, moment_of, now
from graph.runs.run_log import imports_at_work

Why = Literal["stopped", "ended"]

HELD = 60.0
"""Seconds for which an object is looked at after it was found closed: a run that had begun with it has ended by then,
or has it in hand."""


@dataclass
class Lookout:
    """``number``: the last change that was looked at; ``due``: what must not be open, and why; ``known``: since when
    the first of them has been known; ``open``: what is to be open, by what was looked at; ``held``: what has ended, as
    long as an import is at work that may bring it back."""

    driver: neo4j.Driver
    target: ClosesAtOnce
    read: ImageReader
    number: int
    due: dict[Ref, Why] = field(default_factory=dict)
    open: set[Ref] = field(default_factory=set)
    known: datetime | None = None
    held: set[Ref] = field(default_factory=set)

    def look(self, at: date) -> bool:
        """Look at what the change log has had since; whether it named anything. Raises ImageError."""
        begun, last = now(), last_number(self.driver)
        if last <= self.number:
            return self._released(begun)
        names = operations(self.target.closing_document)
        asked = changed_since(self.driver, self.number, last, {name: name.partition("_")[::2] for name in names})
        found = self.target.closing(self._image(names, asked, at), asked, at) if any(asked.values()) else None
        first, self.number = self.number + 1, last
        if found is None:
            return self._released(begun)
        for ref in found.open:
            self.due.pop(ref, None)
        self.held = (self.held | found.ended) - found.open - found.stopped
        self.open = (self.open | found.open) - found.stopped - found.ended
        if (found.stopped or found.ended) and not self.due:
            self.known = moment_of(self.driver, first)
        self.due |= dict.fromkeys(found.stopped, "stopped")
        return self._released(begun) or bool(found.stopped)

    def _released(self, begun: datetime) -> bool:
        """What has ended is due, unless an import is at work, or was after ``begun``; whether anything is."""
        if not self.held or (self.target.waits_for_imports and imports_at_work(self.driver, begun)):
            return False
        self.due |= {ref: "ended" for ref in self.held if ref not in self.due}
        self.held = set()
        return True

    def _image(self, names: tuple[str, ...], asked: Mapping[str, list[str]], at: date) -> Image:
        variables = self.target.variables(at)
        return {
            name: list(self.read(self.target.closing_document, name, {**variables, "uuids": asked[name]}))
            if asked[name]
            else []
            for name in names
        }


@dataclass
class Closer:
    """Closes what is due, beside any run. ``until``: how long each object that is due is looked at; ``now``: seconds of
    a clock."""

    driver: neo4j.Driver
    target: ClosesAtOnce
    lookout: Lookout
    now: Callable[[], float] = time.monotonic
    until: dict[Ref, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ledger = ObjectLedger(self.driver, self.target.name)

    def due(self, at: date) -> list[Entry]:
        """Entries of objects that may be open at the target and must not be. Raises ImageError."""
        self.lookout.look(at)
        due = self.lookout.due
        if not due:
            return []
        entries = self._ledger.of(due)
        self._wait_for_approval(entries)
        moment = self.now()
        self.until = {ref: self.until.get(ref, moment + HELD) for ref in due}
        found = []
        for ref in list(due):
            entry = entries.get(ref)
            if entry is not None and (entry.unsure or (entry.is_there and entry.enabled)):
                found.append(entry)
            elif moment > self.until[ref]:
                del due[ref]
        return found

    def close(self, channel: Channel, entry: Entry) -> bool:
        """Disable the object, if it is there and enabled; whether it was. Raises DeliveryError, Unanswered, Refused:
        the ordinary run then lists it, and it is looked at no more."""
        try:
            found = self._found(channel, entry)
            if found is not None and found.enabled:
                channel.change(Change(entry.kind, found.id, enabled=False, owner=entry.key))
            if found is None and not entry.unsure and self.now() > self.until.get(entry.ref, math.inf):
                raise Refused(NOT_SEEN, f"Object {entry.remote} can't be seen.")
        except Gone:
            return False
        except Refused:
            self.lookout.due.pop(entry.ref, None)
            raise
        if found is not None and not entry.unsure:
            lost = self.target.kinds[entry.kind].lost
            counts_from = now() if self.lookout.due.get(entry.ref) == "ended" else entry.counts_from
            self._ledger.disabled(entry, replace(without_fields(entry, lost), enabled=False, counts_from=counts_from))
        return found is not None and found.enabled

    def _found(self, channel: Channel, entry: Entry) -> Found | None:
        if entry.remote:
            return channel.read(entry.kind, entry.remote)
        ours = (each for each in channel.find(Wanted(entry.kind, entry.key, entry.sought)) if each.key == entry.key)
        return next(ours, None)

    def _wait_for_approval(self, entries: Mapping[Ref, Entry]) -> None:
        """More people who have left than the brake allows wait for the ordinary run, which asks for an approval."""
        for kind in self.target.kinds:
            closing = [
                ref.key
                for ref, why in self.lookout.due.items()
                if ref.kind == kind and why == "ended" and (entry := entries.get(ref)) and entry.in_use
                and entry.enabled
            ]  # fmt: skip
            if not closing:
                continue
            in_use, closed = self._ledger.since(kind, self.target.brake.of(kind).since(now()))
            if too_much([Taking(kind, in_use, 0, closing, closed)], self.target.brake):
                for key in closing:
                    del self.lookout.due[Ref(kind, key)]
