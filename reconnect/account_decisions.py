"""How the web service opens a target for what people decide about its accounts."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from exporters.objects.deciding import Decisions, NoSuchTarget, TargetBusy
from exporters.objects.target import ObjectTarget
from exporters.target import ImageReader
from reconnect.context import Context
from reconnect.exits import CommandFailed
from reconnect.locks import LockLost, LockTaken
from reconnect.work import jobs


def decisions(context: Context) -> Decisions:
    """By the settings' targets, under the lock of each one's export."""
    return Decisions(partial(_opened, context))


@contextmanager
def _opened(context: Context, target: str) -> Iterator[tuple[ObjectTarget, ImageReader]]:
    try:
        with jobs.at_objects(context, jobs.Caller(_silent), target) as both:
            yield both
    except (LockTaken, LockLost) as busy:
        raise TargetBusy(f"{target}: {busy}") from busy
    except CommandFailed as unknown:
        raise NoSuchTarget(str(unknown)) from unknown


def _silent(*_: Any) -> None:
    """No progress is shown."""
