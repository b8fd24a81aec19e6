"""Rules of care, kept when rights are saved: what must not meet, who decides what, and in which order.

No job-function role and no grant holds both sides of a conflict. A request goes from waiting to a decision of another
person, an attestation and a step by hand from open to closed, each once.
"""

from collections.abc import Iterator, Mapping, Sequence

from graph.errors import ChangeRejected
from graph.model.rights import APPROVED, ENDED, OPEN, REFUSED, STEP_OPEN, WAITING, WITHDRAWN
from graph.writing.rights_things import Thing, Things, included

_NEXT: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "RightsRequest": {
        WAITING: (APPROVED, REFUSED, WITHDRAWN),
        APPROVED: (WITHDRAWN, ENDED),
    },
    "AccountRequest": {WAITING: (APPROVED, REFUSED, WITHDRAWN)},
    "Attestation": {OPEN: ("kept", "removed")},
    "ManualStep": {STEP_OPEN: ("done", "dropped")},
}
"""The states that may follow each; none follows what is not here."""
_FIRST = {
    "RightsRequest": (WAITING, APPROVED), "AccountRequest": (WAITING,), "Attestation": (OPEN,),
    "ManualStep": (STEP_OPEN,),
}  # fmt: skip


def broken(uuid: str, thing: Thing, things: Things, kept: Things, owners: Mapping[str, str]) -> ChangeRejected | None:
    """The first rule that a thing would break as it is to be. ``owners``: tie → person."""
    return next(_broken(uuid, thing, things, kept, owners), None)


def _broken(
    uuid: str, thing: Thing, things: Things, kept: Things, owners: Mapping[str, str]
) -> Iterator[ChangeRejected]:
    match thing.kind:
        case "JobFunctionRole":
            yield from _role_holds_both(uuid, things, kept)
        case "Grant":
            yield from _grant_gives_both(uuid, thing, things, kept)
            yield from _level(thing, things)
        case "RightsConflict":
            yield from _two_sides(thing, things)
        case "RightsRequest":
            yield from _follows(uuid, thing, kept)
            yield from _asked_and_decided(thing, owners)
        case "AccountRequest":
            yield from _follows(uuid, thing, kept)
            yield from _decided_by_another(thing, (thing.one("person"),))
        case "Attestation":
            yield from _follows(uuid, thing, kept)
            yield from _attested(thing)
        case "ManualStep":
            yield from _follows(uuid, thing, kept)


# -- conflicts ---------------------------------------------------------------------------------------------------------


def _conflicts(things: Things) -> Iterator[Thing]:
    """Those that hold for a person, whatever the limits."""
    for each in things.values():
        if each.kind == "RightsConflict" and not each.over and each.values.get("scope") != "overlap":
            yield each


def _both(rights: frozenset[str], conflict: Thing) -> bool:
    sides = {conflict.one("first"), conflict.one("second")}
    return None not in sides and len(sides) == 2 and sides <= rights


def _role_holds_both(uuid: str, things: Things, kept: Things) -> Iterator[ChangeRejected]:
    """The role, or one that includes it; what did before is listed, and no reason to refuse another change."""
    conflicts = [*_conflicts(things)]
    if not conflicts:
        return
    for each, role in things.items():
        if role.kind != "JobFunctionRole" or role.over or uuid not in (rights := included(each, things)):
            continue
        before = included(each, kept) if each in kept else frozenset()
        for conflict in conflicts:
            if _both(rights, conflict) and not _both(before, conflict):
                yield _refused("includes", role.name, conflict, things)


def _grant_gives_both(uuid: str, thing: Thing, things: Things, kept: Things) -> Iterator[ChangeRejected]:
    gives = thing.one("gives")
    if gives is None or (uuid in kept and kept[uuid].one("gives") == gives):
        return
    rights = included(gives, things)
    for conflict in _conflicts(things):
        if _both(rights, conflict):
            yield _refused("gives", things[gives].name if gives in things else gives, conflict, things)


def _refused(field: str, name: str, conflict: Thing, things: Things) -> ChangeRejected:
    sides = [conflict.one(side) or "" for side in ("first", "second")]
    first, second = (things[each].name if each in things else each for each in sides)
    text = f"{field}: {name} would hold both {first} and {second}, which {conflict.name} keeps apart"
    return ChangeRejected("conflict", text, field=field)


