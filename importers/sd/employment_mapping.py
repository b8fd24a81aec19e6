"""Employments: four independent timelines. Only the status decides whether the employment exists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from graph.statements.statement import BadRecord, DatedLink, DatedValue, Problem, Ref, Statement, Value
from graph.statements.written_numbers import only_digits
from graph.time import Period, union, within, without
from importers.gaps import EVER, EXISTS
from importers.sd import position_mapping
from importers.sd.answers import ContactAnswer, DepartmentAnswer, EmploymentAnswer, StatusAnswer
from importers.sd.organisation import Department, Organisation
from importers.sd.settings import SdSettings
from importers.sd.timelines import ALWAYS_SO, cut, dated, from_today, links, shown, values
from importers.source import Mapped

EMPLOYED = frozenset("0134")  # 4 = conflict (strike, lockout): employed, not on leave
ON_LEAVE = "3"
PASSIVE = frozenset("789")
DELETED = "S"
PARTS = {
    "departments": ("department", ("unit", "paid_in")),
    "jobs": ("position", ("position", "position_code", "title")),
    "working_times": ("working time", ("type", "fraction", "weekly_hours")),
}
TIMED = {
    "statuses": ("status", "on_leave"),
    "jobs": ("position_code", "title"),
    "working_times": ("type", "fraction", "weekly_hours"),
}
PLACED = {"departments": ("unit", "paid_in"), "jobs": ("position",)}


@dataclass(frozen=True, slots=True)
class Holder:
    """The employment's person and place: what its own answer does not contain.

    ``key``: the employment's source key. ``contact``: at work; None = GetPerson sent nothing about the employment.
    ``titles``: position code → name. ``complete``: the answer covers all time, not only the present and future.
    """

    institution: str
    key: str
    person: str
    contact: ContactAnswer | None
    organisation: Organisation
    titles: Mapping[str, str]
    complete: bool = True


def employment(
    answer: EmploymentAnswer, holder: Holder, settings: SdSettings, day: date, previous: Statement | None
) -> Mapped:
    """The whole timeline of an employment. Raises BadRecord for an unknown or missing status.

    The statement is None if the person was never employed, or if the service wrongly sends only a passive status for a
    known employment (with a notice).
    """
    problems: list[Problem] = []
    if answer.statuses == ():
        text = "SD sends no status of the employment, so it is unknown whether it exists; it stays as it was"
        raise BadRecord(Problem("Employment", holder.key, "status", "no_status", text))
    if breaks_unpaid_rule(answer, settings):
        return _left_out(holder, previous)
    exists, deleted = _existence(answer, holder, settings)
    if deleted is not None and not exists and previous is not None and _says_only(answer, DELETED):
        return _ended_by_deletion(previous, deleted)
    if not exists:
        if previous is None:
            return Mapped(None)
        if deleted is None and answer.has_only_status:
            notice = _notice(holder, "status", "only_passive", "SD sends only a passive status")
            return Mapped(None, (notice,), {EXISTS: EVER})
    gaps = _empty_parts(answer, holder, previous, problems)
    days = exists if holder.complete else within(exists, (Period(day),))
    stated = Statement(
        "Employment",
        holder.key,
        exists=exists,
        values=values(_values(answer, holder, settings, day, previous)),
        links={name: each for name, each in _links(answer, holder, settings, problems, days, gaps).items() if each},
    )
    if previous is not None:
        stated = _with_what_was_not_asked(stated, answer, previous)
        if not holder.complete or _begins_at_its_end(answer):
            stated = _with_the_past(stated, answer, previous)
    return Mapped(stated, tuple(problems), {name: union(each) for name, each in gaps.items()})


def _begins_at_its_end(answer: EmploymentAnswer) -> bool:
    """The first status that SD sends is an ended one: it no longer sends what was before that."""
    first = min(answer.statuses or (), key=lambda each: each.period.start, default=None)
    return first is not None and first.code not in EMPLOYED


def _empty_parts(
    answer: EmploymentAnswer, holder: Holder, previous: Statement | None, problems: list[Problem]
) -> dict[str, list[Period]]:
    """Names of known timelines that the answer lacks although the request asked for them: a fault of the service."""
    gaps: dict[str, list[Period]] = {}
    for timeline, (word, names) in PARTS.items():
        known = [name for name in names if previous and (name in previous.values or name in previous.links)]
        if getattr(answer, timeline) == () and known:
            gaps |= {name: [*EVER] for name in known}
            text = f"SD no longer sends the {word} of the employment; what is known stays"
            problems.append(_notice(holder, names[0], "missing_part", text))
    return gaps


def _existence(
    answer: EmploymentAnswer, holder: Holder, settings: SdSettings
) -> tuple[tuple[Period, ...], date | None]:
    """Days employed, and the day from which it is deleted."""
    statuses = answer.statuses or ()
    for each in statuses:
        if each.code not in EMPLOYED | PASSIVE | {DELETED}:
            raise BadRecord(
                Problem(
                    "Employment", holder.key, "status", "unknown_status",
                    f"SD sends the status {each.code!r}, whose meaning is not known",
                )
            )  # fmt: skip
    deleted = min((each.period.start for each in statuses if each.code == DELETED), default=None)
    employed = union(cut(each.period, settings.earliest) for each in statuses if each.code in EMPLOYED)
    return (employed if deleted is None else within(employed, (Period(end=deleted),))), deleted


def _says_only(answer: EmploymentAnswer, code: str) -> bool:
    return answer.has_only_status and all(each.code == code for each in answer.statuses or ())


def _ended_by_deletion(previous: Statement, deleted: date) -> Mapped:
    status = tuple(_until(each, deleted) for each in previous.values.get("status", ()) if each.period.start < deleted)
    return Mapped(
        replace(
            previous,
            exists=within(previous.exists or (), (Period(end=deleted),)),
            values={**previous.values, "status": (*status, DatedValue(Period(deleted), DELETED))},
        )
    )


def _until(answer: DatedValue, day: date) -> DatedValue:
    return answer if answer.period.last <= day else DatedValue(Period(answer.period.start, day), answer.value)


def is_deleted(statement: Statement) -> bool:
    """Whether SD has deleted it (S): only then may another person get its number."""
    return any(each.value == DELETED for each in statement.values.get("status", ()))


def breaks_unpaid_rule(answer: EmploymentAnswer, settings: SdSettings) -> bool:
    """A number with a letter and a position of unpaid staff belong together: the employment must meet the rule at some
    time."""
    if settings.unpaid is None:
        return False
    has_letter = any(each.isalpha() for each in answer.number)
    codes = [each.position for each in answer.jobs or () if only_digits(each.position)]
    unpaid = {int(each) >= settings.unpaid.positions_from for each in codes}
    return bool(unpaid) and has_letter not in unpaid


def _left_out(holder: Holder, previous: Statement | None) -> Mapped:
    notice = _notice(holder, "position_code", "unpaid_rule", "excluded: number and position do not fit the unpaid rule")
    return Mapped(None if previous is None else Statement("Employment", holder.key, exists=()), (notice,))


# -- values -------------------------------------------------------------------------------------------------------


def _values(
    answer: EmploymentAnswer, holder: Holder, settings: SdSettings, day: date, previous: Statement | None
) -> dict[str, tuple[DatedValue, ...]]:
    earliest = settings.earliest
    found: dict[str, tuple[DatedValue, ...]] = {
        "number": (DatedValue(ALWAYS_SO, answer.number),),
        "institution": (DatedValue(ALWAYS_SO, holder.institution),),
        "status": dated(((each.period, each.code) for each in answer.statuses or ()), earliest),
        "on_leave": dated(_leave(answer.statuses or ()), earliest),
        "position_code": dated(((each.period, each.position) for each in answer.jobs or ()), earliest),
        "title": dated(_titles(answer, holder), earliest),
        "type": dated(_types(answer), earliest),
        "fraction": dated(_fractions(answer), earliest),
        "weekly_hours": dated(_hours(answer, settings), earliest),
    }
    if answer.anniversary is not None:
        found["anniversary"] = (DatedValue(ALWAYS_SO, answer.anniversary.isoformat()),)
    elif previous is not None:
        found["anniversary"] = tuple(previous.values.get("anniversary", ()))
    if holder.contact is None:
        for name in ("phone", "email"):
            found[name] = tuple(previous.values.get(name, ())) if previous is not None else ()
    else:
        phone, mail = holder.contact.phones[0], holder.contact.mails[0]
        found["phone"] = from_today(
            previous, "phone", None if phone in settings.placeholder_phones else phone or None, day
        )
        found["email"] = from_today(
            previous, "email", None if mail in settings.placeholder_mails else mail or None, day
        )
    return found


def _leave(statuses: tuple[StatusAnswer, ...]) -> Iterator[tuple[Period, Value]]:
    return ((each.period, True) for each in statuses if each.code == ON_LEAVE)


def _titles(answer: EmploymentAnswer, holder: Holder) -> Iterator[tuple[Period, Value]]:
    """The person's own title only: the position's name stays the position's (positions.md §6)."""
    for each in answer.jobs or ():
        if each.title and each.title != holder.titles.get(each.position):
            yield each.period, each.title


