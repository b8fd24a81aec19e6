"""Why a run needs a person's approval that is not the size of its changes, and which ends of objects count for that.

How many changes are too many is ``brake``'s, and what comes all at once ``surge``'s.
"""

from collections.abc import Mapping

from exporters.objects.brake import Taking, digest
from exporters.objects.errors import Gone, Refused
from exporters.objects.ledger import Entry
from exporters.objects.plan import Plan
from exporters.objects.target import Channel, NamesPlacesAnew, ObjectTarget, Ref


def another_system(target: ObjectTarget, known: str, entries: Mapping[Ref, Entry]) -> list[str]:
    """Why nothing may be sent: the settings name another system than the one that has the objects. ``known``: the
    digest of that one's place, as the ledger keeps it."""
    former = target.former_places if isinstance(target, NamesPlacesAnew) else ()
    there = sum(each.is_there for each in entries.values())
    if not there or known in {"", digest([target.place]), *(digest([each]) for each in former)}:
        return []
    return [
        f"the settings name another system than the one that has these {there} objects; approve only if it is the "
        "same at a new address, otherwise give the target another name"
    ]


def beside_others(target: ObjectTarget, channel: Channel, plan: Plan, entries: Mapping[Ref, Entry]) -> list[str]:
    """Why the first objects of a kind must not be created yet: others' are there, which may have to be adopted."""
    reasons = []
    for kind in target.kinds if target.policy.first_beside_others == "stop" else ():
        new = sum(each.ref.kind == kind for each in plan.of("new"))
        if not new or target.kinds[kind].on_close == "delete":
            continue
        if not any(each.is_there for each in entries.values() if each.kind == kind):
            others = sum(1 for each in channel.listing(kind) if not each.key and not each.barred)
            if others:
                reasons.append(
                    f"{kind}: {new} would be created beside {others} that others made; adopt those first "
                    f"(reconnect accounts adopt {target.name})"
                )
    return reasons


def earlier_ends(
    target: ObjectTarget, channel: Channel, taking: Taking, entries: Mapping[Ref, Entry]
) -> dict[str, str]:
    """Those of the ends that come before the one that the object has at the target now. The ledger keeps no days, so
    each is read; one that can't be read counts."""
    if not taking.ending:
        return {}
    name, found = target.kinds[taking.kind].ends, {}
    for key, day in taking.ending.items():
        try:
            there = channel.read(taking.kind, entries[Ref(taking.kind, key)].remote)
        except (Refused, Gone):
            there = None
        before = there.values.get(name) if there is not None else None
        if before is None or day < str(before):
            found[key] = day
    return found