def _two_sides(thing: Thing, things: Things) -> Iterator[ChangeRejected]:
    first, second = thing.one("first"), thing.one("second")
    for name, side in (("first", first), ("second", second)):
        if side is None:
            yield ChangeRejected("wrong_value", f"{name}: a conflict is between two rights", field=name)
    if first is None or second is None:
        return
    if first == second:
        if thing.values.get("scope") != "overlap":
            text = "second: a right conflicts with itself only where limits overlap: give scope overlap"
            yield ChangeRejected("wrong_value", text, field="second")
    elif second in included(first, things) or first in included(second, things):
        text = "second: one of the two includes the other, so a person who holds it would hold both"
        yield ChangeRejected("wrong_value", text, field="second")


# -- grants ------------------------------------------------------------------------------------------------------------


def _level(thing: Thing, things: Things) -> Iterator[ChangeRejected]:
    """The label is a level of the constraint types of what it gives; where these have none, of any type."""
    label = thing.values.get("sensitivity")
    if not label:
        return
    roles = [things[each] for each in included(thing.one("gives") or "", things) if each in things]
    taken = {
        uuid for role in roles for name in ("required_types", "optional_types") for uuid in role.links.get(name, ())
    }
    types = {uuid: each for uuid, each in things.items() if each.kind == "ConstraintType" and each.values.get("levels")}
    types = {uuid: each for uuid, each in types.items() if uuid in taken} or types
    labels = dict.fromkeys(
        level.rpartition("=")[0] for _, each in sorted(types.items()) for level in each.values["levels"]
    )
    if labels and label not in labels:
        text = f"sensitivity: {label!r} is not a level; allowed: {', '.join(labels)}"
        yield ChangeRejected("wrong_value", text, field="sensitivity")


# -- requests, attestations, steps by hand -----------------------------------------------------------------------------


def _follows(uuid: str, thing: Thing, kept: Things) -> Iterator[ChangeRejected]:
    state = thing.values.get("state")
    before = kept[uuid].values.get("state") if uuid in kept else None
    if state == before:
        if before in _FIRST[thing.kind][:1] or _decision(thing) == _decision(kept[uuid]):
            return
        text = f"state: it is {before} already, and what was decided stays as it is"
        yield ChangeRejected("wrong_state", text, field="state")
    elif before is None:
        if state not in _FIRST[thing.kind]:
            text = f"state: a {thing.kind} begins as {' or '.join(_FIRST[thing.kind])}, not as {state}"
            yield ChangeRejected("wrong_state", text, field="state")
    elif state not in (allowed := _NEXT[thing.kind].get(before, ())):
        then = f"it can only become {' or '.join(allowed)}" if allowed else "it stays so"
        on = thing.values.get("decided_on") or thing.values.get("done_on")
        yield ChangeRejected(
            "wrong_state", f"state: it is {before}{f' since {on}' if on else ''}, so {then}", field="state"
        )


def _decision(thing: Thing) -> tuple[object, ...]:
    """Who closed it, when and why."""
    values = (thing.values.get(each) for each in ("decided_on", "decided_because", "done_on", "comment"))
    return (*values, *(sorted(thing.links.get(each, ())) for each in ("decided_by", "done_by")))


def _asked_and_decided(thing: Thing, owners: Mapping[str, str]) -> Iterator[ChangeRejected]:
    if thing.one("gives") is None and thing.one("exception_to") is None:
        text = "gives: a request is for a right, or for an exception to a conflict"
        yield ChangeRejected("wrong_value", text, field="gives")
    if thing.one("exception_to") is not None and thing.until is None:
        yield ChangeRejected(
            "wrong_value", "to: an exception to a conflict must have an end: give the day after its last", field="to"
        )
    given_to = thing.one("given_to") or ""
    yield from _decided_by_another(thing, (given_to, owners.get(given_to)))


def _decided_by_another(thing: Thing, persons: Sequence[str | None]) -> Iterator[ChangeRejected]:
    """``persons``: for whom it is asked."""
    if thing.values.get("state") not in (APPROVED, REFUSED):
        return
    decided = thing.one("decided_by")
    if decided is None:
        yield ChangeRejected("wrong_value", "decided_by: the person who decided is missing", field="decided_by")
    elif decided in persons:
        yield ChangeRejected(
            "own_approval", "decided_by: people can't decide a request for themselves", field="decided_by"
        )
    elif decided == thing.one("requested_by"):
        text = "decided_by: people can't decide a request of their own: another person must"
        yield ChangeRejected("own_approval", text, field="decided_by")


def _attested(thing: Thing) -> Iterator[ChangeRejected]:
    if thing.values.get("state") == OPEN:
        return
    decided = thing.one("decided_by")
    if decided is None:
        yield ChangeRejected("wrong_value", "decided_by: the person who decided is missing", field="decided_by")
    elif decided == thing.one("person"):
        text = "decided_by: people can't attest a right of their own: another person must"
        yield ChangeRejected("own_approval", text, field="decided_by")
