"""Adoption: objects that others made become ours, as a step of its own, seen before it is done.

Nothing is written at the target: the ledger notes the object's id, and the next export compares it with what is wanted,
shows the differences in its dry run, and puts our key on it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import neo4j

from exporters.image import read_image
from exporters.objects.errors import Refused
from exporters.objects.hiding import Hide
from exporters.objects.ledger import DELETED, Entry, ObjectLedger
from exporters.objects.target import Channel, Found, ObjectTarget, Ref, Value, Wanted
from exporters.objects.values import comparable, in_words
from exporters.target import ImageReader
from graph.runs.run_log import end_run, start_run


class NotAdoptable(ValueError):
    """The object can't be adopted; the text states why. Nothing was noted."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A wanted object that the ledger does not have, and what is like it at the target. ``doubt``: why a person must
    decide; empty if there is exactly one, which nothing speaks against. ``changes``: id → what the next export would
    change on that object, in words."""

    wanted: Wanted
    found: tuple[Found, ...]
    doubt: str
    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ref(self) -> Ref:
        return self.wanted.ref


def theirs(
    wanted: Wanted, found: Sequence[Found], entry: Entry, entries: Mapping[Ref, Entry], adopt: bool
) -> Found | None:
    """The existing object that is or becomes ours; None if there is none, so that one may be created. Raises Refused
    if it is ambiguous, or must not be adopted: nothing is created beside an object that may be the same."""
    ours = [each for each in found if each.key == wanted.key]
    others = _not_apart(found, entry)
    if len(several := ours or others) > 1:
        ids = ", ".join(sorted(each.id for each in several))
        raise Refused(
            "ambiguous", f"Several objects at the target may be this one: {ids}. Nothing was changed. {_DECIDE}"
        )
    if ours or not others:
        return ours[0] if ours else None
    (other,) = others
    if other.key:
        raise Refused("taken", f"Object {other.id} at the target has the same name and belongs to {other.key}.")
    if comparable(other.id) in _remotes({ref: each for ref, each in entries.items() if ref.kind == wanted.kind}):
        raise Refused("taken", f"Object {other.id} at the target has the same name and is another of ours.")
    if not adopt:
        raise Refused(
            "made_by_others",
            f"Object {other.id} at the target may be this one, and does not have our key: others made it, or its "
            f"creation was not answered. Nothing was created beside it. {_DECIDE}",
        )
    return other


def left_by_creation(found: Sequence[Found], entry: Entry, entries: Mapping[Ref, Entry]) -> Found | None:
    """What a creation without an answer has left: the object with our key; None if it has left nothing that is open.
    ``found``: as the channel's ``left_by``. Raises Refused if one without a key may be it."""
    if ours := [each for each in found if each.key == entry.key]:
        return ours[0]
    known = _remotes({ref: each for ref, each in entries.items() if ref.kind == entry.kind})
    others = [each for each in _not_apart(found, entry) if comparable(each.id) not in known]
    doubtful = [each for each in others if each.enabled and not each.key]
    if doubtful:
        ids = ", ".join(sorted(each.id for each in doubtful))
        raise Refused(
            MAY_EXIST,
            f"The creation of this object was not answered, and {ids} at the target may be it, without our key. Delete "
            "or disable it there if it is, or give it another name if it is not.",
        )
    return None


def _not_apart(found: Sequence[Found], entry: Entry) -> list[Found]:
    """Without those that a person has told apart from the wanted object."""
    apart = {comparable(each) for each in entry.others}
    return [each for each in found if comparable(each.id) not in apart]


def _remotes(entries: Mapping[Ref, Entry]) -> dict[str, Ref]:
    """The objects at the target that are ours, by id in the form in which ids are compared."""
    return {comparable(each.remote): ref for ref, each in entries.items() if each.is_there}


MAY_EXIST = "may_exist"
"""The problem of an object of which it is unknown whether the target made it."""


NOT_SEEN = "not_seen"
"""The problem of an object that is to be closed, and of which it is unknown whether it still exists."""


def deleted_by_others(entry: Entry) -> Refused:
    """Nothing takes the place of an account that others have deleted before a person has decided."""
    return Refused(
        DELETED,
        f"Others have deleted object {entry.remote}. A new one would have none of its rights. Restore it there, or "
        "decide: reconnect accounts drift.",
    )


_DECIDE = "Decide: reconnect accounts adopt."


