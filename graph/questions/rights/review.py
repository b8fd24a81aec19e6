"""Rights to review: those that end soon, reach no one, are not granted, conflict, are not approved, are invalid."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, get_args

from graph.model.rights import OWN_SYSTEM
from graph.questions.rights.at_kombit import AtKombit
from graph.questions.rights.differing import may_differ
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import HeldRight, JobFunctionRole, Rights, SystemRole, Thing
from graph.questions.rights.kombit_content import ContentAtKombit, beyond
from graph.questions.rights.large import LARGEST, REMEDY, bytes_of, in_words, is_large
from graph.questions.rights.organisation import Grant, Setting
from graph.questions.rights.why_not import amounts_to

SOON = timedelta(days=60)
Finding = Literal[
    "ending", "unused", "unreachable", "invalid", "left_open", "orphan", "conflict", "not_approved", "overdue", "large"
]  # fmt: skip
FINDINGS: tuple[Finding, ...] = get_args(Finding)


@dataclass(frozen=True, slots=True)
class Found:
    """``about``: the grant, right or setting. ``owners``: persons (uuids) who answer for the system. ``until``: the
    day after the last. ``through``: what else the finding depends on or names: of a right, by what it is held."""

    finding: Finding
    about: Thing
    text: str
    person: Thing | None = None
    until: date | None = None
    owners: tuple[str, ...] = ()
    through: tuple[Thing, ...] = ()
    approves: str | None = None
    """uuid of the grant or setting that another person may approve."""


def review(work: Evaluation, later: Evaluation | None = None, at_kombit: AtKombit | None = None) -> list[Found]:
    """Everything, in a fixed order. ``work``: of everybody, on the day. ``later``: 60 days later, for rights that end
    because a role, a system, a unit or a limit does. ``at_kombit``: None: not looked at."""
    at_kombit = at_kombit or AtKombit(None)
    found = [
        *_of_people(work, later, at_kombit.contents), *_unreachable(work), *_invalid(work), *_left_open(work),
        *_orphans(work), *_meeting_in_roles(work), *_not_approved(work),
        *_unknown_to_kombit(work, at_kombit.roles or ()),
    ]  # fmt: skip
    found = [replace(each, owners=_owners(work, each.about)) for each in found]
    return sorted(found, key=lambda each: (each.finding, each.about.title, each.about.uuid, each.text))


def _of_people(work: Evaluation, later: Evaluation | None, at_kombit: Mapping[str, ContentAtKombit]) -> Iterator[Found]:
    """Rights that end within 60 days, that logins leave out since KOMBIT would give more, or that are very large;
    conflicts that people hold, and grants through which no one holds a right."""
    at = work.organisation.at
    used: set[str] = set()
    large: dict[str, dict[str, HeldRight]] = {}
    differing: dict[str, tuple[HeldRight, str, set[str]]] = {}
    changed = frozenset[str]() if later is None else may_differ(work.organisation, later.organisation)
    for person, rights in work.everybody():
        is_same = later is None or (changed is not None and person not in changed)
        left = None if later is None or is_same else _held_ways(later.of(person))
        for each in rights.held:
            used.add(each.grant.uuid)
            if is_large(each):
                large.setdefault(each.right.uuid, {}).setdefault(person, each)
            there = at_kombit.get(each.right.uri) if _is_own(each.right) else None
            if there is not None and (more := beyond(each.included, there)) is not None:
                differing.setdefault(each.right.uuid, (each, more.text, set()))[2].add(person)
            if each.until is not None and at < each.until <= at + SOON:
                text = f"{each.right.title or each.right.key} ends on {each.until}"
                yield Found("ending", each.grant, text, each.person, each.until, through=(each.subject,))
            elif left is not None and later is not None and not _ways(each) <= left:
                text = f"{each.right.title or each.right.key}, or a part of it, ends by {later.organisation.at}"
                yield Found("ending", each.grant, text, each.person, through=(each.subject,))
        yield from _meeting(work, rights)
    yield from _large(large)
    yield from _differing_at_kombit(differing.values())
    for grant in work.organisation.grants.values():
        if grant.uuid not in used:
            text = f"no one holds a right through {grant.name}"
            yield Found("unused", grant.thing, text, until=grant.days.until)


def _is_own(right: JobFunctionRole | SystemRole) -> bool:
    return isinstance(right, JobFunctionRole) and not right.delegated_from_cvr


def _differing_at_kombit(found: Iterable[tuple[HeldRight, str, set[str]]]) -> Iterator[Found]:
    """``found``: one who holds each role, what KOMBIT has of it beyond that, and all for whom it has more."""
    for held, text, holders in found:
        who = f"{len(holders)} {'people hold' if len(holders) > 1 else 'person holds'} it"
        text = f"{who}, and logins leave it out: {text}; make the role the same at both ends"
        yield Found("invalid", Thing("JobFunctionRole", held.right.uuid, held.right.title or held.right.key), text)


def _large(found: Mapping[str, Mapping[str, HeldRight]]) -> Iterator[Found]:
    """``found``: of rights, by uuid, those who hold much by them. A login that carries more than it may is refused."""
    for uuid, holders in found.items():
        worst = max(holders.values(), key=bytes_of)
        right = worst.right
        kind = "JobFunctionRole" if isinstance(right, JobFunctionRole) else "SystemRole"
        text = (
            f"{len(holders)} {'people hold' if len(holders) > 1 else 'person holds'} it with very many values: "
            f"{in_words(worst)}, of {LARGEST} that a login carries; to mend it, {REMEDY}"
        )
        yield Found("large", Thing(kind, uuid, right.title or right.key), text)


def _ways(held: HeldRight) -> set[tuple[str, ...]]:
    """What makes it the same right on another day, for each system role that it amounts to."""
    unit = "" if held.unit is None else held.unit.uuid
    key = (held.grant.uuid, held.right.uuid, held.subject.uuid, unit)
    return {key, *((*key, each.system_role.uuid) for each in held.included)}


def _held_ways(rights: Rights) -> set[tuple[str, ...]]:
    return {way for each in rights.held for way in _ways(each)}


def _meeting(work: Evaluation, rights: Rights) -> Iterator[Found]:
    """The conflicts of one person: those for which rights are left out, and those with an exception."""
    conflicts: dict[str, list[str]] = {}
    through: dict[str, list[Thing]] = {}
    person: Thing | None = None
    for each in rights.omitted:
        if each.conflict is not None:
            conflicts.setdefault(each.conflict.uuid, []).append(each.right.title or each.right.key)
            through.setdefault(each.conflict.uuid, []).append(each.subject)
            person = each.person
    for uuid, titles in conflicts.items():
        text = f"{' and '.join(dict.fromkeys(titles))} are left out, as they must not be held together"
        yield Found("conflict", work.conflicts.thing(uuid), text, person, through=tuple(through[uuid]))
    exempted = {
        reason.uuid: (work.organisation.exempted[reason.uuid], held)
        for held in rights.held
        for reason in held.why
        if reason.uuid in work.organisation.exempted
    }
    for exception, held in exempted.values():
        holder, by = held.person, (held.subject,)
        conflict = work.conflicts.thing(exception.conflict)
        until = exception.days.until
        yield Found("conflict", conflict, f"held by {exception.text}, until {until}", holder, until, through=by)
        if until is not None and until <= work.organisation.at + SOON:
            thing = Thing("RightsRequest", exception.uuid, conflict.title)
            yield Found("ending", thing, f"the exception ends on {until}", holder, until, through=by)


def _meeting_in_roles(work: Evaluation) -> Iterator[Found]:
    """Job-function roles that hold both sides of a conflict that was made after them."""
    for conflict in work.organisation.conflicts.values():
        for uuid, role in work.organisation.job_function_roles.items():
            if conflict.scope == "person" and {conflict.first, conflict.second} <= work.bundles.amounts_to(uuid):
                text = f"it holds both sides of {conflict.title}, so no one holds it"
                yield Found("conflict", Thing("JobFunctionRole", uuid, role.title or role.key), text)


def _not_approved(work: Evaluation) -> Iterator[Found]:
    """Grants and requests of sensitive rights, and limits left open, that give nothing for want of an approval."""
    for grant in work.organisation.grants.values():
        if work.approvals.is_sensitive(*work.bundles.amounts_to(grant.gives)):
            wrong = work.approvals.wrong(grant)
            if wrong is not None:
                named = (*grant.given_to, *grant.exceptions, *(Thing("Unit", each) for each in _units(grant)))
                approves = grant.uuid if grant.kind == "Grant" else None
                yield Found("not_approved", grant.thing, wrong, through=named, approves=approves)
    for setting in work.organisation.settings.values():
        if setting.unlimited and (lacking := work.approvals.lacking_of_open(setting)) is not None:
            type_ = work.organisation.types.get(setting.type)
            title = "a constraint type" if type_ is None else type_.title or type_.key
            text = f"{title}: {lacking} (setting {setting.uuid})"
            yield Found("not_approved", _owner_of(work, setting), text, approves=setting.uuid)


def _units(grant: Grant) -> tuple[str, ...]:
    return (*grant.within_units, *((grant.for_unit,) if grant.for_unit else ()))


def _unreachable(work: Evaluation) -> Iterator[Found]:
    """Rights that no grant gives, neither themselves nor in a bundle."""
    organisation = work.organisation
    reached: set[str] = set()
    for grant in organisation.grants.values():
        reached |= amounts_to(work, grant.gives)
    for kind, rights in (
        ("JobFunctionRole", organisation.job_function_roles),
        ("SystemRole", organisation.system_roles),
    ):
        for uuid, right in rights.items():
            if uuid not in reached:
                yield Found("unreachable", Thing(kind, uuid, right.title or right.key), "nothing grants it")


def _invalid(work: Evaluation) -> Iterator[Found]:
    """What was right when it was saved and is not any more: a KLE number that ended, a unit that closed, a level."""
    for setting in work.organisation.settings.values():
        for text, unit in _wrong_in(work, setting):
            named = () if unit is None else (Thing("Unit", unit),)
            yield Found("invalid", _owner_of(work, setting), text, through=named)
    for right in work.organisation.job_function_roles.values():
        if (lost := work.amiss_with(right)) is not None:
            yield Found("invalid", Thing("JobFunctionRole", right.uuid, right.title or right.key), lost.text)
    for grant in work.organisation.grants.values():
        if (lost := work.amiss_with(grant)) is not None:
            yield Found("invalid", grant.thing, lost.text)
        if grant.for_unit is not None and work.routes.tree.open(grant.for_unit) is None:
            named = (Thing("Unit", grant.for_unit),)
            yield Found("invalid", grant.thing, "the unit that it counts from is closed", through=named)
        yield from _closed_within(work, grant)


def _closed_within(work: Evaluation, grant: Grant) -> Iterator[Found]:
    """Of a grant that only holds in some units, those that are closed: it gives nothing there."""
    closed = [each for each in grant.within_units if work.routes.tree.open(each) is None]
    nothing = ", so it gives nothing" if len(closed) == len(grant.within_units) else ", and is left out"
    for each in closed:
        unit = work.organisation.units.get(each)
        text = f"{each if unit is None else unit.name}, in which it only holds, is closed{nothing}"
        yield Found("invalid", grant.thing, text, through=(Thing("Unit", each),))


def _unknown_to_kombit(work: Evaluation, at_kombit: Collection[tuple[str | None, str]]) -> Iterator[Found]:
    """Limits that a grant alone sets in a role of KOMBIT's. KOMBIT knows the limits of the role, so that logins leave
    the role out."""
    for grant in work.organisation.grants.values():
        rights = [each.right for each in work.bundles.parts(grant.gives)]
        for right in rights:
            if isinstance(right, JobFunctionRole) and (None, right.uri) in at_kombit and not right.delegated_from_cvr:
                for title in sorted(_limited_by_grant(work, grant, right)):
                    text = (
                        f"{title} of {right.title or right.key} is limited by the grant alone, which KOMBIT can't be "
                        "told: logins leave the role out. Set it on the role, as assignment_value"
                    )
                    yield Found("invalid", grant.thing, text)


def _limited_by_grant(work: Evaluation, grant: Grant, right: JobFunctionRole) -> set[str]:
    """Titles of the types for which the grant sets a limit, and the role nothing."""
    return {
        type_.title or type_.key
        for included in work.included(right)
        for type_ in (*included.required, *included.optional)
        if (given := work.setting(grant.uuid, included.uuid, type_.uuid)) is not None
        and not given.unlimited
        and work.setting(right.uuid, included.uuid, type_.uuid) is None
    }


def _wrong_in(work: Evaluation, setting: Setting) -> Iterator[tuple[str, str | None]]:
    """(what is wrong, the UUID of the unit that it names)."""
    type_ = work.organisation.types.get(setting.type)
    if type_ is None:
        yield "its constraint type has ended", None
        return
    title = type_.title or type_.key
    for each in setting.fixed:
        if not work.limits.fits(type_, each):
            yield f"{title}: {each} is not valid any more, and is left out", None
    for unit in setting.units:
        if work.routes.tree.open(unit) is None:
            found = work.organisation.units.get(unit)
            yield f"{title}: {unit if found is None else found.name} is closed, and is left out", unit


def _left_open(work: Evaluation) -> Iterator[Found]:
    """Optional types for which nothing is set, and which are not marked as left open on purpose: of job-function roles,
    and of system roles that are granted by themselves. REConnect's own are granted for everywhere, or for a unit."""
    for grant in work.organisation.grants.values():
        system_role = work.organisation.system_roles.get(grant.gives)
        for type_ in () if system_role is None or system_role.system.key == OWN_SYSTEM else system_role.optional:
            if work.setting(grant.uuid, grant.gives, type_.uuid) is None:
                text = f"{grant.name} is not limited by {type_.title or type_.key}"
                yield Found("left_open", grant.thing, text)
    for uuid, role in work.organisation.job_function_roles.items():
        for system_role in work.included(role):
            for type_ in system_role.optional:
                if role.delegated_from_cvr is None and work.setting(uuid, system_role.uuid, type_.uuid) is None:
                    text = f"{system_role.title or system_role.key} is not limited by {type_.title or type_.key}"
                    yield Found("left_open", Thing("JobFunctionRole", uuid, role.title or role.key), text)


