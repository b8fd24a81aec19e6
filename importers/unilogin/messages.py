"""The three requests as SOAP messages (unilogin.md §3). Names are STIL's own."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from lxml import etree

WSI = "https://brugerdatabasen.stil.dk/bpi/wsieksport/7"
COMMON = f"{WSI}/common"
AUTHORITY = f"{WSI}/fullmyndighed"
TYPES = "https://brugerdatabasen.stil.dk/bpi/common/3"
SOAP = {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE, WSU = f"{_WSS}-wssecurity-secext-1.0.xsd", f"{_WSS}-wssecurity-utility-1.0.xsd"

Version = Literal["1.1", "1.2"]
HELLO, AGREEMENTS, EXPORT = "helloWorldWithCertificate", "hentDataAftalerFuldMyndighed", "eksporterXmlFuldMyndighed"
NAMESPACES = {HELLO: TYPES, AGREEMENTS: WSI, EXPORT: WSI}
LIFE = timedelta(minutes=5)  # of a request's timestamp

# Always sent: what is not asked for can't leak (unilogin.md §3). Pupils and contact persons are children and parents.
_ACTORS = {
    "inkluderElever": "false",
    "inkluderMedarbejdere": "true",
    "inkluderEksterne": "true",
    "inkluderKontaktpersoner": "false",
}


def add(
    parent: etree._Element, namespace: str, name: str, text: str | None = None, **attributes: str
) -> etree._Element:
    """A new child of ``parent``."""
    made = etree.SubElement(parent, etree.QName(namespace, name), attributes)
    made.text = text
    return made


def request(operation: str, institution: str = "") -> etree._Element:
    """The element that is asked for in the body; ``institution`` for an export."""
    namespace = NAMESPACES[operation]
    made = etree.Element(etree.QName(namespace, operation), nsmap={"w": namespace})
    if operation == EXPORT:
        add(made, namespace, "instnr", institution)
        filters = add(made, namespace, "filtre")
        actors = add(filters, namespace, "aktoertypeFilter")
        for name, value in _ACTORS.items():
            add(actors, namespace, name, value)
        add(add(filters, namespace, "cprFilter"), namespace, "inkluderCpr", "true")
    return made


def envelope(content: etree._Element, provider: str, version: Version, now: datetime) -> etree._Element:
    """The message with its timestamp and the provider's id; not signed yet. ``now`` with an offset."""
    soap = SOAP[version]
    made = etree.Element(etree.QName(soap, "Envelope"), nsmap={"s": soap, "wsse": WSSE, "wsu": WSU, "c3": TYPES})
    header = add(made, soap, "Header")
    security = add(header, WSSE, "Security")
    security.set(etree.QName(soap, "mustUnderstand"), "1")
    moment = now.astimezone(UTC)
    stamp = add(security, WSU, "Timestamp")
    add(stamp, WSU, "Created", _written(moment))
    add(stamp, WSU, "Expires", _written(moment + LIFE))
    add(header, TYPES, "UdbydersystemId", provider)
    add(made, soap, "Body").append(content)
    return made


def headers(operation: str, version: Version) -> dict[str, str]:
    """The HTTP headers: soapAction is the namespace, a slash and the operation."""
    action = f"{NAMESPACES[operation]}/{operation}"
    if version == "1.1":
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
    return {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
