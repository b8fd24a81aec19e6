"""SF6002 by SOAP: the subscriptions (cpr.md §4). REConnect only ever adds filters on CPR numbers."""

from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from importers.cpr.elements import text
from importers.cpr.errors import ServiceFault, UnreadableAnswer, without_numbers
from importers.cpr.lookup import SF6002, Entry, Log, invocation
from importers.cpr.numbers import is_askable
from importers.cpr.settings import SUBSCRIPTION_SERVICE, SubscriptionSettings
from importers.cpr.soap import Connection
from protocols.xml import local

ADDED = frozenset({"ADDED", "ALREADY_EXISTED"})
REMOVED = frozenset({"REMOVED", "NON_EXISTING_PNR"})
UNKNOWN = "NON_EXISTING_PNR"
NUMBER, _NONE = "PNR", "noFilter"


@dataclass(frozen=True, slots=True)
class Held:
    """The subscriptions. ``others``: other kinds of filters, which may deliver people without a right to their data;
    ``NUMBER`` where it is one on what is no CPR number."""

    numbers: frozenset[str] = field(repr=False)
    others: tuple[str, ...]


class Subscription:
    """The service. Every call is logged before it is made; ``by``: the caller.

    Methods raise ServiceFault, UnreadableAnswer, NoAnswer; Misconfigured, LogUnwritable (for every call).
    """

    def __init__(self, connection: Connection, settings: SubscriptionSettings, log: Log, by: str) -> None:
        self._service = connection.service("subscription", settings.url)
        self._agreement = settings.agreement
        self._log, self._by = log, by

    def held(self) -> Held:
        """All filters."""
        with Entry(self._log, "", self._by, "reconcile subscriptions", SF6002) as entry:
            return filters(self._call("GetAllFilters", entry))

    def add(self, number: str, uuid: str) -> bool:
        """Subscribe a Person; False if CPR does not know the number. Repeating it is harmless (``ALREADY_EXISTED``)."""
        result = self._changed("AddPNRSubscription", number, uuid, "subscribe")
        if result not in ADDED | {UNKNOWN}:
            raise ServiceFault("result", f"AddPNRSubscription: {result}")
        return result in ADDED

    def remove(self, number: str, uuid: str) -> None:
        """End the subscription of a Person. An empty uuid means a person who is not known here."""
        result = self._changed("RemovePNRSubscription", number, uuid, "end subscription")
        if result not in REMOVED:
            raise ServiceFault("result", f"RemovePNRSubscription: {result}")

    def _changed(self, operation: str, number: str, uuid: str, purpose: str) -> str:
        with Entry(self._log, uuid, self._by, purpose, SF6002) as entry:
            result = text(self._call(operation, entry, PNR=number), "Result") or ""
            entry.code = without_numbers(result) or "no result"
            return entry.code

    def _call(self, operation: str, entry: Entry, **more: str) -> etree._Element:
        context: dict[str, Any] = {
            **invocation(self._agreement, SUBSCRIPTION_SERVICE),
            "OnBehalfOfUser": self._by,
            "CallersServiceCallIdentifier": entry.id,
        }
        answer = self._service.call(operation, InvocationContext=context, **more)
        if etree.QName(answer).localname != f"{operation}Response":
            raise UnreadableAnswer("answer", f"the answer is not one to {operation}")
        return answer


def filters(answer: etree._Element) -> Held:
    """The answer of GetAllFilters. ``noFilter`` means none, though the description lacks it.

    A filter on what is no CPR number was set by others, and can't be ended by us: it is one of the ``others``.
    """
    names = {local(each) for each in answer.iterchildren("*")}
    told = {(each.text or "").strip() for each in answer.findall(f"{{*}}{NUMBER}")}
    numbers = frozenset(filter(is_askable, told))
    ours = {_NONE} if numbers != told else {_NONE, NUMBER}
    return Held(numbers, tuple(sorted(names - ours)))
