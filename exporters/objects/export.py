"""Export to a target that takes objects: image → shape → plan against the ledger → brake → delivery.

The rules are those of architecture.md §4 "Export".

A run that finds nothing new writes nothing, neither in the graph nor at the target. A dry run is the same path and ends
before the delivery. A killed run is continued by the next.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256

import neo4j

from exporters.errors import DeliveryError, LoginRefused
from exporters.image import read_image
from exporters.objects.brake import Taking, digest, ends_of, summary, too_much
from exporters.objects.calling import Calling
from exporters.objects.closing_times import longest
from exporters.objects.delivery import close, deliver
from exporters.objects.errors import ObjectError
from exporters.objects.hiding import Hide
from exporters.objects.ledger import Entry, ObjectLedger, on_day
from exporters.objects.meanwhile import Meanwhile
from exporters.objects.plan import Difference, Plan, Planning, as_offered
from exporters.objects.preview import preview
from exporters.objects.reconciliation import Reconciliation
from exporters.objects.sending import Sending
from exporters.objects.stop_reasons import another_system, beside_others, earlier_ends
from exporters.objects.surge import surges
from exporters.objects.target import RENAMED, Channel, Counting, Objects, ObjectTarget, Ref
from exporters.report import ExportReport, KindReport
from exporters.target import ImageReader, Notice
from graph.change_log import now
from graph.cpr.keyring import Keyring
from graph.planning import replan
from graph.runs.brakes import Brake, StoppedByBrake
from graph.runs.limits import taken_lately
from graph.runs.run_log import end_run, start_run
from graph.time import today

Progress = Callable[[str, int, int | None], None]

INSISTS = timedelta(hours=1)
"""So long after the last change a run uses the server that has it, and no other: another one may not have been told
yet, so that an object would be made twice, or taken for deleted."""


@dataclass
class ObjectExport:
    """One run of one target. Use ``run_object_export``."""

    driver: neo4j.Driver
    target: ObjectTarget
    read: ImageReader
    keyring: Keyring
    at: date
    dry_run: bool
    full: bool
    approved: str | None
    user: str | None
    progress: Progress
    sleep: Callable[[float], None]
    only_disable: Callable[[], str] = str
    report: ExportReport = field(init=False)
    ledger: ObjectLedger = field(init=False)
    _brake: Brake = field(init=False)
    _meanwhile: Meanwhile = field(init=False)
    _server: str = field(init=False, default="")
    _place: str = field(init=False, default="")
    _only_disable: str = field(init=False, default="")
    _done: int = field(init=False, default=0)
    _taken: Counter[str] = field(init=False, default_factory=Counter)
    _ends: Counter[str] = field(init=False, default_factory=Counter)
    _closed: dict[str, datetime] = field(init=False, default_factory=dict)
    _seconds: int | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        name = f"export:{self.target.name}"
        self._brake = Brake(self.driver, name, self.approved, self.user, "approved with the export")
        self.ledger = ObjectLedger(self.driver, self.target.name)
        self.report = ExportReport(self.target.name, self.at, self.dry_run)

    def run(self) -> ExportReport:
        self._brake.require_waiting()
        self.progress("image", 0, None)
        self._meanwhile = Meanwhile(self.driver, self.target, self.read, self.at, self._notice)
        image = read_image(self.target, self.read, self.at)
        self.progress("shape", sum(len(each) for each in image.values()), None)
        objects = self.target.shape(image, self.at)
        self.report.objects = [KindReport(kind) for kind in self.target.kinds]
        self.report.counts, self.report.parked = objects.counts, objects.parked
        state, error = "failed", ""
        try:
            with self.target.open(self.ledger.server(now() - INSISTS)) as channel:
                self._server = channel.server
                self._compared(channel, objects)
            self._seconds = longest(self.driver, self._closed)
            state = "failed" if self.report.error else "done"
        except (DeliveryError, ObjectError) as failure:
            self.report.error, self.report.retry = str(failure), failure.retry
            self.report.login_refused = isinstance(failure, LoginRefused)
        except StoppedByBrake as stop:
            state, self.report.brake = "stopped", stop.brake
        except BaseException as failure:
            error = f"{type(failure).__name__}: {failure}"
            raise
        finally:
            if not self.dry_run:
                self.report.approval = self._brake.unused_approval(stopped=self.report.brake is not None)
            if self.report.run is not None:
                counts = self.report.as_counts()
                if self._seconds is not None:
                    counts[""]["seconds"] = self._seconds
                end_run(self.driver, self.report.run, state, counts, error or self.report.error, self._taken)
                replan(self.driver, self._done)
        return self.report

    def _compared(self, channel: Channel, objects: Objects) -> None:
        entries = self.ledger.entries()
        left = {
            ref: fit
            for ref, known in entries.items()
            if ref.kind in self.target.kinds
            and (fit := as_offered(on_day(known, self.at), channel.offers)) is not known
        }
        entries |= left
        elsewhere = self._elsewhere(entries)
        reports = {each.kind: each for each in self.report.objects}
        planning = Planning(
            self.target.kinds,
            channel.offers,
            self.keyring,
            self._definition,
            timedelta(days=self.target.policy.retention_days),
            self.at,
            datetime.now(UTC),
            self.target.policy.asks,
            self.full,
        )
        plan = planning.plan(objects, entries)
        hide = Hide(objects.identifying, objects.private)
        gone: frozenset[Ref] = frozenset()
        if self.full:
            self.progress("full comparison", 0, None)
            wanted = {ref: each.wanted for ref, each in plan.differences.items() if each.wanted is not None}
            found = Reconciliation(
                channel, self.target.kinds, self.target.policy, wanted, entries, reports, hide, objects.urgent
            )  # fmt: skip
            kept = dict(entries)
            found.run()
            kept |= found.ended
            if found.ended and not self.dry_run:
                self._run()
                self.ledger.write(found.ended.values())
            self._note_drift(found, kept, entries)
            gone = found.to_make_again
            plan = planning.plan(objects, entries)
            plan.notices += found.notices
        self.report.notices = plan.notices
        self.report.parked = [*plan.parked, *plan.refused_before()]
        for kind, total in plan.total.items():
            reports[kind].total = total
            reports[kind].parked = sum(each.object == kind for each in self.report.parked)
        urgent = plan.urgent(objects.urgent)
        if not self.dry_run:
            self._close_urgent(channel, urgent, entries, reports)
        for each in urgent:
            del plan.differences[each.ref]
        self._meanwhile.hold_leavers(plan)
        self._hold_openings(plan)
        calling = self._calling(channel, plan, entries, objects)
        try:
            beside = [*elsewhere, *beside_others(self.target, channel, plan, entries)]
            allowed = self._stop_or_go(channel, plan, entries, beside, gone)
        except StoppedByBrake:
            # What was done before, a STOP's closings among it, waits for no approval of other changes.
            self._call(calling)
            raise
        plan.differences |= {each.ref: each for each in urgent} if self.dry_run else {}
        if self.dry_run:
            self.report.unread = preview(
                plan, channel, hide, reports, entries, self.target.policy.adopt, self.report.parked
            )
            if not self.report.unread:
                self._remove_counters(channel, plan, entries)
            return
        self._park(plan, entries, left)
        self._deliver(channel, plan, entries, reports, calling, counts=allowed is None)
        if not self.report.error:
            if allowed is not None:
                self._brake.spend(allowed)
            if not (self._meanwhile.holds or self.report.held):
                # What is held up by an import may need an approval that was given.
                self._brake.spend_rest(self._meanwhile.begun)
            if self.report.run is not None and not self.report.held:
                self.ledger.keep_complete()

    def _note_drift(self, found: Reconciliation, kept: dict[Ref, Entry], entries: dict[Ref, Entry]) -> None:
        """As the ledger has the entries: what the comparison has set them to is not sent yet."""
        if self.dry_run or not any(found.is_news(ref, kept[ref]) for ref in found.found if ref in kept):
            return
        self._run()
        self.ledger.note_drift(kept, found.found, found.names)
        for ref in found.found:
            if ref in kept and ref in entries:
                noted = kept[ref]
                entries[ref] = replace(entries[ref], drift=noted.drift, drift_at=noted.drift_at, names=noted.names)

    def _hold_openings(self, plan: Plan) -> None:
        """Leave out everything but what disables: it is not known whether what the rest stands on is still so. A dry
        run shows it all."""
        self._only_disable = self.only_disable()
        if not self._only_disable:
            return
        waiting = [
            each for each in plan.of("new", "changed", "returning", "closing", "deleting") if not each.is_disabling
        ]
        changes = "1 change waits" if len(waiting) == 1 else f"{len(waiting)} changes wait"
        self.report.held = f"{changes}. {self._only_disable}"
        if not self.dry_run:
            # What stays as it is may have links that wait for another object.
            plan.hold(frozenset(each.ref for each in (*waiting, *plan.of("unchanged"))))

    # -- brake --------------------------------------------------------------------------------------------------

    @property
    def _definition(self) -> str:
        return sha256(self.target.rules.encode()).hexdigest()[:16]

    def _elsewhere(self, entries: dict[Ref, Entry]) -> list[str]:
        """Why nothing may be sent: the settings name another system than the one that the ledger knows. Empty if they
        do not, or once a person has approved that it is the same. Raises StoppedByBrake, except in a dry run."""
        place = digest([self.target.place])
        reasons = another_system(self.target, self.ledger.place(), entries)
        if not reasons:
            self._place = "" if self.ledger.place() == place else place
            return []
        self.report.reasons = tuple(reasons)
        if self.dry_run:
            return reasons
        lines = {place}
        self._brake.spend(self._brake.stop_or_go(digest(lines), reasons, lambda: reasons, self._run(), lines))
        self.ledger.keep_place(place)
        self.report.reasons = ()
        return []

    def _stop_or_go(
        self, channel: Channel, plan: Plan, entries: dict[Ref, Entry], beside: list[str], gone: frozenset[Ref]
    ) -> str | None:
        """The digest that was approved, if one was needed. Raises StoppedByBrake."""
        brake, moment = self.target.brake, now()
        takings = plan.takings(
            entries, self._definition, {kind: brake.of(kind).since(moment) for kind in self.target.kinds}
        )
        for each in takings:
            each.ending = earlier_ends(self.target, channel, each, entries)
        self._ends = Counter({ends_of(each.kind): len(each.ending) for each in takings if each.ending})
        found = surges(plan, entries, self.target.kinds, gone, is_first=not self.ledger.was_complete())
        sudden = [each for each in found if each.is_too_much(brake)]
        reasons = [*too_much(takings, brake, self._taken_lately(takings)), *(each.reason for each in sudden), *beside]
        if not reasons:
            return None
        self.report.reasons = tuple(reasons)
        if self.dry_run:
            return None
        lines = {line for each in takings for line in each.lines}
        lines |= {f"{each.ref.kind} {each.ref.key} beside others" for each in plan.of("new") if beside}
        lines |= {line for each in sudden for line in each.lines}
        more = [line for each in sudden for line in each.shown]
        shown = partial(summary, reasons, takings, more)
        allowed = self._brake.stop_or_go(digest(lines), reasons, shown, self._run(), lines)
        # Who approved these has seen those before them, too.
        seen = [replace(entries[Ref(each.kind, key)], counts_from=None) for each in takings for key in each.before]
        self.ledger.write(seen)
        entries |= {each.ref: each for each in seen}
        return allowed

    def _taken_lately(self, takings: list[Taking]) -> dict[str, int]:
        name, brake = self.target.name, self.target.brake
        found: dict[str, int] = {}
        with_ends = {kind for kind, rules in self.target.kinds.items() if rules.ends}
        for each in takings:
            if each.unlinked or each.ending or (each.closing and each.kind in with_ends):
                lately = taken_lately(self.driver, "export", name, self._brake.source, brake.of(each.kind))
                found |= {what: lately[what] for what in (each.kind, ends_of(each.kind))}
        return found

    def _run(self) -> str:
        """The run's id. A run that finds nothing new is not noted, so the note is made with the first write."""
        if self.report.run is None:
            self.report.run = start_run(self.driver, "export", self.target.name, dry=self.dry_run)
            self.ledger.claim(self.report.run)
            if self._place:
                self.ledger.keep_place(self._place)
            if self._server:
                self.ledger.keep_server(self._server)
        return self.report.run

    # -- delivery -----------------------------------------------------------------------------------------------

    def _park(self, plan: Plan, entries: dict[Ref, Entry], left: Collection[Ref]) -> None:
        """Keep the objects that the shape can't make as parked, and release those that it can make again. ``left``:
        objects some of whose fields others write from now on, or some of whose accepted differences have ended."""
        kept: list[Entry] = [entries[ref] for ref in left if ref in entries]
        for each in plan.parked:
            known = entries.get(Ref(each.object, each.key), Entry(each.object, each.key, "parked"))
            if (known.state, known.problem, known.reason) != ("parked", each.problem, each.reason):
                kept.append(replace(known, state="parked", problem=each.problem, reason=each.reason, again=None))
        kept += [
            each.entry.settled("closed" if each.entry.closed else "delivered") for each in plan.of("released")
        ]  # fmt: skip
        if kept or plan.released:
            self._run()
            self.ledger.write(kept)
            self.ledger.forget(plan.released)
            entries |= {each.ref: each for each in kept}
            for ref in plan.released:
                entries.pop(ref, None)

    def _close_urgent(
        self, channel: Channel, urgent: list[Difference], entries: dict[Ref, Entry], reports: dict[str, KindReport]
    ) -> None:
        """Before the brake: what must be closed waits for no approval of other changes."""
        if not urgent:
            return
        self._run()
        self.progress("closing", 0, len(urgent))
        work = self._sending(channel, entries, reports, lambda kind: None)
        try:
            close(work, urgent)
        finally:
            self._closed |= work.closed
            self.report.parked = [*self.report.parked, *work.parked]

    def _sending(
        self,
        channel: Channel,
        entries: dict[Ref, Entry],
        reports: dict[str, KindReport],
        step: Callable[[str], None],
        *,
        counts: bool = False,
    ) -> Sending:
        return Sending(
            channel, self.ledger, entries, self.target.kinds, self.target.policy, self._definition, self.at, step,
            self._meanwhile.must_close, self._meanwhile.is_reopened, counts, self.sleep, reports, self.report.notices,
        )  # fmt: skip

    def _notice(self, notice: Notice) -> None:
        if notice not in self.report.notices:
            self.report.notices.append(notice)

    def _deliver(
        self,
        channel: Channel,
        plan: Plan,
        entries: dict[Ref, Entry],
        reports: dict[str, KindReport],
        calling: Calling | None,
        *,
        counts: bool,
    ) -> None:
        """``counts``: whether closings count for the brake."""
        due = len(plan.of("new", "changed", "returning", "closing", "deleting"))
        if not due and not (calling and calling.is_due):
            self._remove_counters(channel, plan, entries)
            return
        self._run()

        def step(kind: str) -> None:
            self.progress(kind, min(self._done, due), due)
            self._done += 1

        work = self._sending(channel, entries, reports, step, counts=counts)
        try:
            waiting = deliver(work, plan)
            if waiting:
                self.report.counts = {**self.report.counts, "links that wait": waiting}
        finally:
            self._taken = work.unlinked + self._ends
            self._closed |= work.closed
            self.report.parked = [*self.report.parked, *work.parked]
        self.progress("delivery", due, due)
        self._remove_counters(channel, plan, entries)
        self._call(calling)

    def _remove_counters(self, channel: Channel, plan: Plan, entries: dict[Ref, Entry]) -> None:
        """What a person has accepted as it is there stays. While a run may only disable, nothing is renamed; a dry run
        says what would be."""
        if not isinstance(channel, Counting) or (self._only_disable and not self.dry_run):
            return
        there = ((each, entries[ref]) for ref, each in plan.wanted().items() if ref in entries)
        named = {entry.remote: each for each, entry in there if entry.is_there and not entry.accepted}
        for notice in channel.remove_counters(named, dry=self.dry_run, begin=self._run):
            self._notice(notice)
            if notice.rule == RENAMED:
                before = self.report.counts.get(RENAMED, 0)
                self.report.counts = {**self.report.counts, RENAMED: before + 1}

    def _calling(self, channel: Channel, plan: Plan, entries: dict[Ref, Entry], objects: Objects) -> Calling | None:
        hook = self.target.policy.hook
        if hook is None or self.report.held:
            return None
        return Calling(
            self.target.name, hook, self.target.policy, channel, self.ledger, entries, plan.wanted(), objects.private,
            self.report.notices, lambda: self.progress("hooks", 0, None),
        )  # fmt: skip

    def _call(self, calling: Calling | None) -> None:
        if calling is not None and not self.dry_run and (called := calling.run()):
            self.report.counts = {**self.report.counts, "hooks called": called}


