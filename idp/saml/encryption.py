"""Encrypted assertions: a new AES-256 key for each, itself encrypted for the service provider's certificate."""

from collections.abc import Sequence
from datetime import datetime

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from idp.saml.errors import CannotEncrypt
from idp.saml.names import DS, SAML, XENC, XENC11
from idp.saml.profiles import Profile

_CIPHERS = {"aes256-gcm": xmlsec.constants.TransformAes256Gcm, "aes256-cbc": xmlsec.constants.TransformAes256Cbc}
_ELEMENT = f"{XENC}Element"


def usable(certificates: Sequence[x509.Certificate], now: datetime) -> x509.Certificate:
    """The first RSA certificate that is valid now. Raises CannotEncrypt: never in clear instead."""
    for each in certificates:
        if (
            isinstance(each.public_key(), rsa.RSAPublicKey)
            and each.not_valid_before_utc <= now <= each.not_valid_after_utc
        ):
            return each
    raise CannotEncrypt("The metadata of the service provider has no RSA certificate for encryption that is valid now.")


def encrypted(assertion: bytes, certificate: x509.Certificate, profile: Profile) -> etree._Element:
    """An EncryptedAssertion. ``assertion``: with all its namespaces, because it is read by itself once decrypted."""
    outer = etree.Element(f"{{{SAML}}}EncryptedAssertion", nsmap={"saml": SAML})
    data = xmlsec.template.encrypted_data_create(outer, _CIPHERS[profile.cipher], type=_ELEMENT, ns="xenc")
    xmlsec.template.encrypted_data_ensure_cipher_value(data)
    info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="ds")
    transported = xmlsec.template.add_encrypted_key(info, xmlsec.constants.TransformRsaOaep)
    xmlsec.template.encrypted_data_ensure_cipher_value(transported)
    if profile.sha256_transport:
        method = transported.find(f"{{{XENC}}}EncryptionMethod")
        assert method is not None
        method.set("Algorithm", f"{XENC11}rsa-oaep")
        etree.SubElement(method, f"{{{DS}}}DigestMethod", Algorithm=f"{XENC}sha256")
        etree.SubElement(method, f"{{{XENC11}}}MGF", Algorithm=f"{XENC11}mgf1sha256", nsmap={"xenc11": XENC11})
    keys = xmlsec.KeysManager()
    keys.add_key(xmlsec.Key.from_memory(certificate.public_bytes(Encoding.PEM), xmlsec.constants.KeyDataFormatCertPem))
    context = xmlsec.EncryptionContext(keys)
    context.key = xmlsec.Key.generate(xmlsec.constants.KeyDataAes, 256, xmlsec.constants.KeyDataTypeSession)
    made = context.encrypt_binary(data, assertion)
    outer.append(made)
    return outer
