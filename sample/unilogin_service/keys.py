"""Keys and certificates of the sample: for the provider system, and for the service."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Identity:
    """A private key and its self-signed certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def write(self, file: Path, password: str) -> Path:
        """Key and certificate as PKCS#12."""
        protection = BestAvailableEncryption(password.encode())
        file.write_bytes(pkcs12.serialize_key_and_certificates(b"sample", self.key, self.certificate, None, protection))
        file.chmod(0o600)
        return file


def identity(name: str, start: datetime | None = None, days: int = 3650) -> Identity:
    """A new one; valid from ``start`` (an hour ago) for ``days``."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    start = start or datetime.now(UTC) - timedelta(hours=1)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )
    return Identity(key, made.sign(key, hashes.SHA256()))
