"""Checks that a trusted certificate has signed a message's body: of answers, and of requests in a stand-in.

It uses signxml, a different implementation from the one that signs here.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature as WrongSignature
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from protocols.xml_signature.errors import NotSigned
from protocols.xml_signature.header import ID, WSSE
from protocols.xml_signature.signing import DS

_ONLY = SignatureConfiguration(
    location=f"./{{*}}Header/{{{WSSE}}}Security/",
    expect_references=False,
    signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
)


def check(message: etree._Element, trusted: Sequence[x509.Certificate], now: datetime) -> x509.Certificate:
    """Check that a trusted certificate has signed the message's one body (RSA-SHA256), and return the body. Raises
    NotSigned.

    The element that is read must be the signed one: the body is only searched at its place in the envelope, and
    duplicate ids are refused (signature wrapping).
    """
    certificate = _certificate(message)
    _check_trust(certificate, trusted, now)
    if len(message.findall("{*}Body")) != 1:
        raise NotSigned("the message does not have exactly one body")
    try:
        results = XMLVerifier().verify(message, x509_cert=certificate, expect_config=_ONLY)
    except (SignXMLException, WrongSignature, ValueError, KeyError, AttributeError, etree.LxmlError) as wrong:
        raise NotSigned(f"the signature is not valid: {type(wrong).__name__}: {wrong}") from wrong
    body = message.find("{*}Body")
    assert body is not None
    results = results if isinstance(results, list) else [results]
    names = [each.signed_xml for each in results if each.signed_xml is not None]
    if not any(each.tag == body.tag and each.get(ID) == body.get(ID) is not None for each in names):
        raise NotSigned("the signature does not cover the body")
    return certificate


def _certificate(message: etree._Element) -> x509.Certificate:
    """The certificate in the message's token, or within the signature if it is there."""
    for path in (f"*/*/{{{WSSE}}}BinarySecurityToken", f"*/*/{{{DS}}}Signature/*/*/{{{DS}}}X509Certificate"):
        found = message.findtext(path)
        if found:
            try:
                return x509.load_der_x509_certificate(base64.b64decode("".join(found.split()), validate=True))
            except ValueError as wrong:
                raise NotSigned(f"the certificate of the signature can't be read: {wrong}") from wrong
    raise NotSigned("the message has no signature with a certificate in it")


def _check_trust(certificate: x509.Certificate, trusted: Sequence[x509.Certificate], now: datetime) -> None:
    moment = now.astimezone(UTC)
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        raise NotSigned("the certificate of the signature is not valid today")
    if certificate in trusted:
        return
    for issuer in trusted:
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, WrongSignature):
            continue
        return
    raise NotSigned("the certificate of the signature is neither a trusted one nor issued by one")
