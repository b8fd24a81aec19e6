"""Drift: what others have changed at the target, by object and field; and differences that a person has accepted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import neo4j

from exporters.image import read_image
from exporters.objects.adoption import NOT_SEEN, decision
from exporters.objects.hiding import Hide
from exporters.objects.ledger import ENABLED, GONE, Entry, ObjectLedger, on_day
from exporters.objects.plan import Planning, as_offered
from exporters.objects.reconciliation import Reconciliation
from exporters.objects.target import ObjectTarget, Ref
from exporters.report import ExportReport, KindReport
from exporters.target import ImageReader
from graph.cpr.keyring import Keyring
from graph.runs.run_log import end_run, start_run


class NotAccepted(ValueError):
    """There is nothing to accept; the text states why."""


def drift(
    driver: neo4j.Driver, target: ObjectTarget, read: ImageReader, keyring: Keyring, at: date
) -> ExportReport:  # fmt: skip
    """Every object at the target against what it was sent; writes nothing there, whatever the target's policy. Which
    fields differ is kept in the ledger. Raises DeliveryError, ObjectError."""
    objects = target.shape(read_image(target, read, at), at)
    ledger, changed = ObjectLedger(driver, target.name), 0
    entries: dict[Ref, Entry] = {ref: on_day(each, at) for ref, each in ledger.entries().items()}
    reports = {kind: KindReport(kind) for kind in target.kinds}
    with target.open() as channel:
        entries = {
            ref: as_offered(each, channel.offers) if ref.kind in reports else each for ref, each in entries.items()
        }
        retention = timedelta(days=target.policy.retention_days)
        planning = Planning(
            target.kinds, channel.offers, keyring, "", retention, at, datetime.now(UTC), target.policy.asks
        )
        wanted = planning.plan(objects, entries).wanted()
        policy = replace(target.policy, drift="report")
        hide = Hide(objects.identifying, objects.private)
        found = Reconciliation(channel, target.kinds, policy, wanted, entries, reports, hide)
        found.run()
        entries |= found.ended
    if found.ended or any(found.is_news(ref, entries[ref]) for ref in found.found):
        run = start_run(driver, "export", target.name, dry=False)
        try:
            ledger.claim(run)
            ledger.write(found.ended.values())
            changed = ledger.note_drift(entries, found.found, found.names)
        finally:
            end_run(driver, run, "done", {"": {"compared": changed}}, "")
    report = ExportReport(target.name, at, dry_run=True)
    report.objects, report.notices = list(reports.values()), found.notices
    return report


def accept(
    driver: neo4j.Driver,
    target: ObjectTarget,
    ref: Ref,
    field: str,
    reason: str,
    user: str,
    until: date | None = None,
) -> None:
    """Leave the difference of a field, until another value is wanted of it, or until a day: from then on it is shown
    again. Raises NotAccepted."""
    ledger = ObjectLedger(driver, target.name)
    entry = ledger.entries().get(ref)
    if entry is None or not entry.is_there:
        raise NotAccepted(f"{target.name} has no {ref.kind} {ref.key}.")
    if field == ENABLED and not entry.enabled:
        raise NotAccepted(f"{ref.kind} {ref.key} is closed. Others have enabled it; disable it there, or plan it.")
    if field == GONE and not entry.is_deleted_by_others and entry.problem != NOT_SEEN:
        raise NotAccepted(f"{target.name} has {ref.kind} {ref.key}, as far as it is known.")
    if field not in (*entry.fields, *entry.links, ENABLED, GONE):
        known = ", ".join(sorted({*entry.fields, *entry.links}))
        raise NotAccepted(f"{ref.kind} {ref.key} has no field {field}. It has: {known}.")
    run = start_run(driver, "export", target.name, dry=False)
    try:
        ledger.claim(run)
        ends = "" if until is None else f", until {until}"
        said = {**entry.accepted, field: f"{reason} ({user}){ends}"}
        until_days = {name: day for name, day in entry.accepted_until.items() if name != field}
        until_days |= {} if until is None else {field: until}
        kept = {**entry.not_kept, **({field: entry.fields[field]} if field in entry.fields else {})}
        drift = {name: state for name, state in entry.drift.items() if name != field}
        # One that is to be closed, and can't be seen, is settled by the next run.
        again = None if field == GONE else entry.again
        ledger.write(
            [replace(entry, not_kept=kept, accepted=said, accepted_until=until_days, drift=drift, again=again)]
        )
    finally:
        end_run(driver, run, "done", {"": {"accepted": 1}}, "")


def make_again(driver: neo4j.Driver, target: ObjectTarget, ref: Ref, why: str = "") -> None:
    """The next run makes a new object in place of one that others have deleted. ``why``: the reason, and who decided.
    Raises NotAccepted."""
    ledger = ObjectLedger(driver, target.name)
    entry = ledger.entries().get(ref)
    if entry is None or not entry.is_deleted_by_others:
        raise NotAccepted(f"{target.name} has {ref.kind} {ref.key}, or never had it, as far as it is known.")
    run = start_run(driver, "export", target.name, dry=False)
    try:
        ledger.claim(run)
        # Unsure: should it be there after all, it is found by our key.
        anew = Entry(
            ref.kind, ref.key, "pending", others=entry.others, unsure=True, decision=decision("make again", why)
        )
        ledger.write([anew])
    finally:
        end_run(driver, run, "done", {"": {"made again": 1}}, "")
