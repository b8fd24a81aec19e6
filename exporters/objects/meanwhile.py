"""What the organisation decides while a run goes on: the image is read at its beginning, and a run may take hours.

Who must not be open any more, who is to be open again, and who counts as a leaver only once an import has ended.
"""

import time
from collections.abc import Callable
from datetime import date

import neo4j

from exporters.objects.closing import Lookout
from exporters.objects.plan import Plan
from exporters.objects.target import ClosesAtOnce, ObjectTarget, Ref
from exporters.target import ImageReader, Notice
from graph.change_log import last_number, now
from graph.runs.run_log import imports_at_work
from graph.time import today

LOOK_EVERY = 0.5
"""Seconds between two looks at the change log while objects are sent."""


class Meanwhile:
    """Made before the image of the day ``at`` is read. ``notice``: notes something for the run's report. ``begun``: the
    moment; ``holds``: whether somebody waits for the end of an import."""

    def __init__(
        self,
        driver: neo4j.Driver,
        target: ObjectTarget,
        read: ImageReader,
        at: date,
        notice: Callable[[Notice], None],
    ) -> None:
        self._driver, self._target, self._at, self._notice = driver, target, at, notice
        self.begun, self._begun_on = now(), today()
        self.holds = False
        self._looked = 0.0
        self._lookout = Lookout(driver, target, read, last_number(driver)) if isinstance(target, ClosesAtOnce) else None

    def hold_leavers(self, plan: Plan) -> None:
        """Leaves out what would be closed, while an import may be between two of its transactions: the next run sees
        who has really left."""
        target = self._target
        if not (isinstance(target, ClosesAtOnce) and target.waits_for_imports):
            return
        closing = frozenset(ref for ref, each in plan.differences.items() if each.is_closing)
        if closing and (at_work := imports_at_work(self._driver, self.begun)):
            plan.hold(closing)
            self.holds = True
            text = f"{len(closing)} are closed once the import has ended ({', '.join(at_work)})"
            plan.notices.append(Notice("", "", "", "import_at_work", text))

    def must_close(self, ref: Ref) -> bool:
        """Whether the object's owner was stopped, or has left, since the image was read."""
        lookout = self._looked_out()
        if lookout is None or ref not in lookout.due:
            return False
        self._note(ref, "closed_meanwhile", "it is no longer to be open, and was left out")
        return True

    def is_reopened(self, ref: Ref) -> bool:
        """Whether the object is to be open again since the image was read, such as of somebody who was hired again: a
        deletion may come hours after that."""
        lookout = self._looked_out()
        if lookout is None or ref not in lookout.open:
            return False
        self._note(ref, "opened_meanwhile", "it is to be open again, and was neither closed nor deleted")
        return True

    def _looked_out(self) -> Lookout | None:
        if self._lookout is not None and time.monotonic() - self._looked > LOOK_EVERY:
            self._lookout.look(self._day)
            self._looked = time.monotonic()
        return self._lookout

    @property
    def _day(self) -> date:
        """The day of the run; one that goes on over midnight is on the next."""
        return self._at + (today() - self._begun_on)

    def _note(self, ref: Ref, rule: str, text: str) -> None:
        self._notice(Notice(ref.kind, ref.key, "", rule, text))
