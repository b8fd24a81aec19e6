"""A planned account as the rules state it: its days, values and links, with those of the days before today."""

from collections.abc import Sequence
from datetime import date, timedelta

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import FOREVER, Period, until
from rules.accounts.facts import Facts
from rules.accounts.kept import TIE_LINKS
from rules.accounts.planning import KIND, Wanted


def statement(wanted: Wanted, facts: Facts) -> Statement | None:
    """What rules state of an account; None where there was nothing and is to be nothing."""
    today = facts.today
    exists = wanted.exists(today)
    if not exists:
        return None if wanted.kept is None else Statement(KIND, wanted.key, exists=())
    values: dict[str, tuple[DatedValue, ...]] = {"key": (DatedValue(Period(), wanted.key),)}
    if wanted.kept is not None:
        values |= {name: tuple(each) for name, each in wanted.kept.values.items() if name not in ("delete_on",)}
    for name, value in wanted.names.items():
        values[name] = _from_today(values.get(name, ()), value, today)
    if wanted.chain:
        for name in ("licence", "type"):
            told = [(each.period, getattr(each.rule, name)) for each in wanted.chain]
            values[name] = _dated(values.get(name, ()), told, today)
        values["expires"] = tuple(
            DatedValue(each, each.end.isoformat())
            for each in exists
            if each.end is not None and each.last > today and wanted.rule is not None and wanted.rule.expiry
        )
    deleted = deletion_day(wanted, exists)
    if deleted is not None:
        values["delete_on"] = (DatedValue(Period(), deleted.isoformat()),)
    links: dict[str, tuple[DatedLink, ...]] = {
        "owner": (DatedLink(Period(), Ref("Person", wanted.person.uuid, "uuid")),),
        "system": (DatedLink(Period(), Ref("ItSystem", wanted.system, "uuid")),),
    }
    for kind, name in TIE_LINKS.items():
        told_links = [(each.period, Ref(kind, each.tie.uuid, "uuid")) for each in wanted.chain if each.tie.kind == kind]
        links[name] = _linked(wanted.kept, name, told_links, today)
    rules = [(each.period, Ref("AccountRule", each.rule.uuid, "uuid")) for each in wanted.chain]
    links["rule"] = _linked(wanted.kept, "rule", rules, today)
    return Statement(
        KIND,
        wanted.key,
        exists=exists,
        values={name: each for name, each in sorted(values.items()) if each},
        links={name: each for name, each in sorted(links.items()) if each},
    )


def deletion_day(wanted: Wanted, exists: Sequence[Period]) -> date | None:
    """The first day on which it may be deleted, where it exists on these days."""
    end = exists[-1].end
    if end is None or wanted.keeps:
        return None
    if wanted.rule is None:
        before = wanted.as_of("delete_on")
        return None if before is None else date.fromisoformat(str(before))
    if wanted.rule.retention is None:
        return None
    return end + timedelta(days=min(wanted.rule.retention, (FOREVER - end).days - 1))


def _from_today(kept: Sequence[DatedValue], value: Value | None, today: date) -> tuple[DatedValue, ...]:
    """A value that changes today; what it was before stays for the days before."""
    if kept and kept[-1].value == value:
        return tuple(kept)
    if not kept:
        return () if value is None else (DatedValue(Period(), value),)
    before = tuple(DatedValue(left, each.value) for each in kept for left in until((each.period,), today))
    return before if value is None else (*before, DatedValue(Period(today), value))


def _dated(
    kept: Sequence[DatedValue], told: Sequence[tuple[Period, Value | None]], today: date
) -> tuple[DatedValue, ...]:
    before = [DatedValue(left, each.value) for each in kept for left in until((each.period,), today)]
    for period, value in told:
        if value is None:
            continue
        last = before[-1] if before else None
        if last is not None and last.value == value and last.period.last == period.start:
            before[-1] = DatedValue(Period(last.period.start, period.end), value)
        else:
            before.append(DatedValue(period, value))
    return tuple(before)


def _linked(
    kept: Statement | None, name: str, told: Sequence[tuple[Period, Ref]], today: date
) -> tuple[DatedLink, ...]:
    before = [
        DatedLink(left, each.to)
        for each in (kept.links.get(name, ()) if kept is not None else ())
        for left in until((each.period,), today)
    ]
    for period, to in told:
        last = before[-1] if before else None
        if last is not None and last.to == to and last.period.last == period.start:
            before[-1] = DatedLink(Period(last.period.start, period.end), to)
        else:
            before.append(DatedLink(period, to))
    return tuple(before)
