"""The order of a delivery: first disabling, then objects, then links, and deletions last (scim.md §2).

A kind that closes last, such as the places of others, is closed just before the deletions.
"""

from dataclasses import replace

from exporters.errors import DeliveryError, LoginRefused
from exporters.objects.adoption import MAY_EXIST, NOT_SEEN, left_by_creation
from exporters.objects.errors import Gone, Refused
from exporters.objects.giving import Giving
from exporters.objects.ledger import GONE, Entry, put_right, without_fields
from exporters.objects.linking import Linking
from exporters.objects.order import in_order
from exporters.objects.plan import Difference, Plan
from exporters.objects.sending import Sending
from exporters.objects.target import Change, Found, Wanted
from graph.change_log import now


def deliver(work: Sending, plan: Plan) -> int:
    """Send all differences. Returns the links that wait for an object. Raises DeliveryError."""
    due = plan.of("new", "changed", "returning", "closing", "deleting")
    giving = Giving(work)
    linking = Linking(work, giving.unread)
    closing = _Closing(work)
    ending = [each for each in due if each.is_closing and each.what != "deleting"]
    work.send([each for each in ending if not work.kinds[each.ref.kind].closes_last], closing.disable)
    given = [each for each in due if each.wanted is not None]
    for kind, rules in work.kinds.items():
        own = [each for each in given if each.ref.kind == kind and _has_values(each, work)]
        work.send(in_order(own, rules), giving.give)
    for kind, rules in work.kinds.items():
        # Of all of them, not only of what is due: whatever turns over in a tree is moved from the top, so that nothing
        # is to be put below itself, also where what lies between the two stays as it is.
        own = in_order((each for ref, each in plan.differences.items() if ref.kind == kind), rules)
        work.send([each for each in own if linking.is_due(each)], linking.link)
    for kind in reversed(list(work.kinds)):
        last = work.kinds[kind].closes_last
        work.send([each for each in ending if last and each.ref.kind == kind], closing.disable)
        work.send([each for each in due if each.ref.kind == kind and each.what == "deleting"], closing.delete)
    return linking.waiting


def close(work: Sending, urgent: list[Difference]) -> None:
    """Disable these now, before anything else is planned or approved. One that gets no answer holds up no other; two in
    turn, and the target counts as away. Raises DeliveryError."""
    closing, failed, is_away = _Closing(work), None, False
    for each in urgent:
        try:
            work.send([each], closing.disable)
            is_away = False
        except LoginRefused:
            raise
        except DeliveryError as lost:
            if is_away:
                raise
            failed, is_away = failed or lost, True
    if failed is not None:
        raise failed


def _has_values(difference: Difference, work: Sending) -> bool:
    if difference.ref in work.refused:
        return False
    anew = difference.what in ("new", "returning") or difference.entry.unsure
    return anew or bool(difference.set or difference.clear) or difference.enable is True


class _Closing:
    def __init__(self, work: Sending) -> None:
        self.work = work

    def disable(self, difference: Difference, unsure: bool) -> Entry | None:
        """Disable the object. Harmless if it is disabled already."""
        entry = self.work.entry(difference)
        kind = difference.ref.kind
        if not entry.is_there:
            # An interrupted run may have created it, and it is no longer wanted.
            there = self._left(entry)
            if there is None:
                return None
            entry = replace(entry, remote=there.id)
            if self.work.kinds[kind].on_close == "delete":
                return self.delete(replace(difference, entry=entry), unsure)
        try:
            self.work.channel.change(Change(kind, entry.remote, enabled=False, owner=entry.key))
        except Gone:
            if difference.wanted is not None:
                raise
            there = self._elsewhere(entry)
            if there is None:
                return self._deleted(entry)
            entry = replace(entry, remote=there.id)
            self.work.channel.change(Change(kind, entry.remote, enabled=False, owner=entry.key))
        self.work.report(kind).closed += 1
        if entry.enabled and entry.closed is None:
            self.work.closed[entry.key] = now()
        entry = self._counted(entry)
        if difference.wanted is not None:
            # Its values and links follow: they stay unsure.
            return replace(entry, enabled=False, state="delivered", unsure=unsure)
        lost = self.work.kinds[kind].lost
        day = entry.closed or self.work.at
        return without_fields(entry, lost).settled(
            "closed", enabled=False, closed=day, **put_right(replace(entry, enabled=False))
        )

    def _elsewhere(self, entry: Entry) -> Found | None:
        """The object by our key, if its id leads nowhere; None if it was deleted. Raises Refused if that is not known:
        what can't be seen may be open."""
        ours = [each for each in self.work.channel.find(Wanted(entry.kind, entry.key, {})) if each.key == entry.key]
        if ours:
            return ours[0]
        if GONE not in entry.accepted and not self.work.channel.is_deleted(entry.kind, entry.remote):
            raise Refused(
                NOT_SEEN,
                f"Object {entry.remote} is to be closed, and can't be seen: others have moved it to where the service "
                "account may not look, or have deleted it. Close it there; if it is deleted, say so: reconnect "
                "accounts drift --accept KEY:gone.",
            )
        return None

    def _left(self, entry: Entry) -> Found | None:
        """What its creation has left. Raises Refused if that can't be known."""
        sought = Wanted(entry.kind, entry.key, entry.sought)
        if ours := [each for each in self.work.channel.find(sought) if each.key == entry.key]:
            return ours[0]
        if not entry.sought:
            return None
        found = self.work.channel.left_by(sought)
        if found is None:
            raise Refused(
                MAY_EXIST,
                "The creation of this object was not answered, and the target can't be searched for it. Look there, "
                "and disable or delete it.",
            )
        return left_by_creation(found, entry, self.work.entries)

    def delete(self, difference: Difference, unsure: bool) -> Entry:
        """Delete the object, and remove it from objects that refer to it."""
        entry = self.work.entry(difference) if self.work.entry(difference).is_there else difference.entry
        self.work.channel.delete(entry.kind, entry.remote, entry.key)
        entry = self._counted(entry)
        self.work.report(entry.kind).deleted += 1
        return self._deleted(entry)

    def _counted(self, entry: Entry) -> Entry:
        """Noted for the brake, if the object was in use, and that a run or the closer closed it is not noted yet."""
        anew = self.work.counts and entry.enabled and entry.closed is None
        return replace(entry, counts_from=now()) if anew else entry

    def _deleted(self, entry: Entry) -> Entry:
        closed = entry.closed or self.work.at
        return entry.settled("deleted", enabled=False, links={}, fields={}, closed=closed, accepted={}, drift={})
