"""What FK-adm has of systems and rights: the UUIDs by which its roles include what we know by URI."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exporters.errors import DeliveryError
from exporters.fk_adm.connection import Connection
from exporters.objects.errors import ObjectError, Refused
from graph.retry import NEXT
from protocols.fk_adm import SYSTEM_ROLES, SYSTEMS

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Right:
    """A system role. ``types``: the URI of each constraint type that it takes → its name."""

    uuid: str
    uri: str
    types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rights:
    """All system roles, by URI and by UUID. ``are_whole``: no system was answered with an empty body, which may mean
    that it has none, or that they were not sent (kombit_access.md §1.2)."""

    by_uri: Mapping[str, Right]
    by_uuid: Mapping[str, Right]
    are_whole: bool

    def has_ended(self, uuid: str) -> bool:
        """Whether no system has a system role any longer that a role includes. Raises Refused: it is not known."""
        if uuid not in self.by_uuid and not self.are_whole:
            text = f"it includes the system role {uuid}, and FK-adm has not sent the system roles of each system"
            raise Refused("not_read", f"{text}: the role stays as it is until they are sent.")
        return uuid not in self.by_uuid

    def of(self, uri: str) -> Right:
        """Raises Refused."""
        found = self.by_uri.get(uri)
        if found is None:
            text = f"FK-adm has no system role {uri} (any longer)"
            raise Refused("no_system_role", f"{text}: look at the role's contents, or at the vendor's agreement.")
        return found


def read_rights(connection: Connection) -> Rights:
    """Ask for every system's roles. Raises DeliveryError: without one of them a role might lose what it includes."""
    found: list[Right] = []
    are_whole = True
    try:
        for system in listed(connection.get(SYSTEMS), "the list of systems"):
            answer = connection.get(SYSTEM_ROLES.format(uuid=uuid_of(system)))
            are_whole &= answer is not None
            found += [] if answer is None else [_right(each) for each in listed(answer, "a system's roles")]
    except ObjectError as wrong:
        raise DeliveryError(
            f"FK-adm's rights can't be read, so nothing is written: {wrong}", retry=wrong.retry
        ) from wrong
    except (AttributeError, LookupError, TypeError, ValueError) as wrong:
        text = f"FK-adm's rights are not as described, so nothing is written: {wrong!r}"
        raise DeliveryError(text, retry=NEXT) from wrong
    return Rights({each.uri: each for each in found}, {each.uuid: each for each in found}, are_whole)


def listed(answer: Any, what: str) -> Iterator[Record]:
    """The records of a list. Raises Refused: an answer without one is not an empty list."""
    if not isinstance(answer, list) or not all(isinstance(each, Mapping) for each in answer):
        raise Refused("not_a_list", f"{what} is not a list of records")
    return iter(answer)


def uuid_of(record: Record) -> str:
    """Raises LookupError, TypeError."""
    return _text(record, "uuid").lower()


def _right(record: Record) -> Right:
    types = {}
    for each in record["dataafgraensningstyper"] or ():
        kind = each["dataafgraensningstype"]
        types[_text(kind, "entityId")] = _text(kind, "navn")
    return Right(uuid_of(record), _text(record, "entityId"), types)


def _text(record: Record, name: str) -> str:
    found = record[name]
    if not isinstance(found, str) or not found.strip():
        raise TypeError(f"{name} is {found!r}")
    return found
