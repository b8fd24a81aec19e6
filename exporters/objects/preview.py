"""What a run would do, in words: old and new value by field, for the user who decides.

The ledger keeps no values: old ones are read at the target.
"""

from collections.abc import Iterator, Mapping

from exporters.errors import DeliveryError
from exporters.objects.adoption import theirs
from exporters.objects.errors import ObjectError, Refused
from exporters.objects.hiding import Hide
from exporters.objects.ledger import Entry
from exporters.objects.order import in_order
from exporters.objects.plan import Difference, Plan
from exporters.objects.target import Channel, Found, Ref, Value
from exporters.objects.values import in_words
from exporters.report import KindReport, RowChange
from exporters.target import Parked

UNKNOWN = "the old value can't be read at the target"


def preview(
    plan: Plan,
    channel: Channel,
    hide: Hide,
    reports: Mapping[str, KindReport],
    entries: Mapping[Ref, Entry],
    adopt: bool,
    parked: list[Parked],
) -> str:
    """Fills in the planned changes, and what would be ``parked`` because others made it. Returns why the target
    can't be read; empty if it can."""
    unread = ""
    for each in _in_order(plan):
        report = reports[each.ref.kind]
        if each.is_closing:
            gone = "would be deleted" if each.what == "deleting" else "would be disabled"
            report.changes.append(RowChange(each.ref.key, "gone", (gone,)))
            if each.what == "deleting":
                report.deleted += 1
            else:
                report.closed += 1
        elif each.what == "new" and each.wanted is not None:
            try:
                there = None if unread else theirs(each.wanted, channel.find(each.wanted), each.entry, entries, adopt)
                got = channel.foreseen(each.wanted) if there is None and not unread else {}
            except Refused as refused:
                parked.append(Parked(each.ref.kind, each.ref.key, refused.problem, str(refused)))
                report.parked += 1
                continue
            except (DeliveryError, ObjectError) as failure:
                unread, there, got = str(failure), None, {}
            report.created += there is None
            report.adopted += there is not None
            report.changes.append(RowChange(each.ref.key, "new", tuple(_new(each, got, hide))))
        elif each.what in ("changed", "returning"):
            report.changed += 1
            found = None
            if not unread and (each.set or each.clear):
                try:
                    found = channel.read(each.ref.kind, each.entry.remote)
                except (DeliveryError, ObjectError) as failure:
                    unread = str(failure)
            report.changes.append(RowChange(each.ref.key, "changed", tuple(_changed(each, found, hide))))
    return unread


def _in_order(plan: Plan) -> Iterator[Difference]:
    """As a run sends them: who comes first gets the better name."""
    for kind, rules in plan.kinds.items():
        yield from in_order([each for each in plan.differences.values() if each.ref.kind == kind], rules)


def _new(difference: Difference, got: Mapping[str, Value], hide: Hide) -> Iterator[str]:
    """``got``: values in place of those that others have."""
    if (wanted := difference.wanted) is not None:
        shown = ((name, hide(wanted, name), value) for name, value in {**wanted.values, **got}.items())
        yield "; ".join(
            f"{name}: ({hidden})" if hidden else f"{name}: {in_words(value)}" for name, hidden, value in shown
        )
        yield from _links(difference.add, "+")


def _changed(difference: Difference, found: Found | None, hide: Hide) -> Iterator[str]:
    wanted = difference.wanted
    if wanted is None:
        return
    if difference.enable is not None:
        yield "would be enabled" if difference.enable else "would be disabled"
    for name in sorted(difference.set | difference.clear):
        new = wanted.values.get(name)
        if hidden := hide(wanted, name):
            yield f"{name}: differs ({hidden})"
        elif found is None:
            yield f"{name}: {UNKNOWN}; now {in_words(new)}"
        else:
            yield f"{name}: {in_words(found.values.get(name))} → {in_words(new)}"
    yield from _links(difference.add, "+")
    yield from _links(difference.remove, "−")
    if difference.entry.unsure:
        yield "would be read first: a run ended while it was being sent"


def _links(links: Mapping[str, frozenset[Ref]], sign: str) -> Iterator[str]:
    for name, refs in sorted(links.items()):
        if refs:
            yield f"{name}: {sign}{len(refs)}"
