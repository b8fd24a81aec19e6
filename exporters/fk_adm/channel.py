"""Job-function roles at FK-adm, one by one: the channel of the export.

FK-adm keeps no key of ours. A role with our CVR number and the URI is ours if it is exactly as it is wanted: a creation
whose answer was lost has left it so, and nobody's change is overwritten. Of one that differs a person decides. A change
is made on the role as it is read at that moment, with its version, so that what others have changed beside it stays.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from exporters.fk_adm.connection import Connection
from exporters.fk_adm.rights import Record, Right, Rights, listed, read_rights, uuid_of
from exporters.fk_adm.shape import DESCRIPTION, NAME, UNLIMITED, URI
from exporters.objects.errors import Gone, Refused
from exporters.objects.target import Change, Found, Offer, Value, Wanted
from protocols.fk_adm import JOB_ROLE, JOB_ROLES

_PARTS, _PART, _LIMITS = (
    "brugersystemrolleDataafgraensninger", "brugersystemrolleUuid", "dataafgraensningsVaerdier",
)  # fmt: skip
_OWN = (URI, NAME, DESCRIPTION)
_TRIES = 2


class FkAdmChannel:
    """``cvr``: the municipality's own, whose roles these are."""

    server = ""

    def __init__(self, connection: Connection, cvr: str) -> None:
        self._connection = connection
        self._cvr = cvr

    @cached_property
    def _rights(self) -> Rights:
        return read_rights(self._connection)

    def offers(self, kind: str, field: str | None = None) -> Offer:
        return "creation" if field == URI else "always"

    def find(self, wanted: Wanted) -> Sequence[Found]:
        found = [*self._with_uri(wanted.values.get(URI))]
        if len(found) == 1 and self._is_as_wanted(wanted, found[0]):
            (one,) = found
            return [Found(one.id, wanted.key, one.values)]
        return found

    def left_by(self, sought: Wanted) -> Sequence[Found]:
        return [*self._with_uri(sought.values.get(URI))]

    def read(self, kind: str, id: str) -> Found | None:
        try:
            return self._found(self._role(id))
        except Gone:
            return None

    def is_deleted(self, kind: str, id: str) -> bool:
        return self.read(kind, id) is None

    def foreseen(self, wanted: Wanted) -> Mapping[str, Value]:
        self._parts(wanted.values)
        return {}

    def create(self, wanted: Wanted, links: Mapping[str, tuple[str, ...]]) -> str:
        made = {
            URI: wanted.values[URI],
            NAME: wanted.values[NAME],
            DESCRIPTION: wanted.values.get(DESCRIPTION, ""),
            "organisationCvr": self._cvr,
            _PARTS: [*self._parts(wanted.values).values()],
        }
        answer = self._connection.write("POST", JOB_ROLES, made)
        if isinstance(answer, Mapping) and isinstance(answer.get("uuid"), str):
            return uuid_of(answer)
        found = [*self._with_uri(wanted.values[URI])]  # it was accepted, and how that is answered is not described
        if len(found) != 1:
            raise Refused("not_there", "FK-adm has accepted the role, and does not list it.")
        return found[0].id

    def change(self, change: Change) -> None:
        for last in range(_TRIES):
            before = self._role(change.id)
            after = self._changed(before, change)
            if after == before:
                return
            try:
                self._connection.write("PUT", JOB_ROLE.format(uuid=change.id), after)
                return
            except Refused:
                # Others have changed it in between, so it is not refused for what it contains.
                if last + 1 == _TRIES or self._role(change.id).get("version") == before.get("version"):
                    raise

    def completed(self, wanted: Wanted, found: Found) -> None:
        """A role is created in one request."""

    def delete(self, kind: str, id: str, owner: str) -> None:
        try:
            self._connection.write("DELETE", JOB_ROLE.format(uuid=id))
        except Gone:
            return

    def listing(self, kind: str) -> Iterator[Found]:
        return self._ours(lambda each: True)

    def same(self, field: str, sent: Value, found: Value) -> bool:
        if field in _OWN:
            return bool((sent or "") == (found or ""))
        return _canonical(sent) == _canonical(found)

    def _with_uri(self, uri: Value) -> Iterator[Found]:
        """Roles of ours with a URI, which is compared exactly."""
        found = self._ours(lambda each: each.get(URI, uri) == uri) if uri else iter(())
        return (each for each in found if each.values.get(URI) == uri)

    def _ours(self, is_sought: Callable[[Record], bool]) -> Iterator[Found]:
        """Our own roles. The list is thin: what it does not say is read of each."""
        for each in listed(self._connection.get(JOB_ROLES), "the list of job-function roles"):
            if each.get("organisationCvr", self._cvr) == self._cvr and is_sought(each):
                found = self.read("role", _id(each))
                if found is not None and not found.barred:
                    yield found

    def _is_as_wanted(self, wanted: Wanted, found: Found) -> bool:
        """With a name, since what is looked for by its URI alone says nothing of what it contains."""
        names = (wanted.values.keys() | found.values.keys()) if NAME in wanted.values else {NAME}
        return all(self.same(name, wanted.values.get(name), found.values.get(name)) for name in names)

    def _role(self, id: str) -> dict[str, Any]:
        """The role as FK-adm has it. Raises Gone, Refused."""
        found = self._connection.get(JOB_ROLE.format(uuid=id))
        if not isinstance(found, dict) or _id(found) != id.lower():
            raise Refused("not_as_described", f"FK-adm's answer for the role {id} is not a job-function role.")
        return found

    def _found(self, role: Mapping[str, Any]) -> Found:
        values: dict[str, Value] = {name: role[name] for name in _OWN if role.get(name)}
        for part in _parts_of(role):
            right = self._rights.by_uuid.get(str(part.get(_PART)).lower())
            if right is not None:
                values[right.uri] = _lines(part)
        other = "" if role.get("organisationCvr") == self._cvr else "another authority has it"
        return Found(_id(role), None, values, barred=other, like_by=(URI,))

    def _changed(self, before: Mapping[str, Any], change: Change) -> dict[str, Any]:
        """The whole role with what differs. What the vendor does not have any longer can't be kept in it. Raises
        Refused: it is not known whether the vendor has what it includes."""
        after = dict(before)
        for name in (NAME, DESCRIPTION):
            if name in change.set or name in change.clear:
                after[name] = change.set.get(name, "")
        new = self._parts(change.set)
        lost = {right.uuid for uri in change.clear if (right := self._rights.by_uri.get(uri)) is not None}
        kept, parts = [], _parts_of(before)
        for part in parts:
            uuid = str(part.get(_PART)).lower()
            if uuid not in lost and uuid not in new and not self._rights.has_ended(uuid):
                kept.append(part)
            elif uuid in new and _canonical(_lines(part)) == _canonical(_lines(new[uuid])):
                kept.append(part)
                del new[uuid]
        if kept != parts or new:
            after[_PARTS] = [*kept, *new.values()]
        return after

    def _parts(self, values: Mapping[str, Value]) -> dict[str, dict[str, Any]]:
        """What a role includes in FK-adm's form, by the UUIDs of system roles. Raises Refused."""
        parts = {}
        for uri, lines in values.items():
            if uri not in _OWN:
                right = self._rights.of(uri)
                limits = [_limit(right, each) for each in lines if each != UNLIMITED]
                parts[right.uuid] = {_PART: right.uuid, _LIMITS: limits}
        return parts


