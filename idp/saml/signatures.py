"""XML signatures of SAML messages: checked with xmlsec, and made here.

Values may be read from a message only after ``check`` has returned: it makes sure that the one signature is a child of
the element that it covers, and that this element is the whole document. Keys come from trusted metadata; what a message
says about its key is ignored.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import xmlsec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from idp.saml.bindings import QuerySignature
from idp.saml.errors import BadMessage
from idp.saml.names import DS

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_RSA = {f"{_MORE}rsa-{name}": each for name, each in _HASHES.items()}
_ECDSA = {f"{_MORE}ecdsa-{name}": each for name, each in _HASHES.items()}
_DIGESTS = ("http://www.w3.org/2001/04/xmlenc#sha256", f"{_MORE}sha384", "http://www.w3.org/2001/04/xmlenc#sha512")
_TRANSFORMS = (ENVELOPED, EXCLUSIVE)
_SIGNED = [f"{{{DS}}}SignedInfo", f"{{{DS}}}SignatureValue"]
_PARTS = (_SIGNED, [*_SIGNED, f"{{{DS}}}KeyInfo"])
ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,255}", re.ASCII)
"""What an ID of a message may be."""
# In the exclusive canonical form: elements are closed, attributes quoted, nothing is between them.
_SIGNED_INFO = (
    f'<ds:SignedInfo{{xmlns}}><ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
    f'<ds:SignatureMethod Algorithm="{RSA_SHA256}"></ds:SignatureMethod><ds:Reference URI="#{{id}}"><ds:Transforms>'
    f'<ds:Transform Algorithm="{ENVELOPED}"></ds:Transform><ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform>'
    f'</ds:Transforms><ds:DigestMethod Algorithm="{_DIGESTS[0]}"></ds:DigestMethod>'
    "<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)
SMALLEST_RSA = 2048  # bits
SMALLEST_CURVE = 256  # bits


def check(root: etree._Element, trusted: Sequence[x509.Certificate]) -> None:
    """Check that one of the certificates' keys signed the whole document. Raises BadMessage.

    Dates of certificates are not looked at: metadata, not a certificate's end, says which keys are in use.
    """
    signature = _only_signature(root)
    for certificate in trusted:
        context = xmlsec.SignatureContext()
        context.key = _public_key(certificate.public_bytes(Encoding.PEM))
        xmlsec.tree.add_ids(root, ["ID"])
        try:
            context.verify(signature)
        except xmlsec.Error:
            continue
        return
    raise BadMessage("signature", "The signature of the message is not valid, or was made with an unknown key.")


class Signer(Protocol):
    """A key that signs, and its certificate in Base64."""

    @property
    def certificate_text(self) -> str: ...

    def sign_octets(self, octets: bytes) -> bytes: ...


def is_signed(root: etree._Element) -> bool:
    """Whether there is a signature anywhere in the document."""
    return next(root.iter(f"{{{DS}}}Signature"), None) is not None


def check_ids(root: etree._Element) -> None:
    """Raises BadMessage if two elements have the same ID, in whatever spelling of the attribute."""
    seen: set[str] = set()
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            if str(name).rpartition("}")[2].lower() != "id":
                continue
            if value in seen:
                raise BadMessage("duplicate_id", "Two elements of the message have the same ID.")
            seen.add(str(value))


def check_query(signature: QuerySignature, trusted: Sequence[x509.Certificate]) -> None:
    """Check the signature of a Redirect over the octets as they came. Raises BadMessage."""
    for certificate in trusted:
        key = certificate.public_key()
        try:
            if isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA and signature.algorithm in _RSA:
                key.verify(signature.value, signature.signed, padding.PKCS1v15(), _RSA[signature.algorithm])
                return
            if isinstance(key, ec.EllipticCurvePublicKey) and signature.algorithm in _ECDSA:
                key.verify(_ecdsa_der(signature.value, key), signature.signed, ec.ECDSA(_ECDSA[signature.algorithm]))
                return
        except (InvalidSignature, ValueError):
            continue
    if signature.algorithm not in _RSA and signature.algorithm not in _ECDSA:
        raise BadMessage("algorithm", "The request is signed with an algorithm that is not allowed.")
    raise BadMessage("signature", "The signature of the request is not valid, or was made with an unknown key.")


def canonical(element: etree._Element) -> bytes:
    """An element in the exclusive canonical form, which is what is signed."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