def _types(answer: EmploymentAnswer) -> Iterator[tuple[Period, Value]]:
    for each in answer.working_times or ():
        monthly = "monthly_full" if each.full_time else "monthly_part"
        yield each.period, monthly if each.salaried else "hourly"


def _fractions(answer: EmploymentAnswer) -> Iterator[tuple[Period, Value]]:
    return ((each.period, each.rate) for each in answer.working_times or () if each.rate is not None)


def _hours(answer: EmploymentAnswer, settings: SdSettings) -> Iterator[tuple[Period, Value]]:
    """Share of full time × full-time hours. SD does not send the latter; they are set, also by position."""
    for each in answer.working_times or ():
        if each.rate is None:
            continue
        left: tuple[Period, ...] = (each.period,)
        for job in answer.jobs or ():
            special = settings.full_time_hours_by_position.get(job.position)
            if special is not None:
                for both in within(left, (job.period,)):
                    yield both, round(each.rate * special, 2)
                left = without(left, (job.period,))
        if settings.full_time_hours is not None:
            for rest in left:
                yield rest, round(each.rate * settings.full_time_hours, 2)


# -- links --------------------------------------------------------------------------------------------------------


def _links(
    answer: EmploymentAnswer,
    holder: Holder,
    settings: SdSettings,
    problems: list[Problem],
    days: tuple[Period, ...],
    gaps: dict[str, list[Period]],
) -> dict[str, tuple[DatedLink, ...]]:
    """``days``: the periods for which problems are reported. ``gaps`` gets the periods whose department is not
    found."""
    units: list[tuple[Period, Ref]] = []
    paid_in: list[tuple[Period, Ref]] = []
    placed: list[Period] = []
    for each in answer.departments or ():
        uuid = _department(each, holder, problems)
        department = None if uuid is None else _told_of(each, uuid, holder, problems)
        if uuid is not None:
            placed.append(each.period)
        if department is None:
            for name in ("unit", "paid_in"):
                gaps.setdefault(name, []).append(each.period)
        else:
            _place(each, department, holder, days, units, paid_in, problems)
    if answer.departments or (answer.departments is not None and "unit" not in gaps):
        missing = without(days, placed)
        if missing:
            problems.append(_notice(holder, "unit", "no_department", f"SD sends no department {shown(missing)}"))
    if answer.jobs or (answer.jobs is not None and "position" not in gaps):
        missing = without(days, [each.period for each in answer.jobs])
        if missing:
            problems.append(_notice(holder, "position", "no_position", f"SD sends no position {shown(missing)}"))
    jobs = (
        (each.period, Ref("Position", position_mapping.key(holder.institution, each.position)))
        for each in answer.jobs or ()
    )
    return {
        "person": (DatedLink(ALWAYS_SO, Ref("Person", holder.person)),),
        "unit": links(units, settings.earliest),
        "paid_in": links(paid_in, settings.earliest),
        "position": links(jobs, settings.earliest),
    }


