"""Why a person does not hold a right: what is nearest to giving it, what fails there, and what would help."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import Omitted, Thing
from graph.questions.rights.organisation import Grant, Person

Step = Literal["held", "begins", "person", "left_out", "requested", "condition", "grantee", "no_grant"]
_ORDER: tuple[Step, ...] = get_args(Step)


@dataclass(frozen=True, slots=True)
class Missing:
    """One way in which the right could come, and where it ends.

    ``step``: held: nothing is missing. begins: it is held from a later day on. person: not there, or stopped.
    left_out: granted, but a limit comes to nothing, or the system is blocked. requested: a request for it waits for a
    decision. condition: a condition of the grant fails. grantee: the person is not among those whom the grant names.
    no_grant: nothing grants it. ``text``: what fails. ``remedy``: what would give it.
    """

    step: Step
    text: str
    remedy: str = ""
    grant: Thing | None = None


def why_not(work: Evaluation, person: str, right: str, later: Iterable[Evaluation] = ()) -> list[Missing]:
    """The nearest first. ``right``: uuid of a job-function role or system role, however it is included.

    ``later``: the person on later days on which it may begin, in their order; those after the first on which it is held
    are not read.
    """
    known = work.organisation.persons.get(person)
    name = _title(work, right)
    if known is None:
        missing = Missing("person", "the person is not alive on the day, or not known", "")
        return [*_beginning(person, right, later), missing]
    rights = work.of(person)
    held = [each for each in rights.held if right in work.bundles.rights_of(each)]
    if held:
        return [Missing("held", f"the person has {name}", "", each.grant) for each in held]
    found = [*_beginning(person, right, later)]
    if known.stopped:
        found.append(Missing("person", "all rights of the person are stopped", "end the stop"))
    elif not work.routes.is_here(person):
        text = "the person has no employment, affiliation or role on the day"
        found.append(Missing("person", text, "an employment or affiliation that is in force"))
    for each in rights.omitted:
        if work.bundles.is_in(right, each) and each.reason not in ("stopped", "condition"):
            found.append(
                Missing("left_out", f"granted by {each.grant.title}, but {each.text}", _remedy(each), each.grant)
            )
    found += _requested(work, person, right)
    found += _hindered(work, known, right)
    reached = {each.grant.uuid for each in found if each.grant is not None}
    grants = work.organisation.grants.values()
    giving = [each for each in grants if each.kind == "Grant" and right in _granted(work, each)]
    for grant in giving:
        if grant.uuid not in reached:
            found.append(_for_closed_unit(work, person, grant) or _not_named(work, grant))
    if not giving and not reached:
        found.append(_granted_by_none(work, right, name))
    return sorted(found, key=lambda each: (_ORDER.index(each.step), each.grant.uuid if each.grant else "", each.text))


def _granted_by_none(work: Evaluation, right: str, name: str) -> Missing:
    if right not in work.organisation.job_function_roles and right not in work.organisation.system_roles:
        return Missing("no_grant", "the right does not exist on the day", "a day on which it exists, and a grant of it")
    return Missing("no_grant", f"nothing grants {name} on the day", f"a grant that gives {name}")


def _remedy(left_out: Omitted) -> str:
    """What would give a right that is granted and left out, as a noun."""
    type_ = left_out.constraint
    title = "its type" if type_ is None else type_.title or type_.key
    match left_out.reason:
        case "empty":
            return left_out.lacking
        case "mandatory_not_configured":
            return f"a limit of {title}"
        case "invalid_value":
            return "another limit" if type_ is None else f"another limit of {title}"
        case "system_blocked":
            return "a system that is not blocked, with rights that are in force"
        case "conflict":
            return "the end of one of the two rights, or an exception that another person approves"
        case "not_approved":
            return "an approval by another person"
        case _:
            return left_out.text


def _beginning(person: str, right: str, later: Iterable[Evaluation]) -> Iterator[Missing]:
    """The first later day on which it is held, and why from then on."""
    for work in later:
        held = [each for each in work.of(person).held if right in work.bundles.rights_of(each)]
        if held:
            day = work.organisation.at
            for each in held:
                what = next((step.text for step in each.why if step.since == day and step.text), each.grant.title)
                text = f"{each.grant.title} gives it from {day} on: {what} begins then"
                yield Missing("begins", text, f"to wait until {day}", each.grant)
            return


def _requested(work: Evaluation, person: str, right: str) -> Iterator[Missing]:
    mine = {person, *(each.uuid for each in work.routes.ties(person))}
    for each in work.organisation.waiting.values():
        if right in _granted(work, each) and any(whom.uuid in mine for whom in each.given_to):
            yield Missing("requested", f"a request waits for a decision: {each.title}", "an approval of the request")


def _hindered(work: Evaluation, person: Person, right: str) -> Iterator[Missing]:
    met: set[tuple[str, str]] = set()
    for route in work.routes.of(person):
        grant, hindrance = route.holding.grant, route.hindrance
        if hindrance is None or right not in _granted(work, grant) or (grant.uuid, hindrance.text) in met:
            continue
        met.add((grant.uuid, hindrance.text))
        yield Missing(
            "condition",
            f"{grant.name} reaches the person, but {hindrance.text}",
            _MENDING[hindrance.check],
            _thing(grant),
        )


_MENDING = {
    "exception": "an end of the exception",
    "within": "work, or a role, in one of these units",
    "responsibility": "the responsibility, on the role",
    "condition": "facts for which the condition holds",
    "condition_failed": "a condition that can be worked out, or the value that it lacks",
}


def _for_closed_unit(work: Evaluation, person: str, grant: Grant) -> Missing | None:
    """The person has a role that the grant names, but for units that are closed, or for none any more."""
    roles = {each.uuid for each in grant.given_to if each.kind == "Role"}
    for holder in (person, *(each.uuid for each in work.routes.ties(person))):
        for assignment in work.routes.assignments(holder):
            if assignment.role in roles and not assignment.held_for:
                text = f"{grant.name} reaches the person, but the role is for none of its units on this day"
                return Missing("condition", text, "the role for a unit that is open", _thing(grant))
            units = [work.organisation.units.get(each.unit) for each in assignment.places]
            if assignment.role in roles and units and not any(each is not None and each.active for each in units):
                names = " and ".join(each.name for each in units if each is not None) or "its unit"
                text = f"{grant.name} reaches the person, but {names} is closed"
                return Missing("condition", text, "the role for a unit that is open", _thing(grant))
    return None


def _not_named(work: Evaluation, grant: Grant) -> Missing:
    names = [_grantee(work, each, inherit=grant.inherit) for each in grant.given_to]
    return Missing("grantee", f"{grant.name} does not name the person", f"{' or '.join(names)}", _thing(grant))


def _grantee(work: Evaluation, grantee: Thing, *, inherit: bool) -> str:
    """What one would have to be, in words."""
    title = grantee.title or grantee.uuid
    match grantee.kind:
        case "Role":
            role = work.organisation.roles.get(grantee.uuid)
            return f"the role {role.title or role.key if role else title} for a unit"
        case "Unit":
            return f"work in {title}{' or below' if inherit else ''}"
        case "Position":
            return f"the position {title}"
        case "PositionCategory":
            return f"a position within {title}"
        case kind:
            return f"to be the {kind} {title}"


def _granted(work: Evaluation, grant: Grant) -> frozenset[str]:
    return amounts_to(work, grant.gives)


def amounts_to(work: Evaluation, right: str) -> frozenset[str]:
    """uuids of the right itself and of all rights that it includes."""
    return work.bundles.amounts_to(right)


def _title(work: Evaluation, right: str) -> str:
    found = work.organisation.job_function_roles.get(right) or work.organisation.system_roles.get(right)
    return right if found is None else found.title or found.key


def _thing(grant: Grant) -> Thing:
    return grant.thing
