"""Requests of a service that a WSDL describes: zeep makes them, its schema checks them before they are sent.

zeep checks neither patterns nor lengths nor fixed values; libxml2 does.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree
from zeep import Client

from protocols.soap.errors import InvalidMessage
from protocols.soap.message import body, http_headers, serialized


@dataclass(frozen=True, slots=True)
class Request:
    """The content of the HTTP request."""

    content: bytes
    headers: dict[str, str]


class DescribedService:
    """The one service of a WSDL (SOAP 1.1) with the XSD of its messages, both files on this machine."""

    def __init__(self, wsdl: Path, schema: Path) -> None:
        (self._binding,) = Client(str(wsdl)).wsdl.bindings.values()
        self._schema = etree.XMLSchema(etree.parse(schema))

    def request(self, operation: str, **values: Any) -> Request:
        """A call of ``operation``. Raises InvalidMessage if the schema does not allow the values."""
        described = self._binding.get(operation)
        envelope = described.create(**values).content
        check(self._schema, body(envelope, "1.1"))
        return Request(serialized(envelope), http_headers(described.soapaction or "", "1.1"))


def check(schema: etree.XMLSchema, element: etree._Element) -> None:
    """Raises InvalidMessage, naming the element. Values are not repeated."""
    # A tree of its own: libxml2 validates documents.
    if not schema.validate(etree.fromstring(etree.tostring(element))):
        wrong = schema.error_log[0]  # type: ignore[index]  # lxml-stubs leaves its methods out
        raise InvalidMessage((wrong.path or "").rpartition("/")[2] or "message", str(wrong.type_name))
