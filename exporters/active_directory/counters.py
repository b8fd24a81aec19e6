"""Counters that are not needed any more: two units have swapped names, or one has taken the place of another of the
same name. When the second of them was named, the first still had the name.

A person keeps the counter (pitfall 28).
"""

from collections.abc import Callable, Iterator, Mapping

from exporters.active_directory import entries, refusals
from exporters.active_directory.domain_objects import DomainObjects
from exporters.active_directory.entries import NAMED_BY, Seen
from exporters.active_directory.names import has_counter
from exporters.active_directory.session import Session
from exporters.objects.errors import Gone, ObjectError, Refused
from exporters.objects.target import RENAMED, Wanted
from exporters.target import Notice
from protocols.ldap import names
from protocols.ldap.errors import RequestRejected, WriteRejected
from protocols.ldap.writing import Modification

_LOGIN = "sAMAccountName"


class Counters:
    """Of OUs and groups."""

    def __init__(self, session: Session, objects: DomainObjects) -> None:
        self._session = session
        self._objects = objects
        self._noted: set[str] = set()

    def note(self, seen: Seen, own: str = "") -> None:
        """The object as it was read, or with another name of its own: it may have a counter."""
        own = own or names.value(names.split(seen.dn)[0])
        login = seen.first(_LOGIN).decode(errors="replace")
        if seen.kind != "user" and (has_counter(own) or login not in ("", own)):
            self._noted.add(seen.id)

    def remove(self, wanted: Mapping[str, Wanted], *, dry: bool, begin: Callable[[], object]) -> Iterator[Notice]:
        """Of the noted objects (by id), where the name without it is free now; ``dry``: says so only; ``begin``: called
        before each write. One that can't be read or renamed holds up no other. Raises Unanswered, DeliveryError."""
        for id_ in sorted(self._noted & wanted.keys()):
            each = wanted[id_]
            named = NAMED_BY[each.kind]
            try:
                seen = self._objects.seen(each.kind, id_)
                if seen is None or self._objects.barrier(seen) or seen.key != each.key:
                    continue
                for field, name in self._free(seen, each):
                    if not dry:
                        begin()
                        self._give(seen, field, name)
                    yield Notice(each.kind, each.key, field, RENAMED, f"its name is free now: {name}")
            except WriteRejected as rejected:
                if rejected.code == refusals.EXISTS:
                    continue  # another was quicker
                refused = refusals.refusal(rejected, f"renaming {each.kind} {each.key}")
                if not isinstance(refused, ObjectError):
                    raise refused from rejected
                yield Notice(each.kind, each.key, named, "not_renamed", str(refused))
            except (Refused, Gone, RequestRejected) as unread:
                yield Notice(each.kind, each.key, named, "not_renamed", str(unread))

    def _free(self, seen: Seen, wanted: Wanted) -> Iterator[tuple[str, str]]:
        """Fields of the object whose wanted value nothing else has, while the object has another one in its place."""
        login, has = str(wanted.values.get(_LOGIN, "")), seen.first(_LOGIN).decode(errors="replace")
        if has in wanted.candidates.get(_LOGIN, ()) and not self._objects.is_used(_LOGIN, login, seen.id):
            yield _LOGIN, login
        named = NAMED_BY[seen.kind]
        name, own = str(wanted.values[named]), names.value(names.split(seen.dn)[0])
        if entries.is_called(own, name) or not entries.same(named, name, own):
            return
        if not self._objects.exists(f"{names.rdn(named, name)},{names.parent(seen.dn)}"):
            yield named, name

    def _give(self, seen: Seen, field: str, name: str) -> None:
        if field == _LOGIN:
            steps: list[Modification] = [("delete", [seen.first(_LOGIN)]), ("add", [name])]
            self._session.write(lambda at: at.modify(entries.by_id(seen.id), {_LOGIN: steps}))
        else:
            self._session.write(lambda at: at.move(seen.dn, names.rdn(field, name)))
