"""An object's own name and its place in the domain, which are changed after its attributes (pitfall 30)."""

from exporters.active_directory import entries, refusals
from exporters.active_directory.counters import Counters
from exporters.active_directory.domain_objects import DomainObjects
from exporters.active_directory.entries import NAMED_BY, PLACE, PLACED_BY, Seen
from exporters.active_directory.names import elsewhere, numbered
from exporters.active_directory.session import Session
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.objects.errors import Refused
from exporters.objects.target import Change
from protocols.ldap import names
from protocols.ldap.errors import WriteRejected


class Moving:
    """Renames and moves objects that are there."""

    def __init__(
        self, session: Session, objects: DomainObjects, settings: ActiveDirectorySettings, counters: Counters
    ) -> None:
        self._session = session
        self._objects = objects
        self._settings = settings
        self._counters = counters

    def rename_and_move(self, seen: Seen, change: Change) -> None:
        """The object's own name and its place, after its attributes (pitfall 30)."""
        named = NAMED_BY[seen.kind]
        here, now = names.parent(seen.dn), names.value(names.split(seen.dn)[0])
        wanted = change.set.get(named)
        place = self._place(seen, change)
        moves = place is not None and names.parts(place) != names.parts(here)
        # A counter is ours, if the name itself is wanted as before; "Team" in place of "Team 2" is another name.
        renames = wanted is not None and not entries.is_called(now, str(wanted))
        if not moves and not renames:
            return
        if place is not None:
            self._objects.guard_place(seen.kind, place)
        what = f"moving {seen.kind} {change.owner}"
        for name in numbered(str(wanted)) if renames else elsewhere(now, is_person=seen.kind == "user"):
            try:
                self._move(seen, names.rdn(named, name), place if moves else None)
                self._counters.note(seen, name)
                return
            except WriteRejected as rejected:
                if rejected.code != refusals.EXISTS:
                    raise refusals.placing(rejected, what, place or here) from rejected
        raise Refused("taken", f"{what}: every name with a counter is taken there.")

    def _move(self, seen: Seen, rdn: str, place: str | None) -> None:
        self._session.write(lambda at: at.move(seen.dn, rdn, place))

    def _place(self, seen: Seen, change: Change) -> str | None:
        """The DN of the OU that the object is to be in; None if it stays."""
        if change.enabled is False:
            if change.kind == "ou":
                return self._settings.units.closed or None
            return self._settings.closed_ou or None if change.kind == "user" else None
        if above := change.add.get(PLACED_BY[seen.kind]):
            return self._objects.dn_of(above[0])
        return str(change.set[PLACE]) if PLACE in change.set else None
