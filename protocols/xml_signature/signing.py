"""Signs SOAP messages (WS-Security, X.509 token profile; exclusive canonical XML, RSA-SHA256).

Without a signing library: exclusive canonical XML comes from lxml, RSA and SHA-256 from cryptography, so that only
Python packages have to be installed. Tests check the signatures with another implementation (signxml).
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from protocols import certificates
from protocols.xml import add
from protocols.xml_signature.header import ID, WSSE, WSU

DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_TOKENS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
X509 = f"{_TOKENS}-x509-token-profile-1.0#X509v3"
BASE64 = f"{_TOKENS}-soap-message-security-1.0#Base64Binary"
BODY: Mapping[str, str] = {"body": "{*}Body"}
TIMESTAMP: Mapping[str, str] = {"timestamp": f"*/*/{{{WSU}}}Timestamp"}
TOKEN: Mapping[str, str] = {"token": f"*/*/{{{WSSE}}}BinarySecurityToken"}


@dataclass(frozen=True)
class Signer:
    """The key that signs messages, and its registered certificate."""

    key: RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def load(cls, file: Path, password: str) -> "Signer":
        """From a PKCS#12 file. Raises certificates.UnusableFile."""
        return cls(*certificates.rsa_key_and_certificate(file, password))

    def sign(self, message: etree._Element, parts: Mapping[str, str]) -> None:
        """Put token and signature into the message's Security header. ``parts``: the signed parts; prefix of its id →
        its path from the envelope, such as ``BODY``."""
        security = message.find(f"*/{{{WSSE}}}Security")
        assert security is not None
        der = base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        token = add(security, WSSE, "BinarySecurityToken", der, EncodingType=BASE64, ValueType=X509)
        token.set(ID, f"token-{uuid4()}")
        signed = [_identified(message, name, path) for name, path in parts.items()]
        signature = etree.SubElement(security, etree.QName(DS, "Signature"), nsmap={"ds": DS})
        info = add(signature, DS, "SignedInfo")
        add(info, DS, "CanonicalizationMethod", Algorithm=EXCLUSIVE)
        add(info, DS, "SignatureMethod", Algorithm=RSA_SHA256)
        for each in signed:
            _refer(info, each)
        value = self.key.sign(_canonical(info), padding.PKCS1v15(), hashes.SHA256())
        add(signature, DS, "SignatureValue", base64.b64encode(value).decode())
        reference = add(add(signature, DS, "KeyInfo"), WSSE, "SecurityTokenReference")
        add(reference, WSSE, "Reference", URI=f"#{token.get(ID)}", ValueType=X509)


def _identified(message: etree._Element, name: str, path: str) -> etree._Element:
    """The part, with an id to refer to."""
    found = message.find(path)
    assert found is not None
    if found.get(ID) is None:
        found.set(ID, f"{name}-{uuid4()}")
    return found


def _refer(info: etree._Element, part: etree._Element) -> None:
    reference = add(info, DS, "Reference", URI=f"#{part.get(ID)}")
    add(add(reference, DS, "Transforms"), DS, "Transform", Algorithm=EXCLUSIVE)
    add(reference, DS, "DigestMethod", Algorithm=SHA256)
    add(reference, DS, "DigestValue", base64.b64encode(hashlib.sha256(_canonical(part)).digest()).decode())


def _canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
