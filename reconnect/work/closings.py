"""Closes accounts of stopped people and of leavers within seconds, at each target, while a run of it goes on.

The rules are those of ``exporters.objects.closing``. Each worker looks every second; a lock keeps two from closing at
one target at once. How far the change log has been looked at is kept in the graph, so that a killed worker forgets
nothing.
"""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from structlog.stdlib import get_logger

from exporters.errors import LoginRefused
from exporters.objects.closing import Closer, Lookout
from exporters.objects.errors import Refused, Unanswered
from exporters.objects.ledger import Entry
from exporters.objects.target import ClosesAtOnce, Ref
from graph.change_log import last_number
from graph.retry import NEVER
from graph.runs.cursors import read_cursor, write_cursor
from graph.runs.run_log import end_run, start_run
from graph.time import today
from reconnect import targets
from reconnect.context import Context
from reconnect.locks import Lock, LockTaken
from reconnect.logs.tracebacks import kind_of
from reconnect.work import retrying
from reconnect.work.watches import Watch

EVERY = 1.0
"""Seconds between two looks."""
_LOCK = 15.0
"""Seconds for which a killed worker keeps others from closing."""
_LONGEST_PAUSE = 4.0
"""Seconds between two questions to the target about the same objects."""
_KEPT_EVERY = 30.0
"""Seconds between two notes of how far the log was looked at, while nothing is found."""
_MOST_UNANSWERED = 3
"""So many in turn without an answer, and the target counts as away."""

_log = get_logger("reconnect.work.closings")


@dataclass
class Closings:
    """The closings at one target. Use ``watch``, and ``close`` at the end."""

    context: Context
    name: str
    _stack: ExitStack = field(default_factory=ExitStack)
    _closer: Closer | None = None
    _kept: int = -1
    _kept_at: float = -_KEPT_EVERY
    _asked: frozenset[Ref] = frozenset()
    _pause: float = 0.0
    _next: float = 0.0
    _unanswered: set[Ref] = field(default_factory=set)

    @property
    def watch(self) -> Watch:
        return Watch(f"closings at {self.name}", EVERY, self.look)

    def close(self) -> None:
        self._stack.close()

    def look(self) -> None:
        """Close what is due. Raises what the graph, the queue and the target raise where they do not answer."""
        closer = self._made()
        if closer is None:
            return
        due = closer.due(today())
        if due and self._is_time(due) and not retrying.is_login_refused(self.context, self.name):
            self._close(closer, due)
        self._keep(closer)

    def _is_time(self, due: list[Entry]) -> bool:
        """Whether to ask the target. What a run has in hand, and was found closed, is asked about less often."""
        refs, moment = frozenset(each.ref for each in due), time.monotonic()
        if refs == self._asked and moment < self._next:
            return False
        self._pause = min(self._pause + EVERY, _LONGEST_PAUSE) if refs == self._asked else 0.0
        self._asked, self._next = refs, moment + self._pause
        return True

    def _made(self) -> Closer | None:
        if self._closer is None:
            from reconnect.image_reader import image_reader  # only here: to build the API's schema takes a second

            target = targets.build(self.context, self.name)
            if not isinstance(target, ClosesAtOnce):
                return None
            driver = self.context.driver()
            kept = read_cursor(driver, self._mark).get("number")
            number = last_number(driver) if kept is None else int(kept)
            read = self._stack.enter_context(image_reader(self.context, self.name))
            self._closer = Closer(driver, target, Lookout(driver, target, read, number))
            self._kept = -1 if kept is None else number
        return self._closer

    def _close(self, closer: Closer, due: list[Entry]) -> None:
        with self.context.redis() as client:
            try:
                with Lock(client, self._mark, _LOCK) as lock:
                    self._closed(closer, due, lock)
            except LockTaken:
                return
            except LoginRefused as failed:
                # It is not tried again and again, neither here nor by the schedule.
                retrying.note_login(self.context, self.name, refused=True)
                if failed.retry == NEVER:
                    retrying.refuse(client, self.context, f"export:{self.name}")
                raise

    def _closed(self, closer: Closer, due: list[Entry], lock: Lock) -> None:
        closed: list[str] = []
        run, begun = "", datetime.now(UTC)
        silent = 0
        try:
            with closer.target.open() as channel:
                for entry in self._in_turn(closer, due):
                    lock.require()
                    try:
                        if closer.close(channel, entry):
                            run = run or start_run(self.context.driver(), "closing", self.name, dry=False)
                            closed.append(entry.key)
                    except Refused as refused:
                        _log.warning("not closed", target=self.name, key=entry.key, error=kind_of(refused))
                    except Unanswered as lost:
                        # It is asked about again at the next look, which must not come later for the others.
                        self._unanswered.add(entry.ref)
                        silent += 1
                        if silent == _MOST_UNANSWERED:
                            raise
                        _log.warning("not closed", target=self.name, key=entry.key, error=kind_of(lost))
                        continue
                    self._unanswered.discard(entry.ref)
                    silent = 0
        finally:
            if closed:
                seconds = (datetime.now(UTC) - (closer.lookout.known or begun)).total_seconds()
                counts = {due[0].kind: {"closed": len(closed)}, "": {"seconds": round(seconds, 3)}}
                end_run(self.context.driver(), run, "done", counts)
                _log.info("closed at once", target=self.name, keys=closed, seconds=seconds)

    def _in_turn(self, closer: Closer, due: list[Entry]) -> list[Entry]:
        """STOP first; last, what was not answered before: it holds up no other."""
        why = closer.lookout.due
        self._unanswered &= {each.ref for each in due}
        return sorted(due, key=lambda each: (each.ref in self._unanswered, why.get(each.ref) != "stopped"))

    def _keep(self, closer: Closer) -> None:
        """Note how far the log was looked at, once nothing of it is left to be closed."""
        number, moment = closer.lookout.number, time.monotonic()
        if closer.lookout.due or closer.lookout.held or number == self._kept or moment - self._kept_at < _KEPT_EVERY:
            return
        write_cursor(self.context.driver(), self._mark, {"number": str(number)})
        self._kept, self._kept_at = number, moment

    @property
    def _mark(self) -> str:
        return f"closing:{self.name}"
