"""The stand-in's requests, checked by STIL's published rules (unilogin.md §2, §9).

Signatures are checked with signxml and separate rules, not by the importer's code.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

import importers.unilogin
from sample.unilogin_service.export_xml import TYPES
from sample.unilogin_service.state import State

SOAP = {"http://schemas.xmlsoap.org/soap/envelope/": "1.1", "http://www.w3.org/2003/05/soap-envelope": "1.2"}
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE, WSU = f"{_WSS}-wssecurity-secext-1.0.xsd", f"{_WSS}-wssecurity-utility-1.0.xsd"
OLDEST = timedelta(minutes=5)
_RULES = SignatureConfiguration(
    location=f"./{{*}}Header/{{{WSSE}}}Security/",
    expect_references=False,
    signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
)


class Fault(Exception):
    """A fault in a request. ``kind``: STIL's type; empty = a fault without detail (unverified ones)."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        super().__init__(text)


@dataclass(frozen=True)
class Question:
    """An accepted request. ``filters``: those that it contained."""

    operation: str
    provider: str
    institution: str = ""
    filters: Mapping[str, bool] | None = None


@cache
def schema() -> etree.XMLSchema:
    """Our description of the interface."""
    folder = Path(importers.unilogin.__file__).parent / "interface"
    return etree.XMLSchema(etree.parse(folder / "wsieksport.xsd"))


def read(body: bytes) -> etree._Element:
    """The envelope. Raises Fault."""
    try:
        message = etree.fromstring(body, etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True))
    except etree.XMLSyntaxError as wrong:
        raise Fault("", f"not well-formed: {wrong}") from wrong
    if etree.QName(message).localname != "Envelope" or etree.QName(message).namespace not in SOAP:
        raise Fault("", "not a SOAP envelope")
    return message


def checked(message: etree._Element, state: State) -> Question:
    """The request in a message. Raises Fault."""
    provider = (message.findtext(f"{{*}}Header/{{{TYPES}}}UdbydersystemId") or "").strip()
    if not provider:
        raise Fault("UdbydersytemIdMangler", "the header UdbydersystemId is missing")
    check_signature(message, state.certificates.get(provider), state.now())
    asked = message.find("{*}Body/*")
    if asked is None:
        raise Fault("", "the body is empty")
    if not schema().validate(asked):
        raise Fault("", f"the request is not valid: {schema().error_log}")
    filters = {
        etree.QName(each).localname: (each.text or "").strip() in ("true", "1")
        for each in asked.iterfind("{*}filtre/*/*")
    }
    institution = (asked.findtext("{*}instnr") or "").strip()
    return Question(etree.QName(asked).localname, provider, institution, filters)


def check_signature(message: etree._Element, registered: x509.Certificate | None, now: datetime) -> None:
    """Check that the signature is present, RSA-SHA256, valid, by the registered certificate, over the body, and recent.
    Raises Fault."""
    token = message.findtext(f"{{*}}Header/{{{WSSE}}}Security/{{{WSSE}}}BinarySecurityToken")
    signature = message.find(f"{{*}}Header/{{{WSSE}}}Security/{{http://www.w3.org/2000/09/xmldsig#}}Signature")
    if token is None or signature is None:
        raise Fault("SignaturMangler", "the message is not signed")
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(token))
    except ValueError as wrong:
        raise Fault("Signatur", "the token is not a certificate") from wrong
    if registered is None or certificate != registered:
        raise Fault("Signatur", "the certificate is not registered")
    try:
        results = XMLVerifier().verify(message, x509_cert=certificate, expect_config=_RULES)
    except (SignXMLException, ValueError) as wrong:
        raise Fault("Signatur", f"the signature is wrong: {wrong}") from wrong
    signed = {
        each.signed_xml.tag
        for each in (results if isinstance(results, list) else [results])
        if each.signed_xml is not None
    }
    if message[-1].tag not in signed:
        raise Fault("Signatur", "the body is not signed")
    _check_moment(message, signed, now)


def _check_moment(message: etree._Element, signed: set[str], now: datetime) -> None:
    stamp = f"{{{WSU}}}Timestamp"
    text = message.findtext(f"{{*}}Header/{{{WSSE}}}Security/{stamp}/{{{WSU}}}Created") or ""
    try:
        created = datetime.fromisoformat(text)
        age = now - created
    except (ValueError, TypeError) as wrong:
        raise Fault("Signatur", "the message has no timestamp") from wrong
    if stamp not in signed or not -OLDEST <= age <= OLDEST:
        raise Fault("Signatur", "the timestamp is not signed, or older than five minutes")
