"""Runs of sources and targets, as the API asks the program for them: how the last one went, and one to be made now."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import strawberry

from graph.errors import ChangeRejected


class RunKind(Enum):
    IMPORT = strawberry.enum_value("import", description="A source is read")
    EXPORT = strawberry.enum_value("export", description="A target is supplied")


strawberry.enum(RunKind, description="What can be run on request")


@dataclass(frozen=True, slots=True)
class RunOrder:
    """A run that a person requests. ``name``: of the source or target, as ``sources`` and ``targets`` list it. ``by``:
    who asks, as in the change log. ``is_dry``: only works out what would change; writes and sends nothing."""

    kind: RunKind
    name: str
    by: str
    reason: str
    is_dry: bool


@dataclass(frozen=True, slots=True)
class LastRun:
    """``state``: queued, running, done, waiting, failed. Moments as ISO texts; ``text``: what became of it."""

    state: str
    text: str
    started: str
    ended: str | None


class Runs(Protocol):
    """All of it raises NotAnswering (``api.computed.contract``) if the queue does not answer."""

    def last(self, kind: RunKind, name: str) -> LastRun | None:
        """The current run, or else the last one, dry runs included; None if there was none."""

    def require(self, kind: RunKind, name: str) -> None:
        """Raises ChangeRejected (not_set_up) unless there is such a source or target, with the settings it needs."""

    def start(self, order: RunOrder) -> bool:
        """Queue it for a worker; False if the same run is already queued or running. Raises as ``require`` does."""


def known(runs: Runs | None) -> Runs:
    """Raises ChangeRejected (not_set_up)."""
    if runs is None:
        raise ChangeRejected("not_set_up", "name: this service has no job queue", field="name")
    return runs