def _orphans(work: Evaluation) -> Iterator[Found]:
    """Grants to a person, employment or affiliation that is not there on the day."""
    organisation = work.organisation
    for grant in organisation.grants.values():
        for each in grant.given_to:
            known = organisation.persons if each.kind == "Person" else organisation.ties
            if each.kind in ("Person", "Employment", "Affiliation") and (
                each.uuid not in known or (each.kind == "Person" and not work.routes.is_here(each.uuid))
            ):
                text = f"given to the {each.kind} {each.title or each.uuid}, who is not here any more"
                yield Found("orphan", grant.thing, text, through=(each,))


def _owner_of(work: Evaluation, setting: Setting) -> Thing:
    role = work.organisation.job_function_roles.get(setting.of)
    if role is not None:
        return Thing("JobFunctionRole", role.uuid, role.title or role.key)
    grant = work.organisation.grants.get(setting.of)
    if grant is not None:
        return grant.thing
    return Thing("ConstraintSetting", setting.uuid, setting.uuid)


def _owners(work: Evaluation, about: Thing) -> tuple[str, ...]:
    """uuids of the persons who hold a role about one of the systems that it is about."""
    organisation = work.organisation
    grant, conflict = organisation.grants.get(about.uuid), organisation.conflicts.get(about.uuid)
    rights = [conflict.first, conflict.second] if conflict is not None else [grant.gives if grant else about.uuid]
    uuids = frozenset[str]().union(*(amounts_to(work, each) for each in rights))
    roles = (work.organisation.system_roles.get(each) for each in uuids)
    systems = {each.system.uuid for each in roles if each is not None}
    persons = set()
    for assignment in work.organisation.assignments.values():
        if any(each.uuid in systems for each in assignment.about):
            tie = work.organisation.ties.get(assignment.holder)
            persons.add(assignment.holder if tie is None else tie.person)
    return tuple(sorted(persons))
