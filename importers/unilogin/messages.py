"""The three requests as signed SOAP messages (unilogin.md §3). Names are STIL's own."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from lxml import etree

from importers.unilogin.settings import SignedPart
from protocols.soap import message
from protocols.soap.message import Envelope, Version
from protocols.xml import add
from protocols.xml_signature.header import WSSE, WSU, add_security
from protocols.xml_signature.signing import BODY, TIMESTAMP, TOKEN, Signer

WSI = "https://brugerdatabasen.stil.dk/bpi/wsieksport/7"
COMMON = f"{WSI}/common"
AUTHORITY = f"{WSI}/fullmyndighed"
TYPES = "https://brugerdatabasen.stil.dk/bpi/common/3"

HELLO, AGREEMENTS, EXPORT = "helloWorldWithCertificate", "hentDataAftalerFuldMyndighed", "eksporterXmlFuldMyndighed"
NAMESPACES = {HELLO: TYPES, AGREEMENTS: WSI, EXPORT: WSI}
LIFE = timedelta(minutes=5)  # of a request's timestamp
PARTS: Mapping[str, str] = {**BODY, **TIMESTAMP, "provider": f"*/{{{TYPES}}}UdbydersystemId", **TOKEN}

# Always sent: data that is not requested can't leak (unilogin.md §3). Pupils and contact persons are children and
# parents.
_ACTORS = {
    "inkluderElever": "false",
    "inkluderMedarbejdere": "true",
    "inkluderEksterne": "true",
    "inkluderKontaktpersoner": "false",
}


def request(operation: str, institution: str = "") -> etree._Element:
    """The element in the body. ``institution``: for an export."""
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
    made = Envelope.around(content, version, {"wsse": WSSE, "wsu": WSU, "c3": TYPES})
    add_security(made.header, now, LIFE)
    add(made.header, TYPES, "UdbydersystemId", provider)
    return made.root


def sign(unsigned: etree._Element, signer: Signer, signed: Iterable[SignedPart]) -> None:
    """Sign these parts of a message."""
    signer.sign(unsigned, {name: PARTS[name] for name in signed})


def headers(operation: str, version: Version) -> dict[str, str]:
    """The HTTP headers: soapAction is the namespace, a slash and the operation."""
    return message.http_headers(f"{NAMESPACES[operation]}/{operation}", version)
