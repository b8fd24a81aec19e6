"""The differences between what a target should have and what it was sent, by its ledger. Pure: no calls."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

from exporters.objects.brake import Taking
from exporters.objects.ledger import GONE, Entry, without_fields
from exporters.objects.target import KindRules, Objects, Offer, Ref, Wanted
from exporters.objects.values import fields_of, value_hash, wanted_hash
from exporters.target import Notice, Parked
from graph.cpr.keyring import Keyring

What = Literal["new", "changed", "returning", "closing", "deleting", "held", "released", "unchanged"]
CLOSING = "closing"
"""The hash of an object that is not wanted."""

Offers = Callable[[str, str | None], Offer]


@dataclass(slots=True)
class Difference:
    """One object. ``hashes``: field → hash of the wanted value; ``set``, ``clear``: fields that differ; ``enable``:
    None = it stays as it is; ``add``, ``remove``: links that differ.

    ``held``: the target refused exactly this recently; ``released``: it is as it should be, and no longer refused.
    """

    ref: Ref
    what: What
    wanted: Wanted | None
    entry: Entry
    hash: str = CLOSING
    hashes: Mapping[str, str] = field(default_factory=dict)
    set: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()
    enable: bool | None = None
    add: Mapping[str, frozenset[Ref]] = field(default_factory=dict)
    remove: Mapping[str, frozenset[Ref]] = field(default_factory=dict)

    @property
    def is_closing(self) -> bool:
        return self.what in ("closing", "deleting") or (self.enable is False and self.entry.enabled)

    @property
    def is_disabling(self) -> bool:
        return self.is_closing and self.what != "deleting"

    @property
    def has_links(self) -> bool:
        return any(self.add.values()) or any(self.remove.values())


@dataclass(slots=True)
class Plan:
    """All differences, by object. ``total``: the number of objects that the target should have, by kind."""

    differences: dict[Ref, Difference]
    notices: list[Notice]
    parked: list[Parked]
    released: list[Ref]
    total: Mapping[str, int]
    kinds: Mapping[str, KindRules]

    def of(self, *whats: What) -> list[Difference]:
        return [each for each in self.differences.values() if each.what in whats]

    def wanted(self) -> dict[Ref, Wanted]:
        return {ref: each.wanted for ref, each in self.differences.items() if each.wanted is not None}

    def refused_before(self) -> list[Parked]:
        """Objects that the target refused before, and that are not tried again now."""
        return [
            Parked(each.ref.kind, each.ref.key, each.entry.problem or "", each.entry.reason or "")
            for each in self.of("held")
            if GONE not in each.entry.accepted
        ]

    def hold(self, refs: frozenset[Ref]) -> None:
        """Leave these as they are for now, and links of others to them as well."""
        for ref in refs:
            del self.differences[ref]
        for each in self.differences.values():
            if each.wanted is not None and any(others & refs for others in each.entry.links.values()):
                self._keep_links(each, refs)

    def _keep_links(self, each: Difference, refs: frozenset[Ref]) -> None:
        assert each.wanted is not None
        links, add, remove = dict(each.wanted.links), dict(each.add), dict(each.remove)
        for name, others in each.entry.links.items():
            if not (kept := others & refs):
                continue
            is_single = name in self.kinds[each.ref.kind].single
            links[name] = kept if is_single else links.get(name, frozenset()) | kept
            add[name] = frozenset() if is_single else add.get(name, frozenset())
            remove[name] = remove.get(name, frozenset()) - kept
        each.wanted, each.add, each.remove = replace(each.wanted, links=links), add, remove
        has_values = each.set or each.clear or each.enable is not None or each.entry.unsure
        if each.what == "changed" and not (has_values or each.has_links):
            each.what = "unchanged"

    def urgent(self, refs: frozenset[Ref]) -> list[Difference]:
        """The closings that wait for nothing."""
        return [each for ref, each in self.differences.items() if ref in refs and each.is_disabling]

    def takings(self, entries: Mapping[Ref, Entry], definition: str, since: Mapping[str, datetime]) -> list[Taking]:
        """What would be removed, by kind. ``since``: kind → the beginning of the brake's window. ``ending`` has every
        end that is sent; whether it is an earlier one only the target knows."""
        found: dict[str, Taking] = {}
        again = {ref for ref, each in self.differences.items() if each.wanted is not None and each.wanted.enabled}
        for entry in entries.values():
            taking = found.setdefault(entry.kind, Taking(entry.kind, 0, 0))
            is_lately = (
                entry.counts_from is not None
                and entry.counts_from >= since.get(entry.kind, entry.counts_from)
                and entry.ref not in again
            )
            if is_lately:
                taking.closed |= {entry.key}
            if entry.in_use:
                taking.total += not is_lately
                taking.links += sum(map(len, entry.links.values()))
        gone = {ref for ref, each in self.differences.items() if each.is_closing}
        for ref, each in self.differences.items():
            taking = found.setdefault(ref.kind, Taking(ref.kind, 0, 0))
            if each.is_closing:
                taking.closing.append(ref.key)
                continue
            ends = self.kinds[ref.kind].ends
            if ends in each.set and each.what in ("changed", "returning") and each.wanted is not None:
                taking.ending[ref.key] = str(each.wanted.values[ends])
            if each.what == "changed":
                taking.unlinked += [
                    f"{ref.key} {name} {other.key}"
                    for name, others in each.remove.items()
                    for other in sorted(others - gone)
                ]
                if (each.set or each.clear) and each.entry.definition not in ("", definition):
                    taking.redefined.append(f"{ref.key} {each.hash}")
        return list(found.values())


def as_offered(entry: Entry, offers: Offers) -> Entry:
    """The entry without fields and links that the target does not take from us (any more): others write them there, so
    they are neither changed nor cleared."""
    if offers(entry.kind, None) == "never":
        return entry
    left = {name for name in (*entry.fields, *entry.links) if offers(entry.kind, name) == "never"}
    return without_fields(entry, frozenset(left)) if left else entry


@dataclass(slots=True)
class Planning:
    """Makes a plan. ``moment``: now; ``asks``: whether a person decides on objects of a kind that others have deleted
    (``Policy.asks``); ``everything``: include recently refused objects."""

    kinds: Mapping[str, KindRules]
    offers: Offers
    keyring: Keyring
    definition: str
    retention: timedelta
    at: date
    moment: datetime
    asks: Callable[[KindRules], bool]
    everything: bool = False

    def plan(self, objects: Objects, entries: Mapping[Ref, Entry]) -> Plan:
        """``entries``: the whole ledger."""
        notices, parked = list(objects.notices), list(objects.parked)
        offered = self._offered(objects.wanted, notices, parked)
        wanted = {
            ref: _staying(each, entries.get(ref))
            for ref, each in offered.items()
            if not each.if_there or ((entry := entries.get(ref)) and (entry.is_there or entry.unsure))
        }
        unfit = {Ref(each.object, each.key) for each in parked}
        # It does not exist yet, and is not tried now, or exists no more: references to it are left out.
        absent = {
            ref
            for ref, each in wanted.items()
            if (entry := entries.get(ref))
            and (
                (entry.is_deleted_by_others and self.asks(self.kinds[ref.kind]))
                or (not entry.is_there and self._is_held(entry, self._hash(each)))
            )
        }
        linkable = {ref for ref in wanted if ref not in unfit and ref not in absent}
        linkable |= {ref for ref in unfit if (entry := entries.get(ref)) and entry.is_there}
        differences: dict[Ref, Difference] = {}
        for ref, each in wanted.items():
            if ref not in unfit:
                linked = replace(each, links={name: refs & linkable for name, refs in each.links.items()})
                differences[ref] = self._of(linked, self._hash(each), entries.get(ref), notices)
        released = []
        left: Counter[str] = Counter()
        for ref, entry in entries.items():
            if ref in wanted or ref in unfit or ref.kind not in self.kinds:
                continue
            if self.offers(ref.kind, None) == "never":
                # That a server does not name a kind (any more) says nothing about what it has of it.
                left[ref.kind] += entry.is_there
                continue
            if (closing := self._unwanted(entry, objects.keep_until)) is not None:
                differences[ref] = closing
            elif not entry.is_there and entry.state in ("parked", "failed"):
                released.append(ref)
        for kind, count in left.items():
            if count:
                text = f"the target does not offer this kind any more; {count} objects are left as they are"
                notices.append(Notice(kind, "", "", "not_offered", text))
        total = {kind: sum(ref.kind == kind for ref in wanted) for kind in self.kinds}
        return Plan(differences, notices, parked, released, total, self.kinds)

    def _offered(self, given: Iterable[Wanted], notices: list[Notice], parked: list[Parked]) -> dict[Ref, Wanted]:
        """By reference, in normal form, without what the target does not support."""
        found: dict[Ref, Wanted] = {}
        left_out: dict[tuple[str, str], int] = {}
        for each in given:
            if self.offers(each.kind, None) == "never":
                left_out[each.kind, ""] = left_out.get((each.kind, ""), 0) + 1
                continue
            values = fields_of(each.values)
            for name in [name for name in values if self.offers(each.kind, name) == "never"]:
                left_out[each.kind, name] = left_out.get((each.kind, name), 0) + 1
                del values[name]
            links = {name: refs for name, refs in each.links.items() if self.offers(each.kind, name) != "never"}
            if each.ref in found:
                parked.append(Parked(each.kind, each.key, "twice", "The shape makes two objects with this key."))
            found[each.ref] = replace(each, values=values, links=links)
        for (kind, name), count in sorted(left_out.items()):
            text = f"the target does not support it; omitted from {count} objects"
            notices.append(Notice(kind, "", name, "not_offered", text))
        return found

    def _of(self, wanted: Wanted, hash_: str, entry: Entry | None, notices: list[Notice]) -> Difference:
        hashes = {name: value_hash(self.keyring, value) for name, value in wanted.values.items()}
        rules = self.kinds[wanted.kind]
        if entry is None or not entry.is_there:
            known = Entry(wanted.kind, wanted.key, "pending") if entry is None else entry
            fresh = replace(known, remote="", fields={}, links={}, enabled=False, closed=None, not_kept={})
            held = entry is not None and not entry.is_there and self._is_held(entry, hash_)
            return Difference(
                wanted.ref, "held" if held else "new", wanted, fresh, hash_, hashes,
                frozenset(hashes), frozenset(), wanted.enabled, wanted.links,
            )  # fmt: skip
        changed = {name for name, each in hashes.items() if entry.fields.get(name) != each}
        hashes |= {name: each for name, each in entry.fields.items() if name in stays(wanted)}
        fixed = {name for name in changed if self.offers(wanted.kind, name) == "creation"}
        for name in sorted(fixed):
            # The object has the values with which it was created.
            notices.append(Notice(wanted.kind, wanted.key, name, "only_at_creation", "differs, and can't be changed"))
            hashes[name] = entry.fields.get(name, "")
        add, remove = _links(wanted, entry, rules)
        made = Difference(
            wanted.ref, "unchanged", wanted, entry, hash_, {name: each for name, each in hashes.items() if each},
            frozenset(changed - fixed), frozenset(entry.fields.keys() - hashes.keys()),
            None if entry.enabled == wanted.enabled and entry.closed is None else wanted.enabled, add, remove,
        )  # fmt: skip
        if entry.closed is not None:
            made.what = "returning"
        elif made.set or made.clear or made.enable is not None or made.has_links or entry.unsure:
            made.what = "changed"
        elif entry.state in ("parked", "failed"):
            made.what = "released"
        if (made.what != "released" and self._is_held(entry, hash_)) or GONE in entry.accepted:
            made.what = "held"
        return made

    def _unwanted(self, entry: Entry, keep_until: Mapping[Ref, date | None]) -> Difference | None:
        rules = self.kinds[entry.kind]
        if not entry.is_there:
            # It was being created when a run ended: it may exist.
            held: What = "held" if self._is_held(entry, CLOSING) else "closing"
            return Difference(entry.ref, held, None, entry) if entry.unsure else None
        if self._is_held(entry, CLOSING):
            return Difference(entry.ref, "held", None, entry)
        if entry.closed is None:
            what: What = "deleting" if rules.on_close == "delete" else "closing"
            return Difference(entry.ref, what, None, entry, enable=False)
        deleted_on = keep_until.get(entry.ref, entry.closed + self.retention)
        due = rules.on_close == "disable_then_delete" and deleted_on is not None and deleted_on <= self.at
        if due or (entry.unsure and rules.on_close == "delete"):
            return Difference(entry.ref, "deleting", None, entry)
        return Difference(entry.ref, "closing", None, entry, enable=False) if entry.unsure else None

    def _hash(self, wanted: Wanted) -> str:
        return wanted_hash(self.keyring, wanted)

    def _is_held(self, entry: Entry, hash_: str) -> bool:
        """Whether the target refused exactly this, and it is too early to try again."""
        if self.everything or entry.state not in ("parked", "failed") or entry.again is None:
            return False
        return (entry.hash, entry.definition) == (hash_, self.definition) and entry.again > self.moment


def stays(wanted: Wanted) -> frozenset[str]:
    """Fields and links of a planned object that stay as they are."""
    return frozenset().union(*wanted.left)


def _staying(wanted: Wanted, entry: Entry | None) -> Wanted:
    """What is wanted of the object, after what stays of it was resolved: ``left`` is then exactly that."""
    if not (wanted.left or wanted.may_have) or entry is None or not entry.is_there:
        return replace(wanted, left=(), may_have={})
    left = [each for each in wanted.left if any(name in entry.fields or entry.links.get(name) for name in each)]
    stay = frozenset().union(*left)
    links = {name: refs for name, refs in wanted.links.items() if name not in stay}
    links |= {name: refs for name, refs in entry.links.items() if name in stay}
    for name, refs in wanted.may_have.items():
        links[name] = links.get(name, frozenset()) | (refs & entry.links.get(name, frozenset()))
    values = {name: each for name, each in wanted.values.items() if name not in stay}
    return replace(wanted, values=values, links=links, left=(stay,), may_have={})


def _links(
    wanted: Wanted, entry: Entry, rules: KindRules
) -> tuple[dict[str, frozenset[Ref]], dict[str, frozenset[Ref]]]:
    add: dict[str, frozenset[Ref]] = {}
    remove: dict[str, frozenset[Ref]] = {}
    for name in {*wanted.links, *entry.links}:
        should, has = wanted.links.get(name, frozenset()), entry.links.get(name, frozenset())
        add[name] = should - has
        # An added link replaces the present one in a field with at most one.
        remove[name] = frozenset() if name in rules.single and should else has - should
    return add, remove