def _department(each: DepartmentAnswer, holder: Holder, problems: list[Problem]) -> str | None:
    """The department's UUID; found by its code if SD omits the UUID."""
    if each.uuid:
        return each.uuid
    found = holder.organisation.lowest_by_code(each.code, each.period)
    if len(found) == 1:
        return found[0].uuid
    said = "no department is found with" if not found else f"{len(found)} departments have"
    text = f"SD omits the department's UUID, and {said} the code {each.code}"
    problems.append(_notice(holder, "unit", "ambiguous_department" if found else "unknown_department", text))
    return None


def _told_of(each: DepartmentAnswer, uuid: str, holder: Holder, problems: list[Problem]) -> Department | None:
    department = holder.organisation.department(uuid)
    if department is None or (department.is_unanswered and not department.periods):
        department = None
        text = f"SD does not send the department {each.code} ({uuid})"
        problems.append(_notice(holder, "unit", "unknown_department", text))
    return department


def _place(
    each: DepartmentAnswer,
    department: Department,
    holder: Holder,
    days: tuple[Period, ...],
    units: list[tuple[Period, Ref]],
    paid_in: list[tuple[Period, Ref]],
    problems: list[Problem],
) -> None:
    organisation, uuid = holder.organisation, department.uuid
    days = within((each.period,), days)
    outside = without(days, department.life)
    if outside:
        text = f"the department {each.code} does not exist {shown(outside)}"
        problems.append(_notice(holder, "unit", "outside_department", text))
    if days and organisation.is_at_the_top(department):
        text = f"the department {each.code} hangs at the top of the tree"
        problems.append(_notice(holder, "unit", "department_at_the_top", text))
    placed: list[Period] = []
    rules: set[str] = set()
    for place in organisation.places(uuid):
        both = place.period.overlap(each.period)
        if both is None:
            continue
        units.append((both, Ref("Unit", place.key)))
        placed.append(both)
        named = [rule for rule in place.rules if not rule.startswith("level ")]
        if named and within((both,), days):
            rules.add(f"{', '.join(named)}: placed in {place.key}")
    own: list[Period] = []
    for period in department.periods:
        if not organisation.left_out.wholly(uuid, period):
            both = period.period.overlap(each.period)
            if both is not None:
                own.append(both)
    paid_in += [(both, Ref("Unit", department.key)) for both in own]
    unlifted = without(own, placed)
    units += [(both, Ref("Unit", department.key)) for both in unlifted]
    if rules:
        text = f"the department {each.code} is excluded by the settings, {'; '.join(sorted(rules))}"
        problems.append(_notice(holder, "unit", "excluded", text))
    nowhere = without(within(days, department.life), placed)
    if nowhere:
        text = f"no unit above the department {each.code} is kept {shown(nowhere)}"
        text += "; it is in its own department then" if within(nowhere, unlifted) else ""
        problems.append(_notice(holder, "unit", "no_place", text))