def _silent(stage: str, done: int, total: int | None) -> None:
    """No progress is shown."""


def run_object_export(
    driver: neo4j.Driver,
    target: ObjectTarget,
    read: ImageReader,
    keyring: Keyring,
    *,
    at: date | None = None,
    dry_run: bool = False,
    full: bool = False,
    approve: str | None = None,
    user: str | None = None,
    progress: Progress = _silent,
    sleep: Callable[[float], None] = time.sleep,
    only_disable: Callable[[], str] = str,
) -> ExportReport:
    """Send the target everything that it should have on ``at`` (default today) and that was not sent yet.

    ``full``: compare every object at the target with what it was sent, and try refused objects again. ``approve``: id
    of a stopped run; approves exactly its changes. ``progress(stage, done, total)`` may raise to stop the run between
    two objects. ``only_disable``: asked once everything is read; why nothing is sent but what disables an object, such
    as after a restore, and nothing is deleted; empty: all is sent. The failure of a target is in ``report.error``, a
    stop by the brake in ``report.brake``. Raises StaleApproval if ``approve`` is not a stopped run of the target,
    ImageError, Overtaken, and what ``read`` raises.
    """
    return ObjectExport(
        driver, target, read, keyring, at or today(), dry_run, full, approve, user, progress, sleep, only_disable
    ).run()  # fmt: skip
