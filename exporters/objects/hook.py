"""The contract of a hook: what a municipality's own script does after a change that the target has accepted.

A hook never undoes or repeats the change. One that fails is called again, when its own answer says so. A run that was
killed may call it twice with the same event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

Event = Mapping[str, Any]
"""``event`` (created, changed, returned, closed, deleted), ``target``, ``kind``, ``key`` (ours), ``id`` (the target's),
``values`` (what the target has of the fields that are sent, without private ones; empty if the object is no longer
wanted)."""


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """``done``: nothing is left to do. Otherwise it is called again: after ``wait``, or by the policy if that is None;
    never if ``give_up``. ``text``: its own words, without values of the event."""

    done: bool
    text: str = ""
    wait: timedelta | None = None
    give_up: bool = False


class Hook(Protocol):
    def call(self, event: Event) -> HookAnswer:
        """Call it and await its answer. A hook that can't be reached has an answer that is not done."""
        ...
