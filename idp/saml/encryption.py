"""Encrypted assertions: a new AES-256 key for each, itself encrypted for the service provider's certificate."""

import base64
import os
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.saml.errors import CannotEncrypt
from idp.saml.names import DS, SAML, XENC, XENC11
from idp.saml.profiles import Profile

_KEY, _NONCE, _BLOCK = 32, 12, 16  # bytes
_OAEP = f"{XENC}rsa-oaep-mgf1p"
_SHA1_TRANSPORT = f'<xenc:EncryptionMethod Algorithm="{_OAEP}"></xenc:EncryptionMethod>'
_SHA256_TRANSPORT = (
    f'<xenc:EncryptionMethod Algorithm="{XENC11}rsa-oaep"><ds:DigestMethod Algorithm="{XENC}sha256"></ds:DigestMethod>'
    f'<xenc11:MGF xmlns:xenc11="{XENC11}" Algorithm="{XENC11}mgf1sha256"></xenc11:MGF></xenc:EncryptionMethod>'
)


def usable(certificates: Sequence[x509.Certificate], now: datetime) -> x509.Certificate:
    """The first RSA certificate that is valid now. Raises CannotEncrypt: never in clear instead."""
    for each in certificates:
        if (
            isinstance(each.public_key(), rsa.RSAPublicKey)
            and each.not_valid_before_utc <= now <= each.not_valid_after_utc
        ):
            return each
    raise CannotEncrypt("The metadata of the service provider has no RSA certificate for encryption that is valid now.")


def encrypted(assertion: bytes, certificate: x509.Certificate, profile: Profile) -> bytes:
    """An EncryptedAssertion, in its exclusive canonical form.

    ``assertion``: with all its namespaces, because it is read by itself once decrypted.
    """
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise CannotEncrypt("The certificate of the service provider is not for RSA.")
    secret = os.urandom(_KEY)
    digest: hashes.HashAlgorithm = hashes.SHA256() if profile.sha256_transport else hashes.SHA1()  # SHA1 as in mgf1p
    key = public.encrypt(secret, padding.OAEP(padding.MGF1(digest), digest, None))
    transport = _SHA256_TRANSPORT if profile.sha256_transport else _SHA1_TRANSPORT
    cipher, content = _content(secret, assertion, profile)
    return (
        f'<saml:EncryptedAssertion xmlns:saml="{SAML}"><xenc:EncryptedData xmlns:xenc="{XENC}" Type="{XENC}Element">'
        f'<xenc:EncryptionMethod Algorithm="{cipher}"></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="{DS}">'
        f"<xenc:EncryptedKey>{transport}<xenc:CipherData><xenc:CipherValue>{_text(key)}</xenc:CipherValue>"
        f"</xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>{_text(content)}"
        "</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>"
    ).encode()


def _content(secret: bytes, clear: bytes, profile: Profile) -> tuple[str, bytes]:
    """(the algorithm, the initialisation vector and what follows it), as XML encryption has them."""
    if profile.cipher == "aes256-gcm":
        nonce = os.urandom(_NONCE)
        return f"{XENC11}aes256-gcm", nonce + AESGCM(secret).encrypt(nonce, clear, None)
    vector = os.urandom(_BLOCK)
    left = _BLOCK - len(clear) % _BLOCK
    padded = clear + os.urandom(left - 1) + bytes([left])  # the last octet says how many were added
    encryptor = Cipher(algorithms.AES256(secret), modes.CBC(vector)).encryptor()
    return f"{XENC}aes256-cbc", vector + encryptor.update(padded) + encryptor.finalize()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
