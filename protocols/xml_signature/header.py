"""The Security header of a SOAP message, and its timestamp."""

from datetime import UTC, datetime, timedelta

from lxml import etree

from protocols.xml import add

_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE, WSU = f"{_WSS}-wssecurity-secext-1.0.xsd", f"{_WSS}-wssecurity-utility-1.0.xsd"
ID = etree.QName(WSU, "Id")


def add_security(header: etree._Element, now: datetime, life: timedelta) -> etree._Element:
    """A Security header that must be understood, with a timestamp of ``life``. ``now`` with an offset."""
    security = add(header, WSSE, "Security")
    security.set(etree.QName(etree.QName(header).namespace, "mustUnderstand"), "1")
    moment = now.astimezone(UTC)
    stamp = add(security, WSU, "Timestamp")
    add(stamp, WSU, "Created", _written(moment))
    add(stamp, WSU, "Expires", _written(moment + life))
    return security


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