# -- what the answer does not hold --------------------------------------------------------------------------------


def _with_what_was_not_asked(stated: Statement, answer: EmploymentAnswer, previous: Statement) -> Statement:
    """A timeline that the request did not ask for stays as it was: absent does not mean empty."""
    if None not in (answer.statuses, answer.departments, answer.jobs, answer.working_times):
        return stated
    held = dict(stated.values)
    linked = dict(stated.links)
    for timeline, names in TIMED.items():
        if getattr(answer, timeline) is None:
            held |= {name: previous.values[name] for name in names if name in previous.values}
    for timeline, names in PLACED.items():
        if getattr(answer, timeline) is None:
            linked |= {name: previous.links[name] for name in names if name in previous.links}
    exists = previous.exists if answer.statuses is None else stated.exists
    return replace(stated, exists=exists, values=held, links=linked)


def _with_the_past(stated: Statement, answer: EmploymentAnswer, previous: Statement) -> Statement:
    """If only the present and future were requested, what is known from before the first day sent stays.

    The first day is that of the answer, also where a department in it is not found and gives no link.
    """
    first = _first_day(answer, "statuses")
    exists = stated.exists
    if first is not None and exists is not None:
        exists = union((*exists, *within(previous.exists or (), (Period(end=first),))))
    held = dict(stated.values)
    for timeline, names in TIMED.items():
        start = _first_day(answer, timeline)
        for name in names:
            held[name] = _joined(previous.values.get(name, ()), held.get(name, ()), start)
    linked = dict(stated.links)
    for timeline, names in PLACED.items():
        before = (Period(end=_first_day(answer, timeline)),)
        for name in names:
            kept = [(both, each.to) for each in previous.links.get(name, ()) for both in within((each.period,), before)]
            linked[name] = links((*kept, *((each.period, each.to) for each in linked.get(name, ()))))
    return replace(stated, exists=exists, values=values(held), links={k: v for k, v in linked.items() if v})


def _first_day(answer: EmploymentAnswer, timeline: str) -> date | None:
    """The first day of a timeline of the answer; None if it has no periods."""
    return min((each.period.start for each in getattr(answer, timeline) or ()), default=None)


def _joined(
    before: tuple[DatedValue, ...], after: tuple[DatedValue, ...], start: date | None
) -> tuple[DatedValue, ...]:
    """``before`` until ``start``, ``after`` from then on."""
    if start is None:
        return before
    kept = [_until(each, start) for each in before if each.period.start < start]
    return dated((each.period, each.value) for each in (*kept, *after))


def _notice(holder: Holder, name: str, rule: str, text: str) -> Problem:
    return Problem("Employment", holder.key, name, rule, text, "notice")