def signed(text: bytes, identity: str, key: Signer) -> bytes:
    """An element in its canonical form, with a signature of it after its first child: enveloped, RSA-SHA256.

    ``identity``: the ID of the element; its first child holds text only. The signature is written in its canonical form
    too, so the whole is in that form, and nothing has to be parsed again.
    """
    if not ID.fullmatch(identity):
        raise ValueError("an element that is signed needs an ID")
    digest = base64.b64encode(hashlib.sha256(text).digest()).decode()
    info = _SIGNED_INFO.format(xmlns=f' xmlns:ds="{DS}"', id=identity, digest=digest)
    value = base64.b64encode(key.sign_octets(info.encode())).decode()
    signature = (
        f'<ds:Signature xmlns:ds="{DS}">{_SIGNED_INFO.format(xmlns="", id=identity, digest=digest)}'
        f"<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>"
        f"{key.certificate_text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
    )
    # A "<" in a value is escaped: the first end tag is that of the first child.
    place = text.index(b">", text.index(b"</")) + 1
    return b"".join((text[:place], signature.encode(), text[place:]))


def _only_signature(root: etree._Element) -> etree._Element:
    """The one signature, of an allowed form. Raises BadMessage."""
    check_ids(root)
    found = list(root.iter(f"{{{DS}}}Signature"))
    if len(found) != 1 or found[0].getparent() is not root:
        raise BadMessage("signature", "The message must have exactly one signature, of the whole message.")
    signature = found[0]
    if [etree.QName(each).text for each in signature][:3] not in _PARTS or len(signature) > 3:
        raise BadMessage("signature", "The signature of the message has unexpected parts.")
    info = signature[0]
    if [etree.QName(each).text for each in info] != [
        f"{{{DS}}}{name}" for name in ("CanonicalizationMethod", "SignatureMethod", "Reference")
    ]:
        raise BadMessage("signature", "The signature of the message must refer to the whole message, once.")
    canonical, method, reference = info
    if canonical.get("Algorithm") != EXCLUSIVE:
        raise BadMessage("algorithm", "The message is signed in a canonical form that is not allowed.")
    if method.get("Algorithm") not in _RSA and method.get("Algorithm") not in _ECDSA:
        raise BadMessage("algorithm", "The message is signed with an algorithm that is not allowed.")
    _check_reference(root, reference)
    return signature


def _check_reference(root: etree._Element, reference: etree._Element) -> None:
    identity = str(root.get("ID", ""))
    # An ID such as "xpointer(/)" would make the address mean something else.
    if not ID.fullmatch(identity) or reference.get("URI") != f"#{identity}":
        raise BadMessage("signature", "The signature does not cover the whole message.")
    transforms = reference.findall(f"{{{DS}}}Transforms/{{{DS}}}Transform")
    algorithms = [each.get("Algorithm") for each in transforms]
    digests = [each.get("Algorithm") for each in reference.findall(f"{{{DS}}}DigestMethod")]
    if sorted(map(str, algorithms)) != sorted(_TRANSFORMS):
        raise BadMessage("transform", "The signature uses a transform that is not allowed.")
    if any(etree.QName(child).text != f"{{{EXCLUSIVE}}}InclusiveNamespaces" for each in transforms for child in each):
        raise BadMessage("transform", "The signature uses a transform that is not allowed.")
    if len(digests) != 1 or digests[0] not in _DIGESTS:
        raise BadMessage("algorithm", "The signature uses a digest that is not allowed.")


@lru_cache(maxsize=256)
def _public_key(pem: bytes) -> xmlsec.Key:
    certificate = x509.load_pem_x509_certificate(pem)
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < SMALLEST_RSA:
        raise BadMessage("key", f"A key of the sender has only {key.key_size} bits.")
    return xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatCertPem)


def _ecdsa_der(value: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """XML signatures write r and s one after the other; cryptography reads DER."""
    size = (key.curve.key_size + 7) // 8
    if len(value) != 2 * size:
        return value
    return encode_dss_signature(int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big"))
