"""Sends differences one after the other, so that the ledger is correct wherever the run ends.

Before a batch is sent, its entries become *unsure*; each is settled when the target has answered. The next run reads
what a killed run left unsure before it repeats anything. The same applies to a lost answer within a run.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from exporters.errors import DeliveryError
from exporters.ledger import batches
from exporters.objects.errors import Gone, ObjectError, Refused, Taken, Unanswered
from exporters.objects.ledger import Entry, ObjectLedger
from exporters.objects.plan import Difference
from exporters.objects.target import Channel, KindRules, Policy, Ref, Wanted
from exporters.report import KindReport
from exporters.target import Notice, Parked

_EVENTS = {
    "new": "created", "changed": "changed", "unchanged": "changed", "returning": "returned", "closing": "closed",
    "deleting": "deleted",
}  # fmt: skip

PORTION = 50
"""Objects that become unsure together: a killed run leaves at most this many to be read."""

Act = Callable[[Difference, bool], Entry | None]
"""Sends one difference. The bool: whether it may have been sent before, so that the object must be read first. Returns
the new entry; None if there is nothing to keep."""


@dataclass
class Sending:
    """One run's sending. ``entries``: the ledger's, kept up to date; ``step(kind)`` is called before each object and
    may raise to stop the run. ``must_close(ref)``: whether the object is no longer to be open, which the run did not
    know when it began: it is left out. ``is_reopened(ref)``: whether it is to be open again, so that it is neither
    closed nor deleted. ``counts``: whether closings count for the brake. ``refused``: objects parked in
    this run; ``lost``: objects one of whose answers was lost; ``unlinked``: by kind, links that were removed between
    objects that stay; ``closed``: keys of objects that were enabled → when they were disabled."""

    channel: Channel
    ledger: ObjectLedger
    entries: dict[Ref, Entry]
    kinds: Mapping[str, KindRules]
    policy: Policy
    definition: str
    at: date
    step: Callable[[str], None]
    must_close: Callable[[Ref], bool] = lambda ref: False
    is_reopened: Callable[[Ref], bool] = lambda ref: False
    counts: bool = False
    sleep: Callable[[float], None] = time.sleep
    reports: dict[str, KindReport] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    refused: set[Ref] = field(default_factory=set)
    lost: set[Ref] = field(default_factory=set)
    unlinked: Counter[str] = field(default_factory=Counter)
    closed: dict[str, datetime] = field(default_factory=dict)

    def report(self, kind: str) -> KindReport:
        return self.reports.setdefault(kind, KindReport(kind))

    def entry(self, difference: Difference) -> Entry:
        """The present entry. For an object that must be created (again), without the data of an earlier one."""
        known = self.entries.get(difference.ref)
        return difference.entry if known is None or (difference.what == "new" and not known.is_there) else known

    def send(self, differences: Iterable[Difference], act: Act) -> None:
        """Raises DeliveryError if the target fails; what it accepted until then is kept."""
        for given in batches(differences, PORTION):
            portion = [each for each in given if not self._is_left_out(each)]
            before = {each.ref: self.entry(each) for each in portion}
            events = {each.ref: self._events(each, before[each.ref]) for each in portion}
            begun = {
                each.ref: replace(before[each.ref], unsure=True, state="pending", sought=self._sought(each))
                for each in portion
            }
            self.ledger.write(replace(each, hooks=events[ref]) for ref, each in begun.items())
            left = dict(before)
            settled: dict[Ref, Entry | None] = {}
            try:
                for each in portion:
                    self.step(each.ref.kind)
                    if self._is_left_out(each):
                        continue  # meanwhile: its entry is kept as it was
                    del left[each.ref]
                    settled[each.ref] = begun[each.ref]
                    done = self._tried(each, before[each.ref].unsure, act, settled)
                    told = before[each.ref].hooks if each.ref in self.refused else events[each.ref]
                    settled[each.ref] = None if done is None else replace(done, hooks=told)
                    if done is not None:
                        self.entries[each.ref] = replace(done, hooks=told)  # the next one may need it
            finally:
                # What was new, and must not be open any more, has never been at the target: no order is open.
                kept = {
                    ref: None if ref not in self.entries and self.must_close(ref) else each
                    for ref, each in left.items()
                }
                self._keep({**settled, **kept})

    def _is_left_out(self, difference: Difference) -> bool:
        leaves = self.is_reopened if difference.is_closing else self.must_close
        return leaves(difference.ref)

    def park(self, difference: Difference, problem: str, reason: str) -> Entry:
        """The entry of an object that the target refuses."""
        ref = difference.ref
        self.refused.add(ref)
        self.parked.append(Parked(ref.kind, ref.key, problem, reason))
        self.report(ref.kind).parked += 1
        return replace(self._in_vain(difference, problem, reason), state="parked")

    def _tried(self, difference: Difference, unsure: bool, act: Act, settled: dict[Ref, Entry | None]) -> Entry | None:
        for pause in (*self.policy.pauses, None):
            try:
                return act(difference, unsure)
            except (Refused, Gone) as refused:
                problem = refused.problem if isinstance(refused, Refused) else "gone"
                return self.park(difference, problem, _shown(refused, problem, difference.wanted))
            except Unanswered as lost:
                unsure = True
                self.lost.add(difference.ref)
                if pause is None:
                    settled[difference.ref] = self._in_vain(difference, "no_answer", str(lost))
                    what = f"{difference.ref.kind} {difference.ref.key}"
                    raise DeliveryError(
                        f"{what}: no answer in {len(self.policy.pauses) + 1} tries. {lost}", retry=lost.retry
                    ) from lost
                self.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _events(self, difference: Difference, entry: Entry) -> tuple[str, ...]:
        """The events of which the hook is to be informed once this has been sent. They are kept before it is sent, so
        that a killed run loses none."""
        event = _EVENTS.get(difference.what)
        if self.policy.hook is None or event is None or event in entry.hooks:
            return entry.hooks
        if event == "changed" and "created" in entry.hooks:
            return entry.hooks
        return (*entry.hooks, event)

    def sought_now(self, wanted: Wanted) -> dict[str, str]:
        """By what a creation of this is looked for, if it is not answered."""
        given = ((name, wanted.values.get(name)) for name in self.kinds[wanted.kind].found_by)
        return {name: str(value) for name, value in given if value is not None}

    def _sought(self, difference: Difference) -> Mapping[str, str]:
        entry = self.entry(difference)
        if entry.is_there or entry.sought or difference.wanted is None:
            return entry.sought
        return self.sought_now(difference.wanted)

    def _in_vain(self, difference: Difference, problem: str, reason: str) -> Entry:
        known = self.entry(difference)
        hours = min(self.policy.first_hours * 2**known.tries, self.policy.longest_hours)
        return replace(
            known,
            state="failed",
            unsure=True,
            problem=problem,
            reason=reason,
            hash=difference.hash,
            definition=self.definition,
            tries=known.tries + 1,
            again=datetime.now(UTC) + timedelta(hours=hours),
            sought=self._sought(difference) if difference.ref in self.lost else known.sought,
        )

    def _keep(self, entries: Mapping[Ref, Entry | None]) -> None:
        kept = {ref: each for ref, each in entries.items() if each is not None}
        gone = [ref for ref, each in entries.items() if each is None]
        self.entries |= kept
        for ref in gone:
            self.entries.pop(ref, None)
        self.ledger.write(kept.values())
        self.ledger.forget(gone)


def _shown(refused: ObjectError, problem: str, wanted: Wanted | None) -> str:
    """The reason as the ledger, lists and mails have it. The target's own words repeat names, and those of a protected
    person are not shown."""
    quotes = refused.__cause__ is not None or isinstance(refused, Taken)
    if wanted is None or not wanted.protected or not quotes:
        return str(refused)
    return f"The target refuses it ({problem}). Its words are not shown, since the person's name is protected."
