"""Service providers, and other identity providers: what their metadata says of them.

Of the expected entity only the SAML 2.0 descriptor of the role that is asked for is read; ADFS's document has those of
WS-Federation beside it. An address that is not https (http on this machine only), a key that is too short or a document
past its end makes the document unusable: the last good copy stays in use.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree

from idp.saml import instants
from idp.saml.errors import BadMessage, BadMetadata
from idp.saml.names import DS, METADATA, POST, REDIRECT, SAMLP
from idp.saml.signatures import SMALLEST_CURVE, SMALLEST_RSA, check
from protocols.xml import BadXml, tree

LARGEST_METADATA = 20_000_000  # bytes: a federation's document has thousands of entities
LONGEST_ENTITY_ID = 1024  # SAML metadata 2.2.1
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"[A-Za-z0-9._:\-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address of a service provider. ``answers``: where answers to its requests go, if that differs."""

    binding: str
    location: str
    answers: str
    index: int | None = None
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """A service provider as its metadata describes it. ``consumers``: its addresses for responses by POST, in order."""

    entity_id: str
    consumers: tuple[Endpoint, ...]
    logouts: tuple[Endpoint, ...]
    signing: tuple[x509.Certificate, ...]
    encryption: tuple[x509.Certificate, ...]
    valid_until: datetime | None

    @property
    def default_consumer(self) -> Endpoint:
        """The one marked as default, else the first (SAML metadata 2.2.3)."""
        return next((each for each in self.consumers if each.is_default), self.consumers[0])


@dataclass(frozen=True, slots=True)
class ForeignIdentityProvider:
    """Another identity provider, at which people log in to REConnect, as its metadata describes it."""

    entity_id: str
    logouts: tuple[Endpoint, ...]
    signing: tuple[x509.Certificate, ...]
    valid_until: datetime | None


def service_provider(
    document: bytes,
    now: datetime,
    entity_id: str | None = None,
    signed_by: Sequence[x509.Certificate] = (),
) -> ServiceProvider:
    """Read metadata. ``entity_id``: the expected one; needed where the document describes several. ``signed_by``:
    with it the document must be signed by one of them. Raises BadMetadata."""
    found, descriptor, valid_until = _described(document, now, entity_id, signed_by, "SPSSODescriptor")
    return ServiceProvider(
        found,
        _consumers(descriptor, found),
        tuple(_logouts(descriptor, found)),
        tuple(_certificates(descriptor, "signing", found)),
        tuple(_certificates(descriptor, "encryption", found)),
        valid_until,
    )


def foreign_identity_provider(document: bytes, now: datetime, entity_id: str | None = None) -> ForeignIdentityProvider:
    """Read the metadata of another identity provider. As ``service_provider``."""
    found, descriptor, valid_until = _described(document, now, entity_id, (), "IDPSSODescriptor")
    signing = tuple(_certificates(descriptor, "signing", found))
    return ForeignIdentityProvider(found, tuple(_logouts(descriptor, found)), signing, valid_until)


def logout_address(logouts: Iterable[Endpoint], *, is_answer: bool) -> str | None:
    """Where a request to log out, or the answer to one, goes in a query; None if there is no such address."""
    found = next((each for each in logouts if each.binding == REDIRECT), None)
    if found is None:
        return None
    return found.answers if is_answer else found.location


def _described(
    document: bytes, now: datetime, entity_id: str | None, signed_by: Sequence[x509.Certificate], role: str
) -> tuple[str, etree._Element, datetime | None]:
    """(the entity, its descriptor for this role, until when the document is valid). Raises BadMetadata."""
    try:
        root = tree(document, LARGEST_METADATA)
    except BadXml as wrong:
        raise BadMetadata(f"The metadata can't be read: {wrong}.") from wrong
    if signed_by:
        try:
            check(root, signed_by)
        except BadMessage as wrong:
            raise BadMetadata(f"The metadata is not signed as the settings require. {wrong}") from wrong
    entity = _entity(root, entity_id)
    found = str(entity.get("entityID", "")).strip()
    descriptors = [
        each
        for each in entity.findall(f"{{{METADATA}}}{role}")
        if SAMLP in str(each.get("protocolSupportEnumeration", "")).split()
    ]
    if len(descriptors) != 1:
        raise BadMetadata(f"The metadata of {found} has {len(descriptors)} {role}s for SAML 2.0; one is needed.")
    (descriptor,) = descriptors
    ends = [end for end in map(_valid_until, (root, entity, descriptor)) if end is not None]
    if any(end <= now for end in ends):
        raise BadMetadata(f"The metadata of {found} was valid until {instants.written(min(ends))}.")
    return found, descriptor, min(ends, default=None)


