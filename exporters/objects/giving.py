"""Creates or changes an object at the target: it looks first, adopts our own objects, and reads some again."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from exporters.objects.adoption import deleted_by_others, left_by_creation, theirs
from exporters.objects.errors import Gone, Refused, Taken
from exporters.objects.ledger import ENABLED, Entry, put_right, without
from exporters.objects.plan import Difference, stays
from exporters.objects.sending import Sending
from exporters.objects.target import Change, Found, Ref, Value, Wanted
from exporters.objects.values import in_words
from exporters.target import Notice


@dataclass
class Giving:
    """``unread``: objects whose links must be read before any is changed, since others may have created them."""

    work: Sending
    unread: set[Ref] = field(default_factory=set)
    _written: Counter[str] = field(default_factory=Counter)

    def give(self, difference: Difference, unsure: bool) -> Entry:
        """Make the object have the wanted values. Raises ObjectError."""
        wanted = _wanted(difference)
        entry = self.work.entry(difference)
        if entry.is_there:
            try:
                return self._changed(difference, wanted, entry, unsure)
            except Gone:
                if entry.closed is None and self.work.policy.asks(self.work.kinds[wanted.kind]):
                    raise deleted_by_others(entry) from None
                entry = replace(entry, remote="", fields={}, links={}, enabled=False, closed=None)
        return self._made(difference, wanted, entry)

    # -- change -------------------------------------------------------------------------------------------------

    def _changed(self, difference: Difference, wanted: Wanted, entry: Entry, unsure: bool) -> Entry:
        channel = self.work.channel
        if unsure:
            found = channel.read(wanted.kind, entry.remote)
            if found is None:
                raise Gone(f"There is no longer an object {entry.remote}.")
            self.unread.add(wanted.ref)
            change = self._towards(difference, wanted, entry, found)
            # One that was never delivered was just found by our key: its creation may have ended in the middle.
            if found.key == wanted.key and (difference.what in ("new", "returning") or not entry.fields):
                channel.completed(wanted, found)
        else:
            change = Change(
                wanted.kind,
                entry.remote,
                {name: wanted.values[name] for name in difference.set},
                difference.clear,
                None if entry.enabled == wanted.enabled and entry.closed is None else wanted.enabled,
                owner=wanted.key,
                wanted=wanted,
            )
        another: dict[str, Value] = {}
        if not change.is_empty:
            another = self._sent(change, wanted)
            self.work.report(wanted.kind).changed += 1
        return self._verified(difference, wanted, entry, change.set, another)

    def _sent(self, change: Change, wanted: Wanted) -> dict[str, Value]:
        """Send a change; with the next candidate of a value that another object has. Returns the candidates sent."""
        another: dict[str, Value] = {}
        while True:
            try:
                self.work.channel.change(replace(change, set={**change.set, **another}))
                return another
            except Taken as taken:
                another |= _next(taken, wanted, change.set, another)

    def _towards(self, difference: Difference, wanted: Wanted, entry: Entry, found: Found) -> Change:
        """The differences between the found object and the wanted one, without those that stay as they are: what a
        person has accepted, and what the target has in place of the same wanted value."""
        channel = self.work.channel
        fixed = {name for name in wanted.values if channel.offers(wanted.kind, name) == "creation"}
        fixed |= {name for name, kept in entry.not_kept.items() if kept == difference.hashes.get(name)}
        return Change(
            wanted.kind,
            found.id,
            {
                name: value
                for name, value in wanted.values.items()
                if name not in fixed and not channel.same(name, value, found.values.get(name))
            },
            frozenset(entry.fields.keys() & found.values.keys() - wanted.values.keys() - stays(wanted)),
            None if found.enabled == wanted.enabled or entry.is_disabled_by_others else wanted.enabled,
            key=None if found.key == wanted.key else wanted.key,
            owner=wanted.key,
            wanted=wanted,
        )

    # -- make ---------------------------------------------------------------------------------------------------

    def _made(self, difference: Difference, wanted: Wanted, entry: Entry) -> Entry:
        channel = self.work.channel
        there = self._theirs(wanted, entry) or self._left(wanted, entry)
        links: dict[str, frozenset[Ref]] = {}
        another: dict[str, Value] = {}
        if there is None:
            links = self._needed(wanted)
            given = self._ids(links)
            while there is None:
                try:
                    id_ = channel.create(replace(wanted, values={**wanted.values, **another}), given)
                    break
                except Taken as taken:
                    # Others were quicker, or the target compares differently from its search.
                    there = self._theirs(wanted, entry)
                    if there is None:
                        another |= _next(taken, wanted, wanted.values, another)
        self._relink(wanted.ref, id_ if there is None else there.id)
        if there is None:
            self.work.report(wanted.kind).created += 1
            self._tell_of_former(wanted, entry)
            made = replace(entry, remote=id_, links=links)
            return self._verified(difference, wanted, made, wanted.values, another)
        self.unread.add(wanted.ref)
        change = self._towards(difference, wanted, entry, there)
        if there.key == wanted.key:
            channel.completed(wanted, there)
        if not change.is_empty:
            another = self._sent(change, wanted)
        self.work.report(wanted.kind).adopted += 1
        return self._verified(difference, wanted, replace(entry, remote=there.id, links={}), change.set, another)

    def _tell_of_former(self, wanted: Wanted, entry: Entry) -> None:
        """Of a new account in place of one that is deleted: what was given to the old one is lost."""
        known = self.work.entries.get(wanted.ref)
        if entry.state == "deleted" and known is not None and self.work.kinds[wanted.kind].on_close != "delete":
            text = f"object {known.remote} was deleted before; the new one has none of its rights, and no mailbox"
            self.work.notices.append(Notice(wanted.kind, wanted.key, "", "made_anew", text))

    def _relink(self, ref: Ref, id_: str) -> None:
        """Links to the object by another id lead nowhere now: they must be sent again."""
        before = self.work.entries.get(ref)
        if before is None or before.remote in ("", id_):
            return
        for other, entry in self.work.entries.items():
            if any(ref in refs for refs in entry.links.values()):
                self.work.entries[other] = replace(entry, links=without(entry.links, ref))
                self.unread.add(other)

    def _theirs(self, wanted: Wanted, entry: Entry) -> Found | None:
        return theirs(wanted, self.work.channel.find(wanted), entry, self.work.entries, self.work.policy.adopt)

    def _left(self, wanted: Wanted, entry: Entry) -> Found | None:
        """What an earlier creation without an answer has left, by the values that were sent then."""
        before = [entry.sought] if entry.sought else []
        if wanted.ref in self.work.lost and (sent := self.work.sought_now(wanted)):
            before.append(sent)
        for each in before:
            found = self.work.channel.left_by(Wanted(wanted.kind, wanted.key, each))
            if found and (there := left_by_creation(found, entry, self.work.entries)) is not None:
                return there
        return None

    def _needed(self, wanted: Wanted) -> dict[str, frozenset[Ref]]:
        links = {name: wanted.links.get(name, frozenset()) for name in self.work.kinds[wanted.kind].needed}
        for name, refs in links.items():
            for ref in sorted(refs):
                if (entry := self.work.entries.get(ref)) is None or not entry.is_there:
                    raise Refused("waits", f"{name}: the target does not have {ref.kind} {ref.key} yet.")
        return {name: refs for name, refs in links.items() if refs}

    def _ids(self, links: Mapping[str, frozenset[Ref]]) -> dict[str, tuple[str, ...]]:
        return {name: tuple(sorted(self.work.entries[ref].remote for ref in refs)) for name, refs in links.items()}

    # -- what was sent, and the result --------------------------------------------------------------------------

    def _verified(
        self,
        difference: Difference,
        wanted: Wanted,
        entry: Entry,
        sent: Mapping[str, object],
        another: Mapping[str, Value],
    ) -> Entry:
        """The entry after the target has answered. Now and then the object is read again: a value that the target
        accepts but does not keep is reported, and not sent again and again. The same applies to a value in whose place
        the object has ``another``."""
        given = entry.settled(
            "delivered",
            fields=dict(difference.hashes),
            enabled=wanted.enabled,
            closed=None,
            counts_from=None if wanted.enabled else entry.counts_from,
            names=self._names(wanted, entry, sent, another),
            hash=difference.hash,
            definition=self.work.definition,
            # Another value than the one that a person has accepted as it is there.
            accepted={
                name: why
                for name, why in entry.accepted.items()
                if name not in sent and (name != ENABLED or entry.is_disabled_by_others)
            },
            **put_right(entry),
        )
        for name, value in sorted(another.items()):
            text = (
                "another object has the planned one; it got another (protected)"
                if wanted.protected
                else f"another object has {in_words(wanted.values[name])}; it got {in_words(value)}"
            )
            self.work.notices.append(Notice(wanted.kind, wanted.key, name, "taken", text))
        if another:
            kept = {**given.not_kept, **{name: difference.hashes.get(name, "") for name in another}}
            given = replace(given, not_kept=kept)
        if not sent:
            return given
        self._written[wanted.kind] += 1
        every = self.work.policy.verify_every
        is_due = every and self._written[wanted.kind] % every == 1 % every
        # What differed, and is sent again, would do so for ever where the target keeps a form of its own.
        if not is_due and not any(entry.drift.get(name) == "found" for name in sent):
            return given
        found = self.work.channel.read(wanted.kind, given.remote)
        if found is None:
            raise Gone(f"Object {given.remote} was created, but does not exist.")
        lost = [
            name
            for name, value in sorted(sent.items())
            if name not in another and not self.work.channel.same(name, value, found.values.get(name))
        ]
        for name in lost:
            text = "the target accepted it but has something else"
            self.work.notices.append(Notice(wanted.kind, wanted.key, name, "not_kept", text))
        real = {
            name: found.values.get(field) for name, field in self.work.kinds[wanted.kind].names.items() if field in lost
        }
        if real:
            given = replace(given, names={name: str(each) for name, each in {**given.names, **real}.items() if each})
        return replace(
            given,
            not_kept={**given.not_kept, **{name: difference.hashes.get(name, "") for name in lost}},
            drift={name: "found" if name in lost else state for name, state in given.drift.items()},
        )

    def _names(
        self, wanted: Wanted, entry: Entry, sent: Mapping[str, object], another: Mapping[str, Value]
    ) -> dict[str, str]:
        """The user name and mail address that the object has now. What stays as others made it is as it was known."""
        found = {}
        for name, field_ in self.work.kinds[wanted.kind].names.items():
            is_as_wanted = field_ in sent or field_ not in entry.not_kept
            value = another.get(field_, wanted.values.get(field_) if is_as_wanted else entry.names.get(name))
            if value:
                found[name] = str(value)
        return found


def _next(taken: Taken, wanted: Wanted, sent: Mapping[str, Value], another: Mapping[str, Value]) -> dict[str, Value]:
    """The next candidate of the value that another object has. Raises Refused if there is none."""
    name = taken.field
    candidates = wanted.candidates.get(name, ()) if name in sent else ()
    tried = candidates.index(another[name]) + 1 if name in another else 0
    if tried >= len(candidates):
        raise Refused(taken.problem, str(taken)) from taken
    return {name: candidates[tried]}


def _wanted(difference: Difference) -> Wanted:
    if difference.wanted is None:
        raise ValueError("only what is wanted can be given")
    return difference.wanted
