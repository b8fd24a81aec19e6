"""Sends links once every possible object exists: differences only, and never blindly a second time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from exporters.objects.errors import Gone, LinksRefused
from exporters.objects.ledger import Entry, ObjectState, put_right
from exporters.objects.plan import Difference
from exporters.objects.sending import Sending
from exporters.objects.target import Change, Found, Ref
from exporters.objects.values import comparable


@dataclass
class Linking:
    """``unread``: objects whose links are read first. ``waiting``: links to objects that do not exist yet."""

    work: Sending
    unread: set[Ref]
    waiting: int = 0

    def is_due(self, difference: Difference) -> bool:
        """Whether links must be sent, or read."""
        entry = self.work.entries.get(difference.ref)
        if difference.wanted is None or difference.what == "held" or difference.ref in self.work.refused:
            return False
        if entry is None or not entry.is_there:
            return False
        has_any = any(difference.wanted.links.values()) or any(entry.links.values())
        return difference.has_links or (difference.ref in self.unread and has_any)

    def link(self, difference: Difference, unsure: bool) -> Entry:
        """Make the object have the wanted links, as far as the linked objects exist. Raises ObjectError."""
        wanted, entry = difference.wanted, self.work.entry(difference)
        assert wanted is not None
        should = {name: self._there(refs) for name, refs in wanted.links.items()}
        self.waiting += sum(len(refs - should[name]) for name, refs in wanted.links.items())
        if unsure or difference.ref in self.unread:
            found = self.work.channel.read(entry.kind, entry.remote)
            if found is None:
                raise Gone(f"There is no longer an object {entry.remote}.")
            change = self._towards(entry, should, found)
        else:
            has = {name: set(refs) for name, refs in entry.links.items()}
            change = self._change(entry, should, {name: self._ids(refs) for name, refs in has.items()})
        if not change.is_empty:
            try:
                self.work.channel.change(change)
            except LinksRefused as refused:
                self._count(entry, should, change)
                self._keep_others(entry, should, refused)
                raise
            self._count(entry, should, change)
            if difference.what != "new" and not (difference.set or difference.clear):
                self.work.report(entry.kind).changed += 1
        links = {name: refs for name, refs in should.items() if refs}
        sent = {name for name, ids in (*change.add.items(), *change.remove.items()) if ids}
        accepted = {name: why for name, why in entry.accepted.items() if name not in sent}
        return entry.settled(entry_state(entry), links=links, accepted=accepted, **put_right(entry))

    def _keep_others(self, entry: Entry, should: dict[str, frozenset[Ref]], refused: LinksRefused) -> None:
        """Note the links that were accepted. An object that can't be linked may be gone: the next run reads it."""
        entries = self.work.entries

        def of(refs: Iterable[Ref], ids: Mapping[str, frozenset[str]], name: str) -> frozenset[Ref]:
            return frozenset(ref for ref in refs if ref in entries and entries[ref].remote in ids.get(name, ()))

        links = {}
        doubtful = set[Ref]()
        for name in {*should, *entry.links}:
            wanted, had = should.get(name, frozenset()), entry.links.get(name, frozenset())
            not_added = of(wanted, refused.added, name)
            doubtful |= not_added
            links[name] = (wanted - not_added) | of(had, refused.removed, name)
        entries[entry.ref] = replace(entry, links={name: refs for name, refs in links.items() if refs})
        read = [replace(entries[ref], unsure=True) for ref in sorted(doubtful)]
        entries |= {each.ref: each for each in read}
        self.work.ledger.write(read)

    def _count(self, entry: Entry, should: dict[str, frozenset[Ref]], change: Change) -> None:
        """Removed links count for the brake, unless the linked object was closed."""
        for name in (name for name, ids in change.remove.items() if ids):
            removed = entry.links.get(name, frozenset()) - should.get(name, frozenset())
            stay = sum(other is not None and other.in_use for other in map(self.work.entries.get, removed))
            self.work.unlinked[entry.kind] += stay

    def _towards(self, entry: Entry, should: dict[str, frozenset[Ref]], found: Found) -> Change:
        """The differences from the found object. Links that others made stay."""
        ours = {name: self._ids(refs) for name, refs in entry.links.items()}
        single = self.work.kinds[entry.kind].single
        spelt = {comparable(id_): id_ for refs in (*entry.links.values(), *should.values()) for id_ in self._ids(refs)}
        has = {
            name: {
                id_
                for id_ in (spelt.get(comparable(each), each) for each in found.links.get(name, frozenset()))
                if id_ in ours.get(name, set()) or id_ in self._ids(should.get(name, ())) or name in single
            }
            for name in {*should, *entry.links}
        }
        again: dict[str, set[str]] = {}
        for name in has.keys() - single if found.may_be_cut else ():
            # What the ledger has counts as there: it is removed where it must be, and not added twice. Of what it
            # lacks, an interrupted run may have added some that a cut list does not show.
            wanted, sent = self._ids(should.get(name, ())), ours.get(name, set())
            if (wanted & sent) - has[name]:
                again[name] = wanted - sent - has[name]
            has[name] |= sent
        return self._change(entry, should, has, again)

    def _change(
        self,
        entry: Entry,
        should: dict[str, frozenset[Ref]],
        has: dict[str, set[str]],
        again: Mapping[str, set[str]] | None = None,
    ) -> Change:
        """``has``: ids that are there, by field; ``again``: those to add of which some may be there: they are removed
        first, so that none stands there twice."""
        single = self.work.kinds[entry.kind].single
        add: dict[str, tuple[str, ...]] = {}
        remove: dict[str, tuple[str, ...]] = {}
        for name in sorted({*should, *has}):
            wanted, there = self._ids(should.get(name, ())), has.get(name, set())
            add[name] = tuple(sorted(wanted - there))
            gone = (there - wanted) | (again or {}).get(name, set())
            remove[name] = () if name in single and wanted else tuple(sorted(gone))
        return Change(entry.kind, entry.remote, add=add, remove=remove, owner=entry.key)

    def _there(self, refs: Iterable[Ref]) -> frozenset[Ref]:
        entries = self.work.entries
        return frozenset(
            ref
            for ref in refs
            if (entry := entries.get(ref)) is not None
            and entry.is_there
            and not (entry.is_deleted_by_others and self.work.policy.asks(self.work.kinds[ref.kind]))
        )

    def _ids(self, refs: Iterable[Ref]) -> set[str]:
        entries = self.work.entries
        return {entries[ref].remote for ref in refs if ref in entries and entries[ref].is_there}


def entry_state(entry: Entry) -> ObjectState:
    return "closed" if entry.closed is not None else "delivered"