def _entity(root: etree._Element, entity_id: str | None) -> etree._Element:
    entities = list(root.iter(f"{{{METADATA}}}EntityDescriptor"))
    if entity_id is not None:
        entities = [each for each in entities if str(each.get("entityID", "")).strip() == entity_id]
        if len(entities) != 1:
            raise BadMetadata(f"The metadata describes {entity_id} {len(entities)} times instead of once.")
    if len(entities) != 1:
        raise BadMetadata(
            f"The metadata describes {len(entities)} entities; set entity_id to the one that is meant."
            if entities
            else "This is not SAML 2.0 metadata: it has no EntityDescriptor."
        )
    found = str(entities[0].get("entityID", "")).strip()
    if not found or len(found) > LONGEST_ENTITY_ID or not found.isprintable():
        raise BadMetadata(f"The metadata's entityID must have 1 to {LONGEST_ENTITY_ID} characters, none of control.")
    return entities[0]


def _valid_until(element: etree._Element) -> datetime | None:
    text = element.get("validUntil")
    if text is None:
        return None
    try:
        return instants.read(str(text).strip())
    except ValueError as wrong:
        raise BadMetadata("The metadata's validUntil is not an instant with Z or an offset.") from wrong


def _consumers(descriptor: etree._Element, entity_id: str) -> tuple[Endpoint, ...]:
    found = []
    for element in descriptor.findall(f"{{{METADATA}}}AssertionConsumerService"):
        endpoint = _endpoint(element, entity_id, with_index=True)
        if endpoint.binding == POST:
            found.append(endpoint)
    if not found:
        raise BadMetadata(f"The metadata of {entity_id} has no AssertionConsumerService with the POST binding.")
    indexes = [each.index for each in found]
    if len(set(indexes)) != len(indexes):
        raise BadMetadata(f"The metadata of {entity_id} gives two AssertionConsumerServices the same index.")
    return tuple(found)


def _logouts(descriptor: etree._Element, entity_id: str) -> Iterator[Endpoint]:
    for element in descriptor.findall(f"{{{METADATA}}}SingleLogoutService"):
        endpoint = _endpoint(element, entity_id)
        if endpoint.binding in (REDIRECT, POST):
            yield endpoint


def _endpoint(element: etree._Element, entity_id: str, with_index: bool = False) -> Endpoint:
    location = str(element.get("Location", "")).strip()
    answers = str(element.get("ResponseLocation", location)).strip()
    for each in (location, answers):
        _check_address(each, entity_id)
    index = None
    if with_index:
        text = str(element.get("index", "")).strip()
        if not re.fullmatch(r"\d{1,5}", text, re.ASCII):
            raise BadMetadata(f"The metadata of {entity_id} has an AssertionConsumerService without a valid index.")
        index = int(text)
    is_default = str(element.get("isDefault", "")).strip() in ("true", "1")
    return Endpoint(str(element.get("Binding", "")).strip(), location, answers, index, is_default)


def _check_address(address: str, entity_id: str) -> None:
    """A browser is sent there with an assertion: only https, and http on this machine."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    allowed = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if (
        not allowed
        or not _HOST.fullmatch(host)
        or not address.isprintable()
        or any(each in where for each, where in (("@", parts.netloc), ("\\", address), ("#", address), (" ", address)))
    ):
        raise BadMetadata(f"The metadata of {entity_id} has an endpoint whose address is not a valid https address.")


def _certificates(descriptor: etree._Element, use: str, entity_id: str) -> Iterator[x509.Certificate]:
    for key in descriptor.findall(f"{{{METADATA}}}KeyDescriptor"):
        if key.get("use", use) != use:
            continue
        for element in key.iter(f"{{{DS}}}X509Certificate"):
            try:
                found = x509.load_der_x509_certificate(base64.b64decode("".join(_text(element).split()), validate=True))
                public = found.public_key()
            except (ValueError, UnsupportedAlgorithm) as wrong:
                raise BadMetadata(f"The metadata of {entity_id} has a certificate that can't be read.") from wrong
            if not isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
                raise BadMetadata(f"The metadata of {entity_id} has a key that is neither RSA nor elliptic curve.")
            if public.key_size < (SMALLEST_RSA if isinstance(public, rsa.RSAPublicKey) else SMALLEST_CURVE):
                raise BadMetadata(f"The metadata of {entity_id} has a key of {public.key_size} bits; too short.")
            yield found


def _text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext())).strip()
