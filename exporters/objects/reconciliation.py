"""Full comparison: every object at the target against what it was sent (drift).

Reads only. Depending on ``Policy.drift``, differences are only reported, or the ledger is set to what the target has:
the plan that is made from it then corrects the difference, behind the same brake as everything else. An object that
others have disabled is shown, and stays disabled. One that a listing lacks is looked up before it counts as gone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from exporters.objects.adoption import deleted_by_others
from exporters.objects.errors import Gone, Refused
from exporters.objects.hiding import Hide
from exporters.objects.ledger import DELETED, ENABLED, GONE, Entry, without, without_accepted
from exporters.objects.target import Channel, Found, KindRules, Policy, Ref, Wanted
from exporters.objects.values import comparable, in_words
from exporters.report import KindReport, RowChange
from exporters.target import Notice


@dataclass
class Reconciliation:
    """``wanted``: as the target should have it; ``hide(wanted, field)``: why a value is not shown; empty if it is.
    ``entries`` is changed if drift is to be corrected, and for ``urgent`` objects that others have enabled: these are
    closed again, whatever the policy. ``found``: compared objects → the fields that differ; ``names``: their user name
    and mail address.
    ``ended``: entries of
    objects some of whose accepted differences are no more: the next one is shown again."""

    channel: Channel
    kinds: Mapping[str, KindRules]
    policy: Policy
    wanted: Mapping[Ref, Wanted]
    entries: dict[Ref, Entry]
    reports: dict[str, KindReport]
    hide: "Hide"
    urgent: frozenset[Ref] = frozenset()
    notices: list[Notice] = field(default_factory=list)
    found: dict[Ref, frozenset[str]] = field(default_factory=dict)
    names: dict[Ref, Mapping[str, str]] = field(default_factory=dict)
    ended: dict[Ref, Entry] = field(default_factory=dict)

    def run(self) -> None:
        """Raises DeliveryError, before anything has been changed."""
        listed: dict[str, dict[str, Found]] = {}
        for kind in self.kinds:
            if self.channel.offers(kind) == "never":
                continue
            try:
                listed[kind] = self._listed(kind)
            except (Refused, Gone) as refused:
                self.notices.append(Notice(kind, "", "", "not_listed", str(refused)))
        refs = {(ref.kind, comparable(each.remote)): ref for ref, each in self.entries.items() if each.is_there}
        for kind, found in listed.items():
            self._unknown(kind, found)
            for ref in [ref for ref, each in self.entries.items() if ref.kind == kind and each.is_there]:
                entry = self.entries[ref]
                there = found.get(comparable(entry.remote))
                try:
                    if there is None or self._lacks_links(entry, there):  # lists may omit them
                        there = self.channel.read(kind, entry.remote)
                except Refused as refused:
                    self.notices.append(Notice(kind, ref.key, "", "not_read", str(refused)))
                    continue
                if there is None:
                    refs.pop((kind, comparable(entry.remote)), None)
                    if GONE in entry.accepted:
                        continue
                    self._tell(ref, "gone", ["the target no longer has it"])
                    self.found[ref] = frozenset({GONE})
                    if entry.closed is None and self.policy.asks(self.kinds[kind]):
                        self.notices.append(Notice(kind, ref.key, "", DELETED, str(deleted_by_others(entry))))
                        continue
                    self._mend(ref, replace(entry, remote="", state="failed"))
                    for other, each in list(self.entries.items()):
                        if any(ref in refs for refs in each.links.values()):
                            self._mend(other, replace(each, links=without(each.links, ref)))
                else:
                    self._compare(ref, self._without_ended(ref, entry, there), there, refs)

    @property
    def to_make_again(self) -> frozenset[Ref]:
        """What the target no longer has, as far as was seen, and what is made again without a decision."""
        mends = self.policy.drift == "correct"
        return frozenset(
            ref for ref, names in self.found.items()
            if names == {GONE} and mends and ref in self.wanted and not self.policy.asks(self.kinds[ref.kind])
        )  # fmt: skip

    def is_news(self, ref: Ref, kept: Entry) -> bool:
        """Whether the ledger doesn't know yet what was found of a compared object."""
        known = {name for name, state in kept.drift.items() if state == "found"}
        return known != self.found[ref] or self.names.get(ref, kept.names) != kept.names

    def _without_ended(self, ref: Ref, entry: Entry, found: Found) -> Entry:
        """The entry without differences that were accepted, or that the target insisted on, and that are no more: the
        object has what was sent."""
        wanted = self.wanted.get(ref)
        over = {GONE} if GONE in entry.accepted else set[str]()
        if ENABLED in entry.accepted and found.enabled:
            over.add(ENABLED)
        kept = {*entry.accepted, *entry.not_kept}
        for name in kept & (wanted.values.keys() if wanted is not None else set()):
            if self.channel.same(name, wanted.values[name] if wanted else None, found.values.get(name)):
                over.add(name)
        if not over:
            return entry
        ended = without_accepted(entry, over)
        self.entries[ref] = self.ended[ref] = ended
        return ended

    def _lacks_links(self, entry: Entry, found: Found) -> bool:
        """Whether it does not have every link that was sent."""
        for name, refs in entry.links.items():
            has = set(map(comparable, found.links.get(name, ())))
            sent = (each for each in map(self.entries.get, refs) if each is not None and each.is_there)
            if any(comparable(each.remote) not in has for each in sent):
                return True
        return False

    def _listed(self, kind: str) -> dict[str, Found]:
        return {comparable(each.id): each for each in self.channel.listing(kind)}

    def _unknown(self, kind: str, found: Mapping[str, Found]) -> None:
        """Objects with one of our keys that the ledger does not know, several with one key, and others' objects."""
        by_key: dict[str, list[Found]] = {}
        for each in found.values():
            if each.key:
                by_key.setdefault(each.key, []).append(each)
        known = {comparable(each.remote) for each in self.entries.values() if each.kind == kind and each.is_there}
        for key, several in sorted(by_key.items()):
            ref = Ref(kind, key)
            if len(several) > 1:
                ids = ", ".join(sorted(each.id for each in several))
                self.notices.append(Notice(kind, key, "", "ambiguous", f"several objects have this key: {ids}"))
            elif comparable(several[0].id) not in known and (ref in self.wanted or ref in self.entries):
                self._tell(ref, "changed", [f"object {several[0].id} has our key and was not in the ledger"])
                entry = self.entries.get(ref) or Entry(kind, key, "pending")
                if not entry.is_there:
                    # Adopted by its key, which only we assign.
                    there = several[0]
                    taken = replace(entry, state="pending", remote=there.id, enabled=there.enabled)
                    self.entries[ref] = replace(taken, unsure=True, closed=None)
        ours = {ref.key for ref in (*self.wanted, *self.entries) if ref.kind == kind}
        others = sum(1 for each in found.values() if comparable(each.id) not in known and each.key not in ours)
        if others:
            self.notices.append(Notice(kind, "", "", "others", f"{others} objects at the target are not ours"))

    def _compare(self, ref: Ref, entry: Entry, found: Found, refs: Mapping[tuple[str, str], Ref]) -> None:
        if entry.unsure:
            return  # it is read anyway
        differences: list[str] = []
        fields, links = dict(entry.fields), dict(entry.links)
        enabled, closed = entry.enabled, entry.closed
        if found.enabled != entry.enabled and not (entry.enabled and ENABLED in entry.accepted):
            texts = in_words(found.enabled), in_words(entry.enabled)
            differences.append(f"{ENABLED}: {texts[0]} at the target, {texts[1]} was sent")
            # To disable an account by hand is a safety act: only a person's decision undoes it, no correction.
            if found.enabled:
                enabled, closed = True, None
        wanted = self.wanted.get(ref)
        if wanted is not None and entry.closed is None:
            for name, value in sorted(wanted.values.items()):
                there = found.values.get(name)
                if entry.not_kept.get(name) == entry.fields.get(name, "-") or name not in entry.fields:
                    continue
                if not self.channel.same(name, value, there):
                    hidden = self.hide(wanted, name)
                    differences.append(
                        f"{name}: differs ({hidden})"
                        if hidden
                        else f"{name}: {in_words(there)} at the target, {in_words(value)} was sent"
                    )
                    fields[name] = ""
            differences += self._linked(entry, wanted, found, refs, links)
        self.found[ref] = frozenset(each.partition(":")[0] for each in differences)
        if names := self.kinds[ref.kind].names:
            has = {name: found.values.get(field_) for name, field_ in names.items()}
            self.names[ref] = {name: str(each) for name, each in has.items() if each}
        if differences:
            self._tell(ref, "changed", differences)
            self._mend(ref, replace(entry, fields=fields, links=links, enabled=enabled, closed=closed))
        if ref in self.urgent and enabled:
            self.entries[ref] = replace(self.entries[ref], enabled=True, closed=None)

    def _linked(
        self,
        entry: Entry,
        wanted: Wanted,
        found: Found,
        refs: Mapping[tuple[str, str], Ref],
        links: dict[str, frozenset[Ref]],
    ) -> Iterator[str]:
        """Missing links, and links between our own objects that were not sent. The latter are shown, and stay others'
        unless they are wanted, too: only what was sent is ever removed."""
        for name, there in found.links.items():
            if self.channel.offers(entry.kind, name) == "never" or name in entry.accepted:
                continue
            sent = entry.links.get(name, frozenset()) & set(refs.values())
            # Objects of two kinds may have the same id: many targets number each kind from 1.
            kinds = {ref.kind for ref in (*sent, *wanted.links.get(name, ()))} or set(self.kinds)
            places = {(kind, comparable(id_)) for kind in kinds for id_ in there}
            has = {refs[place] for place in places & set(refs)}
            if lacking := sent - has:
                yield f"{name}: {len(lacking)} lacking at the target"
            if added := has - sent:
                yield f"{name}: {len(added)} at the target that were not sent"
            links[name] = frozenset(has & (sent | wanted.links.get(name, frozenset())))

    def _tell(self, ref: Ref, what: str, lines: list[str]) -> None:
        report = self.reports.setdefault(ref.kind, KindReport(ref.kind))
        report.drift += 1
        report.changes.append(RowChange(ref.key, "gone" if what == "gone" else "changed", tuple(lines)))

    def _mend(self, ref: Ref, entry: Entry) -> None:
        if self.policy.drift == "correct":
            self.entries[ref] = entry
