"""The keys that the identity provider signs with, and their states.

A new key is published (``next``) long before it signs (``active``), because service providers read metadata once a day;
a ``former`` one stays published for a while; a ``retired`` one is not published.
"""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

State = Literal["next", "active", "former", "retired"]
BITS = 3072
PUBLISHED_AHEAD = timedelta(days=7)
"""How long a new key must have been in the metadata before it signs: at least two daily readings of each peer."""
_LIFE = timedelta(days=3650)  # self-signed: service providers trust the metadata, not the certificate's end


@dataclass(frozen=True)
class SigningKey:
    """A key pair with its self-signed certificate. ``since``: when it came into its state."""

    pem: bytes = field(repr=False)
    certificate: x509.Certificate
    state: State
    since: datetime

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        key = load_pem_private_key(self.pem, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    @cached_property
    def certificate_text(self) -> str:
        """The certificate, as XML has it."""
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    def sign_octets(self, octets: bytes) -> bytes:
        """RSA-SHA256 over the octets of a query, or of what an XML signature says is signed."""
        return self.private.sign(octets, padding.PKCS1v15(), hashes.SHA256())


def new_key(entity_id: str, state: State, now: datetime, bits: int = BITS) -> SigningKey:
    """A new RSA key: ADFS's claims provider trusts accept no other kind."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"REConnect {entity_id}"[:64])])
    moment = now.astimezone(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + _LIFE)
        .sign(private, hashes.SHA256())
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SigningKey(pem, certificate, state, now)