def candidates(
    driver: neo4j.Driver, target: ObjectTarget, read: ImageReader, at: date, only: Ref | None = None
) -> list[Candidate]:
    """Every wanted object that something at the target is like; ``only``: this one. Reads only. Raises DeliveryError,
    ObjectError."""
    objects = target.shape(read_image(target, read, at), at)
    entries = ObjectLedger(driver, target.name).entries()
    hide = Hide(objects.identifying, objects.private)
    with target.open() as channel:
        hits = {
            each.ref: (each, tuple(_not_apart(channel.find(each), known)))
            for each in objects.wanted
            if only in (None, each.ref)
            and not (known := entries.get(each.ref, Entry(each.kind, each.key, "pending"))).is_there
        }
        changes = {
            (ref, one.id): tuple(_changes(wanted, one, channel, hide))
            for ref, (wanted, found) in hits.items()
            for one in found
        }
    known_ids = _remotes(entries)
    claims: dict[str, set[Ref]] = {}
    for ref, (_, found) in hits.items():
        for each in found:
            claims.setdefault(comparable(each.id), set()).add(ref)
    return [
        Candidate(
            wanted, found, _doubt(wanted, found, claims, known_ids), {each.id: changes[ref, each.id] for each in found}
        )
        for ref, (wanted, found) in hits.items()
        if found and not any(each.key == wanted.key for each in found)
    ]


def _changes(wanted: Wanted, found: Found, channel: Channel, hide: Hide) -> Iterator[str]:
    """What the first export would change on the object once it is ours. What it has beside that stays."""
    if wanted.enabled != found.enabled:
        yield "would be enabled" if wanted.enabled else "would be disabled"
    for name, value in sorted(wanted.values.items()):
        has = found.values.get(name)
        if channel.offers(wanted.kind, name) != "always" or channel.same(name, value, has):
            continue
        hidden = hide(wanted, name)
        yield f"{name}: differs ({hidden})" if hidden else f"{name}: {in_words(has)} → {in_words(value)}"


def _doubt(
    wanted: Wanted, found: Sequence[Found], claims: Mapping[str, set[Ref]], known: Mapping[str, Ref]
) -> str:  # fmt: skip
    if len(found) > 1:
        return f"{len(found)} objects are like it"
    (only,) = found
    if only.barred:
        return only.barred
    id_ = comparable(only.id)
    if only.key or id_ in known:
        return f"it belongs to {only.key or known[id_].key}"
    if others := claims[id_] - {wanted.ref}:
        return f"it is also like {', '.join(sorted(each.key for each in others))}"
    if not only.surely:
        return f"only {' and '.join(only.like_by)} fits, which another person may have"
    return ""


def adopt(driver: neo4j.Driver, target: ObjectTarget, chosen: Mapping[Ref, Found], why: str = "") -> str:
    """Note these objects as ours. ``why``: the reason, and who decided. Returns the run's id. Raises NotAdoptable."""
    ledger = ObjectLedger(driver, target.name)
    entries = ledger.entries()
    taken = {*_remotes(entries)}
    for ref, found in chosen.items():
        problem = found.barred or (f"it has the key {found.key}" if found.key else "")
        if problem or comparable(found.id) in taken or ((known := entries.get(ref)) and known.is_there):
            raise NotAdoptable(
                f"{ref.kind} {ref.key}: {found.id} can't be adopted: {problem or 'one is ours already'}."
            )
        taken.add(comparable(found.id))
    run = start_run(driver, "export", target.name, dry=False)
    try:
        ledger.claim(run)
        # Unsure: the next export reads each before it writes anything.
        ledger.write(
            Entry(
                ref.kind,
                ref.key,
                "pending",
                remote=found.id,
                enabled=found.enabled,
                unsure=True,
                decision=decision("adopted", why),
            )
            for ref, found in chosen.items()
        )
    finally:
        end_run(driver, run, "done", {"": {"adopted": len(chosen)}}, "")
    return run


def keep_apart(driver: neo4j.Driver, target: ObjectTarget, decided: Mapping[Ref, frozenset[str]], why: str = "") -> str:
    """Note that these objects (ids) are not the wanted ones, although they are like them: the next run creates what is
    wanted beside them. Returns the run's id."""
    ledger = ObjectLedger(driver, target.name)
    entries = ledger.entries()
    run = start_run(driver, "export", target.name, dry=False)
    try:
        ledger.claim(run)
        known = {ref: entries.get(ref, Entry(ref.kind, ref.key, "pending")) for ref in decided}
        ledger.write(
            replace(
                each,
                others=each.others | decided[ref],
                again=None,
                tries=0,
                decision=decision(f"kept apart from {', '.join(sorted(decided[ref]))}", why),
            )
            for ref, each in known.items()
        )
    finally:
        end_run(driver, run, "done", {"": {"kept apart": len(decided)}}, "")
    return run


def decision(what: str, why: str) -> str:
    """As the ledger keeps it."""
    return f"{what}: {why}" if why else what


def called(wanted: Wanted, values: Mapping[str, Value]) -> str | None:
    """User name and name, for the person who decides; None of people with a protected name, and where there are
    none."""
    names = (str(values[name]) for name in ("sAMAccountName", "userName", "displayName") if values.get(name))
    return None if wanted.protected else ", ".join(names) or None
