"""A change as LDAP's modifications, each conditional on the value that was read (active_directory.md §3, §8 rule 5)."""

from collections.abc import Sequence

from exporters.active_directory.addresses import several
from exporters.active_directory.entries import (
    ALIASES,
    EXPIRES,
    NAMED_BY,
    PLACE,
    Seen,
    as_alias,
    by_id,
    cleared_value,
    dn_of,
    guid_of,
    is_mail,
    same,
    sent_value,
)
from exporters.objects.target import Change, Value
from graph.time import COPENHAGEN, today
from protocols.ldap import names
from protocols.ldap.values import DISABLED, Malformed, expiry
from protocols.ldap.writing import Modification

Modifications = dict[str, list[Modification]]


def modifications(
    seen: Seen, change: Change, key_attribute: str, *, expires: bool = True, plainly: bool = False
) -> Modifications:
    """Only what differs from what was read: attributes, state, key, manager and members. ``expires``: whether the day
    of expiry is ours to write. ``plainly``: under no condition, as a replacement of whatever is there."""
    made: Modifications = {}
    own = {PLACE, NAMED_BY[seen.kind]}
    for name, value in change.set.items():
        if name not in own:
            _replace(made, seen, name, [*sent_value(name, value), *_of_others(seen, name, value)])
    for name in change.clear - own:
        if seen.raw.get(name.lower()):
            _replace(made, seen, name, [*cleared_value(name), *_of_others(seen, name, ())])
    if change.key is not None and not same(key_attribute, change.key, seen.key):
        _replace(made, seen, key_attribute, [change.key])
    if seen.kind == "user" and change.enabled is not None:
        # Only this bit: all others (password never expires, smart card) belong to others (pitfall 33).
        control = seen.number("userAccountControl")
        wanted = control & ~DISABLED if change.enabled else control | DISABLED
        if wanted != control:
            _replace(made, seen, "userAccountControl", [str(wanted)])
            if change.enabled and expires:
                _expiry(made, seen, change)
    if plainly:
        made = {
            name: steps if _leads(seen, name) else [("replace", steps[-1][1] if steps[-1][0] == "add" else [])]
            for name, steps in made.items()
        }
    if seen.kind == "user":
        _manager(made, seen, change)
    if seen.kind == "group":
        _members(made, seen, change)
    return made


def _expiry(made: Modifications, seen: Seen, change: Change) -> None:
    """Who is enabled again can log in: an expiry in the past that others set on leaving ends with that."""
    if change.wanted is None or EXPIRES in change.set or EXPIRES in change.clear:
        return
    try:
        day = expiry(seen.number(EXPIRES), COPENHAGEN)
    except Malformed:  # beyond the calendar: not in the past
        return
    if day is not None and day <= today():
        value = change.wanted.values.get(EXPIRES)
        _replace(made, seen, EXPIRES, cleared_value(EXPIRES) if value is None else sent_value(EXPIRES, value))


def _replace(made: Modifications, seen: Seen, name: str, new: Sequence[str | bytes]) -> None:
    old = list(seen.raw.get(name.lower(), ()))
    if _leads(seen, name):
        _replace_links(made, name, old, [each if isinstance(each, str) else each.decode() for each in new])
        return
    if sorted(old) == sorted(each if isinstance(each, bytes) else each.encode() for each in new):
        return
    steps: list[Modification] = []
    if old:
        steps.append(("delete", old))
    if new:
        steps.append(("add", list(new)))
    made[name] = steps


def _leads(seen: Seen, name: str) -> bool:
    """Whether the values of an attribute lead to objects: they come with GUIDs, in the domain's own spelling."""
    return any(dn_of(name, each) for each in seen.raw.get(name.lower(), ()))


def _replace_links(made: Modifications, name: str, old: Sequence[bytes], new: Sequence[str]) -> None:
    """Only those that are missing, and only those that are there: a link can't be added or removed twice."""
    has = {names.parts(dn): by_id(guid_of(each)) for each in old if (dn := dn_of(name, each))}
    wanted = {names.parts(each): each for each in new}
    steps: list[Modification] = []
    if removed := [each for parts, each in has.items() if parts not in wanted]:
        steps.append(("delete", removed))
    if added := [each for parts, each in wanted.items() if parts not in has]:
        steps.append(("add", added))
    if steps:
        made[name] = steps


def _of_others(seen: Seen, name: str, sent: Value) -> list[bytes]:
    """What stays of an attribute that others share: every address that is not sent. Exchange and administrators add
    addresses, and none that somebody has ever had is taken away; but only one can be the primary one."""
    if name != ALIASES:
        return []
    ours = {each.casefold() for each in several(sent)}
    kept = []
    for each in seen.raw.get(name.lower(), ()):
        text = each.decode(errors="replace")
        if text.casefold() not in ours:
            kept.append(as_alias(text).encode() if ours and is_mail(text) else each)
    return kept


def _manager(made: Modifications, seen: Seen, change: Change) -> None:
    has = seen.ids("manager")
    if added := change.add.get("manager"):
        if added[0] not in has:
            made["manager"] = [("replace", [by_id(added[0])])]
    elif any(each in has for each in change.remove.get("manager", ())):
        made["manager"] = [("replace", [])]


def _members(made: Modifications, seen: Seen, change: Change) -> None:
    """Only members that are missing, and only those that are there: otherwise the whole request is refused."""
    has = seen.ids("member")
    added = [by_id(each) for each in change.add.get("member", ()) if each not in has]
    removed = [by_id(each) for each in change.remove.get("member", ()) if each in has]
    steps: list[Modification] = []
    if removed:
        steps.append(("delete", removed))
    if added:
        steps.append(("add", added))
    if steps:
        made["member"] = steps