def _id(record: Record) -> str:
    try:
        return uuid_of(record)
    except (LookupError, TypeError) as wrong:
        raise Refused("not_as_described", "FK-adm lists a role without a UUID.") from wrong


def _parts_of(role: Record) -> list[Record]:
    return [*listed(role.get(_PARTS) or [], "what the role includes")]


def _lines(part: Record) -> list[str]:
    """The limits in a system role, as the shape writes them."""
    limits = [*listed(part.get(_LIMITS) or [], "the role's limits")]
    return sorted(map(_line, limits)) or [UNLIMITED]


def _limit(right: Right, line: str) -> dict[str, Any]:
    uri, how, text = line.split(" ", 2)
    title = right.types.get(uri)
    if title is None:
        raise Refused("type_not_taken", f"{right.uri} takes no {uri} at FK-adm (any longer).")
    return {
        "navn": title,
        "vaerdi": text,
        "dynamisk": how == "@",
        "dataafgraensningstypeEntityId": uri,
        "dataafgraensningstypeNavn": title,
    }


def _line(limit: Record) -> str:
    how = "@" if limit.get("dynamisk") is True else "="
    return f"{limit.get('dataafgraensningstypeEntityId')} {how} {limit.get('vaerdi') or ''}"


def _canonical(lines: Value) -> frozenset[tuple[str, str, frozenset[str]]]:
    """Values in any order are the same."""
    found = set()
    for line in lines or ():
        uri, how, text = f"{line}  ".split(" ", 2)
        parts = [text] if how == "@" else text.split(",")
        found.add((uri, how, frozenset(each.strip() for each in parts if each.strip())))
    return frozenset(found)
